#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 600
#
# Redis as Debian built it, with its threads, from an image of three
# instruction sets.
. "$(dirname "$0")/lib.sh"

# talk: commands of a session, checked against what Redis must say.
talk() {
	python3 - "$port" <<-'END'
		import socket, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60)
		s.settimeout(60)
		f = s.makefile("rwb")
		def ask(*words):
		    f.write(b"*%d\r\n" % len(words))
		    for word in words:
		        word = word.encode()
		        f.write(b"$%d\r\n%s\r\n" % (len(word), word))
		    f.flush()
		    line = f.readline()
		    if line[:1] == b"$":
		        return f.read(int(line[1:]) + 2)[:-2]
		    if line[:1] == b"*":
		        return [f.read(int(f.readline()[1:]) + 2)[:-2]
		                for _ in range(int(line[1:]))]
		    return line.strip()
		def must(want, *words):
		    got = ask(*words)
		    if got != want:
		        sys.exit(f"{words}: {got!r} instead of {want!r}")
		must(b"+PONG", "PING")
		must(b"+OK", "SET", "greeting", "hello")
		must(b"hello", "GET", "greeting")
		for i in range(1, 51):
		    must(b":%d" % i, "INCR", "counter")
		must(b":3", "RPUSH", "list", "a", "b", "c")
		must([b"a", b"b", b"c"], "LRANGE", "list", "0", "-1")
		must(b"x" * 100000, "ECHO", "x" * 100000)
		must(b"1.1", "INCRBYFLOAT", "f", "1.1")
		must(b"3", "EVAL", "return tostring(1 + 2)", "0")
		must(b":4", "DBSIZE")
		must(b"+OK", "FLUSHALL", "ASYNC")
		must(b":0", "DBSIZE")
	END
}

# More answers at once than one turn of the network carries: 64 clients ask for
# 16 KiB each before any of them reads.
many() {
	python3 - "$port" <<-'END'
		import socket, sys
		value, clients = b"v" * 16384, []
		ask = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
		answer = b"$16384\r\n" + value + b"\r\n"
		for i in range(64):
		    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60)
		    s.settimeout(60)
		    clients.append(s)
		clients[0].sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$16384\r\n"
		                   + value + b"\r\n")
		if clients[0].recv(100) != b"+OK\r\n":
		    sys.exit("SET failed")
		for turn in range(5):
		    for s in clients:
		        s.sendall(ask)
		    for s in clients:
		        got = b""
		        while len(got) < len(answer):
		            more = s.recv(65536)
		            if not more:
		                sys.exit(f"connection closed in turn {turn}")
		            got += more
		        if got != answer:
		            sys.exit("a wrong answer")
	END
}

served() {
	local isa options=()

	need python3
	for isa; do options+=(--isa "$isa"); done
	have_image redis
	serve 6379 "${options[@]}" --env bh.log=off "$build/images/redis"
	talk 2>talk.err || fail "$(tail -n 1 talk.err)"
	many 2>many.err || fail "$(tail -n 1 many.err)"
	stop TERM
	status_is 0
	says_not err 'DIVERGENCE|FAULT'
}

try native served x86_64
try three served x86_64 aarch64 riscv64
all_done
