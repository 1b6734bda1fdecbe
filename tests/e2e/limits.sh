#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 120
#
# Guests that try to get out: whatever they do is a fault of their own, on
# every kind of core, and costs neither the host nor another cell anything.
. "$(dirname "$0")/lib.sh"

attempt() {
	local how=$1 core=$2

	[ "$core" != kvm ] || need_kvm
	start --isa "x86_64:$core" --mem 16M --deadline 2000 \
		--report report.json "$guests/hostile" -- "$how"
	nothing_leaked out
	says out '^before$'
	status_is 121
	says_not out '^after$'
	says err '^bh: FAULT: hostile, exchange 2: '
	json report.json '.verdict == "fault" and
		.variants[0].state == "faulted" and .variants[0].fault != null
		and .variants[0].pc != null'
}

# The address that was written to is the one in the report.
blamed() {
	start --isa x86_64 --report report.json "$guests/hostile" -- write-high
	json report.json '.variants[0].fault == "write" and
		.variants[0].fault_address == "0x7ffffffff000" and
		(.variants[0].symbol | test("write_high"))'
	start --isa x86_64 --report report.json "$guests/hostile" -- linux-write
	json report.json '.variants[0].symbol | test("linux_write")'
	says err 'system call instruction'
}

together() {
	local how=$1

	start --mem 16M --deadline 2000 "$guests/hostile" -- "$how"
	nothing_leaked out
	says_not out '^after$'
	[ "$status" -eq 121 ] || [ "$status" -eq 120 ] || status_is 121
}

# A guest gets the memory it was given, and is told that there is no more.
memory() {
	local size options

	for size in 4 32; do
		start --mem ${size}M "$guests/hostile" -- exhaust
		status_is 0
		is_empty err
		says out "^$((size - 1)) MiB were there$"
	done
	read -ra options <<<"$(variants_of twice)"
	start "${options[@]}" --mem 8M "$guests/hostile" -- exhaust
	status_is 0
}

# Files cannot be opened: not by the guest, which has no calls, and not by its
# core, in whose place the guest might be: no call for it passes the filter,
# and there is no file in sight.
files() {
	local launcher pid more

	has pgrep || leave_out "needs pgrep"
	mkfifo input
	exec 7<>input
	"$bh" run "$examples/echo" <&7 >out 2>err &
	launcher=$!
	sleep 1
	for pid in $(pgrep -P $launcher); do
		grep -q '^Seccomp:[[:space:]]*2' "/proc/$pid/status" ||
			fail "$pid has no filter"
		[ "$(id -u)" -ne 0 ] ||
			[ -z "$(ls -A "/proc/$pid/root/")" ] ||
			fail "$pid sees $(ls -A "/proc/$pid/root/" | head -n 3)"
		# Nothing is open but what it was given.
		[ "$(id -u)" -eq 0 ] || continue
		more=$(readlink "/proc/$pid/fd/"* | grep -vE \
			'^(/dev)?/null$|^(/dev)?/kvm$|memfd:|eventfd|eventpoll|socket:|pipe:|timerfd|\.elf$|anon_inode|/input$|/out$|/err$')
		[ -z "$more" ] || fail "$(tr '\0' ' ' <"/proc/$pid/cmdline")" \
			"has more open than it was given:" $more
	done
	kill $launcher
	wait $launcher || status=$?
	status_is 143 # SIGTERM, as a shell says it
}

# A loop costs CPU time, not more: the deadline ends it.
forever() {
	start --deadline 300 "$guests/misbehave" -- loop
	status_is 124
}

# Another cell goes on meanwhile.
neighbours() {
	local launcher

	"$bh" run --seed 3 "$examples/counter" -- 400 >neighbour 2>err2 &
	launcher=$!
	for how in write-around exhaust-stack linux-write write-below; do
		start --mem 16M "$guests/hostile" -- $how
	done
	wait $launcher || fail "the neighbour ended with $?: $(cat err2)"
	[ "$(wc -l <neighbour)" -eq 401 ] || fail "the neighbour lost lines"
	is_empty err2
}

for core in native kvm unicorn; do
	for how in write-around write-below write-high write-kernel \
		write-entry exhaust-stack linux-write linux-interrupt \
		linux-sysenter set-segment halt; do
		go "$how-$core" attempt $how $core
	done
done
# The unicorn core lets port instructions do nothing.
for core in native kvm; do
	go "use-port-$core" attempt use-port $core
done
for how in write-around write-below write-high write-entry exhaust-stack \
	linux-write; do
	go "$how-three" together $how
done
go blamed blamed
go memory memory
go files files
go forever forever
go neighbours neighbours
all_done
