#!/bin/sh
# SPDX-License-Identifier: ISC
# Gets the source of the guests' C library and applies our patches to it.
#
#   fetch.sh BUILD_DIR
#
# The archive comes from Debian's source package, by way of apt with a
# configuration of its own below BUILD_DIR: the system's apt is neither read
# nor changed. apt checks the archive against the signed index of the suite,
# and this script against the SHA-256 in version.sh. The result is
# BUILD_DIR/guest/libc-src, the archive stays in BUILD_DIR/cache.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/version.sh"

fail() {
	echo "fetch.sh: $*" >&2
	exit 1
}

[ $# -eq 1 ] || fail "usage: fetch.sh BUILD_DIR"
mkdir -p "$1/cache" "$1/guest"
build=$(cd "$1" && pwd)

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# Where the system itself gets its packages from, if nobody says another.
mirror=${BH_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' \
	'Created-By: Packages' 2>/dev/null | grep -v security | head -n 1)}
[ -n "$mirror" ] || fail "apt knows no mirror; set BH_DEBIAN_MIRROR=URL"
archive=$build/cache/${LIBC_NAME}_$LIBC_VERSION.orig.tar.gz
source_dir=$build/guest/libc-src
log=$build/cache/fetch-libc.log

checksum_is() {
	[ -f "$1" ] && echo "$2  $1" | sha256sum --check --status
}

# What the unpacked source is made of: the archive and the patches.
wanted=$(cat "$here/version.sh" "$here"/patches/*.patch | sha256sum | cut -d' ' -f1)
if [ "$(cat "$source_dir/.bh-made-of" 2>/dev/null)" = "$wanted" ]; then
	exit 0
fi

download() {
	[ -f "$keyring" ] || fail "$keyring is missing (package debian-archive-keyring)"
	apt=$build/cache/apt
	mkdir -p "$apt/etc" "$apt/state/lists/partial" "$apt/cache/archives/partial"
	echo "deb-src [signed-by=$keyring] $mirror $LIBC_SUITE main" > "$apt/sources.list"
	: > "$apt/status"
	set -- \
		-o Dir::Etc="$apt/etc" \
		-o Dir::Etc::sourcelist="$apt/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State="$apt/state" \
		-o Dir::State::status="$apt/status" \
		-o Dir::Cache="$apt/cache" \
		-o APT::Sandbox::User= \
		-o APT::Update::Error-Mode=any \
		-o Acquire::Languages=none \
		-o Acquire::Retries=3

	apt-get "$@" update > "$log" 2>&1 ||
		fail "apt cannot read the index of $LIBC_SUITE at $mirror (see $log)"

	# Lines of 'URI' file size SHA256:hash, from the signed index. The archive
	# is all that is needed of the source package.
	line=$(apt-get "$@" source --print-uris --only-source \
		"$LIBC_NAME=$LIBC_DEBIAN_VERSION" 2>>"$log" |
		grep "/${archive##*/}'") ||
		fail "$LIBC_NAME $LIBC_DEBIAN_VERSION is not in $LIBC_SUITE (see $log)"
	uri=$(echo "$line" | cut -d"'" -f2)
	hash=$(echo "$line" | grep -o 'SHA256:[0-9a-f]*') || hash=
	[ "$hash" = "SHA256:$LIBC_SHA256" ] ||
		fail "Debian's index says $hash for ${archive##*/}, version.sh $LIBC_SHA256"

	/usr/lib/apt/apt-helper "$@" download-file "$uri" "$archive.part" "$hash" \
		>> "$log" 2>&1 || fail "cannot download $uri (see $log)"
	checksum_is "$archive.part" "$LIBC_SHA256" ||
		fail "${archive##*/} is not what version.sh expects"
	mv "$archive.part" "$archive"
	rm -rf "$apt"
}

if checksum_is "$archive" "$LIBC_SHA256"; then
	echo "unpacking $LIBC_NAME $LIBC_VERSION from the cache and patching it"
else
	echo "downloading the source of $LIBC_NAME $LIBC_DEBIAN_VERSION from Debian $LIBC_SUITE and patching it"
	download
fi

rm -rf "$source_dir" "$source_dir.new"
mkdir "$source_dir.new"
tar -xzf "$archive" -C "$source_dir.new" --strip-components=1 \
	--exclude='*/test' --exclude='*/testsuite' --exclude='*/ChangeLog*' ||
	fail "cannot unpack $archive"
for patch in "$here"/patches/*.patch; do
	patch -d "$source_dir.new" -p1 --no-backup-if-mismatch --fuzz=0 < "$patch" > "$log" 2>&1 ||
		fail "${patch##*/} does not apply (see $log)"
done
echo "$wanted" > "$source_dir.new/.bh-made-of"
mv "$source_dir.new" "$source_dir"
