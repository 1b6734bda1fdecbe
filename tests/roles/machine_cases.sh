#!/bin/sh
# SPDX-License-Identifier: ISC
#
# machine_cases.sh DRIVE CORE IMAGE [PREFIX]
#
# MACHINE_WITHOUT names a case that this processor is known not to pass.
#
# Runs the cases of tests/guests/machine.c on one core and prints `ok` and
# `not ok` lines.  For a shell as small as busybox's: it also runs inside a
# virtual machine that has nothing else.
set -u
drive=$1 core=$2 image=$3 prefix=${4:-}
failures=0

# The words of drive_core's line about a fault, or nothing.
fault_of() {
	sed -n 's/^fault \([0-9]*\) address \([0-9a-f]*\) .*/\1 \2/p'
}

# runs_well CASE: the guest finds everything as it should be.
runs_well() {
	said=$("$drive" -v -d 20000 "$core" "$image" "$1" 2>&1)
	status=$?
	if [ "$status" -eq 0 ]; then
		echo "ok $prefix$1"
	else
		echo "not ok $prefix$1: status $status, $(echo "$said" | tail -n 1)"
		failures=$((failures + 1))
	fi
}

# faults CASE FAULT [ADDRESS]: numbers of enum bh_fault, address in hex.
faults() {
	if [ "$1" = "${MACHINE_WITHOUT:-}" ]; then
		echo "skip $prefix$1: this processor does not have it"
		return
	fi
	said=$("$drive" -v -d 20000 "$core" "$image" "$1" 2>&1)
	status=$?
	found=$(echo "$said" | fault_of)
	if [ "$status" -ne 121 ]; then
		echo "not ok $prefix$1: status $status, $(echo "$said" | tail -n 1)"
	elif [ "${found%% *}" != "$2" ]; then
		echo "not ok $prefix$1: fault ${found%% *}, expected $2"
	elif [ -n "${3:-}" ] && [ "${found#* }" != "$3" ]; then
		echo "not ok $prefix$1: address ${found#* }, expected $3"
	else
		echo "ok $prefix$1"
		return
	fi
	failures=$((failures + 1))
}

read=1 write=2 execute=3 instruction=4 trap=5 arithmetic=6 syscall=7 call=9

runs_well initial
runs_well vectors
runs_well thread-pointer
runs_well upcalls
runs_well upcalls-below
faults read-null $read 8
faults write-null $write ff0
faults execute-null $execute 10
faults read-high $read 4000000000
faults write-code $write
faults write-completion $write
faults write-boot $write
faults execute-data $execute
faults execute-heap $execute
faults stack-overflow $write
faults read-noncanonical $read 0
faults write-noncanonical $write 0
faults no-stack $write fffffffffffffff8
faults undefined $trap
faults breakpoint $trap
faults privileged $instruction
faults control-register $instruction
faults port $instruction
faults trap-port $instruction
faults divide $arithmetic
faults floating $arithmetic
faults syscall $syscall
faults bad-call $call
faults bad-argument $call
faults trap-twice $arithmetic

"$drive" -d 300 "$core" "$image" spin >/dev/null 2>&1
status=$?
if [ "$status" -eq 124 ]; then
	echo "ok ${prefix}spin"
else
	echo "not ok ${prefix}spin: status $status, expected 124"
	failures=$((failures + 1))
fi
[ "$failures" -eq 0 ]
