# SPDX-License-Identifier: ISC
#
# Guests for the tests: each C file here becomes the set
# $(B)/tests/guests/NAME/, built by the SDK's default flags.

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

TEST_PROGRAMS += $(TEST_SETS)

# It overflows its stack on purpose.
GUEST_FLAGS_OF_tests/guests/misbehave.c := -Wno-infinite-recursion

.PHONY: test-guests
test-guests: $(TEST_SETS)

endif
