/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "core/kvm/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/kvm/cpuid.h"
#include "core/kvm/trap.h"
#include "core/syscall.h"
#include "lib/kvm_x86_64.h"

/*
 * Pages for page tables.  A region takes two tables at its ends and a
 * directory for each GiB it touches; pages that are not needed cost nothing.
 * The arena may need all of its tables.
 */
#define POOL_PAGES 2048u
#define GIB        (UINT64_C(1) << 30)
#define POOL_BASE  (KVM_SYSTEM_BASE + KVM_SYSTEM_PAGES * (uint64_t)BH_PAGE_SIZE)

/* The pool and the supervisor pages lie above BH_GUEST_TOP, within 2^39. */
#define PHYSICAL_BITS_NEEDED 39u

#define SYNC_REGISTERS (KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS)

#define CR0_PE         (UINT64_C(1) << 0)
#define CR0_MP         (UINT64_C(1) << 1)
#define CR0_ET         (UINT64_C(1) << 4)
#define CR0_NE         (UINT64_C(1) << 5)
#define CR0_WP         (UINT64_C(1) << 16)
#define CR0_PG         (UINT64_C(1) << 31)
#define CR4_PAE        (UINT64_C(1) << 5)
#define CR4_OSFXSR     (UINT64_C(1) << 9)
#define CR4_OSXMMEXCPT (UINT64_C(1) << 10)
#define CR4_FSGSBASE   (UINT64_C(1) << 16)
#define EFER_LME       (UINT64_C(1) << 8)
#define EFER_LMA       (UINT64_C(1) << 10)
#define EFER_NXE       (UINT64_C(1) << 11)

#define FLAGS_FIXED   UINT64_C(0x202) /* interrupts on, like any process */
#define FLAGS_IOPL    UINT64_C(0x3000)
#define FCW_DEFAULT   0x37f
#define MXCSR_DEFAULT 0x1f80

/* Set by the signal handler. */
static volatile sig_atomic_t interrupted;

static void require(struct core *core, int kvm, unsigned capability, int least,
                    const char *name)
{
	int value = ioctl(kvm, KVM_CHECK_EXTENSION, (long)capability);

	if (value < 0 || (value & least) != least)
		core_fail(core,
		          "kvm: this kernel's KVM lacks %s; run the variant on "
		          "the native core instead",
		          name);
}

static void check_kvm(struct core *core, int kvm)
{
	int version = ioctl(kvm, KVM_GET_API_VERSION, 0);

	if (version < 0)
		core_fail(core,
		          "kvm: descriptor %d is not an open /dev/kvm: %s", kvm,
		          strerror(errno));
	if (version != KVM_API_VERSION)
		core_fail(core, "kvm: /dev/kvm speaks version %d, not %d",
		          version, KVM_API_VERSION);
	require(core, kvm, KVM_CAP_USER_MEMORY, 1, "memory slots");
	require(core, kvm, KVM_CAP_IMMEDIATE_EXIT, 1, "immediate exit");
	require(core, kvm, KVM_CAP_SYNC_REGS, SYNC_REGISTERS,
	        "registers in the shared page");
}

static void set_cpuid(struct core *core, struct kvm_machine *machine, int kvm,
                      int vcpu)
{
	union kvm_cpu_model model;
	int r = kvm_cpuid_baseline(kvm, &model);

	if (r)
		core_fail(core, "kvm: cannot read what CPUs it offers: %s",
		          strerror(-r));
	if (kvm_cpuid_physical_bits(&model) < PHYSICAL_BITS_NEEDED)
		core_fail(core,
		          "kvm: this CPU has %u bits of physical address, and "
		          "%u are needed; run the variant on the native core",
		          kvm_cpuid_physical_bits(&model),
		          PHYSICAL_BITS_NEEDED);
	machine->fsgsbase = kvm_cpuid_has_fsgsbase(&model);
	if (ioctl(vcpu, KVM_SET_CPUID2, &model.table))
		core_fail(core, "kvm: cannot set the CPU model: %s",
		          strerror(errno));
}

int kvm_machine_add_slot(struct kvm_machine *machine, uint64_t guest,
                         const void *host, uint64_t size, uint32_t flags)
{
	struct kvm_userspace_memory_region slot = {
	        .slot = machine->slot_count++,
	        .flags = flags,
	        .guest_phys_addr = guest,
	        .memory_size = size,
	        .userspace_addr = (uintptr_t)host,
	};

	return (int)core_syscall(SYS_ioctl, machine->vm,
	                         KVM_SET_USER_MEMORY_REGION, (long)&slot, 0);
}

static void add_slot(struct core *core, struct kvm_machine *machine,
                     uint64_t guest, const void *host, uint64_t size,
                     uint32_t flags, const char *name)
{
	int r = kvm_machine_add_slot(machine, guest, host, size, flags);

	if (r)
		core_fail(core, "kvm: cannot map %s at 0x%llx: %s", name,
		          (unsigned long long)guest, strerror(-r));
}

static void map_pages(struct core *core, struct kvm_machine *machine,
                      uint64_t address, uint64_t size, unsigned flags,
                      const char *name)
{
	int r = kvm_paging_map(&machine->paging, address, size, flags);

	if (r)
		core_fail(core,
		          "kvm: cannot enter %s at 0x%llx into the page "
		          "tables: %s",
		          name, (unsigned long long)address, strerror(-r));
}

static uint32_t pool_pages(const struct core *core)
{
	uint64_t arena =
	        core->start.arena_low_size + core->start.arena_high_size;

	return (uint32_t)(POOL_PAGES + arena / KVM_LARGE_PAGE_SIZE +
	                  arena / GIB);
}

static void add_system(struct core *core, struct kvm_machine *machine)
{
	const uint32_t pool = pool_pages(core);
	static const unsigned flags[KVM_SYSTEM_PAGES] = {
	        [KVM_SYSTEM_STUBS] = KVM_PAGE_EXECUTE,
	        [KVM_SYSTEM_STACK] = KVM_PAGE_WRITE,
	};
	const uint64_t size =
	        (KVM_SYSTEM_PAGES + pool) * (uint64_t)BH_PAGE_SIZE;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		core_fail(core, "kvm: no memory for page tables: %s",
		          strerror(errno));
	/* A few pages of it are used; a large one would be all resident. */
	madvise(memory, size, MADV_NOHUGEPAGE);
	machine->system = memory;
	add_slot(core, machine, KVM_SYSTEM_BASE, memory, size, 0,
	         "page tables");
	kvm_system_fill(machine->system);
	kvm_paging_start(&machine->paging,
	                 machine->system + KVM_SYSTEM_PAGES * BH_PAGE_SIZE,
	                 POOL_BASE, pool);
	for (unsigned i = 0; i < KVM_SYSTEM_PAGES; i++)
		map_pages(core, machine, KVM_SYSTEM_BASE + i * BH_PAGE_SIZE,
		          BH_PAGE_SIZE, flags[i], "system page");
}

void kvm_machine_create(struct core *core, struct kvm_machine *machine)
{
	const int kvm = BH_CORE_FD_KVM;
	int vcpu, size;

	*machine = (struct kvm_machine){.flags = FLAGS_FIXED};
	check_kvm(core, kvm);
	machine->read_only_slots =
	        ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_READONLY_MEM) > 0;
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	machine->vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (machine->vm < 0)
		core_fail(core, "kvm: cannot create a virtual machine: %s",
		          strerror(errno));
	vcpu = ioctl(machine->vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0)
		core_fail(core, "kvm: cannot create a vCPU: %s",
		          strerror(errno));
	set_cpuid(core, machine, kvm, vcpu);
	machine->run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
	                    MAP_SHARED, vcpu, 0);
	if (machine->run == MAP_FAILED)
		core_fail(core, "kvm: cannot map the vCPU's state: %s",
		          strerror(errno));
	/* The vCPU takes the place of /dev/kvm, which is needed no more. */
	if (dup3(vcpu, BH_CORE_FD_KVM, O_CLOEXEC) < 0 || close(vcpu))
		core_fail(core, "kvm: cannot move the vCPU's descriptor: %s",
		          strerror(errno));
	add_system(core, machine);
}

void kvm_machine_map(struct core *core, struct kvm_machine *machine,
                     const struct core_region *region)
{
	void *host = (void *)(uintptr_t)region->address;
	bool write = region->protection & CORE_WRITE;
	unsigned flags = KVM_PAGE_USER;

	if (write)
		flags |= KVM_PAGE_WRITE;
	if (region->protection & CORE_EXECUTE)
		flags |= KVM_PAGE_EXECUTE;
	/* This process never executes guest code itself. */
	if (mprotect(host, region->size, PROT_READ | (write ? PROT_WRITE : 0)))
		core_fail(core, "kvm: cannot protect %s at 0x%llx: %s",
		          region->name, (unsigned long long)region->address,
		          strerror(errno));
	add_slot(core, machine, region->address, host, region->size,
	         write || !machine->read_only_slots ? 0 : KVM_MEM_READONLY,
	         region->name);
	map_pages(core, machine, region->address, region->size, flags,
	          region->name);
}

static struct kvm_segment segment(uint16_t selector, uint8_t type)
{
	return (struct kvm_segment){
	        .limit = UINT32_MAX,
	        .selector = selector,
	        .type = type,
	        .present = 1,
	        .dpl = 3,
	        .s = 1,
	        .g = 1,
	};
}

static void set_segments(struct kvm_sregs *sregs)
{
	struct kvm_segment data = segment(KVM_SELECTOR_DATA, 3);

	data.db = 1;
	sregs->ss = sregs->ds = sregs->es = data;
	data.selector = 0;
	sregs->fs = sregs->gs = data;
	sregs->cs = segment(KVM_SELECTOR_CODE, 11);
	sregs->cs.l = 1;
	/* PVM runs natively only while no TSS is selected, yet it honours the
	 * hidden part; VT-x and SVM look at nothing else. */
	sregs->tr = (struct kvm_segment){
	        .base = KVM_TSS_ADDRESS,
	        .limit = KVM_TSS_LIMIT,
	        .type = 11,
	        .present = 1,
	};
	sregs->ldt = (struct kvm_segment){.type = 2, .unusable = 1};
	sregs->gdt.base = KVM_GDT_ADDRESS;
	sregs->gdt.limit = KVM_GDT_ENTRIES * 8 - 1;
	sregs->idt.base = KVM_IDT_ADDRESS;
	sregs->idt.limit = KVM_IDT_ENTRIES * 16 - 1;
}

static void set_special(struct core *core, const struct kvm_machine *machine)
{
	struct kvm_sregs sregs;

	if (ioctl(BH_CORE_FD_KVM, KVM_GET_SREGS, &sregs))
		core_fail(core, "kvm: cannot read the vCPU's registers: %s",
		          strerror(errno));
	set_segments(&sregs);
	sregs.cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	sregs.cr3 = kvm_paging_root(&machine->paging);
	sregs.cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	if (machine->fsgsbase)
		sregs.cr4 |= CR4_FSGSBASE;
	sregs.efer = EFER_LME | EFER_LMA | EFER_NXE;
	if (ioctl(BH_CORE_FD_KVM, KVM_SET_SREGS, &sregs))
		core_fail(core, "kvm: cannot enter ring 3 of long mode: %s",
		          strerror(errno));
}

void kvm_machine_start(struct core *core, struct kvm_machine *machine,
                       uint64_t pc, uint64_t stack_pointer, uint64_t rdi)
{
	struct kvm_regs regs = {
	        .rip = pc,
	        .rsp = stack_pointer,
	        .rdi = rdi,
	        .rflags = machine->flags,
	};
	struct kvm_fpu fpu = {.fcw = FCW_DEFAULT, .mxcsr = MXCSR_DEFAULT};

	set_special(core, machine);
	if (!bh_kvm_set_lstar(BH_CORE_FD_KVM, KVM_SYSCALL_LANDING) ||
	    ioctl(BH_CORE_FD_KVM, KVM_SET_FPU, &fpu) ||
	    ioctl(BH_CORE_FD_KVM, KVM_SET_REGS, &regs))
		core_fail(core, "kvm: cannot load the vCPU's registers: %s",
		          strerror(errno));
}

/* Whether what lies at OFFSET of the entry leaves ring 3 for an exchange; else
 * it has trapped. */
static bool exchanges(struct core *core, struct kvm_machine *machine,
                      uint64_t offset)
{
	const struct kvm_run *run = machine->run;
	int r;

	kvm_machine_start(core, machine, core->hypercall + offset,
	                  core->stack_pointer, 0);
	r = kvm_machine_run();
	if (r < 0)
		core_fail(core, "kvm: the vCPU does not run: %s", strerror(-r));
	if (run->exit_reason != KVM_EXIT_IO ||
	    (run->io.port != KVM_PORT_EXCHANGE &&
	     run->io.port != KVM_PORT_TRAP))
		core_fail(core,
		          "kvm: the vCPU does not do what it is told (exit "
		          "reason %u); run the variant on the native core",
		          run->exit_reason);
	r = kvm_machine_fetch(machine);
	if (r)
		core_fail(core, "kvm: cannot read the vCPU's registers: %s",
		          strerror(-r));
	return run->io.port == KVM_PORT_EXCHANGE;
}

/*
 * QEMU's emulated SVM finds no I/O bitmap in a busy TSS, the only kind that
 * VT-x takes.  There the guest gets all ports; those that are not ours then
 * end it here instead of in the processor.  PVM in turn knows no IOPL.
 */
static void prove_exit(struct core *core, struct kvm_machine *machine)
{
	if (exchanges(core, machine, KVM_ENTRY_OUT))
		return;
	machine->flags |= FLAGS_IOPL;
	if (!exchanges(core, machine, KVM_ENTRY_OUT))
		core_fail(core, "kvm: the guest cannot leave ring 3; run the "
		                "variant on the native core");
}

/* As KVM_SYSCALL_LANDING says. */
static bool syscall_traps(struct core *core, struct kvm_machine *machine)
{
	const struct kvm_frame *frame = kvm_system_frame(machine->system);

	if (exchanges(core, machine, KVM_ENTRY_SYSCALL))
		return false;
	if (frame->vector == KVM_VECTOR_PAGE)
		return frame->rip == KVM_SYSCALL_LANDING;
	return frame->vector == KVM_VECTOR_UNDEFINED &&
	       frame->rip == core->hypercall + KVM_ENTRY_SYSCALL;
}

void kvm_machine_prove(struct core *core, struct kvm_machine *machine)
{
	prove_exit(core, machine);
	if (core_has_arena(core) && !syscall_traps(core, machine))
		core_fail(core,
		          "kvm: a Linux program's system calls do not trap on "
		          "this KVM; run the variant on the native core");
}

void kvm_machine_close_vm(struct core *core, struct kvm_machine *machine)
{
	int kept = -1;

	if (core_has_arena(core)) {
		kept = dup3(machine->vm, KVM_FD_VM, O_CLOEXEC);
		if (kept < 0)
			core_fail(core, "kvm: cannot move its descriptor: %s",
			          strerror(errno));
	}
	close(machine->vm);
	machine->vm = kept;
}

int kvm_machine_run(void)
{
	return (int)core_syscall(SYS_ioctl, BH_CORE_FD_KVM, KVM_RUN, 0, 0);
}

/*
 * The handler may come between any two of these stores: it sets both, and the
 * order makes sure that a wish that came in time is never lost.
 */
static void disarm(struct kvm_machine *machine)
{
	machine->run->immediate_exit = 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (interrupted)
		machine->run->immediate_exit = 1;
}

int kvm_machine_fetch(struct kvm_machine *machine)
{
	int r;

	machine->run->kvm_valid_regs = SYNC_REGISTERS;
	machine->run->immediate_exit = 1;
	r = kvm_machine_run();
	machine->run->kvm_valid_regs = 0;
	disarm(machine);
	return r == -EINTR ? 0 : r < 0 ? r : -EIO;
}

void kvm_machine_interrupt(struct kvm_machine *machine)
{
	interrupted = 1;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	machine->run->immediate_exit = 1;
}

bool kvm_machine_was_interrupted(struct kvm_machine *machine)
{
	bool was = interrupted;

	interrupted = 0;
	disarm(machine);
	return was;
}
