# SPDX-License-Identifier: ISC
#
# The translator: a library of its own, which includes nothing of the rest.

XLATE_HOST := $(shell uname -m)
XLATE_HOST_SRCS := $(or $(wildcard xlate/$(XLATE_HOST)/*.c \
                   xlate/$(XLATE_HOST)/*/*.c),xlate/no_host.c)
XLATE_GUEST_SRCS := $(filter-out xlate/no_host.c,$(wildcard xlate/*.c \
                    xlate/riscv64/*.c xlate/aarch64/*.c))
XLATE_SRCS := $(XLATE_GUEST_SRCS) $(XLATE_HOST_SRCS)
# Kept translations are of these sources.
XLATE_FILES := $(sort $(wildcard xlate/*.[ch] xlate/*/*.[ch] xlate/*/*.def \
               xlate/*/*/*.[ch]))
XLATE_SOURCES := $(firstword $(shell cat $(XLATE_FILES) | sha256sum))
XLATE_KEPT_OBJS = $(foreach kind,obj asan/obj fuzz/obj,$(B)/$(kind)/xlate/kept.o)
$(XLATE_KEPT_OBJS): CFLAGS += -DXLATE_SOURCES='"$(XLATE_SOURCES)"'
$(XLATE_KEPT_OBJS): $(XLATE_FILES)
# What tells whether kept translations fit.
XLATE_FIT := xlate/kept $(filter %/features %/no_host,$(XLATE_HOST_SRCS:%.c=%))
XLATE_OBJS := $(XLATE_SRCS:%.c=$(B)/obj/%.o)
# Tier 0 alone.
XLATE_TIER0_OBJS := $(XLATE_GUEST_SRCS:%.c=$(B)/obj/%.o) $(B)/obj/xlate/no_host.o
