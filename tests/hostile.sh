#!/bin/sh
# SPDX-License-Identifier: ISC
# limit: 300
# serial
#
# Cells full of hostile cores around two honest neighbours: exo neither
# crashes nor hangs, no byte of a neighbour appears where it must not, and the
# neighbours go on.  BH_FUZZ_KEEP=1 (make fuzz): as long as that says, and
# other seeds each time.
. "$(dirname "$0")/lib.sh"

seconds=7
seed=1
if [ -n "${BH_FUZZ_KEEP:-}" ]; then
	seconds=${BH_FUZZ_SECONDS:-60}
	seed=$(date +%s)000
fi

drive() {
	wants "$1" || return 0
	if "$build/tests/hostile/drive_exo" "$2" "$seconds" "$seed" >"$work/$1" 2>&1; then
		ok "$1 ($(head -n 1 "$work/$1"))"
	else
		not_ok "$1" "$(grep -m 1 -E '^seed|ERROR|runtime error' "$work/$1")"
		cat "$work/$1"
	fi
}

drive hostile-cores "$build/libexec/bh-exo"
drive hostile-cores-sanitized "$build/asan/libexec/bh-exo"
finish
