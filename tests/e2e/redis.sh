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

served() {
	local isa options=()

	need python3
	for isa; do options+=(--isa "$isa"); done
	have_image redis
	serve 6379 "${options[@]}" --env bh.log=off "$build/images/redis"
	talk 2>talk.err || fail "$(tail -n 1 talk.err)"
	stop TERM
	status_is 0
	says_not err 'DIVERGENCE|FAULT'
}

try native served x86_64
try three served x86_64 aarch64 riscv64
all_done
