#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 240
#
# The devices of Linux programs are killed under load, at any point: clients and
# programs are told, nothing hangs, and what comes afterwards works.
. "$(dirname "$0")/lib.sh"

kills=${BH_DEVICE_KILLS:-8}

# kill_devices KIND: so many times, with pauses of up to 0.4 s between.  Most must
# hit one that is alive while there is load.
kill_devices() {
	local i hits=0

	for ((i = 0; i < kills; i++)); do
		sleep "0.$((RANDOM % 40 + 5))"
		kill_device "$1" && hits=$((hits + 1))
	done
	[ "$hits" -ge $((kills * 3 / 4)) ] ||
		fail "only $hits of $kills kills hit a device"
}

# answers: a visitor finds the page
answers() {
	curl -sS -m 20 --retry 5 --retry-all-errors "http://127.0.0.1:$port/" \
		>page 2>curl.err || fail "curl: $(tail -n 1 curl.err)"
	same page "$top/examples/lighttpd/www/index.html"
}

# Visitors, until there is a file `enough`; most do not notice, and none may wait
# for ever.
visit() {
	while [ ! -e enough ]; do
		ab -q -r -s 10 -c 16 -n 1000 "http://127.0.0.1:$port/" \
			>>visits 2>&1
	done
}

web() {
	local options visitor

	need ab curl
	isa_options "$@"
	have_image lighttpd
	serve 80 "${options[@]}" "$build/images/lighttpd"
	answers
	visit &
	visitor=$!
	kill_devices net
	touch enough
	wait $visitor
	answers
	stop TERM
	agreed 1
	says err 'device net was killed by signal 9; it was started again'
}

# append COUNT ISA...: a program that writes lines, one after the other, and says
# which it could not write.
append() {
	local count=$1 options

	shift
	isa_options "$@"
	have_image busybox
	mkdir data
	"$bh" run "${options[@]}" --volume "$here/data:/data" \
		"$build/images/busybox" -- /usr/bin/busybox sh -c '
		i=0
		while [ $i -lt "$0" ]; do
			echo $i >>/data/log || echo $i
			i=$((i + 1))
		done' "$count" >out 2>err </dev/null &
	server=$!
	kill_devices volume
	status=0
	wait $server || status=$?
	agreed
	says err 'device volume-[0-9]+ was killed by signal 9; it was started again'
	# What failed may have happened, what did not fail has: in order, once.
	sort -n -u data/log | cmp -s - data/log || fail "lines are out of order"
	seq 0 $((count - 1)) | grep -vxF -f data/log >lost
	grep -xE '[0-9]+' out >failed
	grep -vxF -f failed lost >silent && fail "lost: $(head -n 3 silent)"
	[ "$(wc -l <failed)" -le "$((kills * 2))" ] ||
		fail "$(wc -l <failed) lines failed after $kills kills"
}

try web-native web x86_64
try web-three web x86_64 aarch64 riscv64
try append-native append 150000 x86_64
try append-three append 40000 x86_64 aarch64 riscv64
all_done
