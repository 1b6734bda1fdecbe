#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 240
#
# Sources of false alarms: each guest does, over 10,000 exchanges, what
# instruction sets and compilers are known to do differently, on the three
# instruction sets in lockstep.  All must agree, without a word.
. "$(dirname "$0")/lib.sh"

exchanges=${BH_ALARM_EXCHANGES:-10000}

silent() {
	local guest=$1 begin=${EPOCHREALTIME/[.,]/}

	start --report report.json "$guests/$guest" -- "$exchanges"
	status_is 0
	is_empty err
	says out "^$exchanges rounds, digest [0-9a-f]{16}$"
	# Each round is an exchange; nobody skipped them.
	json report.json ".verdict == \"agreed\" and .exchange >= $exchanges and
		([.variants[].isa] | unique | length == 3)"
	echo "$(((${EPOCHREALTIME/[.,]/} - begin) / 1000)) ms"
}

# The same twice on one instruction set, for what layout alone changes.
silent_twice() {
	start --isa x86_64 --isa x86_64 --isa x86_64:unicorn \
		--report report.json "$guests/$1" -- 1000
	status_is 0
	is_empty err
	says out '^1000 rounds, digest'
}

# The test is able to fail: a guest that does look at its layout is caught.
caught() {
	start --seed 1 --isa x86_64 --isa x86_64 "$guests/disagree" -- \
		address x86_64
	status_is 120
}

jobs_at_once=${BH_E2E_JOBS:-2}
for source in "$top"/tests/guests/silent/*.c; do
	guest=$(basename "$source" .c)
	[ "$guest" != silent ] || continue
	go "$guest" silent "$guest"
done
for guest in allocator deadlines hash_order uninitialised_stack padding; do
	go "$guest-twice" silent_twice $guest
done
go caught caught
all_done
