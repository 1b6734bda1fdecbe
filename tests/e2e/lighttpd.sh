#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 600
#
# lighttpd as Debian built it, from an image of three instruction sets: what
# curl sees, and how it ends.
. "$(dirname "$0")/lib.sh"

page=$top/examples/lighttpd/www/index.html

# served ISA...: everything that a visitor may ask for
served() {
	local isa i options=()

	need curl
	for isa; do options+=(--isa "$isa"); done
	have_image lighttpd
	serve 80 "${options[@]}" --summary "$build/images/lighttpd"
	curl -sS -m 60 -D headers "http://127.0.0.1:$port/" >page 2>curl.err ||
		fail "curl: $(cat curl.err)"
	same page "$page"
	says headers '^HTTP/1.1 200 OK'
	says headers '^Server: lighttpd/'
	says headers '^Content-Type: text/html'
	curl -sS -m 60 -o /dev/null -w '%{http_code}\n' \
		"http://127.0.0.1:$port/nowhere" >code 2>&1
	says code '^404$'
	# One connection for all.
	for ((i = 0; i < 20; i++)); do
		printf 'url = "http://127.0.0.1:%s/?%s"\noutput = page-%s\n' \
			"$port" "$i" "$i"
	done >requests
	curl -sS -m 100 -w '%{num_connects}\n' -K requests >connects 2>&1 ||
		fail "curl: $(tail -n 1 connects)"
	for ((i = 0; i < 20; i++)); do same page-$i "$page"; done
	[ "$(awk '{ n += $1 } END { print n }' connects)" -eq 1 ] ||
		fail "not one connection: $(tr '\n' ' ' <connects)"
	stop TERM
	status_is 0
	says err "^bh: lighttpd: ${1%%:*}.* agreed on [0-9]+ exchanges"
	says_not err 'DIVERGENCE|FAULT'
}

try native served x86_64
try twice served x86_64 x86_64
try three served x86_64 aarch64 riscv64
all_done
