#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 180
#
# Every way to disagree: the verdict, what leaves (nothing of the disputed
# exchange), and what the two reports say.
. "$(dirname "$0")/lib.sh"

# The exit status, verdict and reason of each way.
expectation() {
	case $1 in
	byte | address) echo 120 divergence ;;
	length | extra | header | missing | exit | code | abort) echo 120 divergence ;;
	waiting | fault | faults) echo 120 divergence ;;
	loop) echo 124 deadline ;;
	esac
}

# What every report of disagree.c must hold.
check_report() {
	local how=$1 verdict=$2 count=$3

	json report.json ".verdict == \"$verdict\" and .exchange == 4 and
		.domain == \"disagree\" and (.variants | length) == $count"
	json report.json '[.variants[] | has("isa") and has("core") and
		has("state") and has("fault") and has("pc") and has("symbol")
		and has("disassembly") and has("record")] | all'
	json report.json 'has("last_input") and has("first_difference")'
	# The last agreed records are those that were printed.
	json report.json '[.past[].submission[0].payload_hex] ==
		["66697273740a", "7365636f6e640a", "74686972640a"]'
	case $how in
	fault | faults | loop) ;;
	*)
		json report.json '.first_difference.offset >= 0 and
			(.first_difference.bytes | unique | length) > 1'
		;;
	esac
	nothing_leaked out
	printf 'first\nsecond\nthird\n' >wanted
	same wanted out
	says err "^bh: ${verdict^^}: disagree, exchange 4: "
}

# One of three differs: HOW, and WHO it is.
one_of_three() {
	local how=$1 who=$2 code verdict index

	read -r code verdict <<<"$(expectation "$how")"
	case $who in
	x86_64) index=0 ;;
	aarch64) index=1 ;;
	riscv64) index=2 ;;
	esac
	start --deadline 400 --report report.json "$guests/disagree" -- \
		"$how" "$who"
	status_is "$code"
	check_report "$how" "$verdict" 3
	[ "$how" = faults ] ||
		says err "variant $index \($who on (native|xlate|unicorn)\)"
	json report.json ".variants[$index].isa == \"$who\""
	case $how in
	fault)
		json report.json ".variants[$index].state == \"faulted\" and
			(.variants[$index].symbol | test(\"^fault\")) and
			.variants[$index].fault == \"write\" and
			.variants[$index].fault_address == \"0x8\" and
			([.variants[].state] | sort) ==
			[\"faulted\", \"submitted\", \"submitted\"]"
		says err 'at  *fault\+0x'
		# The instruction that did it, marked.
		json report.json "[.variants[$index].disassembly[] |
			select(.current)] | length == 1 and (.[0].text |
			test(\"mov|st|sw\"))"
		says err '^ *-> 0x[0-9a-f]+  (mov|st|sw)'
		;;
	faults)
		json report.json '[.variants[].state] | unique == ["faulted"]'
		json report.json '[.variants[].fault] | unique | length == 2'
		;;
	loop)
		json report.json ".variants[$index].state == \"absent\" and
			(.variants[$index].symbol | test(\"^loop\")) and
			.variants[$index].outlier"
		says err 'at  *loop\+0x'
		;;
	byte)
		json report.json ".variants[$index].outlier and
			(.variants[$index].record.payload_hex |
			test(\"7461696c730a\")) and .first_difference.part ==
			\"payload\" and .first_difference.part_offset == 25"
		says err 'tails'
		says err 'heads'
		says err 'First difference: offset 0x'
		;;
	code)
		json report.json ".variants[$index].record.type_name == \"exit\"
			and .variants[$index].record.values[0] == 3"
		;;
	extra)
		json report.json "(.variants[$index].records | length) == 2"
		;;
	esac
}

# Two variants of one instruction set that differ by their secrets.
one_of_two() {
	local how=$1 code verdict

	read -r code verdict <<<"$(expectation "$how")"
	start --seed "$odd_seed" --isa x86_64 --isa x86_64 --deadline 400 \
		--report report.json "$guests/disagree" -- "$how" secret
	status_is "$code"
	check_report "$how" "$verdict" 2
	json report.json '[.variants[].pc] | unique | length == 2'
}

none_differs() {
	start "$guests/disagree" -- none aarch64
	status_is 0
	is_empty err
	printf 'first\nsecond\nthird\nfourth\n' >wanted
	same wanted out
}

# --json: the report in one line instead of text.
as_json() {
	start --json "$guests/disagree" -- byte riscv64
	status_is 120
	one_line err
	json err '.verdict == "divergence" and .exchange == 4'
}

# The input before the verdict is in the report.
last_input() {
	local isa=aarch64

	"$top/examples/vulnerable/exploit.sh" $isa "$examples/vulnerable" >bytes
	status=0
	"$bh" run --report report.json "$examples/vulnerable" <bytes >out \
		2>err || status=$?
	status_is 120
	json report.json '.last_input | length == 1'
	jq -r '.last_input[0].payload_hex' report.json |
		python3 -c 'import sys
sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' >input
	same bytes input
	says err '^Last input'
}

# Response `report`: it is said, and the majority's program goes on.
goes_on() {
	local how=$1

	start --response report --report report.json --deadline 400 \
		"$guests/disagree" -- "$how" riscv64
	json report.json '.exchange == 4'
	says err 'bh: (DIVERGENCE|DEADLINE)'
	says out '^fourth: '
	[ "$status" -eq 120 ] || [ "$status" -eq 124 ] || status_is 120
	# What the odd one wanted to say is never said.
	says_not out 'tails|longer|extra'
}

# ------------------------------------------------- all alike, but not allowed

misbehaves() {
	local how=$1 which=$2 options code=121

	choose "$which"
	case $how in
	loop) code=124 ;;
	none) code=0 ;;
	esac
	start "${options[@]}" --deadline 400 --report report.json \
		"$guests/misbehave" -- "$how"
	nothing_leaked out
	status_is $code
	if [ $code -eq 0 ]; then
		is_empty err
		return
	fi
	printf 'before\n' >wanted
	same wanted out
	case $code in
	121) json report.json '.verdict == "fault"' ;;
	124) json report.json '.verdict == "deadline"' ;;
	esac
	says err '^bh: (FAULT|DEADLINE): misbehave, exchange 2: '
}

for who in $isas; do
	for how in byte length extra header waiting missing fault faults exit \
		code loop abort; do
		go "$how-$who" one_of_three $how "$who"
	done
done
# Half of the seeds give two variants the same bit; one that does not:
for odd_seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
	"$bh" run --seed "$odd_seed" --isa x86_64 --isa x86_64 \
		"$guests/disagree" -- byte secret >/dev/null 2>&1 || break
done
for how in byte length extra header waiting missing fault faults exit code \
	loop abort address; do
	go "$how-twice" one_of_two $how
done
go none none_differs
go json as_json
go last-input last_input
for how in byte length extra fault exit loop; do
	go "goes-on-$how" goes_on $how
done
"$bh" run --isa x86_64 "$guests/misbehave" -- list >"$work/ways"
while read -r how; do
	go "misbehave-$how" misbehaves "$how" three
done <"$work/ways"
for how in write-null trap stack-overflow record-huge header-huge abort; do
	go "misbehave-$how-twice" misbehaves "$how" twice
	go "misbehave-$how-cores" misbehaves "$how" cores
	go "misbehave-$how-kvm" misbehaves "$how" cores-and-kvm
done
all_done
