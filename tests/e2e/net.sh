#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 120
#
# Guests with sockets: --publish and --connect, against clients of this host.
. "$(dirname "$0")/lib.sh"

guest=$guests/net

# A port that nobody has now.
free_port() {
	python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# open_server ARG...: bh run in the background until stop; waits for "listening".
open_server() {
	"$bh" run "$@" >out 2>err </dev/null &
	server=$!
	for _ in $(seq 200); do
		grep -q 'net: listening' out && return
		kill -0 $server 2>/dev/null || break
		sleep 0.1
	done
	kill $server
	fail "no server: $(cat out err)"
}

close_server() {
	kill -TERM $server
	wait $server || :
}

device_of() {
	pgrep -P "$server" -f '^bh-device-net' | head -1
}

echoes() {
	local port udp

	port=$(free_port) udp=$(free_port)
	open_server --publish "127.0.0.1:$port:80" --publish "127.0.0.1:$udp:81/udp" \
		"$@" "$guest" -- echo 80 udp 81
	timeout 60 python3 "$test_folder/e2e/net_client.py" "$port" "$udp" ||
		fail 'a client is not content'
	close_server
	is_empty err
}

# The device is killed under load: connections break, the service comes back.
killed() {
	local port

	port=$(free_port)
	open_server --isa x86_64 --publish "127.0.0.1:$port:80" "$guest" -- echo 80
	timeout 20 python3 "$test_folder/e2e/net_client.py" break "$port" \
		"$(device_of)" || fail 'the service did not come back'
	close_server
	says err 'device net-2 was killed by signal 9; it was started again'
}

outgoing() {
	local port

	port=$(free_port)
	timeout 20 python3 -c "import socket
l = socket.create_server(('127.0.0.1', $port))
open('ready', 'w')
c, _ = l.accept()
got = b''
while True:
    b = c.recv(100)
    if not b: break
    got += b
c.sendall(b'you said ' + got); c.close()" &
	for _ in $(seq 50); do [ -e ready ] || sleep 0.1; done
	start --connect "127.0.0.1:$port" "$guest" -- get 127.0.0.1 "$port"
	status_is 0
	out_is 'you said hello'
	start --connect "127.0.0.1:1" "$guest" -- get 127.0.0.1 "$port"
	status_is 4
	out_is 'net: connecting failed: -13'
	wait
}

port_in_use() {
	local port

	port=$(free_port)
	open_server --isa x86_64 --publish "127.0.0.1:$port:80" "$guest" -- echo 80
	mkdir -p second && cd second || return
	start --publish "127.0.0.1:$port:80" "$guest" -- echo 80
	status_is 125
	one_line err
	says err "^bh: --publish 127.0.0.1:$port:80: Address already in use"
	cd .. || return
	close_server
}

syntax() {
	local text

	for text in '' 80 :80 80: 0:80 80:0 65536:1 1:65536 a:80 80:80/sctp \
		::1:80:80 '[::1:80:80' 1:2:3:4 name:80:80; do
		start --publish "$text" "$guest"
		status_is 125
		[ "$(wc -l <err)" -eq 1 ] || fail "--publish '$text': $(cat err)"
	done
	for text in '' host host: :80 host:0 host:99999 'ho st:80'; do
		start --connect "$text" "$guest"
		status_is 125
		[ "$(wc -l <err)" -eq 1 ] || fail "--connect '$text': $(cat err)"
	done
}

malformed() {
	local kind

	for kind in 0 1 2 3 4 5; do
		start --isa x86_64 --publish "127.0.0.1:$(free_port):80" \
			"$guest" -- raw $kind
		status_is 0
		out_is 'net: status -22'
	done
}

try echo-native echoes --isa x86_64
try echo-three-isas echoes
try device-killed killed
try outgoing outgoing
try port-in-use port_in_use
try syntax syntax
try malformed-turns malformed
all_done
