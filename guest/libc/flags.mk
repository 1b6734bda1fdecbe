# SPDX-License-Identifier: ISC
#
# The one list of compile and link flags for code that runs inside a bare
# guest: the C library, the SDK and the user's own code are all built with it.
# The variants of a domain are the same source built for different instruction
# sets, and the monitor compares every byte they put out. So a flag belongs
# here when it removes a difference between the instruction sets, or when the
# image format needs it. NOTES.md holds what was measured with these flags.
#
# Offered:
#   GUEST_ISAS             the instruction sets
#   GUEST_CC, GUEST_LD     the compiler and the linker
#   GUEST_CFLAGS           compile flags for every instruction set
#   GUEST_CFLAGS_<isa>     compile flags for one, to be added to GUEST_CFLAGS
#   GUEST_INCLUDES_<isa>   where the C library's headers are (needs B)
#   GUEST_LDFLAGS          link flags, for $(GUEST_LD) called directly
#   GUEST_LDFLAGS_<isa>    link flags of one instruction set
#   GUEST_LIBGCC_<isa>     the compiler's own library, empty when not installed
#   GUEST_LIBS_<isa>       libraries, at the end of the link line (needs B)
#
# B is the build directory of whoever includes this file.

GUEST_ISAS := x86_64 aarch64 riscv64

GUEST_CC ?= clang
GUEST_LD ?= ld.lld

# ---------------------------------------------------------------- common part

GUEST_CFLAGS := -std=gnu17 -O2 -g

# The image is one position-independent executable that a core loads anywhere.
GUEST_CFLAGS += -fPIE
# Nothing of the build machine's own C library may be seen; the compiler's own
# headers (stddef.h, stdint.h, ...) stay.
GUEST_CFLAGS += -nostdlibinc
# Lets the linker drop functions that nobody calls.
GUEST_CFLAGS += -ffunction-sections -fdata-sections
# One definition for each object, or an error.
GUEST_CFLAGS += -fno-common
# Backtraces walk the frame pointers, on all instruction sets, in leaf
# functions too; so unwind tables have no reader.
GUEST_CFLAGS += -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer
GUEST_CFLAGS += -fno-unwind-tables -fno-asynchronous-unwind-tables

# char is signed on x86-64 only by default.
GUEST_CFLAGS += -fsigned-char
# wchar_t is unsigned on aarch64 by default.
GUEST_CFLAGS += -Xclang -fwchar-type=int -Xclang -fsigned-wchar
# wint_t is unsigned on riscv64 by default.
GUEST_CFLAGS += -U__WINT_UNSIGNED__ -U__WINT_TYPE__ -D__WINT_TYPE__=int
GUEST_CFLAGS += -U__WINT_MAX__ -D__WINT_MAX__=2147483647
# aarch64 and riscv64 have a fused multiply-add and x86-64 has none: a*b+c
# would be rounded once there and twice here.
GUEST_CFLAGS += -ffp-contract=off
# Math functions do not set errno (the library is built that way). Said to the
# compiler, it turns sqrt() into the one instruction everywhere.
GUEST_CFLAGS += -fno-math-errno
# Conversion of a float out of range to an integer saturates, NaN becomes 0.
# Without it each instruction set has its own answer.
GUEST_CFLAGS += -fno-strict-float-cast-overflow
# The compiler puts instructions in place of these calls, and those differ:
# fmax(-0.0, 0.0) and the sign of NaN; lrint() and its like when the result
# does not fit; the size of the number that memcmp() returns.
GUEST_CFLAGS += $(foreach f,fmax fmin lrint llrint lround llround, \
	-fno-builtin-$(f) -fno-builtin-$(f)f -fno-builtin-$(f)l)
GUEST_CFLAGS += -fno-builtin-memcmp -fno-builtin-bcmp

# Signed overflow wraps, so no optimizer may use that it does not happen.
GUEST_CFLAGS += -fwrapv
# x/0 and INT_MIN/-1 trap on x86-64 and have a result on the two others.
# Shift counts that are too large leave the result to the instruction chosen.
# A check before the instruction makes all of them trap. With -fwrapv
# signed-integer-overflow stands for the division alone.
GUEST_CFLAGS += -fsanitize=integer-divide-by-zero,signed-integer-overflow,shift-exponent
GUEST_CFLAGS += -fsanitize-trap=all
# Local variables start as zero instead of as what the stack held.
GUEST_CFLAGS += -ftrivial-auto-var-init=zero
GUEST_CFLAGS += -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang
# An overrun of an array on the stack is found when the function returns.
GUEST_CFLAGS += -fstack-protector-strong

# ------------------------------------------------------------ part of each ISA

# The bare target: no operating system's macros, and none of its assumptions
# about what the C library has.
GUEST_CFLAGS_x86_64  := --target=x86_64-unknown-none-elf
GUEST_CFLAGS_aarch64 := --target=aarch64-unknown-none-elf
GUEST_CFLAGS_riscv64 := --target=riscv64-unknown-none-elf

# The baseline that every core offers.
GUEST_CFLAGS_x86_64  += -march=x86-64
GUEST_CFLAGS_aarch64 += -march=armv8-a
GUEST_CFLAGS_riscv64 += -march=rv64gc -mabi=lp64d

# long double is IEEE quad on aarch64 and riscv64; make it so here.
GUEST_CFLAGS_x86_64  += -mlong-double-128
# The core may deliver a trap on the stack of the guest.
GUEST_CFLAGS_x86_64  += -mno-red-zone
# The guard is the variable __stack_chk_guard, as on the two others, and not a
# slot behind the thread pointer, which a bare guest does not have.
GUEST_CFLAGS_x86_64  += -mstack-protector-guard=global
# No call into a helper that asks for the CPU's features at run time.
GUEST_CFLAGS_aarch64 += -mno-outline-atomics
# Addresses relative to the program counter, anywhere in memory.
GUEST_CFLAGS_riscv64 += -mcmodel=medany
# LLD 14 cannot do linker relaxation.
GUEST_CFLAGS_riscv64 += -mno-relax

GUEST_INCLUDES = -isystem $(B)/guest/$(1)/libc/include
GUEST_INCLUDES_x86_64  = $(call GUEST_INCLUDES,x86_64)
GUEST_INCLUDES_aarch64 = $(call GUEST_INCLUDES,aarch64)
GUEST_INCLUDES_riscv64 = $(call GUEST_INCLUDES,riscv64)

# ----------------------------------------------------------------------- link

# A static image that relocates itself: relative relocations and no others.
GUEST_LDFLAGS := -static -pie --no-dynamic-linker -z text
# Every page has one kind of access (W^X by segment), code shares no page with
# data, and pages are of 4 KiB.
GUEST_LDFLAGS += -z noexecstack -z separate-code
GUEST_LDFLAGS += -z max-page-size=4096 -z common-page-size=4096
# What is constant after relocation is a segment of its own.
GUEST_LDFLAGS += -z relro -z now
GUEST_LDFLAGS += --gc-sections
# A symbol without a definition is an error, not an address of zero.
GUEST_LDFLAGS += -z defs
GUEST_LDFLAGS += --build-id=none
# The compiler's own labels are no symbols (riscv64 keeps thousands of them).
GUEST_LDFLAGS += --discard-locals

GUEST_LDFLAGS_x86_64  := -m elf_x86_64
GUEST_LDFLAGS_aarch64 := -m aarch64elf
GUEST_LDFLAGS_riscv64 := -m elf64lriscv

# libgcc holds what the compiler calls for quad long double and for 128-bit
# integers. The compiler is asked where it is: only the Linux triple knows. It
# is asked once, and not before somebody links.
guest_libgcc = $(eval GUEST_LIBGCC_$(1) := $(shell $(GUEST_CC) \
	--target=$(1)-linux-gnu --rtlib=libgcc -print-libgcc-file-name \
	2>/dev/null))$(GUEST_LIBGCC_$(1))
GUEST_LIBGCC_x86_64  = $(call guest_libgcc,x86_64)
GUEST_LIBGCC_aarch64 = $(call guest_libgcc,aarch64)
GUEST_LIBGCC_riscv64 = $(call guest_libgcc,riscv64)

GUEST_LIBS_x86_64  = $(B)/guest/x86_64/libc/lib/libc.a  $(GUEST_LIBGCC_x86_64)
GUEST_LIBS_aarch64 = $(B)/guest/aarch64/libc/lib/libc.a $(GUEST_LIBGCC_aarch64)
GUEST_LIBS_riscv64 = $(B)/guest/riscv64/libc/lib/libc.a $(GUEST_LIBGCC_riscv64)
