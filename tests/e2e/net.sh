#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 180
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
		grep -q 'listening' out && return
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

# The Linux program of net_program.c, as an image.
need_program() {
	local isa=x86_64

	[ "$(uname -m)" = $isa ] || leave_out 'the program is built for x86_64'
	need mkfs.erofs
	image=$work/program.image program=/usr/bin/program.image
	[ ! -e "$image" ] || return 0
	${CC:-cc} -O1 -static -w -o "$work/program" \
		"$test_folder/e2e/net_program.c" || fail 'it does not compile'
	"$bh" image build --static "$isa=$work/program" -o "$image" \
		>image.log 2>&1 || fail "image: $(tail -n 1 image.log)"
}

client() {
	timeout 30 python3 "$test_folder/e2e/net_client.py" "$@"
}

# Clients wait in the accept queue until the program takes them; what they have
# sent and that they have ended waits with them.
accept_queue() {
	local port udp

	need_program
	port=$(free_port) udp=$(free_port)
	open_server --publish "127.0.0.1:$port:80" \
		--publish "127.0.0.1:$udp:81/udp" "$image" -- $program listen 32
	client queue "$port" "$udp" 32 || fail 'a client is not content'
	close_server
}

# A trace as packets, which somebody else's program reads: handshakes, bytes and
# ends of all connections, and the datagrams.
captured() {
	local port udp

	need_program
	need tcpdump
	port=$(free_port) udp=$(free_port)
	open_server --trace trace.bin --publish "127.0.0.1:$port:80" \
		--publish "127.0.0.1:$udp:81/udp" "$image" -- $program listen 32
	client queue "$port" "$udp" 8 || fail 'a client is not content'
	close_server
	"$bh" trace --pcap packets trace.bin >out || fail "bh trace: $?"
	is_empty out
	tcpdump -nnvvA -r packets >text 2>log || fail "$(tail -n 1 log)"
	says_not text 'bad|incorrect|truncated'
	packets() {
		grep -cE "$1" text
	}
	[ "$(packets '> 127.0.0.1.80: Flags \[S\]')" -eq 8 ] &&
		[ "$(packets '127.0.0.1.80 > .*Flags \[S\.\]')" -eq 8 ] &&
		[ "$(packets '> 127.0.0.1.80: Flags \[F\.\]')" -eq 8 ] &&
		[ "$(packets '127.0.0.1.80 > .*Flags \[F\.\]')" -eq 8 ] &&
		[ "$(packets '> 127.0.0.1.80: Flags \[P\.\]')" -eq 8 ] &&
		[ "$(packets '> [0-9.]*\.81: \[udp sum ok\] UDP, length 5')" \
			-eq 1 ] || fail "$(grep -c . text) lines, other packets"
	says text 'xxxxxxxx$'
	says text '8 bytes$'
	"$bh" trace --pcap later --exchange 1-2 trace.bin ||
		fail "bh trace: $?"
	[ "$(wc -c <later)" -eq 24 ] || fail 'packets of other exchanges'
}

# seen NAME LINE...: the program NAME says LINEs when a client does the same.
seen() {
	local port name=$1

	shift
	need_program
	port=$(free_port)
	open_server --publish "127.0.0.1:$port:80" "$image" -- $program "$name"
	client "$name" "$port" || fail 'a client is not content'
	wait $server || fail "exit status $?"
	printf '%s\n' listening "$@" | diff - out || fail "it saw: $(cat out)"
}

# reaches tcp|udp BIND NAME: the program at a server of this host that is bound
# to the address BIND, allowed and called by NAME.
reaches() {
	local port

	need_program
	client serve "$1" "$2" >port &
	for _ in $(seq 50); do [ -s port ] || sleep 0.1; done
	port=$(cat port)
	[ "$port" ] || fail 'no server'
	[ "$1" = tcp ] || suffix=/udp
	start --connect "$3:$port${suffix:-}" "$image" -- $program \
		"$1" "$(echo "$3" | tr -d '[]')" "$port"
	status_is 0
	out_is 'you said hello'
	wait
}

# A name of this host that is in no list of names inside.
by_name() {
	local name

	name=$(hostname) || leave_out 'this host has no name'
	[ "$(getent ahostsv4 "$name" | head -n 1 | cut -d' ' -f1)" ] ||
		leave_out 'nothing resolves the name of this host'
	[ "$name" != localhost ] || leave_out 'this host is called localhost'
	reaches tcp "$(getent ahostsv4 "$name" | head -n 1 | cut -d' ' -f1)" \
		"$name"
}

ipv6() {
	[ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6 ||
		leave_out 'no IPv6 here'
	"$@"
}

published_ipv6() {
	local port

	need_program
	port=$(free_port)
	open_server --publish "[::1]:$port:80" "$image" -- $program half
	timeout 20 python3 -c "import socket
s = socket.create_connection(('::1', $port), 10)
assert s.recv(10) == b'first'
s.sendall(b'y' * 100000)" || fail 'a client is not content'
	wait $server || fail "exit status $?"
	says out '^read: 100000$'
}

# What is not allowed cannot be reached, and costs the program an error.
forbidden() {
	need_program
	start --connect 127.0.0.1:1 "$image" -- $program tcp 127.0.0.2 80
	status_is 1
	out_is 'connect: ECONNREFUSED'
	start --connect 127.0.0.1:1 "$image" -- $program tcp 192.0.2.1 80
	status_is 1
	out_is 'connect: EACCES'
	start --connect 127.0.0.1:1 "$image" -- $program udp 192.0.2.1 53
	status_is 1
	says err '^linux: datagrams cannot leave'
}

# After the end nothing of a cell runs, and its ports are free.
leftovers() {
	local port pids pid

	port=$(free_port)
	open_server --isa x86_64 --publish "127.0.0.1:$port:80" "$guest" -- echo 80
	pids=$(pgrep -P "$server")
	[ "$(echo "$pids" | wc -l)" -ge 3 ] || fail 'too few processes'
	client reset "$port"
	kill -KILL "$server"
	wait "$server"
	for _ in $(seq 50); do
		pid=$(for p in $pids; do [ ! -e "/proc/$p" ] || echo "$p"; done)
		[ "$pid" ] || break
		sleep 0.1
	done
	[ -z "$pid" ] || fail "left over: $(ps -o args= -p "${pid%%[!0-9]*}")"
	python3 -c "import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', $port))" || fail 'the port is not free'
}

# Devices of a user who may nothing: published, connected, echoed.
unprivileged() {
	local place port as=()

	[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=65533 --regid=65533
		--clear-groups --inh-caps=-all)
	place=$(mktemp -d /var/tmp/bh-net.XXXXXX) || fail 'no folder'
	trap 'rm -rf "$place"; kill $(jobs -p) 2>/dev/null' EXIT
	cp -r "$bh" "$build/libexec" "$guest" "$place/"
	chmod -R a+rX "$place"
	port=$(free_port)
	"${as[@]}" "$place/bh" run --publish "127.0.0.1:$port:80" "$place/net" \
		-- echo 80 >out 2>err </dev/null &
	server=$!
	for _ in $(seq 200); do
		grep -q listening out && break
		sleep 0.1
	done
	timeout 20 python3 -c "import socket
s = socket.create_connection(('127.0.0.1', $port), 10)
s.sendall(b'hello')
assert s.recv(10) == b'hello'" || fail "no echo: $(cat err)"
	close_server
	status=0
	"${as[@]}" "$place/bh" run --publish 127.0.0.1:80:80 "$place/net" -- \
		echo 80 >out 2>err </dev/null || status=$?
	[ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -le 80 ] || {
		status_is 125
		one_line err
		says err '^bh: --publish 127.0.0.1:80:80: Permission denied'
	}
}

try echo-native echoes --isa x86_64
try echo-three-isas echoes
try device-killed killed
try outgoing outgoing
try port-in-use port_in_use
try syntax syntax
try malformed-turns malformed
try accept-queue accept_queue
try captured captured
try reset seen reset 'read: ECONNRESET' 'write: EPIPE'
try half-close seen half 'write: EPIPE' 'read: 100000'
try connect-loopback reaches tcp 127.0.0.1 127.0.0.1
try connect-name by_name
try connect-ipv6 ipv6 reaches tcp ::1 '[::1]'
try udp-outgoing reaches udp 127.0.0.1 127.0.0.1
try udp-outgoing-ipv6 ipv6 reaches udp ::1 '[::1]'
try publish-ipv6 ipv6 published_ipv6
try forbidden forbidden
try leftovers leftovers
try unprivileged unprivileged
all_done
