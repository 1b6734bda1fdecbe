#!/bin/sh
# SPDX-License-Identifier: ISC
# Each contract compiles alone, with both compilers, as C and as C++, and for
# the three instruction sets.
. "$(dirname "$0")/lib.sh"
cd "$top" || exit 125

strict='-fsyntax-only -Wall -Wextra -Wpedantic -Werror -I.'

# compile CASE COMMAND...: every header, each by itself
compile() {
	case=$1
	shift
	wants "$case" || return 0
	if ! has "$1"; then
		skip "$case" "no $1"
		return 0
	fi
	for header in abi/*.h abi/*/*.h; do
		# shellcheck disable=SC2086
		if ! "$@" $strict -include "$header" /dev/null 2>"$work/errors"; then
			not_ok "$case" "$header: $(grep -m 1 error "$work/errors")"
			return 0
		fi
	done
	ok "$case"
}

compile gcc-c gcc -x c -std=gnu11
compile gcc-c++ g++ -x c++ -std=c++11
compile clang-c clang -x c -std=c11
compile clang-c++ clang -x c++ -std=c++11 -nostdinc++ -ffreestanding
for isa in x86_64 aarch64 riscv64; do
	compile "clang-$isa" clang --target=$isa-unknown-none-elf -x c -std=c11 -ffreestanding
done
finish
