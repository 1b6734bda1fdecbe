# SPDX-License-Identifier: ISC
# Programs that only the benchmarks need; tools/bench runs them.

BENCH_PROGRAMS := $(B)/bench/pingpong $(B)/bench/getppid $(B)/bench/burn-linux \
                  $(call guest_images,$(B)/tests/guests/flood)
$(B)/bench/pingpong: tests/bench/pingpong.c | $$(@D)/
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_BASE) -MF $(B)/obj/pingpong.d $< -o $@
$(B)/bench/getppid: tests/bench/getppid.c | $$(@D)/
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_BASE) -MF $(B)/obj/getppid.d -static $< -o $@
