#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 120
#
# The example with a hole: an input takes over any variant alone, and none of
# what it then says leaves a set.
. "$(dirname "$0")/lib.sh"

set=$examples/vulnerable
secret='SECRET: the key is'

attack() {
	status=0
	"$bh" run "$@" <bytes >out 2>err || status=$?
}

payload() {
	need llvm-nm llvm-objdump
	"$top/examples/vulnerable/exploit.sh" "$1" "$set" >bytes ||
		fail "exploit.sh failed"
}

# Alone the variant does what the attacker wants.
alone() {
	payload "$1"
	attack --isa "$1" "$set"
	status_is 0
	says out "^$secret"
	is_empty err
}

# What leaves before the attack is what leaves without it, and no more.
stopped() {
	local isa=$1 options

	shift
	choose "$1"
	payload "$isa"
	attack "${options[@]}" --report report.json "$set"
	status_is 120
	nothing_leaked out
	printf 'hello, %s\n' "$(head -c 32 bytes)" >wanted
	same wanted out
	says err '^bh: DIVERGENCE: vulnerable, exchange 3: '
	# The report shows what it wanted to say, and which input made it.
	says err "$secret"
	json report.json ".verdict == \"divergence\" and .exchange == 3 and
		([.variants[] | select(.isa == \"$isa\") | .record.text |
		test(\"$secret\")] | any)"
	jq -r '.last_input[0].payload_hex' report.json >got
	od -An -v -tx1 bytes | tr -d ' \n' >sent
	[ "$(cat got)" = "$(cat sent)" ] || fail "the input is not in the report"
	json report.json "[.variants[] | select(.isa != \"$isa\") |
		.record.text // \"\" | test(\"SECRET\") | not] | all"
}

# After harmless lines, which are all answered.
later() {
	payload "$1"
	{
		printf 'ada\nbob\n'
		cat bytes
	} >all
	mv all bytes
	attack "$set"
	status_is 120
	nothing_leaked out
	says out '^hello, ada$'
	says out '^hello, bob$'
}

harmless() {
	printf 'ada\nbob\n' >bytes
	attack "$set"
	status_is 0
	printf 'hello, ada\nhello, bob\n' >wanted
	same wanted out
}

# Twice x86-64: the image is made position-independent, the attacker knows the
# addresses of the first variant, and takes it over alone, not the pair.
twice() {
	need llvm-nm llvm-objdump clang ld.lld
	"$build/bh-cc" --isa x86_64 -o pie "$top/examples/vulnerable/main.c" ||
		fail "bh-cc failed"
	set=$here/pie
	payload x86_64
	# The leak: where each variant of this seed lies.
	head -c 400 /dev/zero | tr '\0' A >long
	echo >>long
	mv bytes fixed
	mv long bytes
	attack --seed 5 --isa x86_64 --isa x86_64 --report leak.json "$set"
	[ "$status" -ge 120 ] || fail "400 letters did no harm"
	python3 - fixed leak.json >bytes <<-'END' || fail "no place in the leak"
		import json, sys
		fixed = open(sys.argv[1], "rb").read()
		variant = json.load(open(sys.argv[2]))["variants"][0]
		bias = int(variant["pc"], 16) - int(variant["image_pc"], 16)
		at = len(fixed) - 17
		words = [int.from_bytes(fixed[at + i:at + i + 8], "little") + bias
		         for i in (0, 8)]
		data = fixed[:at] + b"".join(w.to_bytes(8, "little") for w in words)
		assert b"\n" not in data
		sys.stdout.buffer.write(data + b"\n")
	END
	attack --seed 5 --isa x86_64 "$set"
	status_is 0
	says out "^$secret"
	attack --seed 5 --isa x86_64 --isa x86_64 --report report.json "$set"
	status_is 120
	nothing_leaked out
	json report.json '.verdict == "divergence" and
		(.variants[0].record.text | test("SECRET")) and
		.variants[1].state == "faulted"'
}

for isa in $isas; do
	go "alone-$isa" alone "$isa"
	go "stopped-$isa" stopped "$isa" three
	go "stopped-emulated-$isa" stopped "$isa" emulated
	go "stopped-eight-$isa" stopped "$isa" eight
	go "later-$isa" later "$isa"
done
go twice twice
go harmless harmless
all_done
