#!/bin/sh
# SPDX-License-Identifier: ISC
# Builds the guests' C library for one instruction set.
#
#   build.sh BUILD_DIR ISA        ISA: x86_64, aarch64 or riscv64
#
# Leaves headers and libc.a (the math functions are in it) in
# BUILD_DIR/guest/ISA/libc/{include,lib} and what the tools said in
# BUILD_DIR/guest/ISA/libc.log. Quick when neither the source, nor the patches,
# nor the flags, nor the compiler changed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/version.sh"

fail() {
	echo "build.sh: $*" >&2
	exit 1
}

[ $# -eq 2 ] || fail "usage: build.sh BUILD_DIR ISA"
isa=$2
case $isa in
x86_64 | aarch64 | riscv64) ;;
*) fail "unknown instruction set '$isa'" ;;
esac
mkdir -p "$1/guest/$isa"
build=$(cd "$1" && pwd)
source_dir=$build/guest/libc-src
work=$build/guest/$isa/libc-build
out=$build/guest/$isa/libc
log=$build/guest/$isa/libc.log

# Two instruction sets may be built at the same time.
flock "$build/guest" "$here/fetch.sh" "$build"

# The value of one variable of flags.mk; a make that calls this script has
# passed its own variables on in the environment.
variable() {
	printf 'include %s/flags.mk\nshow: ; @printf "%%s\\n" "$(%s)"\n' "$here" "$1" |
		MAKEFLAGS='' make --no-print-directory -s -f - show
}
cc=$(variable GUEST_CC)
libgcc=$(variable "GUEST_LIBGCC_$isa")
[ -f "$libgcc" ] || fail "$cc does not find libgcc for $isa (see libc.mk for the packages)"
# Line tables are all the debug information that a backtrace needs.
flags="$(variable GUEST_CFLAGS) $(variable "GUEST_CFLAGS_$isa")"
flags="$flags -gline-tables-only"

# What the library leaves out: other alphabets, threads, start code, C++, tests.
# printf and scanf know every type, long double and long long among them.
options="
--buildtype=plain -Dwarning_level=0 -Ddebug=false -Db_staticpic=false
-Dmultilib=false -Dtests=false -Dsemihost=false -Dpicocrt=false
-Dspecsdir=none -Dsingle-thread=true -Dthread-local-storage=false
-Dnewlib-global-errno=true -Dstdio-locking=false -Datomic-ungetc=false
-Dposix-console=false -Dformat-default=double -Dio-long-long=true
-Dio-long-double=true -Dio-pos-args=true -Dio-c99-formats=true
-Dio-float-exact=true -Dmb-capable=false -Dinitfini-array=true
-Dstack-protector-guard=global -Dnewlib-nano-malloc=true
-Dnewlib-obsolete-math=false -Dwant-math-errno=false
"

wanted=$({
	cat "$here/build.sh" "$here/cross.ini.in" "$source_dir/.bh-made-of"
	echo "$flags" "$libgcc"
	$cc --version
} | sha256sum | cut -d' ' -f1)
if [ "$(cat "$out/.bh-made-of" 2>/dev/null)" = "$wanted" ]; then
	exit 0
fi
echo "building $LIBC_NAME $LIBC_VERSION for $isa"

# Paths in messages and debug information do not tell where this was built; so
# a build folder may be moved, and where it is does not count above.
flags="$flags -ffile-prefix-map=../../libc-src=libc -fdebug-prefix-map=$work=."

# Words as a list of strings in Meson's syntax.
meson_list() {
	# shellcheck disable=SC2086
	printf "'%s', " $1 | sed 's/, $//'
}

run() {
	if ! "$@" >> "$log" 2>&1; then
		tail -n 30 "$log" >&2
		fail "$LIBC_NAME for $isa failed; the whole log is $log"
	fi
}

rm -rf "$work" "$out"
: > "$log"
sed -e "s|@CC@|$(meson_list "$cc")|" \
	-e "s|@AR@|${AR:-llvm-ar}|" \
	-e "s|@NM@|${NM:-llvm-nm}|" \
	-e "s|@STRIP@|${STRIP:-llvm-strip}|" \
	-e "s|@ISA@|$isa|" \
	-e "s|@LIBGCC@|$libgcc|" \
	-e "s|@CFLAGS@|$(meson_list "$flags")|" \
	"$here/cross.ini.in" > "$build/guest/$isa/libc-cross.ini"

# The environment's flags are for the host and would reach the guest's build.
unset CFLAGS CPPFLAGS LDFLAGS CC || true
# shellcheck disable=SC2086
run meson setup --cross-file "$build/guest/$isa/libc-cross.ini" \
	--prefix="$out" --libdir=lib --includedir=include $options \
	"$work" "$source_dir"
run ninja -C "$work"
run meson install -C "$work" --no-rebuild --quiet
rm -rf "$work"
echo "$wanted" > "$out/.bh-made-of"
