# SPDX-License-Identifier: ISC
# What the translator's decode table is compared with; tests/e2e/coverage.sh.

COVERAGE_PACKAGES := lighttpd,redis-server,nginx,busybox-static,libc6,libssl3t64,python3-minimal
COVERAGE_COUNT := $(B)/tests/coverage/count

$(COVERAGE_COUNT): $(addprefix $(B)/obj/,tests/coverage/count.o xlate/riscv64/decode.o xlate/aarch64/decode.o) | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(HARDEN) $^ -o $@
TEST_PROGRAMS += $(COVERAGE_COUNT)

.PHONY: coverage
coverage: $(COVERAGE_COUNT) $(B)/bh
	$(Q)rm -rf $(B)/coverage
	$(Q)$(B)/bh image build $(IMAGE_OPTIONS) --suite $(IMAGE_SUITE) --arch arm64,riscv64 \
		--cache $(B)/cache/debian --include $(COVERAGE_PACKAGES) \
		-o $(B)/coverage/image -- /bin/sh >/dev/null
	$(Q)for isa in aarch64 riscv64; do \
		tests/coverage/sweep $(COVERAGE_COUNT) $(B)/coverage/image \
			$$isa >$(B)/coverage/$$isa && \
		sed -n '/ unknown in /p; $$p' $(B)/coverage/$$isa && \
		echo "written: $(B)/coverage/$$isa" || exit 1; \
	done
