#!/bin/bash
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016,SC2154
#
# Files as programs see them: busybox in a cell against the same busybox on the
# host, in the same folder with the same arguments.  One applet a case; what it
# says and its exit status must be the same.

. "$(dirname "$0")/lib.sh"

native=$(command -v busybox)
image=$work/image
tree=$work/tree

# The folder that all cases start in, as /work in the cell.
make_tree() {
	mkdir -p "$tree/bin" "$tree/work/folder/inner" "$tree/work/empty" &&
		cp "$native" "$tree/bin/busybox" &&
		cd "$tree/work" || return
	printf 'one\ntwo\nthree\n' >small
	# Not a multiple of a page, and larger than several.
	seq 1 9000 >large
	printf 'z' >folder/z
	printf 'a' >folder/a
	seq 1 50 >folder/inner/deep
	ln -s small link
	ln -s folder/inner path
	ln -s nowhere dangling
	ln small second
	chmod 640 folder/a
	"$native" tar cf archive.tar small link folder
	find . -exec touch -h -d '2024-05-06 07:08:09 UTC' {} +
}

prepare() {
	[ -n "$native" ] || return
	(make_tree) &&
		"$bh" image build --root "x86_64=$tree" -o "$image" \
			-- /bin/busybox >"$work/build.log" 2>&1
}

# in_cell ARGUMENT...: busybox in the cell, its output in out, errors in err
in_cell() {
	status=0
	TZ=UTC "$bh" run --isa x86_64 --workdir /work "$image" -- \
		/bin/busybox "$@" >out 2>err </dev/null || status=$?
}

# alike ARGUMENT...: the same in the cell as here
alike() {
	local want=0

	[ -z "$missing" ] || leave_out "$missing"
	# The host's run may change the folder: a copy for each case.
	cp -a "$tree/work" here
	# The console of the cell is one stream.
	(cd here && TZ=UTC "$native" "$@" >../native.out 2>&1 </dev/null) ||
		want=$?
	in_cell "$@"
	[ "$status" -eq "$want" ] ||
		fail "status $status instead of $want: $(head -n 2 err)"
	same out native.out
	is_empty err
}

# A shell without fork: what it does with files by itself.
shell() {
	alike sh -c "$1"
}

missing=
prepare || missing="no busybox, or no image can be made: $(
	tail -n 1 "$work/build.log" 2>/dev/null)"

go cat alike cat small large folder/inner/deep
go head alike head -n 3 large
go tail alike tail -n 4 large
go wc alike wc small large
go grep alike grep -rn 50 folder
go sort alike sort -rn large
go sha256sum alike sha256sum small large link second
go find alike find . -type f -size +1k
go find-links alike find . -type l
go find-delete alike find folder -depth -print -delete
go ls alike ls -1RF
go ls-sorted alike ls -1 folder
go stat alike stat -c '%n %A %s %F %h' small link second folder/a dangling
go stat-time alike stat -c '%n %y' small folder/inner/deep
go readlink alike readlink dangling
go cp alike cp -a folder copy
go mv alike mv folder moved/
go mv-file alike mv small folder/small
go ln alike ln small third
go ln-missing alike ln -s x link
go mkdir alike mkdir -p a/b/c
go mkdir-exists alike mkdir folder
go rmdir alike rmdir empty
go rmdir-full alike rmdir folder
go rm alike rm -r folder
go rm-missing alike rm missing
go touch alike touch -d '2020-01-01 00:00:00' new
go chmod alike chmod 400 small
go dd alike dd if=large bs=1000 skip=3 count=2
go tar-list alike tar tvf archive.tar
go tar-extract alike tar xvf archive.tar -C empty
go truncate alike truncate -s 100 large
go realpath alike realpath -e missing
go cmp alike cmp small second
go diff alike diff small folder/inner/deep
go od alike od -c small
go sed alike sed -n 's/one/1/p' small
go test-modes shell '[ -x small ]; echo $?; [ -d path ]; echo $?
	[ -e dangling ]; echo $?; [ -h dangling ]; echo $?'
go write-read shell 'echo new >file; echo more >>file
	while read -r l; do echo "got $l"; done <file'
go overwrite shell 'echo 1 >small; while read -r l; do echo "$l"; done <second'
go noclobber shell 'set -C; echo 1 >small; echo "status $?"'
go cd shell 'cd folder/inner && cd ../.. && echo *'
go glob shell 'echo * folder/*'
go redirect-fds shell 'exec 5<small; read -r a <&5; read -r b <&5; echo "$b $a"'

all_done
