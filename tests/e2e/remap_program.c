// SPDX-License-Identifier: ISC
/*
 * A Linux program that changes its own text: a page of it is mapped anew with
 * other code, filled with what the file has, taken away, given back, and written.
 * It says what a call to that page comes to each time.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096
#define PAGED(name) __attribute__((noinline, aligned(PAGE), section(".text." name)))

/* Each at the beginning of a page, with a loop to be worth something. */
PAGED("first") static long first(volatile long n)
{
	long sum = 1;

	while (n-- > 0)
		sum += 2;
	return sum;
}

PAGED("second") static long second(volatile long n)
{
	long sum = 5;

	while (n-- > 0)
		sum += 4;
	return sum;
}

/* So that nothing else is in the page of the second. */
PAGED("third") static long third(long n)
{
	return n;
}

static long (*volatile call)(volatile long) = first;
static sigjmp_buf back;

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	siglongjmp(back, info->si_addr == (void *)first ? 1 : 2);
}

static void say(const char *when)
{
	int fault = sigsetjmp(back, 1);

	if (fault)
		printf("%s: a fault %s\n", when,
		       fault == 1 ? "there" : "elsewhere");
	else
		printf("%s: %ld\n", when, call(3) + third(0));
}

/* The page has these bytes from now on, in memory of its own. */
static int map(const void *bytes)
{
	void *page = mmap((void *)first, PAGE, PROT_READ | PROT_WRITE,
	                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (page != (void *)first)
		return -1;
	memcpy(page, bytes, PAGE);
	__builtin___clear_cache(page, (char *)page + PAGE);
	return mprotect(page, PAGE, PROT_READ | PROT_EXEC);
}

static int rewrite(const void *bytes)
{
	if (mprotect((void *)first, PAGE, PROT_READ | PROT_WRITE))
		return -1;
	memcpy((void *)first, bytes, PAGE);
	__builtin___clear_cache((char *)first, (char *)first + PAGE);
	return mprotect((void *)first, PAGE, PROT_READ | PROT_EXEC);
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_fault,
	                           .sa_flags = SA_SIGINFO};
	static char one[PAGE], other[PAGE];

	memcpy(one, (void *)first, PAGE);
	memcpy(other, (void *)second, PAGE);
	sigaction(SIGSEGV, &action, NULL);
	say("as built");
	if (rewrite(other))
		return 1;
	say("written");
	if (map(one))
		return 2;
	say("mapped anew with its own");
	if (map(other))
		return 3;
	say("mapped anew with other code");
	if (mprotect((void *)first, PAGE, PROT_NONE))
		return 4;
	say("taken away");
	if (mprotect((void *)first, PAGE, PROT_READ | PROT_EXEC))
		return 5;
	say("given back");
	if (munmap((void *)first, PAGE))
		return 6;
	say("unmapped");
	if (map(one))
		return 7;
	say("mapped again");
	return 0;
}
