#!/bin/bash
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154
#
# The translator's decode tables have every instruction that occurs in the programs
# and libraries of Debian that are served from here (make coverage: of more).
# OpenSSL brings code for vector and cryptography extensions, and asks before it
# uses it; it and Nettle have tables among their code.

. "$(dirname "$0")/lib.sh"

check_image() {
	local image=$build/images/$1

	have_image "$1"
	"$top/tests/coverage/sweep" "$build/tests/coverage/count" "$image" \
		"$2" >counted || fail "the sweep has failed"
	tail -n 1 counted
	grep -qE '^[0-9]{5,} instructions in ' counted ||
		fail "$(tail -n 1 counted)"
	! grep ' unknown in ' counted | grep -vE '/lib(crypto|nettle)\.so\.[0-9.]+$' >strange ||
		fail "$(head -n 1 strange)"
}

for image in lighttpd redis busybox; do
	try "$image" check_image "$image" riscv64
	try "$image-aarch64" check_image "$image" aarch64
done

all_done
