#!/bin/bash
# SPDX-License-Identifier: ISC
#
# bh report: the page of a report, looked at as text and in a browser.
. "$(dirname "$0")/lib.sh"

# The report of a variant that writes another byte than the others.
make_report() {
	start --report report.json "$guests/disagree" -- byte riscv64
	status_is 120
}

page() {
	make_report
	"$bh" report report.json >out 2>err || fail "status $?"
	out_is report.html
	is_empty err
	says report.html '^<title>divergence: disagree</title>'
	says report.html '<h2>Timeline</h2>'
	says report.html 'riscv64 on xlate <span class="badge">'
	# What differs is marked, and nothing else is.
	grep -o '<mark>.</mark>' report.html >marks || fail "no marks"
	grep -q 't' marks || fail "the t of tails is not marked"
	"$bh" report -o - report.json >out || fail "status $?"
	same report.html out
	# Nothing is fetched, nothing runs.
	says_not report.html '<script|<img|<link|src=|href=|url\('
}

# Whose bytes came last, and what followed.
attacked() {
	make_report
	jq '.last_connection = {"connection": 7, "address": "192.0.2.1:80",
			"size": 5, "payload_hex": "6c6174650a"} |
		.consequence = "restarts" | .delay_ns = 200000000 |
		.variants[2].dropped = true | .variants[2].step_ns = 1500000' \
		report.json >more.json
	"$bh" report -o more.html more.json >out || fail "status $?"
	says more.html '5 bytes from 192.0.2.1:80'
	says more.html '6c 61 74 65 0a'
	says more.html 'the domain <em>restarts</em>, 200 ms later'
	says more.html 'stopped, the others go on'
	says more.html '1.500 ms'
}

# What the bytes say never becomes markup.
hostile() {
	make_report
	jq '.headline = "<script>alert(1)</script>" |
		.variants[1].image = "\"><img src=x onerror=alert(1)>" |
		.past[0].submission[0].text = "&lt;<b>" |
		.domain = "</title><script>"' report.json >bad.json
	"$bh" report -o bad.html bad.json >out || fail "status $?"
	says_not bad.html '<script|<img|<b>&|</title><'
	says bad.html '&amp;lt;&lt;b&gt;'
	says bad.html '&lt;script&gt;alert'
}

# Whatever is missing or of another type is left out.
damaged() {
	local key

	make_report
	for key in $(jq -r 'keys[]' report.json); do
		for value in null '[]' '{}' '"x"' -1 '[[1]]' '[{"past": 3}]'; do
			jq ".$key = $value" report.json >bad.json
			status=0
			timeout 10 "$bh" report -o bad.html bad.json >out \
				2>err || status=$?
			case $status in
			0 | 125) ;;
			*) fail "$key = $value: status $status" ;;
			esac
		done
	done
}

refused() {
	local regex=$1

	shift
	status=0
	"$bh" report "$@" >out 2>err </dev/null || status=$?
	status_is 125
	one_line err
	says err "^bh: .*$regex"
	is_empty out
}

refusals() {
	make_report
	refused 'nowhere: No such file' nowhere
	refused 'no report of' /dev/null
	head -c 500 report.json >cut.json
	refused 'cut.json: line [0-9]+: ' cut.json
	echo '{"verdict": 3}' >other.json
	refused 'no verdict and no variants' other.json
	refused 'nowhere/page.html' -o nowhere/page.html report.json
	status=0
	"$bh" report -o - report.json >/dev/full 2>err || status=$?
	status_is 125
	one_line err
}

# A browser shows it: the picture has the page's own colours, and not only one.
browser() {
	need chromium python3
	make_report
	"$bh" report report.json >out || fail "status $?"
	timeout 60 chromium --headless --no-sandbox --disable-gpu \
		--user-data-dir="$PWD/profile" --window-size=1400,1600 \
		--force-prefers-color-scheme=light \
		--screenshot="$PWD/page.png" "file://$PWD/report.html" \
		>chromium.log 2>&1 || fail "$(tail -n 1 chromium.log)"
	timeout 60 chromium --headless --no-sandbox --disable-gpu \
		--user-data-dir="$PWD/profile" --dump-dom \
		"file://$PWD/report.html" >dom 2>>chromium.log ||
		fail "$(tail -n 1 chromium.log)"
	says dom '<section class="variant outlier">'
	python3 - page.png <<-'END' || fail "$(tail -n 1 log)"
		import struct, sys, zlib

		data = open(sys.argv[1], "rb").read()
		width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
		channels = {2: 3, 6: 4}[kind]
		at, packed = 8, b""
		while at < len(data):
		    size, name = struct.unpack(">I4s", data[at:at + 8])
		    if name == b"IDAT":
		        packed += data[at + 8:at + 8 + size]
		    at += 12 + size
		raw, row = zlib.decompress(packed), width * channels + 1
		before, colours = bytearray(row - 1), {}
		for y in range(height):
		    kind, line = raw[y * row], bytearray(raw[y * row + 1:(y + 1) * row])
		    for x in range(row - 1):
		        a = line[x - channels] if x >= channels else 0
		        b, c = before[x], before[x - channels] if x >= channels else 0
		        if kind == 4:
		            p = a + b - c
		            guess = min((abs(p - v), i, v)
		                        for i, v in enumerate((a, b, c)))[2]
		        else:
		            guess = (0, a, b, (a + b) // 2)[kind]
		        line[x] = (line[x] + guess) & 255
		    for x in range(0, row - 1, channels):
		        colour = bytes(line[x:x + 3])
		        colours[colour] = colours.get(colour, 0) + 1
		    before = line
		for name, colour in (("alarm", b"\xb3\x26\x1e"),
		                     ("mark", b"\xff\xe0\x8a"),
		                     ("panel", b"\xf5\xf7\xf9")):
		    if colours.get(colour, 0) < 40:
		        sys.exit(f"the picture lacks the colour {name}")
	END
}

go page page
go attacked attacked
go hostile hostile
go damaged damaged
go refusals refusals
go browser browser
wait
all_done
