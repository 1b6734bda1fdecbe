#!/bin/sh
# SPDX-License-Identifier: ISC
# limit: 120
#
# The native core alone: the machine that it presents, what it says about bad
# images, its layout, its size.
set -u
. "$(dirname "$0")/lib.sh"

core=$build/libexec/bh-core-native
drive=$build/tests/roles/drive_core
image=$build/tests/guests/machine.elf

if [ "$(uname -m)" != x86_64 ]; then
	skip machine "there is no native core for $(uname -m) hosts yet"
	finish
fi
"$top/tests/roles/machine_cases.sh" "$drive" "$core" "$image" ||
	failures=$((failures + $?))

# refuses CASE FILE WORDS: the core says WORDS about FILE and ends.
refuses() {
	said=$("$drive" "$core" "$2" 2>&1)
	status=$?
	case "$status $said" in
	125*"$3"*) ok "$1" ;;
	*) not_ok "$1" "status $status: $said" ;;
	esac
}

printf '' >"$work/empty"
refuses refuses-empty "$work/empty" 'image: file is empty'
printf 'hello' >"$work/short"
refuses refuses-short "$work/short" 'image: file has 5 bytes'
refuses refuses-script "$0" 'image: not an ELF file'
refuses refuses-dynamic /bin/sh 'image: image is dynamically linked'
refuses refuses-folder "$work" 'image: not a regular file'
refuses refuses-object "$build/obj/core/main.o" 'is an object file'
refuses refuses-other-isa "$top/tests/fuzz/seeds/elf/riscv64.elf" \
	'image is for riscv64, variant says x86_64'

# The stack pointer that the guest starts with, by seed.
stack_of() {
	"$drive" -v -s "$1" "$core" "$image" syscall 2>&1 |
		sed -n 's/^stack at \([0-9a-f]*\):.*/\1/p'
}

first=$(stack_of 1)
if [ -n "$first" ] && [ "$(stack_of 1)" = "$first" ]; then
	ok same-seed-same-layout
else
	not_ok same-seed-same-layout "'$first' and '$(stack_of 1)'"
fi
for seed in 2 3 4 5; do
	stack_of $seed
done | sort -u >"$work/stacks"
if [ "$(wc -l <"$work/stacks")" -eq 4 ]; then
	ok other-seed-other-layout
else
	not_ok other-seed-other-layout "$(tr '\n' ' ' <"$work/stacks")"
fi

# Resident memory that is not the guest's; 1 GiB of heap must cost nothing.
"$drive" -t -m 1024 "$core" "$image" exchange >"$work/size" 2>&1
kib=$(sed -n 's/.*core resident \([0-9]*\) KiB.*/\1/p' "$work/size")
if [ -n "$kib" ] && [ "$kib" -le 4096 ]; then
	ok resident
	cat "$work/size"
else
	not_ok resident "$(tail -n 1 "$work/size")"
fi
finish
