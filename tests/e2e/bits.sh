#!/bin/bash
# SPDX-License-Identifier: ISC
#
# What cores know beyond their instruction set's baseline: Zba, Zbb and Zbs of
# riscv64, LSE and CRC32 of aarch64.  Results against qemu-user, and that programs
# are told of them only where all their variants have them.
. "$(dirname "$0")/lib.sh"

# build_image ISA PROGRAM
build_image() {
	need mkfs.erofs "$1-linux-gnu-gcc"
	"$1-linux-gnu-gcc" -O1 -static -o "$work/$2" \
		"$test_folder/e2e/$2_program.c" || fail 'it does not compile'
	"$bh" image build --static "$1=$work/$2" -o "$work/$2.image" \
		>image.log 2>&1 || fail "image: $(tail -n 1 image.log)"
}

# as_qemu ISA PROGRAM CPU LINES
as_qemu() {
	need "qemu-$1"
	"qemu-$1" -cpu "$3" "$work/$2" >wanted ||
		leave_out "this qemu-$1 does not know them"
	[ "$(wc -l <wanted)" -ge "$4" ] || fail 'too few instructions'
	start "$work/$2.image" -- "/usr/bin/$2.image"
	status_is 0
	same wanted out
}

# announced ISA PROGRAM TEXT CORE...: to all variants the same
announced() {
	local isa=$1 program=$2 text=$3 core options=()

	shift 3
	for core; do
		options+=(--isa "$isa:$core")
	done
	start "${options[@]}" "$work/$program.image" -- \
		"/usr/bin/$program.image" probe
	status_is 0
	out_is "$text"
}

# options NAME ISA PROGRAM CPU LINES TEXT NONE
options() {
	try "$1-image" build_image "$2" "$3"
	[ -e "$work/$3.image/image.yaml" ] || return
	try "$1-as-qemu" as_qemu "$2" "$3" "$4" "$5"
	try "$1-announced" announced "$2" "$3" "$6" xlate xlate
	try "$1-interpreted" announced "$2" "$3" "$6" xlate interpret
	try "$1-unicorn" announced "$2" "$3" "$7" unicorn
	try "$1-mixed" announced "$2" "$3" "$7" xlate unicorn
}

options riscv64 riscv64 bits rv64,zba=true,zbb=true,zbs=true 40 \
	'Zba 1, Zbb 1, Zbs 1' 'Zba 0, Zbb 0, Zbs 0'
options aarch64 aarch64 options max 50 \
	'CRC32 1, atomics 1' 'CRC32 0, atomics 0'
all_done
