#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 400
#
# Processes of a cell are killed at random moments under load: the right
# status, a clear word, and nothing is left behind.
#
# All of it happens in namespaces of the test's own, so that whatever is there
# afterwards is what bh has left.
if [ -z "${BH_ISOLATED:-}" ]; then
	export BH_ISOLATED=1
	if unshare -mpfn --kill-child --mount-proc true 2>/dev/null; then
		exec unshare -mpfn --kill-child --mount-proc -- "$0" "$@"
	fi
	exec unshare -Urmpfn --kill-child --mount-proc -- "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"

rounds=${BH_KILL_ROUNDS:-5}

# Folders for temporary files of the test's own.  The build may be in one of
# them, so it is reached by another way.
hide_temporary_files() {
	mount -t tmpfs tmpfs /mnt &&
		mkdir /mnt/build /mnt/top &&
		mount --bind "$build" /mnt/build &&
		mount --bind "$top" /mnt/top &&
		mount -t tmpfs tmpfs /dev/shm &&
		mount -t tmpfs tmpfs /tmp || return
	work=/mnt/build${work#"$build"}
	build=/mnt/build top=/mnt/top
	bh=$build/bh examples=$build/examples guests=$build/tests/guests
}

# What a cell could leave behind, one thing a line.
snapshot() {
	ps -eo comm=,args= | grep -E 'bh-|bh run|libexec' | grep -v grep |
		sed 's/^/process /'
	awk '{ print "mount", $5, $9 }' /proc/self/mountinfo
	ls -A /tmp /dev/shm 2>/dev/null | sed 's/^/file /'
	ls /sys/class/net 2>/dev/null | sed 's/^/interface /'
	find /sys/fs/cgroup -type d 2>/dev/null | grep -i 'bh' |
		sed 's/^/cgroup /'
	ipcs -a 2>/dev/null | grep 0x | sed 's/^/ipc /'
	readlink /proc/[0-9]*/ns/* 2>/dev/null | sort -u | grep -cE . |
		sed 's/^/namespaces /'
}

# children LAUNCHER TITLE: its processes whose title begins so.
children() {
	local pid title pids

	read -ra pids <"/proc/$1/task/$1/children" # without a line end
	for pid in "${pids[@]}"; do
		IFS= read -r -d '' title <"/proc/$pid/cmdline"
		[[ $title != "$2"* ]] || echo "$pid"
	done
} 2>/dev/null

cores_of() {
	children "$1" bh-core
}

exo_of() {
	children "$1" bh-exo
}

# Until the cell has begun to work: COUNT cores are there under their names.
# (They are when they have been executed.)
wait_for_cores() {
	local i

	for ((i = 0; i < 300; i++)); do
		[ "$(cores_of "$1" | wc -l)" -eq "$2" ] && return
		sleep 0.01
	done
	fail "the cores did not start"
}

pause() {
	sleep "0.$(printf '%03d' $((RANDOM % $1)))"
}

load() {
	case $1 in
	flood) exec "$bh" run "$guests/flood" -- 1000000000 ;;
	bytes) exec "$bh" run "$guests/flood" -- 1000000000 bytes 4096 ;;
	echo) exec "$bh" run "$examples/echo" </dev/zero ;;
	# The others compute until their deadline, which a busy machine must not
	# let come first.
	burn) exec "$bh" run --deadline 6000 "$examples/burn" -- 1000000000 ;;
	esac
}

# What bh must do when WHAT is killed.
expectation() {
	case $1 in
	core) echo 120 ;;
	cores) echo 121 ;;
	exo) echo 125 ;;
	launcher) echo 137 ;;
	int) echo 130 ;;
	term) echo 143 ;;
	hup) echo 129 ;;
	all) echo 137 ;;
	esac
}

strike() {
	local launcher=$1 cores core

	case $2 in
	core)
		mapfile -t cores < <(cores_of "$launcher")
		core=${cores[RANDOM % ${#cores[@]}]}
		kill -9 "$core"
		;;
	cores)
		mapfile -t cores < <(cores_of "$launcher")
		kill -9 "${cores[@]}"
		;;
	exo) kill -9 "$(exo_of "$launcher")" ;;
	launcher) kill -9 "$launcher" ;;
	int) kill -INT "$launcher" ;;
	term) kill -TERM "$launcher" ;;
	hup) kill -HUP "$launcher" ;;
	all)
		mapfile -t cores < <(children "$launcher" bh-)
		kill -9 "$launcher" "${cores[@]}"
		;;
	esac
}

check_words() {
	case $1 in
	core)
		says err '^bh: DIVERGENCE: .*the core process of variant'
		;;
	cores) says err '^bh: FAULT: ' ;;
	exo)
		one_line err
		says err '^bh: .*exokernel was killed by signal 9'
		;;
	*) is_empty err ;;
	esac
}

killed() {
	local what=$1 kind=$2 round launcher i

	for ((round = 0; round < rounds; round++)); do
		snapshot >before
		load "$kind" >/dev/null 2>err &
		launcher=$!
		wait_for_cores $launcher 3
		pause 120
		strike $launcher "$what"
		status=0
		wait $launcher || status=$?
		status_is "$(expectation "$what")"
		check_words "$what"
		# Orphans may need a moment, no more.
		for ((i = 0; i < 200; i++)); do
			snapshot >after
			cmp -s before after && break
			sleep 0.01
		done
		diff before after >left || fail "left behind: $(grep '^[<>]' left)"
	done
}

# Killed while it starts: anything goes but a hang or a rest.
starting() {
	local launcher i round

	snapshot >before
	for ((round = 0; round < 20; round++)); do
		"$bh" run "$examples/hello" >/dev/null 2>err &
		launcher=$!
		pause 30
		kill -9 $launcher 2>/dev/null
		wait $launcher
	done
	for ((i = 0; i < 200; i++)); do
		snapshot >after
		cmp -s before after && break
		sleep 0.01
	done
	diff before after >left || fail "left behind: $(grep '^[<>]' left)"
}

# A core that stands still is a deadline, not a hang.
stopped() {
	local launcher core

	"$bh" run --deadline 300 "$guests/flood" -- 1000000000 >out 2>err &
	launcher=$!
	wait_for_cores $launcher 3
	sleep 0.1
	core=$(cores_of $launcher | head -n 1)
	kill -STOP "$core"
	status=0
	wait $launcher || status=$?
	status_is 124
	says err '^bh: DEADLINE: '
	[ ! -e "/proc/$core" ] || fail "the stopped core is still there"
}

# A run that ends well leaves as little.
ended() {
	snapshot >before
	start "$examples/hello"
	start "$guests/disagree" -- byte x86_64
	start "$examples/nothing-there"
	snapshot >after
	diff before after >left || fail "left behind: $(grep '^[<>]' left)"
}

# A signal reaches a cell that waits for input or for its reader.
waiting() {
	local launcher

	mkfifo input
	exec 7<>input
	"$bh" run "$examples/echo" <&7 >out 2>err &
	launcher=$!
	wait_for_cores $launcher 3
	sleep 0.1
	kill -TERM $launcher
	status=0
	wait $launcher || status=$?
	status_is 143
	is_empty err
}

# Namespaces of this run are not those of others, so cases take turns.
jobs_at_once=1
hide_temporary_files || {
	skip kill "no mounts of one's own"
	finish
}
go ended ended
for what in core cores exo launcher all; do
	for kind in flood bytes echo; do
		go "$what-$kind" killed $what $kind
	done
done
rounds=2
for what in core exo launcher; do
	go "$what-burn" killed $what burn
done
for what in int term hup; do
	go "$what" killed $what bytes
done
go starting starting
go stopped stopped
go waiting waiting
all_done
