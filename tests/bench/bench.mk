# SPDX-License-Identifier: ISC
# Programs that only the benchmarks need; tools/bench runs them.

BENCH_ISAS := x86_64 aarch64 riscv64
BENCH_KERNELS := $(BENCH_ISAS:%=$(B)/bench/kernels/%)
BENCH_PROGRAMS := $(B)/bench/pingpong $(B)/bench/getppid $(B)/bench/burn-linux \
                  $(BENCH_KERNELS) $(call guest_images,$(B)/tests/guests/flood) \
                  $(call guest_images,$(B)/tests/guests/calls)
$(B)/bench/pingpong: tests/bench/pingpong.c | $$(@D)/
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_BASE) -MF $(B)/obj/pingpong.d $< -o $@
$(B)/bench/getppid: tests/bench/getppid.c | $$(@D)/
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_BASE) -MF $(B)/obj/getppid.d -static $< -o $@

# As a user builds a static program, with Debian's compiler and its -O2.
$(BENCH_KERNELS): $(wildcard tests/bench/kernels/*.[ch]) | $$(@D)/
	$(call say,CC,$@)
	$(Q)$(@F)-linux-gnu-gcc -O2 -Wall -Wextra -static $(filter %.c,$^) -lm -o $@
