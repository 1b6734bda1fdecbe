# SPDX-License-Identifier: ISC
#
# The Linux personality, one image per instruction set:
#
#   $(B)/libexec/linux/ISA.elf
#
# from guest/linux/*.c and guest/linux/*/*.c.  A file NAME_ISA.c or NAME_ISA.S
# belongs to that instruction set alone.  calls/*.def are the system calls (see
# syscall.h); docs/linux-calls.md is made from them (make doc).

LINUX_SOURCES := $(wildcard guest/linux/*.c guest/linux/*/*.c)
LINUX_ARCH_SOURCES := $(foreach isa,$(GUEST_ISAS),\
	$(filter %_$(isa).c,$(LINUX_SOURCES)))
LINUX_COMMON := $(filter-out $(LINUX_ARCH_SOURCES),$(LINUX_SOURCES)) \
	guest/relocate.c
LINUX_DEFS := $(sort $(wildcard guest/linux/calls/*.def))

# No C library; nothing that the compiler would put in place of the kernel's own
# loops; no vector register in C code: a system call leaves the program's alone.
LINUX_CFLAGS := -ffreestanding -fno-builtin -O2 -Iguest/linux
LINUX_CFLAGS_x86_64 := -mgeneral-regs-only
LINUX_CFLAGS_aarch64 := -mgeneral-regs-only
# An ISA without floating point: arguments are passed as with lp64d as long as
# there are no floating-point ones.  Assembly names what it needs.
LINUX_CFLAGS_riscv64 := -march=rv64imac -mabi=lp64

LINUX_ASFLAGS_riscv64 := -march=rv64gc -mabi=lp64

# Set before the stack protector's guard is, or while it changes.
LINUX_FLAGS_OF_guest/relocate.c := -fno-stack-protector
LINUX_FLAGS_OF_guest/linux/boot.c := -fno-stack-protector
# Part of the program, which has a guard of its own.
LINUX_FLAGS_OF_guest/vdso/vdso.c := -fno-stack-protector -fPIC \
	-fno-jump-tables

linux_objects = $(patsubst %,$(B)/guest/$(1)/linux/%.o,$(basename \
	$(LINUX_COMMON) $(filter %_$(1).c,$(LINUX_ARCH_SOURCES)) \
	$(wildcard guest/linux/*_$(1).S) guest/start_$(1).S))

# All lists in one: every CALL line of every module.
LINUX_CALLS := $(B)/guest/linux/calls.inc
$(LINUX_CALLS): $(LINUX_DEFS) guest/linux/linux.mk | $$(@D)/
	$(call say,GEN,$@)
	$(Q){ echo '/* Generated from guest/linux/calls. */'; \
		cat $(LINUX_DEFS) /dev/null; } > $@

# $(1): instruction set
define linux_isa_rules
$(B)/guest/$(1)/linux/%.o: %.c guest/libc/flags.mk guest/linux/linux.mk \
		| $(LINUX_CALLS) $$$$(@D)/
	$$(call say,CC,$$@)
	$$(Q)$$(GUEST_CC) $$(GUEST_CFLAGS) $$(GUEST_CFLAGS_$(1)) \
		$$(LINUX_CFLAGS) $$(LINUX_CFLAGS_$(1)) $$(GUEST_WARNINGS) \
		-I. -I$(B)/guest/linux $$(LINUX_FLAGS_OF_$$<) \
		-DLINUX_VDSO='"$(B)/guest/$(1)/linux/vdso.so"' \
		-MMD -MP -c $$< -o $$@

$(B)/guest/$(1)/linux/%.o: %.S guest/linux/linux.mk | $$$$(@D)/
	$$(call say,AS,$$@)
	$$(Q)$$(GUEST_CC) $$(GUEST_CFLAGS_$(1)) $$(LINUX_ASFLAGS_$(1)) -I. \
		-MMD -MP -c $$< -o $$@

# What programs call for the time, which vdso.c holds as a file.
$(B)/guest/$(1)/linux/vdso.so: $(B)/guest/$(1)/linux/guest/vdso/vdso.o \
		guest/vdso/vdso.lds guest/vdso/$(1).version
	$$(call say,LD,$$@)
	$$(Q)$$(GUEST_LD) -shared -T guest/vdso/vdso.lds --strip-all \
		--version-script=guest/vdso/$(1).version --no-undefined \
		--soname=linux-vdso.so.1 --hash-style=both --build-id=none \
		-z max-page-size=4096 $$(GUEST_LDFLAGS_$(1)) -o $$@.linked $$<
	$$(Q)llvm-objcopy --strip-sections $$@.linked $$@
$(B)/guest/$(1)/linux/guest/linux/vdso.o: $(B)/guest/$(1)/linux/vdso.so

$(B)/libexec/linux/$(1).elf: $(call linux_objects,$(1)) | $$$$(@D)/
	$$(call say,LD,$$@)
	$$(Q)$$(GUEST_LD_ALL) $$(GUEST_LDFLAGS_$(1)) -o $$@ $$(filter %.o,$$^)
endef
$(foreach isa,$(GUEST_ISAS),$(eval $(call linux_isa_rules,$(isa))))

LINUX_IMAGES := $(call guest_images,$(B)/libexec/linux)
SETS += $(LINUX_IMAGES)

.PHONY: linux install-linux
linux: $(LINUX_IMAGES)
install: install-linux
install-linux: $(LINUX_IMAGES)
	$(Q)$(foreach isa,$(GUEST_ISAS),install -D -m 644 \
		$(B)/libexec/linux/$(isa).elf \
		$(DESTDIR)$(PREFIX)/libexec/bh/linux/$(isa).elf &&) true

-include $(shell find $(B)/guest/*/linux -name '*.d' 2>/dev/null)
