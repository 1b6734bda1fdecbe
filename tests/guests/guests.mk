# SPDX-License-Identifier: ISC
#
# Guests for the tests: each C file here becomes the set
# $(B)/tests/guests/NAME/, built by the SDK's default flags, and so does each
# in silent/, together with silent.c.

ifndef TEST_GUESTS # included by whoever comes first

# Not made with the SDK, and of one instruction set; a core's tests build it.
TEST_GUESTS_APART := machine
TEST_GUESTS := $(filter-out $(TEST_GUESTS_APART),\
	$(patsubst tests/guests/%.c,%,$(sort $(wildcard tests/guests/*.c))))

# $(1): name
define test_guest
$(call guest_set,$(B)/tests/guests/$(1),tests/guests/$(1).c)
TEST_SETS += $(call guest_images,$(B)/tests/guests/$(1))
endef
$(foreach name,$(TEST_GUESTS),$(eval $(call test_guest,$(name))))

# Those that look for false alarms share their main().
SILENT_GUESTS := $(filter-out silent,\
	$(patsubst tests/guests/silent/%.c,%,$(sort $(wildcard tests/guests/silent/*.c))))

# $(1): name
define silent_guest
$(call guest_set,$(B)/tests/guests/$(1),tests/guests/silent/$(1).c tests/guests/silent/silent.c)
TEST_SETS += $(call guest_images,$(B)/tests/guests/$(1))
endef
$(foreach name,$(SILENT_GUESTS),$(eval $(call silent_guest,$(name))))

TEST_PROGRAMS += $(TEST_SETS)

# They overflow their stacks on purpose.
GUEST_FLAGS_OF_tests/guests/misbehave.c := -Wno-infinite-recursion
GUEST_FLAGS_OF_tests/guests/hostile.c := -Wno-infinite-recursion

.PHONY: test-guests
test-guests: $(TEST_SETS)

endif
