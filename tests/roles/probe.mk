# SPDX-License-Identifier: ISC
# One probe for each role, with the role's own table; and what starts it.

ROLES := exo native kvm xlate unicorn volume net
ROLE_TABLE_exo := exo/seccomp.o
ROLE_TABLE_native := core/native/seccomp.o
ROLE_TABLE_kvm := core/kvm/seccomp.o
ROLE_TABLE_xlate := core/xlate/seccomp.o
ROLE_TABLE_unicorn := core/unicorn/seccomp.o
ROLE_TABLE_volume := device/volume/seccomp.o
ROLE_TABLE_net := device/net/seccomp.o

define probe_rule
$(B)/tests/roles/probe-$1: $(addprefix $(B)/obj/,tests/roles/probe_$1.o \
	tests/roles/probe.o tests/roles/probe_calls.o \
	tests/roles/probe_sandbox.o lib/sandbox.o lib/seccomp.o \
	$(ROLE_TABLE_$1))
endef
$(foreach role,$(ROLES),$(eval $(call probe_rule,$(role))))
$(B)/tests/roles/start: $(addprefix $(B)/obj/,tests/roles/start.o cli/spawn.o \
	cli/descriptors.o cli/problem.o)

PROBE_PROGRAMS := $(ROLES:%=$(B)/tests/roles/probe-%) $(B)/tests/roles/start
$(PROBE_PROGRAMS): | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(HARDEN) $^ -o $@
TEST_PROGRAMS += $(PROBE_PROGRAMS)
