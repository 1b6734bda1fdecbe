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
	local i options

	need curl
	isa_options "$@"
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
	agreed
	says err "^bh: lighttpd: ${1%%:*}.* agreed on [0-9]+ exchanges"
}

# under_load COUNT ISA...: many visitors at once, with and without keep-alive
under_load() {
	local count=$1 options

	need ab wrk
	shift
	isa_options "$@"
	have_image lighttpd
	serve 80 "${options[@]}" "$build/images/lighttpd"
	wrk -t 1 -c 64 -d 2 "http://127.0.0.1:$port/" >wrk.out 2>&1 ||
		fail "wrk: $(tail -n 1 wrk.out)"
	says wrk.out '^ +[0-9]+ requests in '
	says_not wrk.out 'Socket errors|Non-2xx'
	requests "$count" -k
	requests "$count"
	stop TERM
	# lighttpd ends with 1 if it has not yet seen that all are closed.
	agreed 1
	[ "$(grep -vc 'server started\|server stopped' err)" -eq 0 ] ||
		fail "it complains: $(head -n 3 err)"
}

# Visitors who ask for a large file and do not read it: nobody's memory grows by
# what they leave unread, others are served, and in the end they get all of it.
slow_readers() {
	local child options pid

	need curl python3
	isa_options "$@"
	have_image lighttpd
	mkdir www
	cp "$page" www/index.html
	seq 1 3000000 >www/large.txt
	serve 80 "${options[@]}" --volume "$here/www:/srv/www:ro" \
		"$build/images/lighttpd"
	python3 - "$port" www/large.txt <<-'END' >slow 2>&1 &
		import socket, sys, time
		large = open(sys.argv[2], "rb").read()
		slow = []
		for i in range(32):
		    s = socket.socket()
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
		    s.connect(("127.0.0.1", int(sys.argv[1])))
		    s.settimeout(60)
		    s.sendall(b"GET /large.txt HTTP/1.0\r\n\r\n")
		    assert s.recv(1) == b"H"
		    slow.append(s)
		print("waiting", flush=True)
		time.sleep(3)  # for those who look at the memory
		for s in slow[:3]:
		    answer = bytearray()
		    while part := s.recv(1 << 20):
		        answer += part
		    assert answer.split(b"\r\n\r\n", 1)[1] == large, "not the file"
		print("read", flush=True)
	END
	pid=$!
	for _ in $(seq 300); do
		grep -q waiting slow && break
		sleep 0.1
	done
	says slow '^waiting$'
	curl -sS -m 20 "http://127.0.0.1:$port/" >got 2>curl.err ||
		fail "curl: $(cat curl.err)"
	same got "$page"
	# 32 times 22 MB are asked for.
	for child in $(pgrep -P "$server"); do
		[ "$(awk '/^RssAnon/ { print $2 }' "/proc/$child/status")" -lt \
			65536 ] || fail "$(tr '\0' ' ' <"/proc/$child/cmdline")" \
			"grew: $(grep RssAnon "/proc/$child/status")"
	done
	wait $pid || fail "$(tail -n 1 slow)"
	says slow '^read$'
	stop TERM
	agreed 1
}

try native served x86_64
try twice served x86_64 x86_64
try three served x86_64 aarch64 riscv64
try kvm served x86_64:kvm
try kvm-and-native served x86_64:kvm x86_64:native
try kvm-three served x86_64:kvm aarch64 riscv64
try slow-readers slow_readers x86_64
try load-native under_load 10000 x86_64
try load-twice under_load 10000 x86_64 x86_64
try load-three under_load "${BH_REQUESTS:-2000}" x86_64 aarch64 riscv64
try load-three-diverse under_load 500 diverse x86_64 aarch64 riscv64
all_done
