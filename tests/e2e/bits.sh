#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Zba, Zbb and Zbs of riscv64: results against qemu-user, and that programs are
# told of them only where all their variants have them.
. "$(dirname "$0")/lib.sh"

image=$work/bits.image
program=/usr/bin/bits.image

build_image() {
	need mkfs.erofs riscv64-linux-gnu-gcc
	riscv64-linux-gnu-gcc -O1 -static -o "$work/bits" \
		"$test_folder/e2e/bits_program.c" || fail 'it does not compile'
	"$bh" image build --static "riscv64=$work/bits" -o "$image" \
		>image.log 2>&1 || fail "image: $(tail -n 1 image.log)"
}

as_qemu() {
	need qemu-riscv64
	qemu-riscv64 -cpu rv64,zba=true,zbb=true,zbs=true "$work/bits" >wanted ||
		leave_out "this qemu-riscv64 does not know them"
	[ "$(wc -l <wanted)" -ge 40 ] || fail 'too few instructions'
	start "$image" -- "$program"
	status_is 0
	same wanted out
}

# announced CORE... -- VALUE: to all variants the same
announced() {
	local options=()

	while [ "$1" != -- ]; do
		options+=(--isa "riscv64:$1")
		shift
	done
	start "${options[@]}" "$image" -- "$program" probe
	status_is 0
	out_is "Zba $2, Zbb $2, Zbs $2"
}

try image build_image
[ -e "$image/image.yaml" ] || all_done
try as-qemu as_qemu
try announced announced xlate xlate -- 1
try unicorn announced unicorn -- 0
try mixed announced xlate unicorn -- 0
all_done
