# SPDX-License-Identifier: ISC
#
# The command (bh) and the renderer of reports (libexec/bh-report).  bh is
# static where it can be: it is on the way of every cold start.

BH_LINK := $(if $(SANITIZE),,-static-pie)
BH_PIE := $(if $(SANITIZE),,-fPIE)

BH_LIBS := lib/elf lib/elf_explain lib/elf_plan lib/elf_symbol
REPORT_SRCS := $(wildcard cli/report_*.c)
BH_SRCS := $(filter-out $(REPORT_SRCS) cli/resolve_main.c \
           cli/translate_main.c cli/confine.c,$(wildcard cli/*.c))
BH_OBJS := $(BH_SRCS:%.c=$(B)/obj/%.o) $(BH_LIBS:%=$(B)/obj/%.o) \
           $(B)/obj/lib/kvmprobe.o $(B)/obj/cli/page_css.o $(XLATE_FIT:%=$(B)/obj/%.o)
$(B)/obj/cli/page_css.o: cli/page.css

PROGRAMS += $(B)/bh
$(BH_SRCS:%.c=$(B)/obj/%.o): CFLAGS += $(BH_PIE)
$(B)/bh: $(BH_OBJS) | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_BASE) $(BH_LINK) -o $@ $^ $(LDFLAGS) \
		-lcyaml -lyaml -ljansson -lnettle

# Of helpers that decode hostile bytes.
CONFINE_OBJS := $(B)/obj/cli/confine.o $(B)/obj/lib/sandbox.o \
                $(B)/obj/lib/seccomp.o
$(B)/obj/cli/confine.o: CFLAGS += $(BH_PIE)

# Dynamic: capstone's tables hold thousands of addresses, and only a verdict
# needs them.
REPORT_SHARED := decode decode_net decode_volume escape json mapped memory names problem
REPORT_OBJS := $(REPORT_SRCS:%.c=$(B)/obj/%.o) \
               $(REPORT_SHARED:%=$(B)/obj/cli/%.o) \
               $(BH_LIBS:%=$(B)/obj/%.o) $(CONFINE_OBJS)

PROGRAMS += $(B)/libexec/bh-report
$(REPORT_SRCS:%.c=$(B)/obj/%.o): CFLAGS += $(BH_PIE)
$(B)/libexec/bh-report: $(REPORT_OBJS) | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_BASE) -o $@ $^ $(LDFLAGS) -lcapstone -ljansson

# Dynamic: the C library's resolver loads plugins.
PROGRAMS += $(B)/libexec/bh-resolve
$(B)/obj/cli/resolve_main.o: CFLAGS += $(BH_PIE)
$(B)/libexec/bh-resolve: $(B)/obj/cli/resolve_main.o | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_BASE) -pie -o $@ $^ $(LDFLAGS)

# Makes kept translations.
TRANSLATE_OBJS := $(B)/obj/cli/translate_main.o $(B)/obj/cli/mapped.o \
                  $(XLATE_OBJS) $(BH_LIBS:%=$(B)/obj/%.o) $(CONFINE_OBJS)
PROGRAMS += $(B)/libexec/bh-translate
$(B)/obj/cli/translate_main.o: CFLAGS += $(BH_PIE)
$(B)/libexec/bh-translate: $(TRANSLATE_OBJS) | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_BASE) $(BH_LINK) -o $@ $^ $(LDFLAGS)

# Those of the Linux personality, for images that have none of their own.
ifneq ($(filter-out %/no_host.c,$(XLATE_HOST_SRCS)),)
LINUX_KEPT := $(patsubst %,$(B)/libexec/linux/%.xlate,aarch64 riscv64)
SETS += $(LINUX_KEPT)
$(LINUX_KEPT): %.xlate: %.elf $(B)/libexec/bh-translate
	$(call say,GEN,$@)
	$(Q)$(B)/libexec/bh-translate $(basename $(@F)) $@ $< >/dev/null
endif

# ------------------------------------------------------------------- install
#
# bin/bh, bin/bh-cc, libexec/bh/, the SDK, man pages, completion.

BH_HELPERS = $(filter $(B)/libexec/%,$(PROGRAMS))
MAN_PAGES := $(wildcard docs/man/*)
man_section = $(subst .,,$(suffix $(1)))
install_man = install -D -m 644 $(1) \
	$(DESTDIR)$(PREFIX)/share/man/man$(call man_section,$(1))/$(notdir $(1))
install_program = install -D -m 755 $(1) $(DESTDIR)$(PREFIX)/$(2)/$(notdir $(1))
install_data = install -D -m 644 share/completion/$(1) $(DESTDIR)$(PREFIX)/$(2)

.PHONY: install install-bh
install: install-bh install-guest
install-bh: $(B)/bh $$(BH_HELPERS) $(LINUX_KEPT)
	$(Q)$(call install_program,$(B)/bh,bin)
	$(Q)$(foreach h,$(BH_HELPERS),$(call install_program,$(h),libexec/bh) &&) true
	$(Q)$(foreach k,$(LINUX_KEPT),install -D -m 644 $(k) \
		$(DESTDIR)$(PREFIX)/libexec/bh/linux/$(notdir $(k)) &&) true
	$(Q)$(foreach m,$(MAN_PAGES),$(call install_man,$(m)) &&) true
	$(Q)$(call install_data,bh.bash,share/bash-completion/completions/bh)
	$(Q)$(call install_data,_bh,share/zsh/site-functions/_bh)
	$(Q)$(call install_data,bh.fish,share/fish/vendor_completions.d/bh.fish)
