#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 240
#
# Exploits of attacks/: each owns the variant it was written for.  Those that
# need an address or a program's code get nothing out of three instruction sets;
# those that act alike everywhere do, and the table says so.
. "$(dirname "$0")/lib.sh"

built() {
	need gcc aarch64-linux-gnu-gcc riscv64-linux-gnu-gcc python3
	make -C "$top" --no-print-directory B="$build" attack-images \
		>make.log 2>&1 || fail "$(tail -n 1 make.log)"
}

# outcome EXPLOIT WANTED: against three, after owning the one.
outcome() {
	local isa

	[ -e "$build/attacks/tlvd-dynamic/image.yaml" ] ||
		leave_out "the servers could not be built"
	for isa in $isas; do
		"$top/attacks/run" -b "$build" --json table.json --isa "$isa" \
			--set "$isa" --set three "$1" ||
			fail "$1 does not work against $isa"
		json table.json "(.rows[0].outcome == \"owned\") and
			(.rows[1].outcome == \"$2\")"
		[ "$2" = owned ] || json table.json '.rows[1].after == 0'
	done
}

try built built
for exploit in stack_overflow stack_protector heap_overflow use_after_free \
	int_overflow type_confusion jop; do
	go "stopped-$exploit" outcome "$exploit" stopped
done
go missed-data-only outcome data_only owned
go missed-over-read outcome over_read owned
all_done
