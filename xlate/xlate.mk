# SPDX-License-Identifier: ISC
#
# The translator: a library of its own, which includes nothing of the rest.

XLATE_HOST := $(shell uname -m)
XLATE_SRCS := $(wildcard xlate/*.c xlate/riscv64/*.c xlate/aarch64/*.c \
              xlate/$(XLATE_HOST)/*.c xlate/$(XLATE_HOST)/*/*.c)
# Kept translations are of these sources.
XLATE_FILES := $(sort $(wildcard xlate/*.[ch] xlate/*/*.[ch] xlate/*/*.def \
               xlate/*/*/*.[ch]))
XLATE_SOURCES := $(firstword $(shell cat $(XLATE_FILES) | sha256sum))
XLATE_KEPT_OBJS = $(foreach kind,obj asan/obj fuzz/obj,$(B)/$(kind)/xlate/kept.o)
$(XLATE_KEPT_OBJS): CFLAGS += -DXLATE_SOURCES='"$(XLATE_SOURCES)"'
$(XLATE_KEPT_OBJS): $(XLATE_FILES)
# What tells whether kept translations fit.
XLATE_FIT_OBJS := $(B)/obj/xlate/kept.o $(B)/obj/xlate/no_host.o \
                  $(patsubst %.c,$(B)/obj/%.o,$(wildcard xlate/$(XLATE_HOST)/features.c))
XLATE_OBJS := $(XLATE_SRCS:%.c=$(B)/obj/%.o)
