/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE };
enum { PRIVATE = MAP_PRIVATE | MAP_ANONYMOUS };

static sigjmp_buf away;
static void *volatile fault_address;
static volatile int fault_code;

static void faulted(int number, siginfo_t *info, void *context)
{
	fault_address = info->si_addr;
	fault_code = info->si_code;
	siglongjmp(away, number);
}

/* 0, or the signal that touching a byte brings. */
static int touch(volatile char *byte, int writing)
{
	int number = sigsetjmp(away, 1);

	if (!number) {
		if (writing)
			*byte = 1;
		else
			(void)*byte;
	}
	return number;
}

/* A call that gives an address: 0 for any. */
static long placed(void *address)
{
	return address == MAP_FAILED ? -1 : 0;
}

static char *pages(int n)
{
	return mmap(NULL, n * PAGE, RW, PRIVATE, -1, 0);
}

static void arguments(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0644), p[2];
	int reader = open("file", O_RDONLY), writer = open("file", O_WRONLY);
	char *a = pages(4);

	pipe(p);
	ftruncate(fd, 10000);
	ASK("mmap-nothing", placed(mmap(NULL, 0, RW, PRIVATE, -1, 0)));
	ASK("mmap-no-kind", placed(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0)));
	ASK("mmap-huge", placed(mmap(NULL, 1UL << 60, RW, PRIVATE, -1, 0)));
	ASK("mmap-max", placed(mmap(NULL, -1UL, RW, PRIVATE, -1, 0)));
	ASK("mmap-bad-fd", placed(mmap(NULL, PAGE, RW, MAP_PRIVATE, 99, 0)));
	ASK("mmap-pipe", placed(mmap(NULL, PAGE, RW, MAP_PRIVATE, p[0], 0)));
	ASK("mmap-offset",
	    placed((void *)syscall(SYS_mmap, NULL, PAGE, RW, MAP_PRIVATE, fd, 1)));
	ASK("mmap-writeonly",
	    placed(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, writer, 0)));
	ASK("mmap-readonly-shared",
	    placed(mmap(NULL, PAGE, RW, MAP_SHARED, reader, 0)));
	ASK("mmap-readonly-private",
	    placed(mmap(NULL, PAGE, RW, MAP_PRIVATE, reader, 0)));
	ASK("mmap-folder", placed(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE,
	                               open(".", O_RDONLY), 0)));
	ASK("mmap-fixed-odd",
	    placed(mmap(a + 1, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0)));
	ASK("mmap-noreplace",
	    placed(mmap(a, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0)));
	munmap(a, 4 * PAGE);
	ASK("mmap-noreplace-free",
	    mmap(a, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0) == a);
	ASK("mmap-hint", mmap(a + 2 * PAGE, PAGE, RW, PRIVATE, -1, 0) ==
	                         a + 2 * PAGE);
	ASK("mmap-hint-taken",
	    mmap(a, PAGE, RW, PRIVATE, -1, 0) != a);
	ASK("munmap-odd", munmap(a + 1, PAGE));
	ASK("munmap-nothing", munmap(a, 0));
	ASK("munmap-gap", munmap(a, 4 * PAGE));
	ASK("munmap-again", munmap(a, 4 * PAGE));
	ASK("munmap-huge", munmap(a, 1UL << 60));
	ASK("mprotect-gap", mprotect(a, PAGE, PROT_READ));
	ASK("mprotect-nothing", mprotect(a, 0, PROT_READ));
	ASK("mprotect-odd", mprotect(a + 1, PAGE, PROT_READ));
	a = pages(4);
	ASK("mprotect-bits", mprotect(a, PAGE, 0x100));
	munmap(a + 2 * PAGE, PAGE);
	ASK("mprotect-across", mprotect(a, 4 * PAGE, PROT_READ));
	/* What lies before the gap has changed. */
	ASK("mprotect-across-done", touch(a, 1));
	ASK("mprotect-across-not", touch(a + 3 * PAGE, 1));
	ASK("mprotect-file", placed(a = mmap(NULL, PAGE, PROT_READ, MAP_SHARED,
	                                     reader, 0)));
	ASK("mprotect-file-write", mprotect(a, PAGE, RW));
	ASK("madvise-bad", madvise(a, PAGE, 9999));
	ASK("madvise-odd", madvise(a + 1, PAGE, MADV_NORMAL));
	ASK("madvise-nothing", madvise(a, 0, MADV_NORMAL));
	munmap(a, PAGE);
	ASK("madvise-gap", madvise(a, PAGE, MADV_DONTNEED));
	ASK("msync-gap", msync(a, PAGE, MS_SYNC));
	ASK("msync-both", msync(a, PAGE, MS_SYNC | MS_ASYNC));
	ASK("msync-odd", msync(a + 1, PAGE, MS_SYNC));
	ASK("mlock-gap", mlock(a, PAGE));
	ASK("mincore-gap", mincore(a, PAGE, (void *)&p));
	ASK("mincore-odd", mincore(a + 1, PAGE, (void *)&p));
	a = pages(1);
	*a = 1;
	ASK("mincore", mincore(a, PAGE, (void *)&p));
	ASK("mincore-resident", p[0] & 1);
	ASK("mincore-fault", mincore(a, PAGE, (void *)8));
}

static void contents(void)
{
	char *a = pages(3);

	ASK("anonymous-zero", a[0] + a[3 * PAGE - 1]);
	memset(a, 'x', 3 * PAGE);
	ASK("dontneed", madvise(a + PAGE, PAGE, MADV_DONTNEED));
	ASK("dontneed-zero", a[PAGE]);
	ASK("dontneed-others", a[PAGE - 1] + a[2 * PAGE]);
	ASK("fixed-over",
	    mmap(a, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0) == a);
	ASK("fixed-over-zero", a[0]);
	ASK("fixed-over-others", a[2 * PAGE]);
	ASK("protect-none", mprotect(a, 3 * PAGE, PROT_NONE));
	ASK("protect-none-read", touch(a, 0));
	ASK("protect-none-code", fault_code);
	ASK("protect-none-address", fault_address == a);
	ASK("protect-read", mprotect(a, 3 * PAGE, PROT_READ));
	ASK("protect-read-kept", a[2 * PAGE]);
	ASK("protect-read-write", touch(a + 2 * PAGE + 5, 1));
	ASK("protect-read-address", fault_address == a + 2 * PAGE + 5);
	ASK("call-reads-only", getcwd(a, PAGE) ? 0 : -1);
	mprotect(a, 3 * PAGE, RW);
	ASK("protect-back", touch(a, 1));
	munmap(a + PAGE, PAGE);
	ASK("hole-read", touch(a + PAGE, 0));
	ASK("hole-code", fault_code);
	ASK("hole-address", fault_address == a + PAGE);
	ASK("hole-beside", touch(a + 2 * PAGE, 1));
	ASK("null-read", touch((char *)16, 0));
	ASK("null-address", (long)fault_address);
	ASK("null-code", fault_code);
	ASK("write-nothing", write(1, a + PAGE - 10, 0));
	munmap(a, 3 * PAGE);
}

static void files(void)
{
	int fd = open("content", O_RDWR | O_CREAT | O_TRUNC, 0644);
	char *a, *b;
	char text[8] = "";

	write(fd, "private", 7);
	a = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
	ASK("file-reads", memcmp(a, "private", 8));
	ASK("file-rest-zero", a[PAGE - 1]);
	a[0] = 'P';
	pread(fd, text, 7, 0);
	ASK("private-not-written", text[0]);
	b = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	b[1] = 'S';
	pread(fd, text, 7, 0);
	ASK("shared-not-in-copy", a[1]);
	pwrite(fd, "T", 1, 2);
	b[100] = 'x';
	ASK("shared-past-size", lseek(fd, 0, SEEK_END));
	close(fd);
	ASK("closed-still-mapped", b[1]);
	unlink("content");
	ASK("unlinked-still-mapped", b[1]);
	ASK("dontneed-private", madvise(a, PAGE, MADV_DONTNEED));
	ASK("dontneed-private-again", a[0]);
	ASK("msync", msync(b, PAGE, MS_SYNC));
	munmap(a, 2 * PAGE);
	munmap(b, PAGE);
	b = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASK("shared-anonymous", b[0]);
	fd = open("second", O_RDWR | O_CREAT | O_TRUNC, 0644);
	ftruncate(fd, 3 * PAGE);
	pwrite(fd, "third", 5, 2 * PAGE);
	a = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 2 * PAGE);
	ASK("file-offset", memcmp(a, "third", 5));
	/* Two mappings of a file are one memory. */
	a = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	b = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	a[5] = 'q';
	munmap(b, PAGE);
	munmap(a, PAGE);
	pread(fd, text, 7, 0);
	ASK("shared-written", text[5]);
}

static void moving(void)
{
	char *a = pages(4), *b;

	memset(a, 'm', 4 * PAGE);
	ASK("mremap-shrink", mremap(a, 4 * PAGE, 2 * PAGE, 0) == a);
	ASK("mremap-shrunk", touch(a + 2 * PAGE, 0));
	b = pages(1);
	munmap(b, PAGE);
	mmap(a + 2 * PAGE, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0);
	ASK("mremap-no-room", placed(mremap(a, 2 * PAGE, 8 * PAGE, 0)));
	b = mremap(a, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	ASK("mremap-moves", b != a && b != MAP_FAILED);
	ASK("mremap-content", b[2 * PAGE - 1] + b[2 * PAGE]);
	ASK("mremap-left", touch(a, 0));
	ASK("mremap-odd", placed(mremap(b + 1, PAGE, 2 * PAGE, 0)));
	ASK("mremap-nothing", placed(mremap(b, PAGE, 0, 0)));
	ASK("mremap-flags", placed(mremap(b, PAGE, PAGE, 64)));
	ASK("mremap-fixed-alone",
	    placed(mremap(b, PAGE, PAGE, MREMAP_FIXED, b + PAGE)));
	ASK("mremap-overlap",
	    placed(mremap(b, 2 * PAGE, 2 * PAGE, MREMAP_FIXED | MREMAP_MAYMOVE,
	                  b + PAGE)));
	ASK("mremap-fixed",
	    mremap(b, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE,
	           b + 4 * PAGE) == b + 4 * PAGE);
	ASK("mremap-fixed-content", b[4 * PAGE]);
	ASK("mremap-fixed-left", touch(b, 0));
	ASK("mremap-unmapped", placed(mremap(b, PAGE, 2 * PAGE, MREMAP_MAYMOVE)));
	ASK("mremap-dontunmap-alone",
	    placed(mremap(b + PAGE, PAGE, PAGE, MREMAP_DONTUNMAP)));
}

static void heap(void)
{
	char *start = (char *)syscall(SYS_brk, 0), *end;

	end = (char *)syscall(SYS_brk, start + 3 * PAGE);
	ASK("brk-grows", end - start);
	ASK("brk-zero", start[3 * PAGE - 1]);
	start[0] = 'h';
	ASK("brk-low", syscall(SYS_brk, 16) - (long)start);
	ASK("brk-high", syscall(SYS_brk, -1L) - (long)start);
	ASK("brk-shrinks", syscall(SYS_brk, start + PAGE) - (long)start);
	ASK("brk-kept", start[0]);
	syscall(SYS_brk, start + 3 * PAGE);
	ASK("brk-zero-again", start[2 * PAGE]);
	syscall(SYS_brk, start);
}

static void code(void)
{
#if defined(__x86_64__)
	static const unsigned char bytes[] = {0xb8, 42, 0, 0, 0, 0xc3};
#elif defined(__aarch64__)
	static const unsigned bytes[] = {0x52800540, 0xd65f03c0};
#else
	static const unsigned bytes[] = {0x02a00513, 0x00008067};
#endif
	char *a = pages(1);
	int number;

	memcpy(a, bytes, sizeof(bytes));
	number = sigsetjmp(away, 1);
	if (!number)
		((void (*)(void))a)();
	ASK("execute-data", number);
	ASK("execute-data-code", fault_code);
	ASK("execute-data-address", fault_address == a);
	ASK("make-executable", mprotect(a, PAGE, PROT_READ | PROT_EXEC));
	__builtin___clear_cache(a, a + sizeof(bytes));
	ASK("execute", ((int (*)(void))a)());
	munmap(a, PAGE);
	number = sigsetjmp(away, 1);
	if (!number)
		((void (*)(void))a)();
	ASK("execute-unmapped", number);
	ASK("execute-unmapped-code", fault_code);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_flags = SA_SIGINFO | SA_NODEFER,
	                           .sa_sigaction = faulted};

	enter(argc, argv);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	arguments();
	contents();
	files();
	moving();
	heap();
	code();
	return 0;
}
