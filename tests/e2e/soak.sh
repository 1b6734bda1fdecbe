#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 7200
#
# False alarms: lighttpd and Redis from three instruction sets under a mixture of
# loads, and beside them the guests that look for false alarms, for SOAK_MINUTES
# (1; `make soak`: 30).  Any verdict is a failure.
. "$(dirname "$0")/lib.sh"

until=$((SECONDS + ${SOAK_MINUTES:-1} * 60))

goes_on() {
	[ "$SECONDS" -lt "$until" ]
}

# exchanges FILE: how many were agreed on, by what --summary says in it
exchanges() {
	sed -n 's/^bh: .* agreed on \([0-9]*\) exchanges.*/\1/p' "$1" |
		awk '{ n += $1 } END { printf "%d\n", n }'
}

# Visitors who do not behave: half a request and no more, an answer not waited
# for, an answer not read, a connection reset.
rude() {
	python3 - "$port" "$1" 2>>rude.err <<-'END'
		import socket, struct, sys
		port, request = int(sys.argv[1]), sys.argv[2].encode()
		request = request.decode("unicode_escape").encode()
		def connect():
		    s = socket.create_connection(("127.0.0.1", port), 60)
		    s.settimeout(60)
		    return s
		half, gone, unread, reset = [connect() for _ in range(4)]
		half.sendall(request[:len(request) // 2])
		gone.sendall(request)
		gone.close()
		unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
		unread.sendall(request * 50)
		reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
		                 struct.pack("ii", 1, 0))
		reset.sendall(request)
		reset.close()
		polite = connect()
		polite.sendall(request)
		if not polite.recv(1):
		    sys.exit("no answer")
		half.sendall(request[len(request) // 2:])
		if not half.recv(1):
		    sys.exit("no answer to a slow request")
	END
}

web() {
	need ab python3
	have_image lighttpd
	serve 80 --summary "$build/images/lighttpd"
	while goes_on; do
		requests 300 -k
		requests 300
		rude 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' ||
			fail "rude: $(tail -n 1 rude.err)"
	done
	stop TERM
	agreed 1
}

database() {
	need redis-benchmark redis-cli python3
	have_image redis
	serve 6379 --summary --env bh.log=off "$build/images/redis"
	while goes_on; do
		redis-benchmark -p "$port" -n 200 -c 16 -r 1000 -q \
			-t set,get,incr,lpush,rpop,sadd,hset,zadd,mset \
			>figures 2>&1 || fail "$(tail -n 1 figures)"
		redis-benchmark -p "$port" -n 400 -c 8 -P 16 -q -t set,get \
			>figures 2>&1 || fail "$(tail -n 1 figures)"
		rude '*1\r\n$4\r\nPING\r\n' || fail "rude: $(tail -n 1 rude.err)"
		redis-cli -p "$port" FLUSHALL ASYNC >flushed
		says flushed '^OK$'
	done
	stop TERM
	agreed
}

guests_alone() {
	local guest

	while goes_on; do
		for guest in "$top"/tests/guests/silent/*.c; do
			guest=$(basename "$guest" .c)
			[ "$guest" != silent ] && goes_on || continue
			"$bh" run --summary "$guests/$guest" -- 20000 \
				>out 2>>err </dev/null || {
				status=$?
				fail "$guest: status $status: $(tail -n 3 err)"
			}
		done
	done
}

jobs_at_once=3
go web web
go database database
go guests guests_alone
wait
total=0
for part in web database guests; do
	count=$(exchanges "$work/$part/err")
	printf '# %s: %d exchanges\n' "$part" "$count"
	total=$((total + count))
done
printf '# %d exchanges in %d minutes, %d alarms\n' "$total" \
	"${SOAK_MINUTES:-1}" \
	"$(cat "$work"/*/err | grep -cE '^bh: (DIVERGENCE|FAULT|DEADLINE)')"
all_done
