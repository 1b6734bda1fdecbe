#!/bin/sh
# SPDX-License-Identifier: ISC
# limit: 120
#
# Memory that a guest changes while it runs: tests/guests/arena.c finds the same
# on all cores and instruction sets.
set -u
. "$(dirname "$0")/lib.sh"

drive=$build/tests/roles/drive_core
seq -f 'root %g' 0 3000 >"$work/root"

# changes CORE ISA
changes() {
	case=$1-$2
	wants "$case" || return 0
	"$drive" -d 60000 -i "$2" -A 65536 -R "$work/root" \
		"$build/libexec/bh-core-$1" "$build/tests/guests/arena/$2.elf" \
		>"$work/$case" 2>"$work/$case.err"
	status=$?
	lines=$(wc -l <"$work/$case")
	if [ $status -ne 0 ]; then
		not_ok "$case" "status $status, $(tail -n 1 "$work/$case.err")"
	elif grep WRONG "$work/$case" >"$work/$case.wrong"; then
		not_ok "$case" "$(head -n 1 "$work/$case.wrong")"
	elif [ "$lines" -ne 56 ]; then
		not_ok "$case" "$lines lines instead of 56"
	else
		ok "$case"
	fi
}

if [ "$(uname -m)" = x86_64 ]; then
	changes native x86_64
else
	skip native "there is no native core for $(uname -m) hosts yet"
fi
if { : <>/dev/kvm; } 2>/dev/null; then
	changes kvm x86_64
else
	skip kvm "no usable /dev/kvm"
fi
for isa in x86_64 aarch64 riscv64; do
	changes unicorn $isa
done
for isa in aarch64 riscv64; do
	changes xlate $isa
	changes interpret $isa
done
finish
