#!/bin/sh
# SPDX-License-Identifier: ISC
# limit: 300
#
# What is forbidden kills: every role enters its own namespaces, sandbox and
# seccomp table, and then tries every system call number, every bit of every
# checked argument, and every way out of the sandbox.  As root and as a user.
. "$(dirname "$0")/lib.sh"

# A place that other users may enter.
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
chmod 755 "$place"
cp "$build"/tests/roles/probe-* "$build/tests/roles/start" "$place" || exit 125

# as WHO COMMAND...: the same as root or as a user without any right
as() {
	as_who=$1
	shift
	case $as_who in
	user) setpriv --reuid=12345 --regid=12345 --clear-groups "$@" ;;
	*) "$@" ;;
	esac
}

# probe WHO ROLE WHAT: its lines, each with WHO in its name
probe() {
	probe_log=$work/$1-$2-$3
	as "$1" "$place/start" "$place/probe-$2" "$3" >"$probe_log" 2>&1
	probe_status=$?
	sed -n "s/^\(ok\|not ok\|skip\) \(.*\)/\1 \2/p" "$probe_log" |
		sed "s/^\(ok\|not ok\|skip\) $2-/\1 $2-$1-/"
	grep -q '^not ok' "$probe_log" && failures=$((failures + 1))
	if [ "$probe_status" -ne 0 ]; then
		not_ok "$2-$1-$3" "status $probe_status, $(tail -n 1 "$probe_log")"
	fi
}

me=root
[ "$(id -u)" -eq 0 ] || me=self
for role in exo native kvm xlate unicorn volume net; do
	for what in calls sandbox; do
		wants "$role" || wants "$what" || continue
		probe $me "$role" "$what"
	done
done
if [ "$me" != root ]; then
	skip as-user "only root can become another user"
elif ! has setpriv; then
	skip as-user "no setpriv (package util-linux)"
else
	for role in exo native kvm xlate unicorn volume net; do
		probe user "$role" sandbox
	done
	probe user native calls
fi
finish
