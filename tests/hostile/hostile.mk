# SPDX-License-Identifier: ISC
# What plays the launcher, hostile cores and their honest neighbours.

HOSTILE_OBJS := $(addprefix $(B)/obj/,tests/hostile/drive_exo.o \
	tests/hostile/core_hostile.o tests/hostile/honest.o lib/random.o)
$(B)/tests/hostile/drive_exo: $(HOSTILE_OBJS) | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(HARDEN) $^ -lpthread -o $@
TEST_PROGRAMS += $(B)/tests/hostile/drive_exo $(ASAN_EXO)
