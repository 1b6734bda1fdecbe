# SPDX-License-Identifier: ISC
#
# One program per device, libexec/bh-device-NAME: the folder's own files, those
# of device/common, and a few of lib/.  Static, as exo is.

DEVICE_LIB := lib/sandbox lib/seccomp
DEVICE_COMMON := $(basename $(wildcard device/common/*.c)) $(DEVICE_LIB)
DEVICES := $(patsubst device/%/main.c,%,$(wildcard device/*/main.c))
device_objs = $(patsubst %.c,$(B)/obj/%.o,$(wildcard device/$(1)/*.c)) \
              $(DEVICE_COMMON:%=$(B)/obj/%.o)
DEVICE_PIE := $(if $(SANITIZE),,-fPIE)
DEVICE_LINK := $(if $(SANITIZE),,-static-pie)

$(patsubst %.c,$(B)/obj/%.o,$(wildcard device/*/*.c)): CFLAGS += $(DEVICE_PIE)

define device_rule
PROGRAMS += $(B)/libexec/bh-device-$1
$(B)/libexec/bh-device-$1: $(call device_objs,$1) | $$$$(@D)/
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(HARDEN) $$(DEVICE_LINK) -Wl,-z,relro,-z,now $$^ -o $$@
endef
$(foreach device,$(DEVICES),$(eval $(call device_rule,$(device))))
