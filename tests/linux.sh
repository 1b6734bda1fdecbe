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

# A core without time counters: the kernel answers for them, more often than two
# exceptions in a row would end a machine.
time_counter() {
	cat >"$work/counter.c" <<-'END'
		#include <stdio.h>
		#include <x86intrin.h>
		int main(void)
		{
			unsigned long long first = __rdtsc(), last = 0;
			unsigned cpu;
			int backwards = 0;

			for (int i = 0; i < 100; i++) {
				unsigned long long now = __rdtscp(&cpu);

				backwards |= now < last;
				last = now;
			}
			printf("%d %d\n", first != 0, backwards);
		}
	END
	gcc -O1 -static -o "$work/counter" "$work/counter.c" &&
		"$build/bh" image build --static "x86_64=$work/counter" \
			-o "$work/image" >/dev/null &&
		[ "$("$build/bh" run --isa x86_64:unicorn "$work/image")" = "1 0" ]
}

if ! wants time-counter; then
	:
elif [ "$(uname -m)" != x86_64 ]; then
	skip time-counter "the counters of x86-64 are asked for"
else
	expect time-counter time_counter
fi
if wants calls-document; then
	wrong=$(tools/linux-calls --check) && ok calls-document ||
		not_ok calls-document "$(echo "$wrong" | head -n 1)"
fi
finish
