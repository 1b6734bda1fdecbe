# SPDX-License-Identifier: ISC
#
# make            build everything below $(B); never installs anything
# make demo       install what is missing, build, show the main job
# make check      install what is missing, build, run the tests (T=name: one)
# make help       all targets
#
# Each folder describes its own part in FOLDER/FOLDER.mk.

B ?= build
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
PREFIX ?= /usr/local
O ?= -O2
V ?= 0
Q := $(if $(filter 0,$(V)),@,)
say = $(if $(filter 0,$(V)),@printf '  %-8s %s\n' '$(1)' '$(2:$(B)/%=%)',@true)

WARNINGS := -Wall -Wextra -Wshadow -Wcast-qual -Wsign-compare -Werror \
            -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wvla
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fno-plt
SANITIZE ?=
ifneq ($(SANITIZE),)
HARDEN := -fsanitize=address,undefined -fno-sanitize-recover=all \
          -fno-omit-frame-pointer -DBH_SANITIZE=1
endif
CFLAGS_BASE := -std=gnu11 $(O) -g $(WARNINGS) $(HARDEN) -I. -MMD -MP

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

# A folder is made when something in it is.
.SECONDEXPANSION:
.PRECIOUS: %/
%/:
	$(Q)mkdir -p $@

# Objects are kept per flavour, since one source may serve several programs.
$(B)/obj/%.o: %.c | $$(@D)/
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_BASE) $(CFLAGS) -c $< -o $@
$(B)/obj/%.o: %.S | $$(@D)/
	$(call say,AS,$@)
	$(Q)$(CC) $(CFLAGS_BASE) $(CFLAGS) -c $< -o $@

LIB_OBJS := $(patsubst %.c,$(B)/obj/%.o,$(wildcard lib/*.c))

include exo/exo.mk
include xlate/xlate.mk
include core/core.mk
include device/device.mk
include guest/guest.mk
include cli/cli.mk
include examples/examples.mk
include attacks/attacks.mk
include tests/tests.mk
include tests/bench/bench.mk
include tools/tools.mk

.PHONY: all
all: $(PROGRAMS) $(SETS)

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
