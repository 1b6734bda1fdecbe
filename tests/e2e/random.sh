#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Random programs as a Linux program that prints where and with which registers
# each of them ends, most by a fault or a trap: on every tier of xlate as with
# qemu-user.
. "$(dirname "$0")/lib.sh"

programs=400

# build_image ISA TEST: the programs that the unit test TEST runs
build_image() {
	local options=(-O1 -static -no-pie -fno-stack-protector
		-Wl,--no-relax,-Ttext-segment=0x400000
		-Wl,--section-start=.random_data=0x200000
		-DCODE='"code"' -DSTATE='"state"')

	need mkfs.erofs "$1-linux-gnu-gcc"
	"$build/tests/unit/$2" "$programs" code state ||
		fail 'the programs cannot be written'
	options+=("-DLENGTH=$(($(wc -c <code) / programs))")
	"$1-linux-gnu-gcc" "${options[@]}" -o "$work/$1" \
		"$test_folder/e2e/random_program.c" || fail 'it does not compile'
	"$bh" image build --static "$1=$work/$1" --name random \
		-o "$work/$1.image" >image.log 2>&1 ||
		fail "image: $(tail -n 1 image.log)"
	cp -r "$work/$1.image" "$work/$1.kept"
	"$bh" translate "$work/$1.kept" >image.log 2>&1 ||
		fail "translate: $(tail -n 1 image.log)"
}

# as_qemu ISA CORE IMAGE [OPTION...]
as_qemu() {
	local isa=$1 core=$2 image=$3

	shift 3
	need "qemu-$isa"
	"qemu-$isa" "$@" "$work/$isa" >wanted || fail "qemu-$isa: status $?"
	[ "$(wc -l <wanted)" -eq $((33 * programs)) ] || fail 'too few programs'
	says_not wanted DIFFERS
	start --isa "$isa:$core" "$image"
	status_is 0
	same wanted out
}

# tiers ISA TEST [OPTION...]
tiers() {
	local isa=$1

	try "$isa-image" build_image "$1" "$2"
	[ -e "$work/$isa.kept/image.yaml" ] || return
	shift 2
	try "$isa-interpreted" as_qemu "$isa" interpret "$work/$isa.image" "$@"
	try "$isa-translated" as_qemu "$isa" xlate "$work/$isa.image" "$@"
	try "$isa-kept" as_qemu "$isa" xlate "$work/$isa.kept" "$@"
}

tiers riscv64 test_xlate_block
# Registers that this qemu-user restores otherwise if it has them.
tiers aarch64 test_xlate_a64_block -cpu max,sve=off,sme=off
all_done
