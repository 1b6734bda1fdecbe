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
	local options

	need python3
	isa_options "$@"
	have_image redis
	serve 6379 "${options[@]}" --env bh.log=off "$build/images/redis"
	talk 2>talk.err || fail "$(tail -n 1 talk.err)"
	many 2>many.err || fail "$(tail -n 1 many.err)"
	stop TERM
	agreed
}

# crowd COUNT: so many connections are open at the same time, and each is answered
# twice
crowd() {
	python3 - "$port" "$1" <<-'END'
		import resource, socket, sys
		port, count = int(sys.argv[1]), int(sys.argv[2])
		most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
		resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
		clients = []
		for i in range(count):
		    s = socket.create_connection(("127.0.0.1", port), 60)
		    s.settimeout(60)
		    clients.append(s)
		for turn in range(2):
		    for s in clients:
		        s.sendall(b"PING\r\n")
		    for i, s in enumerate(clients):
		        got = s.recv(100)
		        if got != b"+PONG\r\n":
		            sys.exit(f"connection {i}: {got!r}")
	END
}

crowded() {
	local count=10000

	need python3
	[ "$(ulimit -Hn)" -ge $((count + 100)) ] ||
		leave_out "the host lets a process have $(ulimit -Hn) files"
	have_image redis
	serve 6379 --isa x86_64 --env bh.log=off "$build/images/redis" -- \
		/usr/bin/redis-server /etc/redis.conf --maxclients 10100
	crowd $count 2>crowd.err || fail "$(tail -n 1 crowd.err)"
	# It holds no more for each than its own record of it.
	peak_below bh-device-net 32768
	peak_below bh-core-native 262144
	stop TERM
	agreed
}

# A host that allows few open files: it is said once, and who comes when there
# are none left is served when others have gone.
few_files() {
	need python3
	have_image redis
	printf '#!/bin/sh\nulimit -n 1024\nexec %s "$@"\n' "$bh" >limited
	chmod +x limited
	bh=$here/limited
	serve 6379 --isa x86_64 --env bh.log=off "$build/images/redis"
	[ "$(grep -c '^bh: note: this host allows 1024 open files' err)" -eq 1 ] ||
		fail "it says: $(head -n 3 err)"
	python3 - "$port" <<-'END' 2>crowd.err || fail "$(tail -n 1 crowd.err)"
		import resource, select, socket, sys
		resource.setrlimit(resource.RLIMIT_NOFILE, (2000, 2000))
		waiting = []
		for i in range(1200):
		    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60)
		    s.sendall(b"PING\r\n")
		    waiting.append(s)
		while waiting:
		    poll = select.poll()
		    for s in waiting:
		        poll.register(s, select.POLLIN)
		    ready = {fd for fd, _ in poll.poll(2000)}
		    if not ready:
		        sys.exit(f"{len(waiting)} are not served")
		    if len(ready) > 1024:
		        sys.exit("more are served than can be")
		    for s in [s for s in waiting if s.fileno() in ready]:
		        if s.recv(100) != b"+PONG\r\n":
		            sys.exit("a wrong answer")
		        waiting.remove(s)
		        s.close()
	END
	stop TERM
	agreed
}

# cli WORD...: what Redis answers
cli() {
	redis-cli -p "$port" "$@"
}

# The load that Redis brings with it, of all kinds of commands; the number of
# requests of each is for `make check`, which has little time.
benchmark() {
	local options

	need redis-cli redis-benchmark
	isa_options "$@"
	have_image redis
	serve 6379 "${options[@]}" --env bh.log=off "$build/images/redis"
	redis-benchmark -p "$port" -n "${BH_REDIS_REQUESTS:-300}" -c 20 --csv \
		-t set,get,incr,lpush,lrange >figures 2>&1 ||
		fail "redis-benchmark: $(tail -n 1 figures)"
	# A line of names, then one for each kind of command.
	[ "$(grep -c '^"[A-Z]' figures)" -eq 9 ] ||
		fail "redis-benchmark: $(tail -n 1 figures)"
	[ "$(cli EXISTS key:__rand_int__ mylist)" = 2 ] || fail "nothing is there"
	stop TERM
	agreed
}

# Commands for an append-only file, with what RESP has of difficult values.
commands() {
	cat <<-'END'
		SET greeting "hello \r\n\x00\xff world"
		APPEND greeting more
		INCRBYFLOAT pi 3.14159265358979
		MSET a 1 b 2 c 3
		DEL b
		RPUSH list x y z
		LPOP list
		SADD set one two three one
		SREM set two
		HSET hash f 1 g 2
		HINCRBY hash f 41
		ZADD sorted 1.5 low 2.5 high
		ZINCRBY sorted 10 low
		SETRANGE padded 70000 end
		MULTI
		INCR counter
		INCR counter
		EXEC
		EVAL "return redis.call('set', KEYS[1], ARGV[1])" 1 scripted by-lua
		XADD stream 1-1 field value
		SELECT 3
		SET elsewhere yes
	END
}

# What is to be found after all of these.
holds() {
	[ "$(cli GET pi)" = 3.14159265358979 ] &&
		[ "$(cli STRLEN greeting)" = 20 ] &&
		[ "$(cli LRANGE list 0 -1 | xargs)" = 'y z' ] &&
		[ "$(cli HGET hash f)" = 42 ] &&
		[ "$(cli ZSCORE sorted low)" = 11.5 ] &&
		[ "$(cli STRLEN padded)" = 70003 ] &&
		[ "$(cli GET counter)" = 2 ] &&
		[ "$(cli GET scripted)" = by-lua ] &&
		[ "$(cli -n 3 GET elsewhere)" = yes ] &&
		[ "$(cli EXISTS a b c)" = 2 ]
}

# The base of an append-only file that is an RDB says how much memory Redis uses,
# which differs between instruction sets.
aof_options="--appendonly yes --aof-use-rdb-preamble no"

serve_aof() {
	local i

	# shellcheck disable=SC2086
	serve 6379 "$@" --env bh.log=off --volume "$here/data:/data" \
		"$build/images/redis" -- /usr/bin/redis-server /etc/redis.conf \
		--dir /data $aof_options
	# It answers before it has loaded its data, that it has not.
	for ((i = 0; i < 100; i++)); do
		[ "$(cli PING)" != PONG ] || return 0
		sleep 0.1
	done
	fail "it does not come to life: $(cli PING)"
}

# native_redis: the image's own program for this host, with its
# libraries, on a Unix socket
native_redis() {
	local root=$here/root i

	fsck.erofs --extract="$root" "$build/images/redis/x86_64.erofs" || return
	# shellcheck disable=SC2086
	"$root/lib64/ld-linux-x86-64.so.2" \
		--library-path "$root/usr/lib/x86_64-linux-gnu" \
		"$root/usr/bin/redis-server" --port 0 --save "" \
		--unixsocket "$here/socket" --dir "$here/native" $aof_options \
		>native.log 2>&1 &
	native=$!
	for ((i = 0; i < 100; i++)); do
		[ ! -S socket ] || return 0
		sleep 0.1
	done
	return 1
}

# Data on a volume outlives the cell, and is what a native Redis writes.
append_only() {
	local options native

	need redis-cli fsck.erofs
	isa_options "$@"
	have_image redis
	mkdir data native
	serve_aof "${options[@]}"
	commands | cli >answers
	holds || fail "wrong data: $(tail -n 1 answers)"
	stop TERM
	agreed
	serve_aof "${options[@]}"
	holds || fail "data are lost"
	stop TERM
	agreed
	native_redis || fail "no native redis: $(tail -n 1 native.log)"
	commands | redis-cli -s socket >native.answers
	kill $native
	wait $native
	same answers native.answers
	diff -r data native || fail "the files differ"
	[ -s data/appendonlydir/appendonly.aof.1.incr.aof ] ||
		fail "there is no append-only file"
}

# store FILE: stores one key after the other until there is a file `enough`, and
# appends to FILE what was answered as written.  Connections may break at any time;
# to wait for an answer for long is an error.
store() {
	python3 - "$port" "$1" <<-'END'
		import os, socket, sys, time
		acked = open(sys.argv[2], "a+")
		acked.seek(0)
		i = len(acked.readlines())
		while not os.path.exists("enough"):
		    try:
		        s = socket.create_connection(
		            ("127.0.0.1", int(sys.argv[1])), 20)
		        s.settimeout(20)
		        f = s.makefile("rwb")
		        while not os.path.exists("enough"):
		            f.write(b"SET k%d %d\r\n" % (i, i))
		            f.flush()
		            if f.readline() != b"+OK\r\n":
		                break
		            print("k%d" % i, file=acked, flush=True)
		            i += 1
		    except ConnectionError:
		        pass
		    time.sleep(0.02)
	END
}

# all_stored: the keys of the file `acked` are there
all_stored() {
	local count found

	count=$(wc -l <acked)
	found=$(sed 's/^/EXISTS /' acked | cli | grep -c '^1')
	[ "$found" -eq "$count" ] || fail "$((count - found)) of $count keys are lost"
}

# bereave KIND TIMES: a Redis that stores, whose device is killed.  Without its file
# it ends by itself, for it must not say that anything has been written.
bereave() {
	local i storing before

	before=$(wc -l <acked)
	serve_aof "${options[@]}"
	all_stored
	rm -f enough
	store acked 2>store.err &
	storing=$!
	for ((i = 0; i < 300; i++)); do
		[ "$(wc -l <acked)" -lt $((before + 20)) ] || break
		sleep 0.1
	done
	for ((i = 0; i < $2; i++)); do
		sleep "0.$((RANDOM % 40 + 5))"
		kill_device "$1" || fail "there is no device to kill"
	done
	if [ "$1" = volume ]; then
		status=0
		wait "$server" || status=$?
		agreed 1
	fi
	touch enough
	wait $storing || fail "$(tail -n 1 store.err)"
	if [ "$1" = net ]; then
		stop TERM
		agreed
	fi
	says err "device $1(-[0-9]+)? was killed by signal 9; it was started again"
	[ "$(wc -l <acked)" -ge $((before + 20)) ] || fail "nothing was stored"
}

# What was answered as written is there, whatever device dies.
durable() {
	local options aof_options="$aof_options --appendfsync always"

	need redis-cli python3
	isa_options "$@"
	have_image redis
	mkdir data
	touch acked
	bereave volume 1
	bereave net 4
	bereave volume 1
	serve_aof "${options[@]}"
	all_stored
	stop TERM
	agreed
}

# What has been stored is there when all variants are new ones.
stays() {
	local options i

	need redis-cli
	isa_options "$@"
	have_image redis
	mkdir data
	serve_aof "${options[@]}" --response restart --report r.json
	[ "$(cli SET greeting hello)" = OK ] || fail 'it does not store'
	pkill -KILL -P "$server" -f '^bh-core-'
	for ((i = 0; i < 100; i++)); do
		[ "$(cli GET greeting)" != hello ] || break
		sleep 0.1
	done
	[ "$(cli GET greeting)" = hello ] || fail 'it is lost'
	json r.json '.consequence == "restarts"'
	says err 'was started again'
	stop TERM
}

# All variants are replaced, one after the other, while a client stores: what it was
# answered as stored in memory is there in the end, although none of those that
# stored it first is left.
relived() {
	local storing before i

	need redis-cli python3
	have_image redis
	touch acked
	serve 6379 --response vote --env bh.log=off "$build/images/redis"
	store acked 2>store.err &
	storing=$!
	for i in 1 2 3 4 5 6; do
		before=$(wc -l <acked)
		for _ in $(seq 100); do
			[ "$(wc -l <acked)" -lt $((before + 50)) ] || break
			sleep 0.1
		done
		pkill -KILL -P "$server" -f "^bh-core-.*variant $((i % 3))" ||
			fail 'there is no variant to kill'
		says_soon 'has been replaced' "$i"
		[ "$(grep -c 'has been replaced' err)" -eq "$i" ] ||
			fail 'more than one is replaced'
	done
	touch enough
	wait $storing || fail "$(tail -n 1 store.err)"
	all_stored
	[ "$(wc -l <acked)" -ge 300 ] || fail 'little was stored'
	[ "$(cli DBSIZE)" = "$(wc -l <acked)" ] || fail 'the size is wrong'
	stop TERM
	says_not err 'is not replaced|was started again'
}

try native served x86_64
try three served x86_64 aarch64 riscv64
try three-diverse served diverse x86_64 aarch64 riscv64
try kvm-and-native served x86_64:kvm x86_64:native
try crowded crowded
try few-files few_files
try relived relived
try benchmark benchmark x86_64 aarch64 riscv64
try benchmark-diverse benchmark diverse x86_64 aarch64 riscv64
try append-only append_only x86_64 aarch64 riscv64
try durable durable x86_64
try stays-restarted stays x86_64 x86_64
all_done
