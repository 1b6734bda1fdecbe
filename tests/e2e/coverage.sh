#!/bin/bash
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154
#
# The translator's decode table has every instruction that occurs in the programs
# and libraries of Debian that are served from here (make coverage: of more).
# OpenSSL brings code for vector and cryptography extensions, and asks before it
# uses it.

. "$(dirname "$0")/lib.sh"

check_image() {
	local image=$build/images/$1

	have_image "$1"
	"$top/tests/coverage/sweep" "$build/tests/coverage/count" "$image" \
		>counted || fail "the sweep has failed"
	tail -n 1 counted
	grep -qE '^[0-9]{5,} instructions in ' counted ||
		fail "$(tail -n 1 counted)"
	! grep ' unknown in ' counted | grep -v '/libcrypto\.so\.3$' >strange ||
		fail "$(head -n 1 strange)"
}

for image in lighttpd redis busybox; do
	try "$image" check_image "$image"
done

all_done
