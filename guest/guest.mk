# SPDX-License-Identifier: ISC
#
# The guest SDK, for each instruction set:
#
#   $(B)/guest/ISA/obj/PATH.o      objects of guest code
#   $(B)/guest/ISA/lib/start.o     the ELF entry
#   $(B)/guest/ISA/lib/libbhguest.a
#   $(B)/guest/ISA/libc/           picolibc, see guest/libc/libc.mk
#   $(B)/guest/include/            bh.h and abi/, as they are installed
#   $(B)/guest/flags.sh            the flags, for bh-cc
#   $(B)/bh-cc                     C files to a set, for people
#
# Offered to other folders:
#   $(eval $(call guest_set,DIR,SOURCES[,LDFLAGS]))
#       builds SOURCES (below the repository's root) into DIR/ISA.elf for each
#       ISA. The images are added to SETS by whoever wants them in `all`:
#       $(call guest_images,DIR).
#   GUEST_FLAGS_OF_PATH         more compile flags for the source PATH
#   GUEST_FIXED_LDFLAGS         link flags for an image at a fixed address
#   make install-guest          with PREFIX and DESTDIR

include guest/libc/flags.mk
include guest/libc/libc.mk

GUEST_AR ?= llvm-ar
GUEST_LD_ALL = $(GUEST_LD) $(GUEST_LDFLAGS) --build-id=sha1
GUEST_FIXED_LDFLAGS := -no-pie --image-base=0x400000

GUEST_WARNINGS := $(WARNINGS)
GUEST_SOURCES := $(wildcard guest/*.c)

guest_images = $(foreach isa,$(GUEST_ISAS),$(1)/$(isa).elf)
guest_objects = $(patsubst %,$(B)/guest/$(1)/obj/%.o,$(basename $(2)))
guest_sdk = $(B)/guest/$(1)/lib/start.o $(B)/guest/$(1)/lib/libbhguest.a

# $(1): instruction set
define guest_isa_rules
$(B)/guest/$(1)/obj/%.o: %.c $(B)/guest/$(1)/libc/lib/libc.a guest/libc/flags.mk \
		| $$$$(@D)/
	$$(call say,CC,$$@)
	$$(Q)$$(GUEST_CC) $$(GUEST_CFLAGS) $$(GUEST_CFLAGS_$(1)) \
		$$(GUEST_WARNINGS) $$(GUEST_INCLUDES_$(1)) -Iguest -I. \
		$$(GUEST_FLAGS_OF_$$<) -MMD -MP -c $$< -o $$@

$(B)/guest/$(1)/obj/%.o: %.S | $$$$(@D)/
	$$(call say,AS,$$@)
	$$(Q)$$(GUEST_CC) $$(GUEST_CFLAGS_$(1)) -I. -MMD -MP -c $$< -o $$@

$(B)/guest/$(1)/lib/libbhguest.a: $(call guest_objects,$(1),$(GUEST_SOURCES)) \
		| $$$$(@D)/
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $$(GUEST_AR) rcs $$@ $$(filter %.o,$$^)

$(B)/guest/$(1)/lib/start.o: $(B)/guest/$(1)/obj/guest/start_$(1).o | $$$$(@D)/
	$$(Q)cp $$< $$@
endef
$(foreach isa,$(GUEST_ISAS),$(eval $(call guest_isa_rules,$(isa))))

# $(1): instruction set, $(2): folder, $(3): sources, $(4): link flags
define guest_image_rule
$(2)/$(1).elf: $(call guest_objects,$(1),$(3)) $(call guest_sdk,$(1)) \
		$(B)/guest/$(1)/libc/lib/libc.a | $$$$(@D)/
	$$(call say,LD,$$@)
	$$(Q)$$(GUEST_LD_ALL) $$(GUEST_LDFLAGS_$(1)) $(4) -o $$@ \
		$(call guest_sdk,$(1)) $(call guest_objects,$(1),$(3)) \
		$$(GUEST_LIBS_$(1))
endef
guest_set = $(foreach isa,$(GUEST_ISAS),$(call guest_image_rule,$(isa),$(1),$(2),$(3))$(newline)$(newline))
define newline


endef

# The guard is set while bh_start() runs.
GUEST_FLAGS_OF_guest/boot.c := -fno-stack-protector
GUEST_FLAGS_OF_guest/relocate.c := -fno-stack-protector

# ------------------------------------------------- what bh-cc and users need

GUEST_HEADERS := $(shell find abi -name '*.h') guest/bh.h
GUEST_STAGED := $(patsubst guest/%,$(B)/guest/include/%,\
	$(filter guest/%,$(GUEST_HEADERS))) \
	$(addprefix $(B)/guest/include/,$(filter abi/%,$(GUEST_HEADERS)))

$(B)/guest/include/abi/%.h: abi/%.h | $$(@D)/
	$(Q)cp $< $@
$(B)/guest/include/bh.h: guest/bh.h | $$(@D)/
	$(Q)cp $< $@

$(B)/guest/flags.sh: guest/libc/flags.mk guest/guest.mk | $$(@D)/
	$(call say,GEN,$@)
	$(Q){ echo "# Generated from guest/libc/flags.mk."; \
	echo "guest_isas='$(GUEST_ISAS)'"; \
	echo "guest_cc='$(GUEST_CC)'"; \
	echo "guest_ld='$(GUEST_LD)'"; \
	echo "guest_cflags='$(GUEST_CFLAGS)'"; \
	echo "guest_ldflags='$(GUEST_LDFLAGS) --build-id=sha1'"; \
	echo "guest_fixed_ldflags='$(GUEST_FIXED_LDFLAGS)'"; \
	$(foreach isa,$(GUEST_ISAS),\
	echo "guest_cflags_$(isa)='$(GUEST_CFLAGS_$(isa))'"; \
	echo "guest_ldflags_$(isa)='$(GUEST_LDFLAGS_$(isa))'";) } > $@

GUEST_SDK := $(GUEST_STAGED) $(B)/guest/flags.sh \
	$(foreach isa,$(GUEST_ISAS),$(call guest_sdk,$(isa)) \
	$(B)/guest/$(isa)/libc/lib/libc.a)

$(B)/bh-cc: guest/bh-cc $(GUEST_SDK)
	$(Q)cp $< $@ && chmod 755 $@

PROGRAMS += $(B)/bh-cc

.PHONY: guest install-guest
guest: $(B)/bh-cc

install-guest: $(B)/bh-cc
	install -D -m 755 $(B)/bh-cc $(DESTDIR)$(PREFIX)/bin/bh-cc
	install -D -m 644 $(B)/guest/flags.sh \
		$(DESTDIR)$(PREFIX)/lib/bh/guest/flags.sh
	cd $(B)/guest && find include \
		$(foreach isa,$(GUEST_ISAS),$(isa)/lib $(isa)/libc/include \
		$(isa)/libc/lib/libc.a) -type f \
		-exec install -D -m 644 '{}' \
		'$(abspath $(DESTDIR)$(PREFIX))/lib/bh/guest/{}' ';'

-include $(shell find $(B)/guest/*/obj -name '*.d' 2>/dev/null)
include guest/linux/linux.mk
include tests/guests/guests.mk
