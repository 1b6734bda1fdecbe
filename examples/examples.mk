# SPDX-License-Identifier: ISC
#
# Each example is a folder; its C files become the set $(B)/examples/NAME/.

EXAMPLES := hello

# $(1): example, $(2): link flags
define example
$(call guest_set,$(B)/examples/$(1),$(wildcard examples/$(1)/*.c),$(2))
SETS += $(call guest_images,$(B)/examples/$(1))
endef
$(foreach name,$(EXAMPLES),$(eval $(call example,$(name))))

.PHONY: examples
examples: $(SETS)
