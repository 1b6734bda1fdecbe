#!/bin/sh
# SPDX-License-Identifier: ISC
# Does the guests' C library give the same bytes on every instruction set?
#
#   tests/guest-libc.sh [BUILD_DIR]
#
# Builds the programs of guest/libc/test with a small Linux start code, runs
# the x86-64 ones here and the others with qemu-user, and compares what they
# print. One line for each case: ok, not ok, or skip with its reason.
# limit: 900
set -u
. "$(dirname "$0")/lib.sh"
libc=$top/guest/libc

# The value of one variable of flags.mk.
variable() {
	printf 'B := %s\ninclude %s/flags.mk\nshow: ; @printf "%%s\\n" "$(%s)"\n' \
		"$build" "$libc" "$1" | MAKEFLAGS='' make --no-print-directory -s -f - show
}

# Which command runs a program of an instruction set; nothing for this machine's.
runner() {
	[ "$(uname -m)" = "$1" ] && return 0
	command -v "qemu-$1" || command -v "qemu-$1-static"
}

cc=$(variable GUEST_CC)
ld=$(variable GUEST_LD)
common=$(variable GUEST_CFLAGS)
ldflags=$(variable GUEST_LDFLAGS)
isas=
for isa in $(variable GUEST_ISAS); do
	if ! "$libc/build.sh" "$build" "$isa"; then
		not_ok "guest-libc-build-$isa" "the library cannot be built"
		continue
	fi
	if ! runner "$isa" > "$work/runner-$isa"; then
		echo "skip guest-libc-$isa: no qemu-$isa (package qemu-user)"
		continue
	fi
	mkdir -p "$work/$isa"
	isas="$isas $isa"
	variable "GUEST_CFLAGS_$isa" > "$work/$isa/cflags"
	variable "GUEST_INCLUDES_$isa" > "$work/$isa/includes"
	variable "GUEST_LDFLAGS_$isa" > "$work/$isa/ldflags"
	variable "GUEST_LIBS_$isa" > "$work/$isa/libs"
done

# compile ISA NAME SOURCE [FLAG...]
compile() {
	isa=$1 dir=$work/$1 name=$2 source=$3
	shift 3
	# shellcheck disable=SC2046,SC2086
	$cc $common $(cat "$dir/cflags" "$dir/includes") -Wall -Wextra -Wno-overlength-strings \
		-ffile-prefix-map="$top/=" "$@" -c "$source" -o "$dir/$name.o"
}

# build ISA NAME SOURCE [FLAG...]: a program that runs on Linux
build() {
	compile "$@" || return 1
	# shellcheck disable=SC2046,SC2086
	$ld $ldflags $(cat "$dir/ldflags") -o "$dir/$name" "$dir/shim.o" "$dir/$name.o" $(cat "$dir/libs")
}

run() {
	# shellcheck disable=SC2046
	timeout 300 $(cat "$work/runner-$1") "$work/$1/$2" > "$work/$1/$2.out" 2> "$work/$1/$2.err"
}

for isa in $isas; do
	compile "$isa" shim "$libc/test/shim.c" || not_ok "guest-libc-shim-$isa" "does not compile"
done

for name in language library printf math; do
	reference=
	for isa in $isas; do
		case=guest-libc-$name-$isa
		if ! build "$isa" "$name" "$libc/test/$name.c" 2> "$work/$isa/$name.log"; then
			not_ok "$case" "$(grep -m 1 error "$work/$isa/$name.log" || echo "cannot be built")"
			continue
		fi
		if ! run "$isa" "$name"; then
			not_ok "$case" "the program failed"
			continue
		fi
		[ -n "$reference" ] || reference=$isa
		if [ -s "$work/$isa/$name.out" ] &&
			cmp -s "$work/$reference/$name.out" "$work/$isa/$name.out"; then
			ok "$case"
		else
			not_ok "$case" "prints other bytes than $reference: $(
				diff "$work/$reference/$name.out" "$work/$isa/$name.out" | sed -n 's/^> //p' | head -n 1
			)"
		fi
	done
done

number=0
for what in x/0 x%0 INT_MIN/-1 LONG_MIN%-1 "1<<32" ">>-1" overrun; do
	number=$((number + 1))
	for isa in $isas; do
		case="guest-libc-trap-$what-$isa"
		if ! build "$isa" "trap$number" "$libc/test/trap.c" "-DCASE=$number" 2> "$work/$isa/trap.log"; then
			not_ok "$case" "cannot be built"
			continue
		fi
		run "$isa" "trap$number" 2> /dev/null
		status=$?
		# Killed by a signal, or stopped by abort() after the guard was overwritten.
		if [ "$status" -gt 128 ] && ! grep -q "not stopped" "$work/$isa/trap$number.out"; then
			ok "$case"
		else
			not_ok "$case" "exit status $status: $(head -n 1 "$work/$isa/trap$number.out")"
		fi
	done
done

# An image holds relative relocations and no others, and no page is both
# writable and executable.
for isa in $isas; do
	image=$work/$isa/printf
	if llvm-readelf -r "$image" | grep -q 'R_' &&
		! llvm-readelf -r "$image" | grep 'R_' | grep -qv 'RELATIVE'; then
		ok "guest-libc-relocations-$isa"
	else
		not_ok "guest-libc-relocations-$isa" "$(llvm-readelf -r "$image" | grep 'R_' | grep -v RELATIVE | head -n 1)"
	fi
	if llvm-readelf -lW "$image" | grep -q 'RWE'; then
		not_ok "guest-libc-w-xor-x-$isa" "a segment is writable and executable"
	else
		ok "guest-libc-w-xor-x-$isa"
	fi
done
finish
