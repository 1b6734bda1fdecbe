# SPDX-License-Identifier: ISC
#
# What drives single roles in the tests.

# Static, for it also runs in a virtual machine that has no libraries.
$(B)/tests/roles/drive_core: $(B)/obj/tests/roles/drive_core.o \
		$(B)/obj/lib/elf_explain.o | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_BASE) $(if $(SANITIZE),,-static) -o $@ $^

TEST_PROGRAMS += $(B)/tests/roles/drive_core

# A guest of its own: no SDK, no library, no relocation.
MACHINE_CFLAGS := -std=gnu11 -O2 $(WARNINGS) -I. -ffreestanding -fPIE \
	-fno-stack-protector -fno-asynchronous-unwind-tables \
	-fcf-protection=none -mno-red-zone
MACHINE_LDFLAGS := -nostdlib -static-pie \
	-Wl,-z,noexecstack,-z,separate-code,-z,norelro,--build-id=none,-e,start

ifeq ($(shell uname -m),x86_64)
$(B)/tests/guests/machine.elf: tests/guests/machine.c $(wildcard abi/*.h) \
		abi/protocol/control.h | $$(@D)/
	$(call say,CC,$@)
	$(Q)$(CC) $(MACHINE_CFLAGS) $(MACHINE_LDFLAGS) -o $@ $<

TEST_PROGRAMS += $(B)/tests/guests/machine.elf
endif
