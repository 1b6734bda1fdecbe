# SPDX-License-Identifier: ISC
# The exokernel: a static executable that links nothing but libc.

EXO_SRCS := $(wildcard exo/*.c) lib/sandbox.c lib/seccomp.c
EXO_OBJS := $(EXO_SRCS:%.c=$(B)/obj/%.o)
PROGRAMS += $(B)/libexec/bh-exo

EXO_LINK := $(if $(SANITIZE),,-static-pie)

$(EXO_OBJS): CFLAGS += -fPIE
$(B)/libexec/bh-exo: $(EXO_OBJS) | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(HARDEN) $(EXO_LINK) -Wl,-z,relro,-z,now $^ -o $@
