#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 120
#
# What follows from a verdict: --response restart, vote and vote+restart.
. "$(dirname "$0")/lib.sh"

# Again and again, each time after a longer while, and not for ever.
gives_up() {
	local how=$1 code=120

	[ "$how" != loop ] || code=124
	start --response restart --restart-limit 3/60 --report r.json \
		--deadline 400 "$guests/disagree" -- "$how" riscv64
	status_is $code
	nothing_leaked out
	for _ in 1 2 3; do printf 'first\nsecond\nthird\n'; done >wanted
	same wanted out
	json r.json '.consequence == "restarts" and .delay_ns == 100000000'
	json r.json.2 '.consequence == "restarts" and .delay_ns == 200000000'
	json r.json.3 '.consequence == "given up"'
	[ ! -e r.json.4 ] || fail 'a fourth report'
	# Fresh layouts.
	[ "$(jq -c '.variants[0].pc' r.json r.json.2 r.json.3 | sort -u |
		wc -l)" -eq 3 ] || fail 'the layouts are those of before'
	says err 'disagree was started again \(2 times so far\)'
	says err '^bh: disagree is not started again: 3 verdicts within '
}

# The majority goes on; the minority is named.
outvoted() {
	local how=$1 who=$2

	start --response vote --report r.json --deadline 400 \
		"$guests/disagree" -- "$how" "$who"
	status_is 0
	says out '^fourth: '
	says_not out 'tails|longer|extra'
	json r.json "([.variants[] | select(.dropped) | .isa]) == [\"$who\"]
		and .consequence == \"goes on\""
	says err "^bh: disagree: variant . \($who on .*\) was stopped; 2 "
}

# All disagree: as without a vote.
no_majority() {
	start --response vote --isa x86_64 --isa x86_64 --isa x86_64 \
		--report r.json "$guests/disagree" -- address secret
	status_is 120
	nothing_leaked out
	json r.json '.consequence == "ends"'
}

# child PATTERN: a process of the server whose title begins so
child() {
	pgrep -P "$server" -f "^$1" | head -n 1
}

# talk: one line to the echo server and back, within a while
talk() {
	timeout 20 python3 - "$port" <<-'END' || fail 'the server is not back'
		import socket, sys, time
		end = time.time() + 18
		while True:
		    try:
		        s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
		        s.settimeout(10)
		        s.sendall(b"hello\n")
		        assert s.recv(6)
		        break
		    except (OSError, AssertionError):
		        if time.time() > end:
		            raise
		        time.sleep(0.1)
	END
}

# One after the other is killed while a client talks to them: each time the others
# go on, and a fresh one lives through all that has been and is one of them.
replaced() {
	local isa line number=0

	serve 80 --response vote "$guests/net" -- echo 80
	exec {old}<>"/dev/tcp/127.0.0.1/$port"
	for isa in $isas x86_64; do
		printf 'before %s\n' "$isa" >&"$old"
		read -r -t 10 -u "$old" line || fail 'no answer'
		[ "$line" = "before $isa" ] || fail "the answer is $line"
		kill -KILL "$(child "bh-core-.*$isa")"
		number=$((number + 1))
		says_soon 'has been replaced' $number
		[ "$(grep -c 'has been replaced' err)" -eq $number ] ||
			fail "more than $isa is replaced"
		[ "$(pgrep -c -P "$server" -f ^bh-core-)" -eq 3 ] ||
			fail 'they are not three'
	done
	talk
	exec {old}>&-
	stop TERM
	says err 'variant 2 \(riscv64 on .*\) has been replaced: a fresh one relived [0-9]+ exchanges? in [0-9.]+ seconds, and is one of the set$'
}

# The fresh one does the same again: three of them, then the place stays empty.
irreplaceable() {
	local line

	serve 80 --response vote "$guests/net" -- echo 80
	exec {old}<>"/dev/tcp/127.0.0.1/$port"
	printf 'attack\n' >&"$old"
	read -r -t 10 -u "$old" line || fail 'no answer'
	exec {old}>&-
	[ "$line" = attack ] || fail "the answer is $line"
	says_soon 'variant 1 \(aarch64 .*\) is not replaced: fresh ones were tried, and the last did not say what the set had agreed on in exchange [0-9]+$'
	[ "$(pgrep -c -P "$server" -f ^bh-core-)" -eq 2 ] ||
		fail 'they are not two'
	talk
	stop TERM
}

# Nobody is to come, or a life is longer than what is kept of it.
not_replaced() {
	local wanted=$1

	shift
	serve 80 --response vote "$@" "$guests/net" -- echo 80
	if [ "$wanted" ]; then
		head -c 3000000 /dev/zero | timeout 20 python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
data = sys.stdin.buffer.read()
for i in range(0, len(data), 10000):
    s.sendall(data[i:i + 9999] + b"\n")
    got = 0
    while got < 10000:
        got += len(s.recv(10000))' "$port" || fail 'no echo'
	fi
	kill -KILL "$(child 'bh-core-.*aarch64')"
	says_soon 'was stopped; 2 variants go on'
	talk
	if [ "$wanted" ]; then
		says_soon "$wanted"
	else
		says_not err replaced
	fi
	[ "$(pgrep -c -P "$server" -f ^bh-core-)" -eq 2 ] ||
		fail 'they are not two'
	stop TERM
}

# A core is killed while a client is connected.
killed() {
	local response=$1 how=$2 got

	serve 80 --response "$response" --report r.json "$guests/net" -- echo 80
	talk
	python3 - "$port" <<-'END' >got &
		import socket, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
		s.settimeout(15)
		s.sendall(b"one\n")
		s.recv(4)
		print("connected", flush=True)
		try:
		    print("end" if not s.recv(1) else "data")
		except ConnectionResetError:
		    print("reset")
		except TimeoutError:
		    print("open")
	END
	got=$!
	for _ in $(seq 100); do
		grep -q connected got && break
		sleep 0.1
	done
	kill -KILL "$(child 'bh-core-.*aarch64')"
	if [ "$how" = reset ]; then
		wait $got
		says got '^reset$'
		talk
		says err 'was started again'
	else
		says_soon 'was stopped; 2 variants go on'
		talk
		kill $got 2>/dev/null
		says_not got 'reset|end'
	fi
	# The client that spoke last is named.
	json r.json '(.last_connection.address | test("^127.0.0.1:[0-9]+$")) and
		.last_connection.payload_hex == "6f6e650a"'
	says err '^  Connection [0-9]+ from 127.0.0.1:'
	stop TERM
}

# Whoever connected long before the exchanges that a report shows is named, too.
old_connection() {
	local i

	serve 80 --report r.json "$guests/net" -- echo 80
	talk
	exec {old}<>"/dev/tcp/127.0.0.1/$port"
	for ((i = 0; i < 12; i++)); do
		talk
	done
	printf 'late\n' >&"$old"
	read -r -t 10 -u "$old" || fail 'no answer'
	kill -KILL "$(child 'bh-core-.*aarch64')"
	wait $server || true
	json r.json '([.past[].completion[]?.text |
			select(test("accepted.*connection 16386 "))] | length) == 0'
	json r.json '(.last_connection.address | test("^127.0.0.1:[0-9]+$")) and
		.last_connection.payload_hex == "6c6174650a"'
	exec {old}>&-
}

refused() {
	start --response vote --isa x86_64 --isa x86_64 "$guests/disagree"
	status_is 125
	one_line err
	says err 'three variants or more'
	start --restart-limit 3/60 "$guests/disagree"
	status_is 125
	one_line err
	start --response restart --restart-limit 0/60 "$guests/disagree"
	status_is 125
	start --response restart --restart-limit 3 "$guests/disagree"
	status_is 125
	says err 'N/SECONDS'
	start --replace 8M "$guests/disagree"
	status_is 125
	one_line err
	says err '^bh: --replace: nobody is replaced without --response vote'
	start --response vote --replace 4K "$guests/disagree"
	status_is 125
	one_line err
	says err "^bh: --replace: '4K' is less than 1M"
	start --response vote --replace 2T "$guests/disagree"
	status_is 125
	one_line err
}

tells_restarts() {
	start --json --response restart --restart-limit 3/60 \
		"$guests/disagree" -- byte riscv64
	status_is 120
	events restarted restarted given_up
	event restarted '.domain == "disagree" and .restarts == 2'
	event given_up '.verdicts == 3 and .within_ns > 100000000'
	[ "$(jq -s '[.[] | select(.verdict)] | length' err)" -eq 3 ] ||
		fail 'not three reports'
}

tells_votes() {
	serve 80 --json --response vote "$guests/net" -- echo 80
	kill -KILL "$(child 'bh-core-.*aarch64')"
	says_soon '"replaced"'
	kill_device net || fail 'no net device'
	says_soon '"restarted"'
	talk
	stop TERM
	events dropped replaced restarted
	event dropped '.domain == "net" and .variant == 1 and
		.isa == "aarch64" and .core == "xlate" and .remaining == 2'
	event replaced '.variant == 1 and .exchanges > 0 and .duration_ns > 0'
	event restarted '(.domain | startswith("net")) and .signal == 9 and .restarts == 1'
}

tells_no_replacement() {
	serve 80 --json --response vote "$guests/net" -- echo 80
	printf 'attack\n' >"/dev/tcp/127.0.0.1/$port"
	says_soon '"not_replaced"'
	stop TERM
	events dropped not_replaced
	event not_replaced '.variant == 1 and .reason == "different" and
		.exchange > 0'
}

for how in byte fault loop; do
	go "gives-up-$how" gives_up $how
done
for who in $isas; do
	for how in byte fault exit loop; do
		go "outvoted-$how-$who" outvoted $how "$who"
	done
done
go no-majority no_majority
go killed-restart killed restart reset
go killed-vote killed vote goes-on
go old-connection old_connection
go replaced replaced
go irreplaceable irreplaceable
go not-replaced-off not_replaced '' --replace off
go not-replaced-old not_replaced 'is not replaced: the set has lived longer than --replace 1M can hold$' --replace 1M
go tells-restarts tells_restarts
go tells-votes tells_votes
go tells-no-replacement tells_no_replacement
go refused refused
all_done
