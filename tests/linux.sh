#!/bin/sh
# SPDX-License-Identifier: ISC
# The Linux personality's kernel by itself: what it may not contain, and its
# list of system calls.
. "$(dirname "$0")/lib.sh"
cd "$top" || exit 125

# vectors ISA REGISTERS [OPTION]: no instruction names one, but in the functions that
# save and restore them when tasks take turns.
vectors() {
	case=no-vectors-$1
	wants "$case" || return 0
	if ! has llvm-objdump; then
		skip "$case" "no llvm-objdump"
		return 0
	fi
	image=$build/libexec/linux/$1.elf
	if [ ! -f "$image" ]; then
		not_ok "$case" "$image is not built"
		return 0
	fi
	llvm-objdump -d --no-show-raw-insn $3 "$image" >"$work/$1.dis"
	if [ "$(grep -c '^ ' "$work/$1.dis")" -lt 5000 ]; then
		not_ok "$case" "no disassembly"
		return 0
	fi
	awk -v registers="$2" '
		/>:$/ { name = $2; allowed = name ~ /^<arch_vectors_(save|restore)>:$/ }
		/^ / && !allowed {
			line = $0
			sub(/[#<].*/, "", line)
			sub(/^ *[0-9a-f]+: */, "", line)
			if (line ~ registers) print name, line
		}' "$work/$1.dis" >"$work/$1.found"
	if [ -s "$work/$1.found" ]; then
		not_ok "$case" "$(head -n 1 "$work/$1.found")"
	else
		ok "$case"
	fi
}

vectors x86_64 '%([xyz]?mm[0-9]|st)|^f[a-z]+[ \t]+-?[0-9a-fx]*\(%|^emms'
vectors aarch64 '[ \t,{[][bhsdqv][0-9]+([.,} \t]|$)'
vectors riscv64 '[ \t,](f[0-9]+|f[ast][0-9]+)([, \t]|$)' --mattr=+f,+d

if wants calls-document; then
	wrong=$(tools/linux-calls --check) && ok calls-document ||
		not_ok calls-document "$(echo "$wrong" | head -n 1)"
fi
finish
