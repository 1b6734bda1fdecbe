# SPDX-License-Identifier: ISC
#
# Each example is a folder; its C files become the set $(B)/examples/NAME/.

EXAMPLES := hello echo counter burn store store-client

# $(1): example, $(2): link flags
define example
$(call guest_set,$(B)/examples/$(1),$(wildcard examples/$(1)/*.c),$(2))
SETS += $(call guest_images,$(B)/examples/$(1))
endef
$(foreach name,$(EXAMPLES),$(eval $(call example,$(name))))

# Its addresses are to be known to the attacker.
$(eval $(call example,vulnerable,$(GUEST_FIXED_LDFLAGS)))

# A manifest names sets relative to itself.
$(B)/examples/store/cell.yaml: examples/store/cell.yaml | $$(@D)/
	$(Q)cp $< $@
SETS += $(B)/examples/store/cell.yaml

.PHONY: examples
examples: $(SETS)

# The same work as a Linux process.  The guests' own compiler and those of
# their flags that change what is computed make the comparison fair.
$(B)/bench/burn-linux: examples/burn/main.c guest/libc/flags.mk | $$(@D)/
	$(call say,CCLD,$@)
	$(Q)$(GUEST_CC) $(filter-out -nostdlibinc -Xclang -fwchar-type=int \
		-fsigned-wchar,$(GUEST_CFLAGS)) $(WARNINGS) \
		-pie $< -o $@

include examples/images.mk
