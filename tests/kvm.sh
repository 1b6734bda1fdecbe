#!/bin/sh
# SPDX-License-Identifier: ISC
# limit: 120
#
# The kvm core on this machine's own KVM, whatever kind it is.
set -u
. "$(dirname "$0")/lib.sh"

core=$build/libexec/bh-core-kvm
drive=$build/tests/roles/drive_core

if [ ! -e /dev/kvm ]; then
	skip machine "this host has no /dev/kvm"
	finish
fi
if ! { : <>/dev/kvm; } 2>/dev/null; then
	skip machine "this user may not open /dev/kvm"
	finish
fi
"$top/tests/roles/machine_cases.sh" "$drive" "$core" \
	"$build/tests/guests/machine.elf" || failures=$?

# Figures for a reader; make bench compares them with a process.
for name in loop walk exchange; do
	if "$drive" -t -m 64 "$core" "$build/tests/guests/machine.elf" $name \
		2>"$work/$name.out"; then
		ok "speed-$name"
		cat "$work/$name.out"
	else
		not_ok "speed-$name" "$(tail -n 1 "$work/$name.out")"
	fi
done
finish
