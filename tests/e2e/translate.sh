#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Translations that are made ahead of time and kept beside an image: they are
# used, refused when they are not what was made, and left alone when they are of
# another build. A small static program, and Debian's busybox with its libraries.
# Where an image has none, those of the Linux personality that lie beside bh.
. "$(dirname "$0")/lib.sh"

image=$work/hello.image

build_image() {
	local isa options=()

	need mkfs.erofs riscv64-linux-gnu-gcc aarch64-linux-gnu-gcc
	printf '#include <stdio.h>\nint main(void) { puts("hello"); }\n' >hello.c
	for isa in riscv64 aarch64; do
		"$isa-linux-gnu-gcc" -O1 -static -o "$isa" hello.c ||
			fail 'it does not compile'
		options+=(--static "$isa=$isa")
	done
	"$bh" image build --translate "${options[@]}" -o "$image" >out 2>err ||
		fail "image: $(tail -n 1 err)"
}

change() {
	python3 "$test_folder/e2e/kept_change.py" "$@" ||
		fail "$1 cannot be changed"
}

# changed WHAT: the files of `copy` are changed, and its image.yaml knows.
changed() {
	local file before after

	for file in copy/*.xlate; do
		before=$(sha256sum <"$file")
		change "$file" "$1"
		after=$(sha256sum <"$file")
		sed -i "s/${before%% *}/${after%% *}/" copy/image.yaml
	done
}

runs() {
	start "$@"
	status_is 0
	out_is hello
}

static() {
	runs "$image"
	[ ! -s err ] || fail "it says: $(head -n 1 err)"
}

# That it is this code that runs: with other bytes in its place nothing does.
used() {
	cp -r "$image" copy
	changed code
	start copy
	[ "$status" -ne 0 ] || fail 'kept code is not run'
	says_not out hello
}

# Code that is not the guest's is none of it.
other_code() {
	cp -r "$image" copy
	changed source
	runs copy
}

# plain COPY: the image without what is kept
plain() {
	cp -r "$image" "$1"
	rm "$1"/*.xlate
	sed -i /kept/d "$1/image.yaml"
}

without() {
	plain copy
	runs copy
	"$bh" translate copy >out 2>err || fail "translate: $(head -n 1 err)"
	[ "$(grep -c 'copy/.*\.xlate$' out)" -eq 2 ] || fail "it says: $(cat out)"
	cmp copy/image.yaml "$image/image.yaml" || fail 'another image.yaml'
	cmp copy/riscv64.xlate "$image/riscv64.xlate" ||
		fail 'it is not reproducible'
}

# refused IMAGE REGEX: in one line
refused() {
	start "$1"
	status_is 125
	[ "$(wc -l <err)" -eq 1 ] || fail "not one line: $(head -n 3 err)"
	says err "^bh: .*$2"
}

not_as_made() {
	cp -r "$image" copy
	change copy/riscv64.xlate code
	refused copy 'riscv64.xlate is not what its image.yaml says'
	rm copy/riscv64.xlate
	refused copy 'riscv64.xlate'
	"$bh" inspect copy >out || true
	says out 'would not run it: .*riscv64.xlate'
}

damaged() {
	cp -r "$image" copy
	changed magic
	refused copy 'xlate holds no kept translations'
}

other_build() {
	cp -r "$image" copy
	changed build
	runs copy
	[ "$(wc -l <err)" -eq 1 ] || fail "not one line: $(head -n 3 err)"
	says err '^bh: note: .*kept in copy are not used: made by another build'
	"$bh" inspect copy >out || fail 'inspect'
	says out 'not used here: made by another build'
}

inspected() {
	"$bh" inspect "$image" >out || fail 'inspect'
	[ "$(grep -cE 'translated (9[5-9]|100)\.[0-9] % of [0-9]+ KiB' out)" \
		-eq 2 ] || fail "it says: $(cat out)"
	awk -F '[(x]' '/translated/ && $(NF - 1) > 4.8 { bad = 1 }
		END { exit bad }' out || fail "too large: $(cat out)"
}

# complains REGEX ARGUMENT...: about wrong usage
complains() {
	local regex=$1

	shift
	status=0
	"$bh" translate "$@" >out 2>err </dev/null || status=$?
	status_is 125
	[ "$(wc -l <err)" -eq 1 ] || fail "not one line: $(head -n 3 err)"
	says err "$regex"
}

usage() {
	mkdir empty
	complains 'say which image'
	complains 'say which image' a b
	complains 'no such option: --fast' --fast
	complains 'image.yaml: No such file' empty
	"$bh" translate --help >out || fail 'no help'
	says out '^usage: bh translate IMAGE$'
	cp -r "$image" copy
	sed -i 's/riscv64.erofs/gone/' copy/image.yaml
	complains 'gone: No such file' copy
	[ -z "$(find copy -name '.*new')" ] || fail 'something is left behind'
}

# Programs with libraries: whatever ld.so maps is found by what it is.
dynamic() {
	[ -e "$build/images/busybox/image.yaml" ] ||
		leave_out 'no image of Debian packages (no mirror?)'
	cp -r "$build/images/busybox" copy
	"$bh" translate copy >out 2>err || fail "translate: $(head -n 1 err)"
	start copy -- /usr/bin/busybox sh -c 'echo $((6 * 7)); exit 3'
	status_is 3
	out_is 42
	changed code
	start copy -- /usr/bin/busybox sh -c 'echo $((6 * 7)); exit 3'
	[ "$status" -ge 120 ] || fail 'kept code is not run'
	rm -rf copy
}

# Code that the program maps anew, at the same address.
remap() {
	local isa options=()

	for isa in riscv64 aarch64; do
		"$isa-linux-gnu-gcc" -O1 -static -o "$isa" \
			"$test_folder/e2e/remap_program.c" ||
			fail 'it does not compile'
		options+=(--static "$isa=$isa")
	done
	"$bh" image build --translate "${options[@]}" -o remap.image >log 2>&1 ||
		fail "image: $(tail -n 1 log)"
	start remap.image
	status_is 0
	is_empty err
	same "$test_folder/e2e/remap_program.out" out
	mv remap.image copy
	changed code
	start copy
	[ "$status" -ne 0 ] || fail 'kept code is not run'
}

# A bh with everything that it needs but kept translations, and an image without.
own_tree() {
	plain plain
	mkdir -p tree/libexec/linux
	cp "$bh" tree/bh
	ln -s "$build"/libexec/bh-* tree/libexec
	ln -s "$build"/libexec/linux/*.elf tree/libexec/linux
	bh=$PWD/tree/bh
}

# own WHAT: the personality's own translations, changed
own() {
	local file

	for file in "$build"/libexec/linux/*.xlate; do
		cp "$file" tree/libexec/linux/
		change "tree/libexec/linux/${file##*/}" "$1"
	done
}

own_used() {
	own_tree
	own code
	start plain
	[ "$status" -ne 0 ] || fail 'the personality does not run kept code'
	says_not out hello
	own source
	runs plain
	is_empty err
	# An image's own come first.
	own code
	runs "$image"
	is_empty err
}

own_unfit() {
	own_tree
	runs plain
	is_empty err
	own build
	runs plain
	is_empty err
	own magic
	refused plain 'linux/.*xlate holds no kept translations'
}

try image build_image
[ -e "$image/image.yaml" ] || all_done
go static static
go used used
go other-code other_code
go without without
go not-as-made not_as_made
go damaged damaged
go other-build other_build
go inspect inspected
go usage usage
go dynamic dynamic
go remap remap
go own-used own_used
go own-unfit own_unfit
all_done
