# SPDX-License-Identifier: ISC
#
# The command (bh) and the renderer of reports (libexec/bh-report).  bh is
# static where it can be: it is on the way of every cold start.

BH_LINK := $(if $(SANITIZE),,-static-pie)
BH_PIE := $(if $(SANITIZE),,-fPIE)

BH_LIBS := lib/elf lib/elf_explain lib/elf_plan lib/elf_symbol
REPORT_SRCS := $(wildcard cli/report_*.c)
BH_SRCS := $(filter-out $(REPORT_SRCS),$(wildcard cli/*.c))
BH_OBJS := $(BH_SRCS:%.c=$(B)/obj/%.o) $(BH_LIBS:%=$(B)/obj/%.o) \
           $(B)/obj/lib/kvmprobe.o

PROGRAMS += $(B)/bh
$(BH_SRCS:%.c=$(B)/obj/%.o): CFLAGS += $(BH_PIE)
$(B)/bh: $(BH_OBJS) | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_BASE) $(BH_LINK) -o $@ $^ $(LDFLAGS) \
		-lcyaml -lyaml -ljansson

# Dynamic: capstone's tables hold thousands of addresses, and only a verdict
# needs them.
REPORT_SHARED := decode escape json mapped memory names problem
REPORT_OBJS := $(REPORT_SRCS:%.c=$(B)/obj/%.o) \
               $(REPORT_SHARED:%=$(B)/obj/cli/%.o) \
               $(BH_LIBS:%=$(B)/obj/%.o) \
               $(B)/obj/lib/sandbox.o $(B)/obj/lib/seccomp.o

PROGRAMS += $(B)/libexec/bh-report
$(REPORT_SRCS:%.c=$(B)/obj/%.o): CFLAGS += $(BH_PIE)
$(B)/libexec/bh-report: $(REPORT_OBJS) | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_BASE) -o $@ $^ $(LDFLAGS) -lcapstone -ljansson
