#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 180
#
# Programs that behave: what comes out of `bh run`, from which variants, with
# which input.
. "$(dirname "$0")/lib.sh"

# ------------------------------------------------------ the examples, agreed

# One run of EXAMPLE on the variants WHICH; its output into the file $1.
run_example() {
	local to=$1 example=$2 which=$3 options

	choose "$which"
	case $example in
	hello) start "${options[@]}" "$examples/hello" -- "you there" ;;
	counter) start --seed 7 "${options[@]}" "$examples/counter" -- 25 ;;
	echo)
		status=0
		"$bh" run "${options[@]}" "$examples/echo" \
			<"$work/some.bytes" >out 2>err || status=$?
		;;
	esac
	status_is 0
	is_empty err
	mv out "$to"
}

agreed() {
	local example=$1 which=$2 isa

	run_example got "$example" "$which"
	case $example in
	hello) [ "$(cat got)" = "Hello, you there!" ] || fail "$(cat got)" ;;
	echo) same got "$work/some.bytes" ;;
	counter)
		[ "$(wc -l <got)" -eq 26 ] || fail "not 26 lines: $(cat got)"
		# What one variant alone says is what the set says.
		for isa in $isas; do
			start --seed 7 --isa "$isa" "$examples/counter" -- 25
			same out got
		done
		;;
	esac
}

layouts_differ() {
	local which=$1 count=$2 options

	choose "$which"
	start "${options[@]}" --report report.json "$guests/misbehave" -- trap
	status_is 121
	json report.json "[.variants[].pc] | unique | length == $count"
	# The same place in the image, for each instruction set.
	json report.json '[.variants | group_by(.isa)[] |
		map(.image_pc) | unique | length == 1] | all'
}

# ------------------------------------------------------------- how it begins

words() {
	HIDDEN=1 start --env COLOUR=blue --env 'EMPTY=' "$guests/words" -- \
		one 'two words' '' --mem -x "$(printf 'n\303\274ll')"
	status_is 0
	cat >wanted <<-END
		argument 0: words
		argument 1: one
		argument 2: two words
		argument 3: 
		argument 4: --mem
		argument 5: -x
		argument 6: n$(printf '\303\274')ll
		environment: COLOUR=blue
		environment: EMPTY=
	END
	same out wanted
}

statuses() {
	local code

	for code in 0 1 2 42 118 119; do
		start --env STATUS=$code "$guests/words"
		status_is $code
		is_empty err
	done
	for code in 120 124 125 127 200 255; do
		start --isa x86_64 --env STATUS=$code "$guests/words"
		status_is 119
		one_line err
		says err "exit status $code "
	done
}

memory() {
	start --mem 8M --env HEAP=4000000 "$guests/words"
	says out '^4000000 bytes are there$'
	start --mem 8M --env HEAP=9000000 "$guests/words"
	says out '^no memory$'
	start --isa x86_64 --mem 1G --env HEAP=900000000 "$guests/words"
	says out '^900000000 bytes are there$'
}

seeds() {
	local i

	for i in 1 1 2; do
		start --seed $i "$examples/counter" -- 5
		status_is 0
		cat out >>"entropy.$i"
		start --seed $i --report report.json "$guests/misbehave" -- trap
		jq -c '[.variants[].pc]' report.json >>"layout.$i"
	done
	[ "$(sort -u entropy.1 | wc -l)" -eq 6 ] || fail "entropy not repeated"
	[ "$(sort -u layout.1 | wc -l)" -eq 1 ] || fail "layout not repeated"
	[ "$(cat entropy.1 entropy.2 | sort -u | wc -l)" -eq 11 ] ||
		fail "another seed, the same entropy"
	[ "$(cat layout.1 layout.2 | sort -u | wc -l)" -eq 2 ] ||
		fail "another seed, the same layout"
	for i in 1 2; do
		start "$examples/counter" -- 5
		cp out "free.$i"
	done
	! cmp -s free.1 free.2 || fail "without a seed, the same entropy twice"
}

# ------------------------------------------------------------ input and output

echo_from() {
	local how=$1

	printf 'line 1\nline 2, no end' >text
	case $how in
	pipe) cat text | "$bh" run "$examples/echo" >out 2>err ;;
	slow-pipe)
		(
			printf 'line 1\n'
			sleep 0.3
			printf 'line 2, '
			sleep 0.3
			printf 'no end'
		) | "$bh" run "$examples/echo" >out 2>err
		;;
	file) "$bh" run "$examples/echo" <text >out 2>err ;;
	offset) # input begins where the file stands, and ends there too
		(
			read -r line && "$bh" run "$examples/echo" && cat
		) < <(cat text) >out 2>err
		printf 'line 2, no end' >text
		;;
	null)
		: >text
		"$bh" run "$examples/echo" </dev/null >out 2>err
		;;
	closed)
		: >text
		"$bh" run "$examples/echo" <&- >out 2>err
		;;
	esac
	status=$?
	status_is 0
	is_empty err
	same text out
}

# A terminal: what is typed comes back twice, echoed and written.
terminal() {
	need python3
	python3 - "$bh" "$examples/echo" <<-'END' || fail "see log"
		import os, pty, sys, time
		pid, fd = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[1], [sys.argv[1], "run", sys.argv[2]])
		got = b""
		def until(text, count):
		    global got
		    end = time.time() + 20
		    while got.count(text) < count and time.time() < end:
		        try:
		            got += os.read(fd, 4096)
		        except OSError:
		            break
		    assert got.count(text) >= count, got
		os.write(fd, b"typed in\n")
		until(b"typed in", 2)
		os.write(fd, b"and again\n")
		until(b"and again", 2)
		os.write(fd, b"\x04")
		status = os.waitpid(pid, 0)[1]
		assert status == 0, status
	END
}

large_input() {
	head -c 4194304 /dev/urandom >bytes
	sha256sum <bytes >wanted
	"$bh" run "$examples/echo" <bytes 2>err | sha256sum >got
	status=${PIPESTATUS[0]}
	status_is 0
	same wanted got
}

# Nobody reads any more: the guest is told, and nothing hangs.
reader_leaves() {
	head -c 4000000 /dev/zero |
		timeout 20 "$bh" run "$examples/echo" 2>err | head -c 5000 >out
	status=${PIPESTATUS[1]}
	status_is 1
	[ "$(wc -c <out)" -eq 5000 ] || fail "$(wc -c <out) bytes came out"
	status=0
	timeout 20 "$bh" run "$examples/hello" >/dev/full 2>err || status=$?
	[ "$status" -lt 120 ] || fail "a full disk: status $status"
	status=0
	timeout 20 "$bh" run "$examples/hello" >&- 2>err || status=$?
	status_is 0
}

# Memory of all processes of a cell, in KiB, without the guests' own.
resident() {
	local pid sum=0 size

	for pid in $1 $(pgrep -P "$1" -f bh-exo); do
		size=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
		sum=$((sum + ${size:-0}))
	done
	echo "$sum"
}

# A reader that reads nothing stops the guest, and costs no memory.
slow_reader() {
	local pid first last

	mkfifo pipe
	exec 8<>pipe
	"$bh" run "$guests/flood" -- 2000 bytes 65536 >pipe 2>err &
	pid=$!
	sleep 1
	first=$(resident $pid)
	sleep 1
	last=$(resident $pid)
	echo "resident $first KiB, a second later $last KiB"
	[ "$first" -gt 100 ] || fail "nothing measured"
	[ "$last" -lt $((first + 256)) ] || fail "$first KiB became $last KiB"
	[ "$last" -lt 16384 ] || fail "$last KiB"
	# All of it is there when the reader comes back.
	(exec 8>&-; head -c 131072000 pipe | wc -c >size) &
	exec 8>&-
	wait $pid
	status=$?
	status_is 0
	wait
	[ "$(cat size)" -eq 131072000 ] || fail "$(cat size) bytes of 131072000"
}

# ------------------------------------------------------------ report and trace

agreed_report() {
	start --report report.json "$examples/hello"
	status_is 0
	out_is 'Hello, world!'
	is_empty err
	json report.json '.verdict == "agreed" and .exchange == 2 and
		.exit_status == 0 and .last_input == null and
		.first_difference == null and (.variants | length) == 3'
	json report.json '[.variants[].isa] ==
		["x86_64", "aarch64", "riscv64"]'
	json report.json '[.variants[].core] == ["native", "xlate", "xlate"]'
	json report.json '.variants[0] | has("fault") and has("pc") and
		has("symbol") and has("disassembly") and has("record") and
		.state == "exited"'
	start --json "$examples/hello"
	status_is 0
	out_is 'Hello, world!'
	one_line err
	json err '.verdict == "agreed"'
}

trace() {
	start --trace trace.bin "$examples/counter" -- 5
	status_is 0
	mv out said
	"$bh" trace --json trace.bin >trace.json 2>err || fail "$(cat err)"
	jq -r 'select(.channel_name == "console" and .kind == "submission") |
		.payload_hex' trace.json | tr -d '\n' | xxd_back >written
	same said written
	# Numbers rise, and the last word is the exit.
	jq -s -e '[.[].exchange] | . == sort' trace.json ||
		fail "exchanges out of order"
	tail -n 1 trace.json | jq -e '.type_name == "exit"' ||
		fail "the trace does not end with the exit"
	"$bh" trace trace.bin >text || fail "bh trace failed"
	[ "$(wc -l <text)" -eq "$(wc -l <trace.json)" ] ||
		fail "text and JSON have different numbers of lines"
	says text 'entropy get'
	says text 'console write .*went on'
	"$bh" trace --exchange 1-1 --payload none trace.bin >text || fail "range"
	[ "$(awk '{ print $3 }' text | sort -u)" = 1 ] || fail "not exchange 1"
}

xxd_back() {
	python3 -c 'import sys
sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))'
}

# What comes in is in the trace too.
trace_input() {
	printf 'some input' | "$bh" run --trace trace.bin "$examples/echo" >out
	"$bh" trace trace.bin >text
	says text '< console read 10 bytes "some input"'
	says text '> console write 10 bytes "some input"'
}

explicit_variants() {
	local set=$examples/hello

	start --variant "x86_64=$set/x86_64.elf" \
		--variant "riscv64:unicorn=$set/riscv64.elf" --json
	status_is 0
	json err '[.variants[] | .isa + "/" + .core] ==
		["x86_64/native", "riscv64/unicorn"]'
	start "$set/aarch64.elf" --json
	status_is 0
	json err '[.variants[].isa] == ["aarch64"]'
	start --core unicorn --json "$set"
	json err '[.variants[].core] | unique == ["unicorn"]'
	# Others keep the best one.
	start --core interpret --json "$set"
	json err '[.variants[].core] == ["native", "interpret", "interpret"]'
}

manifest() {
	cat >one.yaml <<-END
		set: $examples/hello
		isas: [x86_64, "x86_64:unicorn", riscv64]
		memory: 4M
		stack: 64K
		arguments: [manifest]
		environment: [A=b]
		deadline: 3000
	END
	start one.yaml --json
	status_is 0
	out_is 'Hello, manifest!'
	json err '(.variants | length) == 3 and .variants[1].core == "unicorn"'
	cp one.yaml two.yaml
	sed -i '/^arguments/d' two.yaml
	start two.yaml -- there
	out_is 'Hello, there!'
}

head -c 20000 /dev/urandom >"$work/some.bytes"
go slow-reader slow_reader
go large-input large_input
for which in three kvm emulated tiers cores cores-and-kvm twice eight; do
	for example in hello echo counter; do
		go "$example-$which" agreed $example $which
	done
done
go layouts-twice layouts_differ twice 2
go layouts-eight layouts_differ eight 8
go layouts-three layouts_differ three 3
go words words
go statuses statuses
go memory memory
go seeds seeds
for how in pipe slow-pipe file offset null closed; do
	go "stdin-$how" echo_from $how
done
go stdin-terminal terminal
go reader-leaves reader_leaves
go agreed-report agreed_report
go trace trace
go trace-input trace_input
go explicit-variants explicit_variants
go manifest manifest
all_done
