# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034,SC2154
#
# For the scripts in this folder, which test what a user of `bh` meets.
#
# A case is a function.  `try NAME FUNCTION ARG...` runs it in a folder of its
# own; `go` does the same while others run.  Inside it:
#
#   start ARG...         bh run ARG... with nothing on its standard input;
#                        leaves `out` and `err`, and the exit status in $status
#   fail WHY             the case has failed
#   leave_out REASON     the case cannot be had here
#
# and the checks below.  The script ends with `all_done`.

test_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$test_folder/lib.sh"
top=$(cd "$test_folder/.." && pwd)
test_name=e2e/$test_name
work=$build/tests/work/$test_name
rm -rf "$work"
mkdir -p "$work"

bh=$build/bh
examples=$build/examples
guests=$build/tests/guests
jobs_at_once=${BH_E2E_JOBS:-3}
isas='x86_64 aarch64 riscv64'
# What bh says must not depend on who runs the tests.
unset COLUMNS NO_COLOR
export LC_ALL=C

try() {
	local name=$1 code

	wants "$name" || return 0
	shift
	mkdir -p "$work/$name"
	(
		cd "$work/$name" || exit 1
		# A case that fails leaves no cell behind.
		trap 'kill $(jobs -p) 2>/dev/null' EXIT
		here=$PWD
		"$@" >>log 2>&1
	)
	code=$?
	case $code in
	0) ok "$name" ;;
	77) skip "$name" "$(cat "$work/$name/why")" ;;
	*)
		not_ok "$name" "$(cat "$work/$name/why" 2>/dev/null ||
			echo "status $code")"
		echo "$name" >>"$work/.failed"
		;;
	esac
}

go() {
	while [ "$(jobs -rp | wc -l)" -ge "$jobs_at_once" ]; do
		wait -n
	done
	try "$@" &
}

all_done() {
	wait
	[ ! -e "$work/.failed" ]
	exit $?
}

fail() {
	printf '%s\n' "$*" | head -c 400 | tr '\n' ' ' >"$here/why"
	exit 1
}

leave_out() {
	printf '%s\n' "$*" >"$here/why"
	exit 77
}

start() {
	status=0
	"$bh" run "$@" >out 2>err </dev/null || status=$?
}

# ------------------------------------------------------------------- checks

status_is() {
	[ "$status" -eq "$1" ] ||
		fail "exit status $status instead of $1: $(head -n 2 err)"
}

out_is() {
	printf '%s\n' "$*" | cmp -s - out ||
		fail "wrong output: $(head -c 200 out)"
}

same() {
	cmp "$1" "$2" || fail "$1 and $2 differ"
}

# says FILE REGEX
says() {
	grep -qE -- "$2" "$1" || fail "$1 does not say '$2': $(head -n 3 "$1")"
}

# says_soon PATTERN [COUNT]: within ten seconds, in so many lines of `err` (1)
says_soon() {
	local i

	for ((i = 0; i < 100; i++)); do
		[ "$(grep -cE -- "$1" err)" -lt "${2:-1}" ] || break
		sleep 0.1
	done
	says err "$1"
	[ "$(grep -cE -- "$1" err)" -ge "${2:-1}" ] ||
		fail "err says '$1' less than $2 times: $(tail -n 1 err)"
}

says_not() {
	! grep -qE -- "$2" "$1" || fail "$1 says '$2'"
}

# One line of text for a user, nothing else.
one_line() {
	[ "$(wc -l <"$1")" -eq 1 ] ||
		fail "$(wc -l <"$1") lines instead of one: $(head -n 3 "$1")"
}

is_empty() {
	[ ! -s "$1" ] || fail "$1 is not empty: $(head -n 2 "$1")"
}

# json FILE CONDITION: a jq expression that must be true
json() {
	jq -e "$2" "$1" >jq.out || fail "$1: not so: $2"
}

# events EVENT...: all of the standard error is JSON, and these have happened
events() {
	jq -c 'select(.event)' err >events || fail "not JSON: $(head -n 1 err)"
	[ "$(jq -r .event events | xargs)" = "$*" ] ||
		fail "what has happened is $(jq -r .event events | xargs)"
}

# event NAME TEST
event() {
	jq -se "[.[] | select(.event == \"$1\")] | last | $2" events >jq.out ||
		fail "$1: not so: $2: $(cat events)"
}

# nothing_leaked FILE...: the guests mark so what must never leave a cell
nothing_leaked() {
	local file

	for file; do
		! grep -qaE 'MUST NOT|SECRET' "$file" ||
			fail "$file holds what must not leave"
	done
}

# isa_options ISA[:CORE]...: what picks these, in `options`; `diverse` before them
# makes them unlike
isa_options() {
	local isa

	case $* in *kvm*) need_kvm ;; esac
	options=()
	for isa; do
		case $isa in
		diverse) options+=(--diversify=all) ;;
		*) options+=(--isa "$isa") ;;
		esac
	done
}

# Options for the set that a name stands for, in `options`.
choose() {
	case $1 in *kvm*) need_kvm ;; esac
	read -ra options <<<"$(variants_of "$1")"
}

variants_of() {
	case $1 in
	three) ;;
	kvm) echo --isa x86_64:kvm --isa aarch64 --isa riscv64 ;;
	emulated)
		echo --isa x86_64:unicorn --isa aarch64:unicorn \
			--isa riscv64:unicorn
		;;
	cores) echo --isa x86_64:native --isa x86_64:unicorn ;;
	cores-and-kvm)
		echo --isa x86_64:native --isa x86_64:kvm --isa x86_64:unicorn
		;;
	tiers)
		echo --isa aarch64:xlate --isa aarch64:interpret \
			--isa riscv64:xlate --isa riscv64:interpret
		;;
	twice) echo --isa x86_64 --isa x86_64 ;;
	eight)
		echo --isa x86_64 --isa aarch64 --isa riscv64 \
			--isa x86_64 --isa x86_64:unicorn --isa aarch64 \
			--isa x86_64 --isa riscv64
		;;
	esac
}

# May cases use the kvm core here?
need_kvm() {
	[ -c /dev/kvm ] && [ -r /dev/kvm ] && [ -w /dev/kvm ] || leave_out "no usable /dev/kvm"
}

need() {
	has "$@" || leave_out "needs $*"
}

# ------------------------------------------------------------------- servers

# The image build/images/NAME, made if a mirror answers.
have_image() {
	[ ! -e "$build/images/$1/image.yaml" ] || return 0
	mirror_answers ||
		leave_out "no image, and apt's mirror does not answer"
	make -C "$top" --no-print-directory B="$build" "$build/images/$1" \
		>image.log 2>&1 || fail "image: $(tail -n 1 image.log)"
}

# serve GUEST-PORT ARG...: bh run ARG... in the background, published at
# 127.0.0.1:$port; returns when somebody answers there.
serve() {
	local guest=$1 i

	shift
	port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
	"$bh" run --publish "127.0.0.1:$port:$guest" "$@" \
		>out 2>err </dev/null &
	server=$!
	for ((i = 0; i < 300; i++)); do
		python3 -c "import socket, sys
socket.create_connection(('127.0.0.1', $port), 1)" 2>/dev/null && return 0
		kill -0 $server 2>/dev/null || break
		sleep 0.2
	done
	kill $server 2>/dev/null
	fail "nobody listens: $(tail -n 3 out err)"
}

# requests COUNT OPTION...: so many of ab's against the server, of which 64 are
# under way at a time, and not one may fail
requests() {
	local count=$1

	shift
	ab -q -s 120 -c 64 -n "$count" "$@" "http://127.0.0.1:$port/" \
		>ab.out 2>ab.err || fail "ab: $(tail -n 1 ab.err)"
	says ab.out "^Complete requests: +$count\$"
	says ab.out '^Failed requests: +0$'
	says_not ab.out '^Non-2xx|^Write errors'
}

# agreed [STATUS]: the server has ended, with status 0 or this one, and says nothing
# of a disagreement
agreed() {
	[ "$status" -eq "${1:-0}" ] || status_is 0
	says_not err 'DIVERGENCE|FAULT|DEADLINE'
}

# process_of WHAT: of the server's own processes, one whose title begins so
process_of() {
	pgrep -o -P "$server" -f "^$1"
}

# kill_device KIND: false if there is none at the moment
kill_device() {
	local pid

	pid=$(process_of "bh-device-$1") && kill -KILL "$pid"
}

# peak_below WHAT KIB: so much memory was resident at most
peak_below() {
	local status

	status=/proc/$(process_of "$1")/status
	[ "$(awk '/^VmHWM/ { print $2 }' "$status")" -lt "$2" ] ||
		fail "$1 grew: $(grep VmHWM "$status")"
}

# stop SIGNAL: ends the server; the exit status in $status.
stop() {
	local i

	kill -"$1" $server
	for ((i = 0; i < 150; i++)); do
		kill -0 $server 2>/dev/null || break
		sleep 0.2
	done
	kill -KILL $server 2>/dev/null && fail "it does not end"
	status=0
	wait $server || status=$?
}
