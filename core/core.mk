# SPDX-License-Identifier: ISC
#
# One program per kind of core: the common files of this folder, the kind's
# own, and a few files of lib/.  A kind whose folder is empty is left out.

CORE_ISA := $(shell uname -m)

# What runs while the guest runs.  It must not touch what is the guest's: the
# vector registers, the thread pointer (so no stack protector, no TLS), or the
# C library: nothing in it may refer to anything that is not.
CORE_RUN := core/exchange core/regions core/pieces core/memory \
            core/host_memory core/state core/upcall core/classify \
            core/protection_x86_64
CORE_SETUP := core/main core/start core/fail core/image core/layout core/arena \
              core/boot
CORE_LIB := lib/elf lib/elf_explain lib/elf_plan lib/random lib/sandbox \
            lib/seccomp

CORE_RUN_CFLAGS := -mgeneral-regs-only -fno-stack-protector -fno-builtin \
                   -U_FORTIFY_SOURCE $(if $(SANITIZE),-fno-sanitize=all)
CORE_RUN_OBJS := $(CORE_RUN:%=$(B)/obj/%.o)
CORE_OBJS := $(CORE_RUN_OBJS) $(B)/obj/core/syscall_$(CORE_ISA).o \
             $(CORE_SETUP:%=$(B)/obj/%.o) $(CORE_LIB:%=$(B)/obj/%.o)

$(CORE_RUN_OBJS): override CFLAGS += $(CORE_RUN_CFLAGS)

# AddressSanitizer makes system calls before a call that does not return; the
# last one of main() comes when they are forbidden already.
ifneq ($(SANITIZE),)
$(B)/obj/core/main.o: override CFLAGS += -fno-sanitize=address
endif

# Small and quick to start; AddressSanitizer cannot be linked that way.
CORE_STATIC := $(if $(SANITIZE),,-static-pie)
CORE_PIE := $(if $(SANITIZE),,-fPIE)
$(CORE_SETUP:%=$(B)/obj/%.o): override CFLAGS += $(CORE_PIE)
$(CORE_RUN_OBJS): override CFLAGS += $(CORE_PIE)

# A file whose name ends in _ISA is for hosts of that ISA.
core_host = $(filter-out %_x86_64 %_aarch64,$(1)) $(filter %_$(CORE_ISA),$(1))
core_objs = $(patsubst %,$(B)/obj/%.o,$(call core_host,$(basename \
            $(wildcard core/$(1)/*.c core/$(1)/*.S))))

ifneq ($(wildcard core/native/*.c),)
NATIVE_OBJS := $(call core_objs,native)
NATIVE_RUN_OBJS := $(filter-out %/seccomp.o %/setup.o,$(NATIVE_OBJS))
PROGRAMS += $(B)/libexec/bh-core-native
$(NATIVE_OBJS): override CFLAGS += $(CORE_PIE)
$(NATIVE_RUN_OBJS): override CFLAGS += $(CORE_RUN_CFLAGS)

# All of the run path in one object: what it lacks must be the linker's own.
NATIVE_RUN := $(B)/obj/core/native/run-path.o
$(NATIVE_RUN): $(CORE_RUN_OBJS) $(NATIVE_RUN_OBJS) \
               $(B)/obj/core/syscall_$(CORE_ISA).o
	$(Q)$(LD) -r -o $@ $^
	$(Q)if nm -u $@ | grep -vE ' (_GLOBAL_OFFSET_TABLE_|__executable_start|etext|__(start|stop)_core_syscalls|__(a|ub)san.*)$$'; \
	then echo '$@: the run path needs the above' >&2; exit 1; fi

$(B)/libexec/bh-core-native: $(CORE_OBJS) $(NATIVE_OBJS) | $(NATIVE_RUN) $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_BASE) $(CORE_STATIC) -o $@ $^ $(LDFLAGS)
endif

ifneq ($(wildcard core/kvm/*.c),)
KVM_OBJS := $(call core_objs,kvm)
PROGRAMS += $(B)/libexec/bh-core-kvm
$(KVM_OBJS): override CFLAGS += $(CORE_PIE)
$(B)/libexec/bh-core-kvm: $(CORE_OBJS) $(KVM_OBJS) | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_BASE) $(CORE_STATIC) -o $@ $^ $(LDFLAGS)
endif

# interpret is xlate without what makes host code.
XLATE_CORES := $(B)/libexec/bh-core-xlate $(B)/libexec/bh-core-interpret
XLATE_CORE_OBJS := $(call core_objs,xlate)
PROGRAMS += $(XLATE_CORES)
$(sort $(XLATE_CORE_OBJS) $(XLATE_OBJS) $(XLATE_TIER0_OBJS)): \
	override CFLAGS += $(CORE_PIE)
$(B)/libexec/bh-core-xlate: $(XLATE_OBJS)
$(B)/libexec/bh-core-interpret: $(XLATE_TIER0_OBJS)
$(XLATE_CORES): $(CORE_OBJS) $(XLATE_CORE_OBJS) | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_BASE) $(CORE_STATIC) -o $@ $^ $(LDFLAGS)

ifneq ($(wildcard core/unicorn/*.c),)
UNICORN_OBJS := $(call core_objs,unicorn)
PROGRAMS += $(B)/libexec/bh-core-unicorn
$(UNICORN_OBJS): override CFLAGS += $(CORE_PIE)
# float_riscv64.c stands before four of libunicorn's functions.
UNICORN_WRAPS := $(patsubst %,-Xlinker --wrap=helper_%_riscv64, \
	fmin_s fmax_s fmin_d fmax_d)
# Linked statically it starts in a quarter of the time: most of what
# libunicorn.so costs is relocations for guests that this process never runs.
$(B)/libexec/bh-core-unicorn: $(CORE_OBJS) $(UNICORN_OBJS) | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_BASE) $(CORE_STATIC) -o $@ $^ $(LDFLAGS) \
		$(UNICORN_WRAPS) -lunicorn -lpthread -lm
endif
