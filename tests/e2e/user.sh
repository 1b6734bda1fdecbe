#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 60
#
# bh for an unprivileged user, and where user namespaces are forbidden.
. "$(dirname "$0")/lib.sh"

user=65533
if [ "$(id -u)" -ne 0 ]; then
	as_user=()
else
	as_user=(setpriv --reuid=$user --regid=$user --clear-groups
		--inh-caps=-all)
fi

# What is needed is copied to where such a user may read it.
prepare() {
	place=$(mktemp -d /var/tmp/bh-user.XXXXXX) || fail "no folder"
	trap 'rm -rf "$place"' EXIT
	mkdir -p "$place/examples" "$place/guests"
	cp -r "$build/bh" "$build/libexec" "$place/"
	cp -r "$examples/hello" "$examples/echo" "$place/examples/"
	cp -r "$guests/disagree" "$guests/misbehave" "$place/guests/"
	chmod -R a+rX "$place"
	[ "$(id -u)" -ne 0 ] || chown -R $user "$here"
}

as_a_user() {
	status=0
	"${as_user[@]}" "$place/bh" run "$@" >out 2>err </dev/null || status=$?
}

# At most one line that says what is weaker.
only_a_note() {
	[ ! -s err ] || {
		one_line err
		says err '^bh: note: weaker isolation'
	}
}

hello() {
	prepare
	as_a_user "$place/examples/hello"
	status_is 0
	out_is 'Hello, world!'
	only_a_note
}

report() {
	prepare
	as_a_user --report report.json "$place/guests/disagree" -- \
		byte aarch64
	status_is 120
	nothing_leaked out
	json report.json '.verdict == "divergence" and .exchange == 4'
	as_a_user "$place/guests/misbehave" -- write-null
	status_is 121
}

echo_input() {
	prepare
	head -c 100000 /dev/urandom >bytes
	"${as_user[@]}" "$place/bh" run "$place/examples/echo" \
		<bytes >out 2>err || fail "status $?: $(cat err)"
	same bytes out
}

# The cores of a user's cell are the user's own processes, without rights.
no_rights() {
	local launcher pid found=0

	prepare
	mkfifo input
	exec 7<>input
	"${as_user[@]}" "$place/bh" run "$place/examples/echo" \
		<&7 >out 2>err &
	launcher=$!
	sleep 1
	for pid in $(pgrep -P $launcher); do
		grep -q '^NoNewPrivs:[[:space:]]*1' "/proc/$pid/status" ||
			fail "$pid could gain privileges"
		grep -q '^Seccomp:[[:space:]]*2' "/proc/$pid/status" ||
			fail "$pid has no filter"
		[ "$(id -u)" -ne 0 ] || [ "$(stat -c %u "/proc/$pid")" -ne 0 ] ||
			fail "$pid is root's"
		found=$((found + 1))
	done
	kill $launcher
	wait $launcher
	[ $found -eq 4 ] || fail "$found processes instead of 4"
}

# root starts cores as nobody, in a user namespace.
root_gives_up() {
	local launcher pid found=0

	[ "$(id -u)" -eq 0 ] || leave_out "not root"
	mkfifo input
	exec 7<>input
	"$bh" run "$examples/echo" <&7 >out 2>err &
	launcher=$!
	sleep 1
	for pid in $(pgrep -P $launcher); do
		awk '/^Uid:/ { exit !($2 == 65534 && $3 == 65534) }' \
			"/proc/$pid/status" || fail "$pid is not nobody"
		awk '/^CapEff:/ { exit $2 != "0000000000000000" }' \
			"/proc/$pid/status" || fail "$pid has capabilities"
		for name in user pid mnt net ipc uts cgroup; do
			[ "$(readlink "/proc/$pid/ns/$name")" != \
				"$(readlink "/proc/$$/ns/$name")" ] ||
				fail "$pid shares the $name namespace"
		done
		[ "$(ls "/proc/$pid/root/" | wc -l)" -eq 0 ] ||
			fail "$pid sees files: $(ls "/proc/$pid/root/")"
		found=$((found + 1))
	done
	kill $launcher
	wait $launcher
	[ $found -eq 4 ] || fail "$found processes instead of 4"
}

# No user namespaces for the whole tree below: as a hardened host has it.
without_user_namespaces() {
	local example=$1 wanted=$2

	shift 2
	prepare
	unshare -Ur true 2>/dev/null || leave_out "no user namespaces here at all"
	status=0
	"${as_user[@]}" unshare -Ur sh -c '
		echo 0 >/proc/sys/user/max_user_namespaces || exit 77
		exec "$@"' sh "$place/bh" run "$place/$example" "$@" \
		>out 2>err </dev/null || status=$?
	[ "$status" -ne 77 ] || leave_out "cannot forbid user namespaces"
	status_is "$wanted"
	says err '^bh: note: weaker isolation on this host: .*no user namespaces'
	[ "$(grep -c '^bh: note' err)" -eq 1 ] || fail "said more than once"
}

try hello hello
try report report
try echo echo_input
try no-rights no_rights
try root-gives-up root_gives_up
try forbidden-hello without_user_namespaces examples/hello 0
try forbidden-disagree without_user_namespaces guests/disagree 120 -- byte x86_64
all_done
