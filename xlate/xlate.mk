# SPDX-License-Identifier: ISC
#
# The translator: a library of its own, which includes nothing of the rest.

XLATE_HOST := $(shell uname -m)
XLATE_SRCS := $(wildcard xlate/*.c xlate/riscv64/*.c xlate/aarch64/*.c \
              xlate/$(XLATE_HOST)/*.c xlate/$(XLATE_HOST)/*/*.c)
XLATE_OBJS := $(XLATE_SRCS:%.c=$(B)/obj/%.o)
