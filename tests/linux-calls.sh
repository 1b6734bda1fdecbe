#!/bin/sh
# SPDX-License-Identifier: ISC
# limit: 120
#
# What Linux answers, the Linux personality answers too.  Each program of
# tests/linux runs on this host's kernel and under bh; their lines are compared
# (tests/linux/case.h).
. "$(dirname "$0")/lib.sh"

bh=$build/bh
host=$(uname -m)

# compare PROGRAM: one result for each line that this host's Linux gives.
compare() {
	while IFS= read -r line; do
		case=${line%%:*}
		if grep -qxF "$line" "$work/$1.out"; then
			ok "$1/$case"
		else
			not_ok "$1/$case" "Linux: ${line#*:}; bh: $(
				grep "^$case:" "$work/$1.out" | cut -d: -f2-)"
		fi
	done <"$work/$1.expected"
}

# run PROGRAM: on Linux, then under bh.
run() {
	if ! ${CC:-cc} -O1 -static -I "$top/tests/linux" -w \
		-o "$work/$1" "$top/tests/linux/$1.c"; then
		not_ok "$1/build" 'it does not compile'
	elif ! timeout 30 "$work/$1" >"$work/$1.expected" </dev/null; then
		not_ok "$1/native" 'it fails on Linux'
	elif ! "$bh" image build --static "$host=$work/$1" \
		-o "$work/$1.image" >"$work/$1.log" 2>&1; then
		not_ok "$1/image" "$(tail -n 1 "$work/$1.log")"
	elif ! timeout 60 "$bh" run "$work/$1.image" >"$work/$1.out" \
		2>"$work/$1.err" </dev/null; then
		not_ok "$1/run" "$(head -n 1 "$work/$1.err")"
	else
		compare "$1"
		untouched "$1"
	fi
}

# untouched PROGRAM: the same with all its code left as it is.
untouched() {
	timeout 60 "$bh" run --env bh.rewrite=off "$work/$1.image" \
		>"$work/$1.off" 2>"$work/$1.err" </dev/null
	if cmp -s "$work/$1.out" "$work/$1.off"; then
		ok "$1/no-rewriting"
	else
		not_ok "$1/no-rewriting" "$(diff "$work/$1.out" \
			"$work/$1.off" | head -n 2 | tr '\n' ' ')"
	fi
}

if [ "$host" != x86_64 ]; then
	skip all 'the programs are built for x86_64'
elif ! has mkfs.erofs; then
	skip all 'mkfs.erofs is missing'
else
	for source in "$top"/tests/linux/*.c; do
		run "$(basename "$source" .c)"
	done
fi
finish
