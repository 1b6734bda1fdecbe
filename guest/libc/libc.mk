# SPDX-License-Identifier: ISC
#
# The guests' C library: picolibc from Debian's source package, patched.
#
#   $(B)/guest/ISA/libc.stamp       built and installed
#   $(B)/guest/ISA/libc/include     its headers
#   $(B)/guest/ISA/libc/lib/libc.a  all of it, the math functions too
#   $(B)/guest/ISA/libc.log         what the tools said
#
# flags.mk comes first (GUEST_ISAS). The program that links libc.a supplies
# what a system has: stdin, stdout, stderr, sbrk(), _exit(), and the rest of
# unistd.h that it uses.
#
# Debian packages:
#   clang lld llvm                  compiler, linker, ar and nm
#   libgcc-12-dev                   quad long double for x86-64 (comes with gcc)
#   libgcc-12-dev-arm64-cross       the same for aarch64
#   libgcc-12-dev-riscv64-cross     the same for riscv64
#   meson ninja-build               picolibc's build
#   patch                           for patches/ (comes with dpkg-dev)
#   debian-archive-keyring          to check the source's index
#   qemu-user                       only for tests/guest-libc.sh

LIBC_DIR := guest/libc

# All three share the source; it is fetched once, before any of them.
$(B)/guest/libc-src/.bh-made-of: $(LIBC_DIR)/fetch.sh $(LIBC_DIR)/version.sh \
		$(wildcard $(LIBC_DIR)/patches/*.patch)
	@$(LIBC_DIR)/fetch.sh $(B)
	@touch $@

# build.sh compares what it would build with what is there, so a change of a
# comment costs nothing.
$(GUEST_ISAS:%=$(B)/guest/%/libc.stamp): $(B)/guest/%/libc.stamp: \
		$(B)/guest/libc-src/.bh-made-of $(LIBC_DIR)/build.sh \
		$(LIBC_DIR)/cross.ini.in $(LIBC_DIR)/flags.mk
	@$(LIBC_DIR)/build.sh $(B) $*
	@touch $@

$(GUEST_ISAS:%=$(B)/guest/%/libc/lib/libc.a): $(B)/guest/%/libc/lib/libc.a: \
		$(B)/guest/%/libc.stamp
	@test -f $@
