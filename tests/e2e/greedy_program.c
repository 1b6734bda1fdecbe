// SPDX-License-Identifier: ISC
/*
 * A Linux program that asks for what no kernel can give.
 *
 *	greedy_program wild|memory|descriptors|threads
 *
 * wild passes addresses and sizes that mean nothing to every system call; its
 * numbers differ between instruction sets, so it is for one of them at a time.
 * The others take something until there is no more, say how that ended, and show
 * that life goes on with less.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS 470

/* What ends the program, or waits for ever, whatever its arguments are. */
static const long skipped[] = {
	SYS_exit, SYS_exit_group, SYS_rt_sigreturn, SYS_ppoll, SYS_pselect6,
#ifdef SYS_pause
	SYS_pause, SYS_poll, SYS_select,
#endif
};

static int is_skipped(long number)
{
	for (size_t i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++)
		if (skipped[i] == number)
			return 1;
	return 0;
}

static int wild(void)
{
	static const long values[] = {
		-1, 1, 0x7fffffffffffff00, 0x1000, -4096, 0x4000000000,
	};
	long done = 0;

	for (long number = 0; number < CALLS; number++)
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			long v = values[i];

			if (is_skipped(number))
				continue;
			/* No descriptor: what is open stays so. */
			syscall(number, -1, v, v, v, v, v);
			syscall(number, v < 3 ? -1 : v, v, -1, v, v, v);
			done++;
		}
	printf("alive after %s calls\n", done > 1000 ? "all" : "few");
	return 0;
}

static int memory(void)
{
	size_t size = (size_t)1 << 20, got = 0;
	char *p, *last = NULL;

	while ((p = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED) {
		memset(p, 1, size);
		last = p;
		got++;
	}
	printf("%s, %s\n", strerror(errno), got > 10 ? "got much" : "got little");
	munmap(last, size);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	printf("again: %s\n", p == MAP_FAILED ? strerror(errno) : "yes");
	p = mmap(NULL, (size_t)1 << 46, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		 -1, 0);
	printf("absurd: %s\n", p == MAP_FAILED ? strerror(errno) : "yes");
	return 0;
}

static int descriptors(void)
{
	int fd, last = -1;

	while ((fd = open("/dev/null", O_RDONLY)) >= 0)
		last = fd;
	printf("%s\n", strerror(errno));
	printf("pipe: %s\n", pipe((int[2]){0}) ? strerror(errno) : "yes");
	close(last);
	printf("again: %s\n", open("/dev/null", O_RDONLY) == last ? "yes" : "no");
	return 0;
}

static pthread_mutex_t closed = PTHREAD_MUTEX_INITIALIZER;

static void *wait_for_end(void *unused)
{
	pthread_mutex_lock(&closed);
	pthread_mutex_unlock(&closed);
	return unused;
}

#define THREADS_MAX 100000

static int threads(void)
{
	static pthread_t all[THREADS_MAX];
	pthread_attr_t small;
	int n = 0, r = 0;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 262144);
	pthread_mutex_lock(&closed);
	while (n < THREADS_MAX &&
	       !(r = pthread_create(&all[n], &small, wait_for_end, NULL)))
		n++;
	printf("%s, %s\n", strerror(r), n > 10 ? "got many" : "got few");
	pthread_mutex_unlock(&closed);
	while (n)
		pthread_join(all[--n], NULL);
	r = pthread_create(&all[0], &small, wait_for_end, NULL);
	printf("again: %s\n", r ? strerror(r) : "yes");
	return r ? 1 : pthread_join(all[0], NULL);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} ways[] = {{"wild", wild}, {"memory", memory},
		    {"descriptors", descriptors}, {"threads", threads}};

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (argc == 2 && !strcmp(argv[1], ways[i].name))
			return ways[i].run();
	fprintf(stderr, "usage: greedy_program wild|memory|descriptors|threads\n");
	return 2;
}
