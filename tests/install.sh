#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What `make install` installs works from there: the command, and the SDK.
set -u
. "$(dirname "$0")/lib.sh"

prefix=$work/root/usr

# run COMMAND...: leaves its output in $said
run() {
	said=$("$@" 2>&1)
}

install_tree() {
	# Everything is built already; this copies.
	make -C "$top" --no-print-directory B="$build" DESTDIR="$work/root" \
		PREFIX=/usr install
}

compile() {
	printf '%s\n' '#include <stdio.h>' \
		'int main(void) { puts("installed"); }' >"$work/greet.c"
	"$prefix/bin/bh-cc" -o "$work/greet" "$work/greet.c"
}

runs() {
	run "$prefix/bin/bh" run "$work/greet" && [ "$said" = installed ]
}

# Not a word of the tree that it came from.
stands_alone() {
	! grep -rIlF -- "$build" "$prefix/bin" "$prefix/lib/bh/guest/flags.sh"
}

manuals() {
	for page in bh.1 bh-run.1 bh-inspect.1 bh-trace.1 bh-report.1 bh-translate.1 bh-doctor.1 bh-cc.1; do
		[ -s "$prefix/share/man/man1/$page" ] || return
	done
	[ -s "$prefix/share/man/man5/bh-cell.5" ]
}

expect install install_tree
if has clang ld.lld; then
	expect compile compile
	expect runs runs
else
	skip compile "no clang or ld.lld to build guests with"
fi
expect stands-alone stands_alone
expect manuals manuals
finish
