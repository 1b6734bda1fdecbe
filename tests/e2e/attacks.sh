#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 300
#
# Exploits of attacks/: each owns the variant it was written for.  Those that
# need an address or a program's code get nothing out of three instruction sets;
# those that act alike everywhere do, and the table says so.
. "$(dirname "$0")/lib.sh"

built() {
	need gcc aarch64-linux-gnu-gcc riscv64-linux-gnu-gcc python3
	make -C "$top" --no-print-directory B="$build" attack-images \
		>make.log 2>&1 || fail "$(tail -n 1 make.log)"
}

have_servers() {
	[ -e "$build/attacks/kvd-dynamic/image.yaml" ] ||
		leave_out "the servers could not be built"
}

# outcome EXPLOIT WANTED [SET]: against three, or that, after owning the one.
outcome() {
	local isa

	have_servers
	for isa in $isas; do
		"$top/attacks/run" -b "$build" --json table.json --isa "$isa" \
			--set "$isa" --set "${3:-three}" "$1" ||
			fail "$1 does not work against $isa"
		json table.json "(.rows[0].outcome == \"owned\") and
			(.rows[1].outcome == \"$2\")"
		[ "$2" = owned ] || json table.json '.rows[1] |
			.after == 0 and .left_in_trace == 0 and
			.received == .sent_in_trace'
	done
}

# attacked EXPLOIT ISA: gets nothing of the server at $port
attacked() {
	timeout 60 "$top/attacks/attack" -b "$build" "$port" "$@" >attack ||
		fail "attack: $(tail -n 1 attack)"
	says_not attack 'SECRET'
}

# What an honest client of tlvd gets, within a while.
honest() {
	timeout 20 python3 - "$port" <<-'END' || fail 'no honest answer'
		import socket, sys, time
		want, got = b"\5\0\0\x15Nothing to see here.\n", b""
		while got != want:
		    time.sleep(0.05)
		    try:
		        s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
		        s.sendall(b"\5\0\0\0")
		        got = s.makefile("rb").read(len(want))
		    except OSError:
		        pass
	END
}

# An exploit that works on one instruction set and does nothing on the others is
# outvoted: its client gets their answer, the service stays. The next one is left
# with two variants, between which there is no majority.
outvoted() {
	have_servers
	serve 7000 --response vote+restart --report r.json \
		"$build/attacks/tlvd-dynamic"
	attacked got_overwrite x86_64
	says attack 'no address'
	honest
	# A fresh one would be owned by the same bytes.
	says_soon 'variant 0 \(x86_64 .*\) is not replaced: fresh ones were tried'
	attacked got_overwrite aarch64
	honest
	attacked got_overwrite riscv64
	says attack 'no address'
	honest
	stop TERM
	json r.json "$(dropped x86_64)"
	json r.json.2 '.consequence == "restarts"'
	json r.json.3 "$(dropped riscv64)"
}

# The page of docs/ from two exploits, one of which is missed.
page() {
	have_servers
	"$top/attacks/run" -b "$build" --json table.json --isa x86_64 \
		--set x86_64 --set twice --set twice-diverse --set three \
		--set three-diverse rop data_only || fail 'no table'
	"$top/attacks/page" table.json >page.md || fail 'no page'
	says page.md '^. data_only . x86_64 . owned . missed . missed . missed . missed .$'
	says page.md '^. rop . x86_64 . owned . missed . stopped . missed . stopped .$'
	says page.md 'p50 [0-9.]+ ms'
}

dropped() {
	echo '.consequence == "goes on" and
		([.variants[] | select(.dropped) | .isa] == ["'"$1"'"])'
}

# Attacked again and again, the service is back each time, and then given up; the
# attacker is named, and has nothing.
attacked_for_ever() {
	local report

	have_servers
	serve 7000 --response restart --restart-limit 4/60 --report r.json \
		"$build/attacks/tlvd-static"
	for report in r.json r.json.2 r.json.3; do
		attacked stack_overflow x86_64
		honest
	done
	attacked stack_overflow x86_64
	status=0
	wait $server || status=$?
	status_is 120
	for report in r.json r.json.2 r.json.3; do
		json $report '.consequence == "restarts" and
			(.last_connection.address | test("^127.0.0.1:"))'
	done
	json r.json.4 '.consequence == "given up"'
	[ "$(jq -s 'map(.delay_ns)' -c r.json r.json.2 r.json.3)" = \
		'[100000000,200000000,400000000]' ] || fail 'the delays are others'
}

# SIGTERM while no variant is there to take it ends the cell at once.
ends_in_back_off() {
	local report before

	have_servers
	serve 7000 --response restart --restart-limit 9/60 --report r.json \
		"$build/attacks/tlvd-static"
	for report in r.json r.json.2 r.json.3 r.json.4 r.json.5; do
		for _ in $(seq 200); do
			pkill -KILL -P "$server" -f '^bh-core-.*aarch64'
			[ ! -s $report ] || break
			sleep 0.05
		done
	done
	json r.json.5 '.delay_ns == 1600000000'
	before=$SECONDS
	stop TERM
	[ $((SECONDS - before)) -lt 5 ] || fail 'it took until patience ended'
}

try built built
for exploit in http_auth stack_overflow stack_protector heap_overflow use_after_free \
	int_overflow type_confusion jop format_string srop code_injection \
	return_to_libc double_free script rop stack_leftover got_overwrite \
	script_got http_rop http_chunked http_pipelined http_double_free \
	http_format number_as_text; do
	go "stopped-$exploit" outcome "$exploit" stopped
done
for exploit in data_only over_read uninitialised http_agent http_range \
	http_upload http_traversal; do
	go "missed-$exploit" outcome "$exploit" owned
done
for exploit in uninitialised http_upload; do
	go "stopped-$exploit-diverse" outcome "$exploit" stopped three-diverse
done
go page page
go outvoted outvoted
go attacked-for-ever attacked_for_ever
go ends-in-back-off ends_in_back_off
all_done
