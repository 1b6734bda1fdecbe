#!/bin/sh
# SPDX-License-Identifier: ISC
# limit: 480
#
# What Linux answers, the Linux personality answers too.  Each program of
# tests/linux runs on this host's kernel, and once under bh: its builds for the
# three instruction sets in lockstep.  Their lines are compared (tests/linux/
# case.h).  NAME.x86_64.c is about that instruction set alone.
#
# musl asks the kernel in its own way: with it the whole output of a program is
# compared, on x86-64.
. "$(dirname "$0")/lib.sh"

bh=$build/bh

# A tmpfs for the files of a program on this host, as there is one under bh.
shm=$(mktemp -d /dev/shm/bh-XXXXXX 2>/dev/null) || shm=$(mktemp -d)
trap 'rm -rf "$shm"' EXIT
chmod 755 "$shm"

# answer PROGRAM CASE FILE: what FILE says about a case
answer() {
	grep "^$2:" "$3" | head -n 1 | cut -d: -f2-
}

# alone PROGRAM CASE: what the builds of a program that differ say one by one
alone() {
	for isa in $isas; do
		out=$work/$1.$isa.out
		[ -e "$out" ] || timeout 60 "$bh" run --isa "$isa" \
			"$work/$1.image" >"$out" 2>"$out.err" </dev/null
		printf ' %s:%s' "$isa" "$(answer "$1" "$2" "$out")"
	done
}

# compare PROGRAM: one result for each line that this host's Linux gives.
compare() {
	while IFS= read -r line; do
		case=${line%%:*}
		if grep -qxF -- "$line" "$work/$1.out"; then
			ok "$1/$case"
		else
			not_ok "$1/$case" "Linux:${line#*:};$(alone "$1" "$case")"
		fi
	done <"$work/$1.expected"
	# Nor does it say more.
	if [ "$(wc -l <"$work/$1.out")" -ne "$(wc -l <"$work/$1.expected")" ]; then
		not_ok "$1/lines" "$(tail -n 1 "$work/$1.err" | cut -c 1-300)"
	fi
}

# compile OUTPUT SOURCE COMPILER...: for the compilers' own optimisations, the
# programs do much that is undefined.
compile() {
	output=$1 source=$2
	shift 2
	"$@" -O1 -g0 -fno-builtin -fno-strict-aliasing -static -pthread -w \
		-I "$top/tests/linux" -o "$output" "$source"
}

compiler_of() {
	if [ "$1" = x86_64 ]; then
		echo "${CC:-cc}"
	else
		echo "$1-linux-gnu-gcc"
	fi
}

# build PROGRAM ISA...: the image of a program
build() {
	name=$1
	shift
	sources=
	for isa; do
		compile "$work/$name.$isa" "$top/tests/linux/$name.c" \
			"$(compiler_of "$isa")" || return
		sources="$sources --static $isa=$work/$name.$isa"
	done
	# shellcheck disable=SC2086 # Options.
	"$bh" image build $sources -o "$work/$name.image"
}

# With the niceness that a guest starts with, whatever that of this script is.
native() {
	mkdir -m 777 "$shm/$1" &&
		nice -n "-$(nice)" timeout 60 "$work/$1" "$shm/$1" \
			>"$work/$2.expected" </dev/null
}

# with_musl PROGRAM
with_musl() {
	name=$1-musl
	if ! compile "$work/$name" "$top/tests/linux/$1.c" musl-gcc \
		>"$work/$name.log" 2>&1; then
		not_ok "musl/$1" "$(grep -m 1 error "$work/$name.log")"
	elif ! native "$name" "$name"; then
		not_ok "musl/$1" 'it fails on Linux'
	elif ! "$bh" image build --static "x86_64=$work/$name" \
		-o "$work/$name.image" >>"$work/$name.log" 2>&1; then
		not_ok "musl/$1" "$(tail -n 1 "$work/$name.log")"
	else
		timeout 60 "$bh" run "$work/$name.image" >"$work/$name.out" \
			2>"$work/$name.err" </dev/null
		if diff "$work/$name.expected" "$work/$name.out" \
			>"$work/$name.diff"; then
			ok "musl/$1"
		else
			not_ok "musl/$1" "$(grep '^[<>]' "$work/$name.diff" |
				head -n 4 | tr '\n' ' ')"
		fi
	fi
}

# run PROGRAM: on Linux, then under bh.
run() {
	case $1 in
	*.x86_64) isas=x86_64 ;;
	*) isas=$all ;;
	esac
	# shellcheck disable=SC2086 # A list of words.
	if ! build "$1" $isas >"$work/$1.log" 2>&1; then
		not_ok "$1/build" "$(tail -n 1 "$work/$1.log")"
		return
	fi
	cp "$work/$1.x86_64" "$work/$1"
	if ! native "$1" "$1"; then
		not_ok "$1/native" 'it fails on Linux'
	else
		timeout 100 "$bh" run "$work/$1.image" >"$work/$1.out" \
			2>"$work/$1.err" </dev/null
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
	if has musl-gcc; then
		with_musl "$1"
	fi
}

all=x86_64
for isa in aarch64 riscv64; do
	if has "$isa-linux-gnu-gcc"; then
		all="$all $isa"
	else
		skip "$isa" "needs $isa-linux-gnu-gcc"
	fi
done
has musl-gcc || skip musl 'needs musl-gcc'
if [ "$(uname -m)" != x86_64 ]; then
	skip all 'there is no Linux for x86_64 to ask'
elif ! has mkfs.erofs; then
	skip all 'mkfs.erofs is missing'
else
	for source in "$top"/tests/linux/*.c; do
		program=$(basename "$source" .c)
		! wants "$program" || run "$program"
	done
fi
finish
