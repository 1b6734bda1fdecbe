/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "kvmprobe.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"

const char *bh_kvm_kind_name(enum bh_kvm_kind kind)
{
	switch (kind) {
	case BH_KVM_SOFTWARE:
		return "PVM, in software";
	case BH_KVM_VMX:
		return "VT-x";
	case BH_KVM_SVM:
		return "SVM";
	default:
		return "of unknown kind";
	}
}

#if defined(__x86_64__)

#include <cpuid.h>
#include <sys/mman.h>

#include "kvm_x86_64.h"

#define PAGE          UINT64_C(0x1000)
#define BASE          UINT64_C(0x200000) /* guest-physical, and virtual */
#define PORT          0x10
#define EXITS         64u
#define CPUID_ENTRIES 256u

/* Pages from BASE on: four levels of tables, the TSS, the program. */
enum { ROOT, POINTERS, DIRECTORY, TABLE, TSS, PROGRAM, PAGES };

#define ENTRY_INNER UINT64_C(0x27) /* present, write, user, accessed */
#define ENTRY_CODE  UINT64_C(0x65) /* present, user, accessed, dirty */
#define ENTRY_DATA  UINT64_C(0x61) /* the same without user */

#define TSS_BITMAP 104u
#define TSS_LIMIT  (TSS_BITMAP + 32u)

#define FLAGS UINT64_C(0x3202) /* IOPL 3 for who does not read the bitmap */

static const uint8_t program[] = {
        0xe7, PORT, /* 1: out %eax, port */
        0xeb, 0xfc, /* jmp 1b */
        0x0f, 0x05, /* syscall */
};

#define PROGRAM_SYSCALL 4u

struct trial {
	struct bh_kvm_probe *probe;
	int kvm, vm, vcpu;
	uint8_t *memory;
	struct kvm_run *run;
	size_t run_size;
};

static int fail(struct trial *t, const char *stage)
{
	t->probe->stage = stage;
	return errno ? -errno : -EPROTO;
}

static int check(struct trial *t)
{
	static const int needed[] = {
	        KVM_CAP_USER_MEMORY,
	        KVM_CAP_IMMEDIATE_EXIT,
	        KVM_CAP_SYNC_REGS,
	};

	errno = 0;
	t->probe->api_version = ioctl(t->kvm, KVM_GET_API_VERSION, 0);
	if (t->probe->api_version != KVM_API_VERSION)
		return fail(t, "asking for its version");
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (ioctl(t->kvm, KVM_CHECK_EXTENSION, (long)needed[i]) <= 0)
			return fail(t, "looking for what the core needs");
	t->probe->capabilities = true;
	return 0;
}

static void put(uint8_t *page, unsigned index, uint64_t entry)
{
	memcpy(page + index * sizeof(entry), &entry, sizeof(entry));
}

static void fill_memory(uint8_t *memory)
{
	uint8_t *tss = memory + TSS * PAGE;
	const uint16_t bitmap = TSS_BITMAP;

	put(memory + ROOT * PAGE, 0, (BASE + POINTERS * PAGE) | ENTRY_INNER);
	put(memory + POINTERS * PAGE, 0,
	    (BASE + DIRECTORY * PAGE) | ENTRY_INNER);
	put(memory + DIRECTORY * PAGE, BASE >> 21,
	    (BASE + TABLE * PAGE) | ENTRY_INNER);
	put(memory + TABLE * PAGE, TSS, (BASE + TSS * PAGE) | ENTRY_DATA);
	put(memory + TABLE * PAGE, PROGRAM,
	    (BASE + PROGRAM * PAGE) | ENTRY_CODE);
	memcpy(tss + 102, &bitmap, sizeof(bitmap));
	tss[TSS_LIMIT] = 0xff;
	memcpy(memory + PROGRAM * PAGE, program, sizeof(program));
}

static int add_memory(struct trial *t)
{
	struct kvm_userspace_memory_region slot = {
	        .guest_phys_addr = BASE,
	        .memory_size = PAGES * PAGE,
	};

	t->memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
	                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t->memory == MAP_FAILED) {
		t->memory = NULL;
		return fail(t, "allocating memory");
	}
	fill_memory(t->memory);
	slot.userspace_addr = (uintptr_t)t->memory;
	if (ioctl(t->vm, KVM_SET_USER_MEMORY_REGION, &slot))
		return fail(t, "giving it memory");
	return 0;
}

static int set_cpuid(struct trial *t)
{
	union {
		struct kvm_cpuid2 table;
		uint8_t room[sizeof(struct kvm_cpuid2) +
		             CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2)];
	} model;
	struct kvm_cpuid2 *table = &model.table;

	memset(&model, 0, sizeof(model));
	table->nent = CPUID_ENTRIES;
	if (ioctl(t->kvm, KVM_GET_SUPPORTED_CPUID, table))
		return fail(t, "asking what CPUs it offers");
	for (uint32_t i = 0; i < table->nent; i++)
		if (table->entries[i].function == 0x80000008)
			t->probe->physical_bits = table->entries[i].eax & 0xff;
	if (ioctl(t->vcpu, KVM_SET_CPUID2, table))
		return fail(t, "setting the CPU model");
	return 0;
}

static int create(struct trial *t)
{
	int size = ioctl(t->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	void *run;

	t->vm = ioctl(t->kvm, KVM_CREATE_VM, 0);
	if (t->vm < 0)
		return fail(t, "creating a virtual machine");
	t->vcpu = ioctl(t->vm, KVM_CREATE_VCPU, 0);
	if (t->vcpu < 0 || size <= 0)
		return fail(t, "creating a vCPU");
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED,
	           t->vcpu, 0);
	if (run == MAP_FAILED)
		return fail(t, "mapping the vCPU's state");
	t->run = run;
	t->run_size = (size_t)size;
	return 0;
}

/* Ring 3 as in core/kvm: Linux's own selectors, and no TSS selected. */
static int set_registers(struct trial *t)
{
	struct kvm_segment data = {
	        .limit = UINT32_MAX,
	        .selector = 0x2b,
	        .type = 3,
	        .present = 1,
	        .dpl = 3,
	        .db = 1,
	        .s = 1,
	        .g = 1,
	};
	struct kvm_regs regs = {.rip = BASE + PROGRAM * PAGE, .rflags = FLAGS};
	struct kvm_sregs sregs;

	if (ioctl(t->vcpu, KVM_GET_SREGS, &sregs))
		return fail(t, "reading the vCPU's registers");
	sregs.ss = sregs.ds = sregs.es = data;
	data.selector = 0;
	sregs.fs = sregs.gs = data;
	sregs.cs = data;
	sregs.cs.selector = 0x33;
	sregs.cs.type = 11;
	sregs.cs.db = 0;
	sregs.cs.l = 1;
	sregs.tr = (struct kvm_segment){
	        .base = BASE + TSS * PAGE,
	        .limit = TSS_LIMIT,
	        .type = 11,
	        .present = 1,
	};
	sregs.ldt = (struct kvm_segment){.type = 2, .unusable = 1};
	sregs.idt.limit = 0;
	sregs.gdt.limit = 0;
	sregs.cr0 = 0x80010033; /* PG, WP, NE, ET, MP, PE */
	sregs.cr3 = BASE + ROOT * PAGE;
	sregs.cr4 = 0x620;  /* OSXMMEXCPT, OSFXSR, PAE */
	sregs.efer = 0x500; /* LMA, LME */
	if (ioctl(t->vcpu, KVM_SET_SREGS, &sregs) ||
	    ioctl(t->vcpu, KVM_SET_REGS, &regs))
		return fail(t, "entering ring 3 of long mode");
	return 0;
}

static enum bh_kvm_kind hardware_kind(void)
{
	unsigned a, b, c, d;

	if (__get_cpuid(1, &a, &b, &c, &d) && (c & UINT32_C(1) << 5))
		return BH_KVM_VMX;
	if (__get_cpuid(0x80000001, &a, &b, &c, &d) && (c & UINT32_C(1) << 2))
		return BH_KVM_SVM;
	return BH_KVM_UNKNOWN;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static int run_vcpu(struct trial *t)
{
	while (ioctl(t->vcpu, KVM_RUN, 0))
		if (errno != EINTR)
			return fail(t, "running a vCPU in ring 3");
	errno = 0;
	t->probe->exit_reason = t->run->exit_reason;
	return 0;
}

static bool has_left_by_port(const struct trial *t)
{
	return t->run->exit_reason == KVM_EXIT_IO && t->run->io.port == PORT &&
	       t->run->io.direction == KVM_EXIT_IO_OUT;
}

static int run_once(struct trial *t)
{
	int r = run_vcpu(t);

	if (r)
		return r;
	return has_left_by_port(t) ? 0 : fail(t, "running a vCPU in ring 3");
}

/*
 * SYSCALL, which EFER does not permit.  Hardware finds an undefined instruction
 * and here nobody to tell.  What runs the guest in ring 3 of the host's own
 * kernel has to permit it, and goes on in ring 3 at LSTAR: that leaves by the
 * port.
 */
static void find_kind(struct trial *t)
{
	struct kvm_regs regs = {
	        .rip = BASE + PROGRAM * PAGE + PROGRAM_SYSCALL,
	        .rflags = FLAGS,
	};

	if (!bh_kvm_set_lstar(t->vcpu, BASE + PROGRAM * PAGE) ||
	    ioctl(t->vcpu, KVM_SET_REGS, &regs) || ioctl(t->vcpu, KVM_RUN, 0))
		return;
	if (has_left_by_port(t))
		t->probe->kind = BH_KVM_SOFTWARE;
	else if (t->run->exit_reason == KVM_EXIT_SHUTDOWN)
		t->probe->kind = hardware_kind();
	t->probe->system_calls = t->probe->kind != BH_KVM_UNKNOWN;
}

static int execute(struct trial *t)
{
	int r = run_once(t);

	if (r)
		return r;
	t->probe->exit_ns = UINT32_MAX;
	for (unsigned i = 0; i < EXITS; i++) {
		uint64_t start = now();
		uint64_t took;

		r = run_once(t);
		if (r)
			return r;
		took = now() - start;
		if (took < t->probe->exit_ns)
			t->probe->exit_ns = (uint32_t)took;
	}
	t->probe->runs = true;
	find_kind(t);
	return 0;
}

static void dispose(struct trial *t)
{
	if (t->run)
		munmap(t->run, t->run_size);
	bh_close(&t->vcpu);
	bh_close(&t->vm);
	if (t->memory)
		munmap(t->memory, PAGES * PAGE);
}

int bh_kvm_probe(int kvm, struct bh_kvm_probe *probe)
{
	struct trial t = {.probe = probe, .kvm = kvm, .vm = -1, .vcpu = -1};
	int r;

	memset(probe, 0, sizeof(*probe));
	r = check(&t);
	if (!r)
		r = create(&t);
	if (!r)
		r = add_memory(&t);
	if (!r)
		r = set_cpuid(&t);
	if (!r)
		r = set_registers(&t);
	if (!r)
		r = execute(&t);
	dispose(&t);
	return r;
}

#else

int bh_kvm_probe(int kvm, struct bh_kvm_probe *probe)
{
	(void)kvm;
	memset(probe, 0, sizeof(*probe));
	probe->stage = "looking for a vCPU of x86-64, which this host is not";
	return -ENOSYS;
}

#endif
