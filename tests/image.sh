#!/bin/sh
# SPDX-License-Identifier: ISC
# limit: 200
#
# bh image build: what it makes, what it refuses, and, where a mirror of Debian
# answers, images of packages.
. "$(dirname "$0")/lib.sh"

bh=$build/bh
hello=$build/examples/hello
export XDG_CACHE_HOME="$work/cache"
export LC_ALL=C
cd "$work" || exit 125

# refused CASE REGEX ARG...: one line that says so, status 125, nothing made.
refused() {
	refused_case=$1 refused_regex=$2
	shift 2
	status=0
	timeout 20 "$bh" image "$@" >out 2>err </dev/null || status=$?
	if [ "$status" -ne 125 ]; then
		not_ok "$refused_case" "status $status: $(head -n 1 err)"
	elif [ "$(grep -vc ': package lists\|: choosing packages$' err)" -ne 1 ] || [ -s out ]; then
		not_ok "$refused_case" "not one line: $(head -n 3 err)"
	elif ! grep -qE "^bh: .*$refused_regex" err; then
		not_ok "$refused_case" "it says: $(cat err)"
	elif [ -e bad ] || [ -n "$(find . -maxdepth 1 -name '.bad*')" ]; then
		not_ok "$refused_case" "something is left behind"
	else
		return 0
	fi
	return 1
}

# refuse NAME: many such lines on standard input: REGEX|ARGUMENTS
refuse() {
	bad=0
	while IFS='|' read -r regex arguments; do
		# shellcheck disable=SC2086 # words are meant
		refused "$1" "$regex" $arguments || bad=1
	done
	[ $bad -ne 0 ] || ok "$1"
}

# Every root of an image in the current folder passes fsck.
sound() {
	for root in "$1"/*.erofs; do
		fsck.erofs "$root" >/dev/null || return 1
	done
}

# ------------------------------------------------------------------- refusals

mkdir -p full root/etc && : >full/precious && echo text >root/etc/motd
cp "$hello/x86_64.elf" program
# A dynamic one of this host.
cp /bin/sh dynamic

refuse wrong-usage <<END
say what|
no such command|make
no such option|build --nothing
needs a value|build --suite
nothing to build from|build -o bad
-o FOLDER is missing|build --root x86_64=root
--include PACKAGE is missing|build --suite trixie -o bad
not the name of a package|build --include -y -o bad
not the name of a package|build --include Busy/box -o bad
not the name of a package|build --include a,,b -o bad
no such architecture|build --arch mips --include a -o bad
twice|build --arch amd64,x86_64 --include a -o bad
not the name of a suite|build --suite tri]xie --include a -o bad
not a URL|build --mirror gopher://x --include a -o bad
exclude each other|build --include a --root x86_64=root -o bad
exclude each other|build --static x86_64=program --root x86_64=root -o bad
not ISA=FOLDER|build --root root -o bad
not ISA=FOLDER|build --root mips=root -o bad
twice|build --root x86_64=root --root x86_64=root -o bad
not ISA=PROGRAM|build --static program -o bad
not a folder|build --root x86_64=nowhere -o bad
not a folder|build --root x86_64=program -o bad
nowhere|build --static x86_64=nowhere -o bad
not an ELF image|build --static x86_64=root/etc/motd -o bad
is for x86_64, not for aarch64|build --static aarch64=program -o bad
is dynamic|build --static x86_64=dynamic -o bad
not FILE:/PATH|build --root x86_64=root --copy program -o bad
not FILE:/PATH|build --root x86_64=root --copy program:etc/x -o bad
not FILE:/PATH|build --root x86_64=root --copy program:/../x -o bad
not FILE:/PATH|build --root x86_64=root --copy program:/etc/ -o bad
nowhere is not there|build --root x86_64=root --copy nowhere:/x -o bad
absolute path|build --root x86_64=root -o bad -- relative
absolute path|build --root x86_64=root --workdir here -o bad
NAME=VALUE|build --root x86_64=root --env A -o bad
already and not an image|build --root x86_64=root -o full
already and no folder|build --root x86_64=root -o program
not fit for a name|build --root x86_64=root --name ../x -o bad
END
[ -e full/precious ] || not_ok wrong-usage "a folder of the user's was emptied"

if ! has mkfs.erofs; then
	refused missing-tool 'mkfs.erofs is missing: apt-get install erofs-utils' \
		build --root x86_64=root -o bad && ok missing-tool
	finish
fi

# ---------------------------------------------------------------------- roots

mkdir -p a/etc a/usr/bin b/etc b/usr/bin secret
ln -s /etc a/config
ln -s /etc b/config
for tree in a b; do
	echo same >$tree/etc/same
	echo "$tree" >$tree/etc/other
	touch -d '2020-02-02 02:02:02 UTC' $tree/etc/same
	ln -s ../usr $tree/etc/link
done
touch -d '2021-01-01 UTC' a/etc/other
touch -d '2022-02-02 UTC' b/etc/other
chmod 4755 a/etc/other b/etc/other
head -c 10000 /dev/urandom >data
touch -d '2023-03-03 03:03:03 UTC' data

roots() {
	"$bh" image build --root riscv64=b --root x86_64=a --env A=b \
		--copy data:/var/data --copy data:/config/data --workdir /var \
		-o roots -- /usr/bin/thing --verbose >out || return 1
	[ "$(find roots -type f | sort | tr '\n' ' ')" = \
		"roots/image.yaml roots/riscv64.erofs roots/x86_64.erofs " ] ||
		return 1
	(sha256sum roots/x86_64.erofs roots/riscv64.erofs) |
		sed "s#  #  $PWD/#" | cmp - out || return 1
	[ -z "$(find . -maxdepth 1 -name '.roots*')" ] && sound roots
}
expect roots roots

# show ISA PATH: what dump.erofs says of one file
show() {
	dump.erofs --path="$2" "roots/$1.erofs"
}

# Times that agree stay; others are the same fixed one; files begin at blocks.
file_times() {
	for isa in x86_64 riscv64; do
		show $isa /etc/same | grep -q 'Timestamp: 2020-02-02' || return 1
		show $isa /etc/other | grep -q 'Timestamp: 2025-01-01' ||
			return 1
		show $isa /var/data | grep -q 'Timestamp: 2023-03-03' || return 1
		show $isa /etc | grep -q 'Timestamp: 2025-01-01' || return 1
		show $isa /etc/same | grep -q 'Layout: 0' || return 1
		# All is root's, so what was not is not to act as its owner.
		show $isa /etc/other | grep -q 'Uid: 0 *Gid: 0 *Access: 0755' ||
			return 1
	done
}
TZ=UTC expect times file_times

# A link of the image never leads out of it.
inside() {
	show x86_64 /etc/data | grep -q 'Size: 10000' || return 1
	[ ! -e /etc/data ]
}
expect inside inside

again() {
	cp roots/image.yaml before
	"$bh" image build --root riscv64=b --root x86_64=a --env A=b \
		--copy data:/var/data --copy data:/config/data --workdir /var \
		-o roots -- /usr/bin/thing --verbose >out || return 1
	cmp before roots/image.yaml
}
expect the-same-again again

# After a failure the old image is as it was.
failure() {
	mkdir -p c && ln -s nowhere c/etc || return 1
	status=0
	"$bh" image build --root x86_64=c --copy data:/etc/data -o roots \
		>out 2>err || status=$?
	[ $status -eq 125 ] && [ "$(wc -l <err)" -eq 1 ] &&
		cmp before roots/image.yaml &&
		[ -z "$(find . -maxdepth 1 -name '.roots*')" ]
}
expect failure failure

described() {
	"$bh" inspect roots >out || return 1
	grep -q 'command *.usr.bin.thing --verbose' out &&
		grep -q "x86_64 .*$(sha256sum <roots/x86_64.erofs | cut -c 1-64)" \
			out || return 1
	cp -r roots changed
	printf x | dd of=changed/x86_64.erofs bs=1 seek=5000 conv=notrunc \
		status=none
	status=0
	"$bh" inspect changed >out || status=$?
	[ $status -eq 1 ] && grep -q 'the file has changed' out
}
expect inspect described

# A root that is not what was built does not run.
measured() {
	status=0
	"$bh" run --isa x86_64 changed >out 2>err || status=$?
	[ $status -eq 125 ] && [ ! -s out ] &&
		grep -q 'changed/x86_64.erofs is not what its image.yaml says' err
}
[ ! -e "$build/libexec/linux/x86_64.elf" ] || expect measured measured

# ------------------------------------------------------------------- programs

programs() {
	for isa in x86_64 aarch64 riscv64; do
		set -- "$@" --static "$isa=$hello/$isa.elf"
	done
	"$bh" image build "$@" -o hello >out || return 1
	sound hello || return 1
	for isa in x86_64 aarch64 riscv64; do
		dump.erofs --path=/usr/bin/hello hello/$isa.erofs |
			grep -q "Size: $(stat -c %s "$hello/$isa.elf")" ||
			return 1
	done
	"$bh" inspect hello | grep -q 'command *.usr.bin.hello$'
}
expect programs programs

# ------------------------------------------------------------------- packages

if [ -n "${BH_TEST_OFFLINE:-}" ] || ! has apt-get dpkg-deb; then
	skip packages "no network or no apt"
	finish
fi
cache=$build/cache/debian

packages() {
	timeout 100 "$bh" image build --suite stable --cache "$cache" \
		--include busybox-static --copy data:/data -o packages \
		-- /usr/bin/busybox sh >out 2>err || {
		cat err
		return 1
	}
	for isa in x86_64 aarch64 riscv64; do
		for path in /bin /etc/passwd /usr/bin/busybox /data /tmp; do
			dump.erofs --path=$path packages/$isa.erofs 2>&1 |
				grep -q "^File" || return 1
		done
	done
	sound packages && "$bh" inspect packages | grep -q 'busybox-static 1:'
}
if mirror_answers; then
	expect packages packages
	unknown() {
		refused unknown-package 'Unable to locate package no-such-thing' \
			build --suite stable --cache "$cache" --offline \
			--include no-such-thing -o bad
	}
	unknown && ok unknown-package
else
	skip packages "apt's mirror does not answer"
fi
finish
