#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 300
#
# tools/soak, a short run of it: honest programs raise no alarm, and an alarm would
# be noticed.
. "$(dirname "$0")/lib.sh"

# soak PROGRAM...: its table in `out`, progress and problems in `err`
soak() {
	status=0
	SOAK_EXCHANGES=$exchanges "$top/tools/soak" "$build" -o "$here" "$@" \
		>out 2>err || status=$?
}

programs() {
	local exchanges=20000 image

	need ab python3 redis-benchmark redis-cli
	for image in busybox lighttpd redis; do have_image $image; done
	soak
	status_is 0
	json soak.json ".alarms == 0 and .exchanges >= $exchanges and
		([.programs[] | select(.exchanges >= .wanted)] | length) == 20"
	says out "^all +[0-9]+ +$(jq .exchanges soak.json) +0 "
	says err '^soak: 0 s, 0 of 20000 exchanges, next: lighttpd$'
}

alarm() {
	local exchanges=1000

	need python3
	soak disagree counter
	status_is 1
	says err "^soak: ALARM: disagree: divergence at .* $here/disagree.json\$"
	json disagree.json '.verdict == "divergence"'
	json soak.json '.alarms == 1'
}

wrong_number() {
	local exchanges=many

	need python3
	soak counter
	status_is 1
	one_line err
	says err 'SOAK_EXCHANGES=many is not a positive number'
}

try programs programs
try alarm alarm
try wrong-number wrong_number
all_done
