# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# For the scripts in this folder: `. tests/lib.sh`, after `# limit:` and
# `# serial` comments at the top (see tests/run).  A script ends with `finish`.
#
#   $top     the tree                $build  the build directory, absolute
#   $work    an empty directory of the script's own, kept for inspection

top=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-${BH_BUILD:-$top/build}}
build=$(cd "$build" && pwd) || exit 125
test_name=$(basename "$0" .sh)
work=$build/tests/work/$test_name
rm -rf "$work"
mkdir -p "$work"
failures=0

ok() {
	printf 'ok %s\n' "$1"
}

# not_ok CASE WHY
not_ok() {
	printf 'not ok %s: %s\n' "$1" "$2"
	failures=$((failures + 1))
}

# skip CASE REASON
skip() {
	printf 'skip %s: %s\n' "$1" "$2"
}

# Is this case to be run?  Long cases ask; `make check T=NAME` chooses.
wants() {
	case ${BH_TEST_ONLY:-} in
	'' | "$test_name") return 0 ;;
	esac
	case $test_name/$1 in
	*"$BH_TEST_ONLY"*) return 0 ;;
	esac
	return 1
}

# expect CASE COMMAND...: ok if the command succeeds; else its last line.
expect() {
	expect_case=$1
	shift
	if "$@" >"$work/$expect_case.out" 2>&1; then
		ok "$expect_case"
	else
		not_ok "$expect_case" "status $?, $(tail -n 1 "$work/$expect_case.out")"
		cat "$work/$expect_case.out"
	fi
}

# has COMMAND...: are these programs there?
has() {
	for has_command; do
		command -v "$has_command" >/dev/null || return 1
	done
}

# Can packages be had?
mirror_answers() {
	mirror=$(apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' 2>/dev/null | grep -v security | head -n 1 | sed 's,/*$,,')
	curl -sfI -m 10 "$mirror/dists/stable/InRelease" >/dev/null 2>&1
}

finish() {
	[ "$failures" -eq 0 ]
	exit $?
}
