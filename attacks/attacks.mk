# SPDX-License-Identifier: ISC
#
# make attacks           the table: every exploit against every set (minutes)
# make attacks A=NAME    one exploit; see attacks/run for more, as --times N
# attacks/page FILE...   docs/attacks.md, from what that has written with --json
#
# The servers are built with the compilers that Debian has, as any Linux program
# is, in two ways:
#
#   static    as for an appliance: static, at fixed addresses, without stack
#             protector
#   dynamic   as a distribution does: position-independent, with stack protector,
#             the C library shared, and lazily bound (so its GOT can be written)

ATTACK_ISAS := x86_64 aarch64 riscv64
ATTACK_CC_x86_64 := gcc
ATTACK_CC_aarch64 := aarch64-linux-gnu-gcc
ATTACK_CC_riscv64 := riscv64-linux-gnu-gcc
ATTACK_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Wno-format-security \
                 -Wno-stringop-overflow -U_FORTIFY_SOURCE
ATTACK_CFLAGS_static := -fno-pie -fno-stack-protector -static -no-pie
ATTACK_CFLAGS_dynamic := -fPIE -fstack-protector-strong -pie -Wl,-z,lazy

# Where the loader is looked for, and where Debian's cross compilers have it.
ATTACK_LOADER_x86_64 := /lib64/ld-linux-x86-64.so.2
ATTACK_LOADER_aarch64 := /lib/ld-linux-aarch64.so.1
ATTACK_LOADER_riscv64 := /lib/ld-linux-riscv64-lp64d.so.1
ATTACK_SYSROOT_x86_64 :=
ATTACK_SYSROOT_aarch64 := /usr/aarch64-linux-gnu
ATTACK_SYSROOT_riscv64 := /usr/riscv64-linux-gnu

ATTACK_SERVERS := tlvd httpd kvd
ATTACKS := $(B)/attacks
ATTACK_IMAGES := $(foreach server,$(ATTACK_SERVERS),\
	$(ATTACKS)/$(server)-static/image.yaml \
	$(ATTACKS)/$(server)-dynamic/image.yaml)

# What the attacker is after is new for every build.
$(ATTACKS)/secret: | $$(@D)/
	$(Q)printf 'SECRET %s\n' \
		"$$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')" >$@
$(ATTACKS)/motd: | $$(@D)/
	$(Q)printf 'Nothing to see here.\n' >$@

# $(1): server, $(2): how it is built, $(3): ISA
define attack_program
$(ATTACKS)/$(1)/$(3)-$(2): $(wildcard attacks/$(1)/*.[ch] attacks/common/*.[ch]) \
		attacks/attacks.mk | $$$$(@D)/
	$$(call say,CC,$$@)
	$$(Q)$(ATTACK_CC_$(3)) $(ATTACK_CFLAGS) $(ATTACK_CFLAGS_$(2)) \
		$$(filter %.c,$$^) -o $$@
endef
$(foreach server,$(ATTACK_SERVERS),$(foreach how,static dynamic,\
	$(foreach isa,$(ATTACK_ISAS),\
	$(eval $(call attack_program,$(server),$(how),$(isa))))))

# $(1): ISA.  Code that an attacker brings, as the bytes that it is.
define attack_code
$(ATTACKS)/injected/$(1): attacks/injected/$(1).S | $$$$(@D)/
	$$(call say,CC,$$@)
	$$(Q)$(ATTACK_CC_$(1)) -nostdlib -static -Wl,-e0,-Ttext=0 $$< -o $$@.elf
	$$(Q)$(ATTACK_CC_$(1):gcc=objcopy) -O binary -j .text $$@.elf $$@
endef
$(foreach isa,$(ATTACK_ISAS),$(eval $(call attack_code,$(isa))))

ATTACK_COPY = --copy $(ATTACKS)/secret:/etc/secret \
	--copy $(ATTACKS)/motd:/etc/motd --copy $(ATTACKS)/motd:/srv/www/motd

# $(1): server
define attack_images
$(ATTACKS)/$(1)-static/image.yaml: $(ATTACK_ISAS:%=$(ATTACKS)/$(1)/%-static) \
		$(ATTACKS)/secret $(ATTACKS)/motd | $(B)/bh
	$$(call say,IMAGE,$$(@D))
	$$(Q)$(B)/bh image build $(foreach isa,$(ATTACK_ISAS),\
		--static $(isa)=$(ATTACKS)/$(1)/$(isa)-static) \
		$$(ATTACK_COPY) -o $$(@D) >/dev/null

$(ATTACKS)/$(1)-dynamic/image.yaml: $(ATTACK_ISAS:%=$(ATTACKS)/$(1)/%-dynamic) \
		$(ATTACKS)/secret $(ATTACKS)/motd | $(B)/bh
	$$(call say,IMAGE,$$(@D))
	$$(Q)$(foreach isa,$(ATTACK_ISAS),\
		$$(call attack_root,$(1),$(isa)) &&) \
		$(B)/bh image build $(foreach isa,$(ATTACK_ISAS),\
		--root $(isa)=$(ATTACKS)/$(1)-root/$(isa)) \
		$$(ATTACK_COPY) -o $$(@D) -- /$(1) >/dev/null
endef
# A root of a program, its loader and the C library.
attack_root = mkdir -p $(ATTACKS)/$1-root/$2/etc $(ATTACKS)/$1-root/$2/lib64 \
	$(ATTACKS)/$1-root/$2/lib && \
	cp $(ATTACKS)/$1/$2-dynamic $(ATTACKS)/$1-root/$2/$1 && \
	cp -L $(ATTACK_SYSROOT_$2)$(ATTACK_LOADER_$2) \
		$(ATTACKS)/$1-root/$2$(ATTACK_LOADER_$2) && \
	cp -L "$$($(ATTACK_CC_$2) -print-file-name=libc.so.6)" \
		$(ATTACKS)/$1-root/$2/lib/libc.so.6
$(foreach server,$(ATTACK_SERVERS),$(eval $(call attack_images,$(server))))

.PHONY: attacks attack-images
attack-images: $(ATTACK_IMAGES) $(ATTACK_ISAS:%=$(ATTACKS)/injected/%)
A ?=
attacks: deps-check
	$(Q)$(MAKE) --no-print-directory B=$(B) all attack-images
	$(Q)attacks/run -b $(B) --json $(ATTACKS)/table.json $(A)
