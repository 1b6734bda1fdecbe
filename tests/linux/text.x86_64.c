/* SPDX-License-Identifier: ISC */

/* System calls whose call sites a kernel may rewrite, made often enough that it
 * does, and everything that would show a mistake in that. */

#include "case.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/time.h>

#if defined(__x86_64__)
#include <elf.h>
#include <setjmp.h>
#include <sys/auxv.h>
#include <ucontext.h>

#define TIMES 10

extern const char __executable_start[];
extern const uint8_t own_code[], kill_after[], load_at[];
long own_getpid(void);
long own_syscall(void);
long own_red_zone(void);
long own_registers(void);
long own_kill(long pid, long number);
long own_read(long fd, void *to, size_t size);
long own_load(const void *from);
long jump_in(long number);

__asm__(".pushsection .text\n"
        ".balign 4096\n"
        ".skip 256, 0x90\n"
        "own_code: own_getpid: mov $39,%eax\n"
        "own_syscall: syscall\n"
        "ret\n"
        "jump_in: mov %rdi,%rax\n"
        "jmp own_syscall\n"
        "own_red_zone: movq $12,-8(%rsp)\n"
        "movq $30,-128(%rsp)\n"
        "mov $39,%eax\n"
        "syscall\n"
        "mov -8(%rsp),%rax\n"
        "add -128(%rsp),%rax\n"
        "ret\n"
        "own_registers: push %rbx; push %rbp; push %r12; push %r15\n"
        "mov $1,%edi; mov $2,%esi; mov $4,%edx; mov $8,%ebx; mov $16,%ebp\n"
        "mov $32,%r8d; mov $64,%r9d; mov $128,%r10d; mov $256,%r12d\n"
        "mov $512,%r15d\n"
        "std; stc\n"
        "mov $39,%eax\n"
        "syscall\n"
        "mov $0,%eax\n"
        "adc $0,%eax; shl $10,%eax\n"
        "pushf; cld; pop %rcx; and $0x400,%ecx; lea (%rax,%rcx,2),%rax\n"
        "add %rdi,%rax; add %rsi,%rax; add %rdx,%rax; add %rbx,%rax\n"
        "add %rbp,%rax; add %r8,%rax; add %r9,%rax; add %r10,%rax\n"
        "add %r12,%rax; add %r15,%rax\n"
        "pop %r15; pop %r12; pop %rbp; pop %rbx\n"
        "ret\n"
        "own_kill: mov $62,%eax\n"
        "syscall\n"
        "kill_after: ret\n"
        "own_read: mov $0,%eax\n"
        "syscall\n"
        "ret\n"
        "own_load: load_at: mov 0x100(%rdi),%rax\n"
        "syscall\n"
        "ret\n"
        ".balign 4096, 0x90\n"
        ".popsection\n");

static int sum;

static void calls(void)
{
	int right = 0;

	begin("calls");
	for (int i = 0; i < TIMES; i++)
		right += own_getpid() == getpid();
	say(right);
	right = 0;
	for (int i = 0; i < TIMES; i++)
		right += jump_in(110) == getppid() && jump_in(39) == getpid();
	say(right);
	for (int i = 0; i < TIMES; i++)
		right = (int)own_red_zone();
	say(right);
	for (int i = 0; i < TIMES; i++)
		right = (int)own_registers();
	say(right);
	printf("\n");
}

static void caught(int number, siginfo_t *info, void *context)
{
	const ucontext_t *c = context;

	(void)number;
	(void)info;
	sum += c->uc_mcontext.gregs[REG_RIP] == (greg_t)kill_after;
}

static int ends[2];

static void feed(int number)
{
	(void)number;
	sum += write(ends[1], "x", 1) == 1;
}

static void signals(void)
{
	struct sigaction action = {.sa_sigaction = caught,
	                           .sa_flags = SA_SIGINFO};
	struct itimerval soon = {.it_value.tv_usec = 20000};
	long got = 0;
	char byte;

	begin("signals");
	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < TIMES; i++)
		got += own_kill(getpid(), SIGUSR1);
	say(got);
	say(sum);
	sum = 0;
	say(pipe(ends));
	action.sa_handler = feed;
	action.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &action, NULL);
	for (int i = 0; i < TIMES; i++) {
		setitimer(ITIMER_REAL, &soon, NULL);
		got += own_read(ends[0], &byte, 1);
	}
	say(got);
	say(sum);
	printf("\n");
}

static sigjmp_buf back;

static void faulted(int number, siginfo_t *info, void *context)
{
	const ucontext_t *c = context;

	(void)number;
	sum = c->uc_mcontext.gregs[REG_RIP] == (greg_t)load_at;
	sum += 2 * (info->si_addr == (void *)0x100);
	siglongjmp(back, 1);
}

static void faults(void)
{
	struct sigaction action = {.sa_sigaction = faulted,
	                           .sa_flags = SA_SIGINFO};
	static long numbers[40];
	int right = 0;

	begin("faults");
	numbers[32] = 39;
	sigaction(SIGSEGV, &action, NULL);
	for (int i = 0; i < TIMES; i++)
		right += own_load(numbers) == getpid();
	say(right);
	for (int i = 0; i < 2; i++) {
		sum = 0;
		if (!sigsetjmp(back, 1))
			own_load(NULL);
		say(sum);
	}
	signal(SIGSEGV, SIG_DFL);
	printf("\n");
}

static void protections(void)
{
	uint8_t *page = (uint8_t *)((uintptr_t)own_code & ~4095ul);
	volatile uint8_t *code = (volatile uint8_t *)(uintptr_t)own_code;
	int right = 0;

	begin("protections");
	say(mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
	for (int i = 0; i < 7; i++)
		say(code[i]);
	code[1] = 110;
	for (int i = 0; i < TIMES; i++)
		right += own_getpid() == getppid();
	say(right);
	say(mprotect(page, 4096, PROT_READ | PROT_EXEC));
	for (int i = 0; i < TIMES; i++)
		right += own_getpid() == getppid();
	say(right);
	say(mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
	say(code[0]);
	code[1] = 39;
	say(mprotect(page, 4096, PROT_READ | PROT_EXEC));
	printf("\n");
}

/* Where the page of own_code lies in the program's file. */
static off_t file_offset(void)
{
	const Elf64_Phdr *p = (const Elf64_Phdr *)getauxval(AT_PHDR);
	size_t count = getauxval(AT_PHNUM);
	uint64_t lowest = UINT64_MAX, address;

	for (size_t i = 0; i < count; i++)
		if (p[i].p_type == PT_LOAD && p[i].p_vaddr < lowest)
			lowest = p[i].p_vaddr;
	address = (uintptr_t)own_code - (uintptr_t)__executable_start + lowest;
	for (size_t i = 0; i < count; i++)
		if (p[i].p_type == PT_LOAD && address >= p[i].p_vaddr &&
		    address - p[i].p_vaddr < p[i].p_filesz)
			return (off_t)(address - p[i].p_vaddr + p[i].p_offset) &
			       ~4095;
	return -1;
}

static int call_copy(const uint8_t *copy)
{
	long (*function)(void) =
	        (long (*)(void))(uintptr_t)(copy + ((uintptr_t)own_code & 4095));
	int right = 0;

	for (int i = 0; i < TIMES; i++)
		right += function() == getpid();
	return right;
}

static void mappings(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	uint8_t *copy, *place;

	begin("mappings");
	copy = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd,
	            file_offset());
	place = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED || place == MAP_FAILED) {
		printf(" no mapping\n");
		return;
	}
	say(call_copy(copy));
	copy = mremap(copy, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	say(copy == place);
	say(call_copy(copy));
	say(madvise(copy, 4096, MADV_DONTNEED));
	say(call_copy(copy));
	say(mmap(copy, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd,
	         file_offset()) == copy);
	say(call_copy(copy));
	say(munmap(copy, 4096));
	close(fd);
	printf("\n");
}

int main(void)
{
	calls();
	signals();
	faults();
	protections();
	mappings();
	return 0;
}
#else
int main(void)
{
	begin("calls");
	say(getppid() > 0);
	printf("\n");
	return 0;
}
#endif
