#!/bin/sh
# SPDX-License-Identifier: ISC
# What can be seen without running anything: the include rule, scripts that
# parse, lengths of files.
. "$(dirname "$0")/lib.sh"
cd "$top" || exit 125

sources() {
	find abi exo core lib cli guest device service examples tests tools docs \
		-type f "$@" ! -path '*/node_modules/*' 2>/dev/null | sort
}

expect include-rule tools/check-includes

bad=
count=0
for script in $(sources | xargs grep -lI '^#!.*sh$'); do
	case $(head -n 1 "$script") in
	*bash*) shell=bash ;;
	*) shell=sh ;;
	esac
	count=$((count + 1))
	$shell -n "$script" 2>"$work/errors" || bad="$bad $script"
done
if [ -n "$bad" ]; then
	not_ok scripts-parse "$bad"
elif [ "$count" -eq 0 ]; then
	not_ok scripts-parse "no script found"
else
	ok scripts-parse
fi

long=$(sources -name '*.[ch]' | xargs wc -l | awk '$2 != "total" && $1 > 999 { print $2 }')
if [ -n "$long" ]; then not_ok files-are-short "$long"; else ok files-are-short; fi

unlicensed=$(sources -name '*.[chS]' | while read -r file; do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ISC' || echo "$file"
done)
if [ -n "$unlicensed" ]; then
	not_ok licence "no SPDX line in $(echo "$unlicensed" | head -n 3 | tr '\n' ' ')"
else
	ok licence
fi
# What README.md shows of real runs has been filled in (tools/readme).
for marker in transcript bench costs soak; do
	lines=$(sed -n "/<!-- $marker -->/,/<!-- \\/$marker -->/p" README.md | wc -l)
	if [ "$lines" -gt 4 ]; then
		ok "readme-$marker"
	else
		not_ok "readme-$marker" "nothing between the markers: make readme"
	fi
done
finish
