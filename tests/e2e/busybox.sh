#!/bin/bash
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016,SC2154
#
# Files as programs see them: Debian's busybox of three instruction sets in
# lockstep against the one of this instruction set on the host, in the same
# folder with the same arguments.  One applet a case; what it says on both streams and
# its exit status must be the same, and on a volume what it leaves behind.

. "$(dirname "$0")/lib.sh"

native=$work/roots/x86_64/usr/bin/busybox
image=$work/image
tree=$work/tree
order="cat"

# The folder that all cases start in, as /work in the cell.
make_tree() {
	mkdir -p "$tree/folder/inner" "$tree/empty" &&
		cd "$tree" || return
	printf 'one\ntwo\nthree\n' >small
	printf 'b 2 x\na 10 y\nc 1 x\na 10 y\n' >table
	# Not a multiple of a page, and larger than several.
	seq 1 9000 >large
	seq 1 9000 | gzip -n >large.gz
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

# The roots of Debian's image with that folder in them.
prepare() {
	local isa roots=()

	mkdir -p "$work/roots"
	for isa in $isas; do
		fsck.erofs --extract="$work/roots/$isa" \
			"$build/images/busybox/$isa.erofs" || return
		roots+=(--root "$isa=$work/roots/$isa")
	done
	(make_tree) || return
	for isa in $isas; do
		cp -a "$tree" "$work/roots/$isa/work" || return
	done
	"$bh" image build "${roots[@]}" -o "$image" -- /usr/bin/busybox
}

# run_native ARGUMENT...: in `native`, a copy of the folder; what it says in
# native.out and native.err
run_native() {
	(cd native && TZ=UTC "$native" "$@" </dev/null) >native.out 2>native.err
}

same_output() {
	$order native.out >native.lines
	$order out >lines
	same lines native.lines
	same err native.err
}

# alike ARGUMENT...: the same in the cell as here
alike() {
	local want=0

	cp -a "$tree" native
	run_native "$@" || want=$?
	start --env TZ=UTC --workdir /work "$image" -- /usr/bin/busybox "$@"
	status_is "$want"
	same_output
}

# on_volume ARGUMENT...: the same, in a folder of the host that all variants
# share, and what is in it afterwards
on_volume() {
	local want=0

	cp -a "$tree" native
	cp -a "$tree" shared
	run_native "$@" || want=$?
	start --env TZ=UTC --volume "$here/shared:/mnt" --workdir /mnt "$image" \
		-- /usr/bin/busybox "$@"
	status_is "$want"
	same_output
	diff -r --no-dereference native shared >diff.out ||
		fail "$(head -n 3 diff.out)"
	diff <(list native) <(list shared) >diff.out ||
		fail "$(head -n 3 diff.out)"
}

# Kinds, modes and names.
list() {
	(cd "$1" && find . -printf '%y %m %p %l\n' | sort)
}

# in_any_order CASE...: that compares lines; a file system's order is its own
in_any_order() {
	order=sort
	"$@"
}

# A shell without fork: what it does with files by itself.
shell() {
	alike sh -c "$1"
}

# have_image is for a case; here it is for all of them.
need_image() {
	need fsck.erofs
	have_image busybox
	prepare || fail "no image can be made: $(tail -n 1 log)"
}

# What is written to both streams, in one file and in the log.
streams() {
	local text='echo 1; echo 2 >&2; echo 3; echo 4 >/dev/stderr; echo 5'

	start --log log "$image" -- /usr/bin/busybox sh -c "$text"
	status_is 0
	out_is "$(printf '1\n3\n5')"
	same err <(printf '2\n4\n')
	sort log | same - <(seq 1 5)
	"$bh" run --log log "$image" -- /usr/bin/busybox sh -c "$text" \
		>out 2>&1 </dev/null
	same out <(seq 1 5)
	same log <(seq 1 5)
}

try prepare need_image
[ -e "$image/image.yaml" ] || all_done

go streams streams
go cat alike cat small large folder/inner/deep
go head alike head -n 3 large
go tail alike tail -n 4 large
go wc alike wc small large
go grep alike grep -rn 50 folder
go sort alike sort -rn large
go sha256sum alike sha256sum small large link second
go find in_any_order alike find . -type f -size +1k
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
go cmp-differ alike cmp small table
go awk alike awk '{ n[$1] += $2 } END { for (i = 97; i < 100; i++) {
	c = sprintf("%c", i); printf "%s %d %.3f %s\n", c, n[c], n[c] / 7,
	toupper(substr("xyz" c, 3)) } }' table
go awk-match alike awk 'match($0, /[0-9]+/) { print RSTART, RLENGTH, NR }' table
go awk-math alike awk 'BEGIN { print exp(1), log(10), sqrt(2), sin(1), cos(1),
	atan2(1, 2), int(-3.7), 2 ^ 0.5, 10 % 3, 1e300 * 1e10 }'
go sort-keys alike sort -k2,2n -k1,1r -u table
go uniq alike uniq -c table
go cut alike cut -d ' ' -f 1,3 table
go paste alike paste small table
go nl alike nl small
go fold alike fold -w 7 table
go tac alike tac small
go rev alike rev table
go expand alike unexpand -a table
go md5sum alike md5sum small large
go sha1sum alike sha1sum large
go sha512sum alike sha512sum large
go sha3sum alike sha3sum large
go crc32 alike crc32 large
go base64 alike base64 large.gz
go uuencode alike uuencode -m small name
go xxd alike xxd large.gz
go hexdump alike hexdump -C table
go strings alike strings large
go gunzip on_volume gunzip large.gz
go gzip on_volume gzip -n large
go bzip2 on_volume bzip2 large
go tar-create on_volume tar cf new.tar small link second folder/a path
go cpio alike cpio -t -F archive.tar
go ar alike ar t archive.tar
go echo alike echo -e 'a\tb\0101'
go printf alike printf '%5d|%-5s|%x|%08.3f|%e\n' 42 ab 255 3.14159 12345.678
go seq alike seq 1 0.25 3
go expr alike expr 7 '*' 6 - 2
go expr-match alike expr abc123 : '[a-z]*\([0-9]*\)'
go factor alike factor 1234567890123456789 97
go bc alike bc -e 'scale=30; 4*a(1); 2^200' -l
go dc alike dc -e '10 k 2 v p'
go basename alike basename /a/b/c.txt .txt
go dirname alike dirname /a/b/c.txt
go tr-missing alike tr
go cal alike cal 2 2024
go date alike date -u -d '2024-02-29 12:34:56' '+%F %T %j %u %s'
go env alike env -i A=1 B=2
go id alike id -u
go uname alike uname -s
go test alike test -d folder
go false alike false
go pwd-missing alike cat missing
go install on_volume install -m 750 small folder/installed
go patch on_volume patch --help
go mktemp-bad alike mktemp /nowhere/XXXXXX
go sed-in-place on_volume sed -i 's/o/0/g' small table
go dd-volume on_volume dd if=large of=copy bs=777 skip=2 seek=3 count=5
go cp-volume on_volume cp -a folder copied
go mv-volume on_volume mv small folder/moved
go rm-volume on_volume rm -r folder link
go mkdir-volume on_volume mkdir -p a/b/c
go ln-volume on_volume ln -s small third
go find-volume in_any_order on_volume find . -name '*a*' -size -2
go chmod-volume on_volume chmod -R a-w folder
go truncate-volume on_volume truncate -s 12345 large
go touch-volume on_volume touch -d '2020-01-01 00:00:00' small new
go shell-volume on_volume sh -c 'for i in 1 2 3; do echo $i >>log; done
	while read -r a b; do echo "$b $a"; done <table >turned'
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
