#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Linux programs that ask for too much: they are told so, and nothing else
# happens.  What there is to have ends at the same point in all variants.
. "$(dirname "$0")/lib.sh"

image=$work/greedy.image
program=/usr/bin/greedy.image

compiler_of() {
	case $1 in
	x86_64) echo gcc ;;
	*) echo "$1-linux-gnu-gcc" ;;
	esac
}

build_image() {
	local isa options=()

	need mkfs.erofs
	[ "$(uname -m)" = x86_64 ] || leave_out 'the compilers are for x86-64 hosts'
	for isa in $isas; do
		need "$(compiler_of "$isa")"
		"$(compiler_of "$isa")" -O1 -static -pthread -w -o "$isa" \
			"$test_folder/e2e/greedy_program.c" ||
			fail "it does not compile for $isa"
		options+=(--static "$isa=$isa")
	done
	"$bh" image build "${options[@]}" -o "$image" >image.log 2>&1 ||
		fail "image: $(tail -n 1 image.log)"
}

# wild ISA[:CORE]: every system call with nonsense
wild() {
	start --isa "$1" --env bh.log=off "$image" -- "$program" wild
	status_is 0
	out_is 'alive after all calls'
	is_empty err
}

# takes WAY LINE...: by three instruction sets
takes() {
	local way=$1

	shift
	start --mem 64M "$image" -- "$program" "$way"
	status_is 0
	printf '%s\n' "$@" >wanted
	same wanted out
	is_empty err
}

try image build_image
[ -e "$image/image.yaml" ] || all_done
for isa in $isas; do
	go "wild-$isa" wild "$isa"
done
go memory takes memory 'Cannot allocate memory, got much' 'again: yes' \
	'absurd: Cannot allocate memory'
go descriptors takes descriptors 'Too many open files' \
	'pipe: Too many open files' 'again: yes'
go threads takes threads 'Resource temporarily unavailable, got many' \
	'again: yes'
all_done
