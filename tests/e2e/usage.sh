#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 120
#
# What is said wrongly: one line that names it, status 125, nothing started.
. "$(dirname "$0")/lib.sh"

hello=$examples/hello

# refused REGEX ARG...: bh ARG... must be refused with one such line.
refused() {
	local regex=$1

	shift
	status=0
	timeout 20 "$bh" "$@" >out 2>err </dev/null || status=$?
	status_is 125
	is_empty out
	one_line err
	says err "^bh: .*$regex"
	[ "$(wc -c <err)" -lt 600 ] || fail "a long line: $(wc -c <err) bytes"
}

# ------------------------------------------------------------------- options

commands() {
	refused 'jump' jump
	refused 'run' run
	refused '' inspect
	refused '' trace
	refused 'nothing' version nothing
	refused 'nothing' doctor nothing
	refused 'trace: no such option: --nothing' trace --nothing x
	refused 'trace: --exchange needs a value' trace --exchange
	refused 'inspect: no such option: --nothing' inspect --nothing x
	refused 'inspect: name an image' inspect --
	refused 'report: name one report' report
	refused 'report: no such option: -x' report -x y
	refused 'report: -o needs a value' report -o
	status=0
	"$bh" >out 2>err || status=$?
	status_is 125
}

options() {
	refused "no such option: --nothing" run --nothing "$hello"
	refused "no such option: -x" run -x "$hello"
	refused "needs a value" run "$hello" --seed
	refused "no such ISA: mips" run --isa mips "$hello"
	refused "no such ISA" run --isa '' "$hello"
	refused "no such core: fast" run --isa x86_64:fast "$hello"
	refused "no such core" run --isa x86_64: "$hello"
	refused "no such core: fast" run --core fast "$hello"
	refused "the native core cannot run aarch64" \
		run --isa aarch64:native "$hello"
	refused "the kvm core cannot run riscv64" run --isa riscv64:kvm "$hello"
	refused "no such response: maybe" run --response maybe "$hello"
	refused "--deadline: '0'" run --deadline 0 "$hello"
	refused "--deadline: '-1'" run --deadline=-1 "$hello"
	refused "--deadline: '1s'" run --deadline 1s "$hello"
	refused "--deadline: '99999999999999999999'" \
		run --deadline 99999999999999999999 "$hello"
	refused "--mem: 'lots'" run --mem lots "$hello"
	refused "--mem: 0" run --mem 0 "$hello"
	refused "--mem: '-5M'" run --mem=-5M "$hello"
	refused "--mem: '1T'" run --mem 1T "$hello"
	refused "--mem: 1000G" run --mem 1000G "$hello"
	refused "--mem: '16MB'" run --mem 16MB "$hello"
	refused "--stack: 8G" run --stack 8G "$hello"
	refused "--seed: 'x'" run --seed x "$hello"
	refused "--seed: ''" run --seed '' "$hello"
	refused "--env: 'NAME'" run --env NAME "$hello"
	refused "--env: '=x'" run --env =x "$hello"
	refused "diversify is for images of Linux" run --diversify "$hello"
	refused "no such kind: 'x'" run --diversify=heap,x "$hello"
	refused "no such kind: ''" run --diversify= "$hello"
	refused "two targets" run "$hello" "$hello"
	refused "at most 8 variants" run --isa x86_64 --isa x86_64 --isa x86_64 \
		--isa x86_64 --isa x86_64 --isa x86_64 --isa x86_64 \
		--isa x86_64 --isa x86_64 "$hello"
	refused "not ISA\[:CORE\]=FILE" run --variant x86_64
	refused "not ISA\[:CORE\]=FILE" run --variant x86_64=
	refused "both --variant and a target" run \
		--variant "x86_64=$hello/x86_64.elf" "$hello"
	refused "nothing to run" run --seed 1
	refused "longer than" run "$hello" -- "$(head -c 100000 /dev/zero |
		tr '\0' x)"
}

targets() {
	mkdir -p empty
	refused "nowhere" run nowhere
	refused "empty holds no image" run empty
	refused "nowhere.elf" run --variant x86_64=nowhere.elf
	refused "is an image for x86_64, but aarch64" run \
		--variant "aarch64=$hello/x86_64.elf"
	mkdir -p swapped
	cp "$hello/riscv64.elf" swapped/x86_64.elf
	refused "riscv64" run swapped
	mkdir -p some
	cp "$hello/x86_64.elf" some/
	refused "aarch64" run --isa aarch64 some
	refused "/dev/null" run /dev/null
	: >nothing
	refused "nothing" run nothing
	refused "empty" run --variant x86_64=empty
	head -c 300 /dev/urandom >noise
	refused "noise" run noise
	mkfifo pipe
	refused "pipe" run pipe
}

outputs() {
	refused "--report nowhere/report" run --report nowhere/report "$hello"
	refused "--trace nowhere/trace" run --trace nowhere/trace "$hello"
	mkdir -p folder
	refused "--report folder" run --report folder "$hello"
	status=0
	"$bh" run --trace /dev/full "$examples/counter" >out 2>err || status=$?
	[ "$(grep -c 'the trace is incomplete' err)" -eq 1 ] ||
		fail "a full disk is not mentioned: $(cat err)"
	status_is 0
	start --json --trace /dev/full "$examples/counter"
	events trace_lost
	event trace_lost '.file == "/dev/full" and (.error | length > 0)'
	start --report /dev/full "$hello"
	says err '/dev/full'
	status_is 125
}

# -------------------------------------------------------------------- images

# patch FROM TO OFFSET HEX
patch_image() {
	cp "$1" "$2"
	printf '%b' "$(printf '%s' "$4" | sed 's/../\\x&/g')" |
		dd of="$2" bs=1 seek="$3" conv=notrunc status=none
}

malformed() {
	local image=$hello/x86_64.elf name size

	patch_image "$image" class.elf 4 01
	patch_image "$image" endian.elf 5 02
	patch_image "$image" version.elf 6 07
	patch_image "$image" kind.elf 16 0100
	patch_image "$image" core.elf 16 0400
	patch_image "$image" machine.elf 18 0800
	patch_image "$image" entry.elf 24 ffffffffffffffff
	patch_image "$image" entry-null.elf 24 0000000000000000
	patch_image "$image" headers.elf 32 ffffffffffffff7f
	patch_image "$image" header-size.elf 54 0100
	patch_image "$image" header-count.elf 56 ffff
	patch_image "$image" no-headers.elf 56 0000
	# The first LOAD segment (found by its type): offset, address, sizes.
	at=$(python3 - "$image" <<-'END'
		import struct, sys
		data = open(sys.argv[1], "rb").read()
		offset, = struct.unpack_from("<Q", data, 32)
		count, = struct.unpack_from("<H", data, 56)
		for i in range(count):
		    if struct.unpack_from("<I", data, offset + 56 * i)[0] == 1:
		        print(offset + 56 * i)
		        break
	END
	)
	patch_image "$image" segment-flags.elf $((at + 4)) 07000000
	patch_image "$image" segment-offset.elf $((at + 8)) ffffffffffff0000
	patch_image "$image" segment-address.elf $((at + 16)) 00f0ffffffffffff
	patch_image "$image" segment-file-size.elf $((at + 32)) ffffffffff000000
	patch_image "$image" segment-size.elf $((at + 40)) 0000000000ffff00
	patch_image "$image" segment-small.elf $((at + 40)) 0100000000000000
	for size in 1 4 16 63 64 100 200 1000; do
		head -c $size "$image" >cut-$size.elf
	done
	for name in *.elf; do
		size=${name#cut-}
		# Less than a magic number is taken for a manifest.
		refused '' run --variant "x86_64=$name"
		status=0
		"$bh" inspect "$name" >inspected 2>inspect-err || status=$?
		[ "$status" -eq 1 ] || [ "$status" -eq 125 ] ||
			fail "bh inspect $name: status $status"
	done
}

# Random damage: refused, or it runs as it likes; bh itself never fails.
damaged() {
	local i

	python3 - "$hello/x86_64.elf" <<-'END'
		import random, sys
		random.seed(4)
		good = open(sys.argv[1], "rb").read()
		for i in range(60):
		    data = bytearray(good)
		    for _ in range(random.choice([1, 3, 20])):
		        at = random.randrange(random.choice([64, 700, len(data)]))
		        data[at] = random.randrange(256)
		    open(f"damaged-{i}.elf", "wb").write(data)
	END
	for ((i = 0; i < 60; i++)); do
		status=0
		timeout 10 "$bh" run --deadline 1000 --mem 4M \
			--variant "x86_64=damaged-$i.elf" >out 2>err \
			</dev/null || status=$?
		case $status in
		125) one_line err ;;
		124) [ -s err ] || : "the guest loops and says nothing" ;;
		121) says err '^bh: FAULT' ;;
		*) [ "$status" -le 119 ] || fail "damaged-$i.elf: status $status" ;;
		esac
		"$bh" inspect "damaged-$i.elf" >inspected 2>&1
		[ $? -le 125 ] || fail "bh inspect damaged-$i.elf died"
	done
}

# ----------------------------------------------------------------- manifests

# bad_manifest LINE KEY-OR-WORD: the manifest on standard input is refused
# with that place.
bad_manifest() {
	cat >bad.yaml
	refused "^?bad.yaml:$1: .*$2" run bad.yaml 2>/dev/null
}

manifests() {
	bad_manifest 2 'colour' <<-END
		set: $hello
		colour: blue
	END
	bad_manifest 2 'memory' <<-END
		set: $hello
		memory: lots
	END
	bad_manifest 3 'deadline' <<-END
		set: $hello
		memory: 1M
		deadline: -3
	END
	bad_manifest 2 'isas' <<-END
		set: $hello
		isas: [mips]
	END
	bad_manifest 2 'response' <<-END
		set: $hello
		response: shout
	END
	bad_manifest 2 'environment' <<-END
		set: $hello
		environment: [NOTHING]
	END
	bad_manifest 4 'restart' <<-END
		domains:
		  - name: a
		    set: $hello
		    restart: perhaps
	END
	bad_manifest 4 'name' <<-END
		domains:
		  - name: a
		    set: $hello
		  - name: a
		    set: $hello
	END
	bad_manifest 5 'server' <<-END
		domains:
		  - name: a
		    set: $hello
		channels:
		  - {name: c, client: a, server: nobody}
	END
	bad_manifest 5 'server' <<-END
		domains:
		  - name: a
		    set: $hello
		channels:
		  - {name: c, client: a}
	END
	bad_manifest '[0-9]+' '' <<-END
		set: [
	END
	bad_manifest '[0-9]+' '' <<-END
		just words
	END
	bad_manifest '[0-9]+' 'domains' <<-END
		memory: 1M
	END
	printf 'set: nowhere\n' >bad.yaml
	refused 'nowhere' run bad.yaml
	printf 'domains:\n  - {name: a, set: %s, service: true}\n' "$hello" \
		>bad.yaml
	refused 'every domain is a service' run bad.yaml
	printf 'set: %s\n' "$hello" >good.yaml
	refused '--mem cannot be combined' run --mem 1M good.yaml
	refused '--isa cannot be combined' run --isa x86_64 good.yaml
	head -c 3000000 /dev/zero | tr '\0' '#' >bad.yaml
	refused 'bad.yaml' run bad.yaml
}

# -------------------------------------------------------------------- the host

helpers_missing() {
	local name

	for name in bh-exo bh-core-native bh-core-xlate; do
		rm -rf tree
		mkdir -p tree
		cp "$bh" tree/
		cp -r "$build/libexec" tree/
		rm "tree/libexec/$name"
		status=0
		tree/bh run "$hello" >out 2>err </dev/null || status=$?
		status_is 125
		one_line err
		says err "^bh: .*$name"
	done
	# The verdict stands even if nobody can draw it.
	cp -r "$build/libexec" tree/
	rm tree/libexec/bh-report
	status=0
	tree/bh run "$guests/disagree" -- byte aarch64 >out 2>err || status=$?
	status_is 120
	says err 'bh-report'
	nothing_leaked out
}

no_kvm() {
	[ "$(id -u)" -eq 0 ] || leave_out "not root"
	unshare -m true 2>/dev/null || leave_out "no mounts of one's own"
	[ -e /dev/kvm ] || : >/dev/null
	status=0
	unshare -m sh -c 'mount -t tmpfs tmpfs /dev &&
		mknod /dev/null c 1 3 && exec "$@"' sh \
		"$bh" run --isa x86_64:kvm "$hello" >out 2>err || status=$?
	status_is 125
	one_line err
	says err '^bh: .*kvm core needs /dev/kvm'
}

# ---------------------------------------------------------- the other commands

traces() {
	start --trace good.bin "$examples/counter" -- 20
	refused 'nowhere' trace nowhere
	: >empty.bin
	refused 'empty.bin' trace empty.bin
	refused '' trace "$hello/x86_64.elf"
	refused "exchange" trace --exchange x good.bin
	refused "payload" trace --payload some good.bin
	refused 'nobody' trace --domain nobody good.bin
	# Cut anywhere: what is there is printed, and the end is not hidden.
	for size in 20 60 100 500 1000; do
		head -c $size good.bin >cut.bin
		status=0
		timeout 10 "$bh" trace cut.bin >out 2>err || status=$?
		[ "$status" -ne 0 ] || [ ! -s err ] || fail "cut at $size: words"
		[ "$status" -le 125 ] || fail "cut at $size: died of it"
	done
	"$bh" trace good.bin >out || fail "a good trace: status $?"
}

inspects() {
	local isa

	for isa in $isas; do
		"$bh" inspect "$hello/$isa.elf" >out 2>err || fail "$isa"
		says out "ISA +$isa"
		says out 'bh +would load it'
	done
	"$bh" inspect "$hello" >out 2>err || fail "a set"
	[ "$(grep -c '^ *ISA' out)" -eq 3 ] || fail "a set has three images"
	"$bh" inspect "$examples/store/cell.yaml" >out 2>err || fail "a cell"
	says out 'store'
	refused 'nowhere' inspect nowhere
	"$bh" inspect /bin/true >out 2>err && fail "/bin/true would not load"
	is_empty err
	says out 'would not load'
}

# Too few open files are an error; a low soft limit is none.
few_files() {
	(ulimit -Sn 64 && "$bh" run "$examples/hello" >out) || fail "status $?"
	out_is 'Hello, world!'
	ulimit -n 1000
	refused 'this host allows 1000 open files, bh needs 1024' \
		run "$examples/hello"
	"$bh" doctor >out
	says out '^weaker +open files'
}

doctor() {
	"$bh" doctor >out 2>err || fail "status $?"
	says out 'Landlock'
	says out 'bh-exo'
	says out '^ok +bh-core-interpret'
	says out 'KVM'
	! { : <>/dev/kvm; } 2>/dev/null ||
		says out 'KVM +(PVM|VT-x|SVM).* Linux programs run$'
	"$bh" doctor --json >json.out || fail "status $?"
	jq -e . json.out >/dev/null || fail "no JSON"
	"$bh" version >out || fail "version"
	says out '^bh [0-9]+\.[0-9]+\.[0-9]+$'
}

helps() {
	local command

	"$bh" --help >out 2>err || fail "--help"
	says out '^usage: bh '
	for command in run image inspect trace report doctor version; do
		"$bh" $command --help >out 2>err || fail "$command --help"
		says out "^usage: bh $command"
		is_empty err
		! awk 'length > 80' out | grep . || fail "$command: long lines"
	done
	# Every option of bh run is in its help and in its manual page.
	for command in variant isa core response deadline mem stack env seed \
		report trace json workdir user hostname log; do
		"$bh" run --help | grep -q -- "--$command" ||
			fail "--$command is not in the help"
		grep -q -- "Fl -$command" "$top/docs/man/bh-run.1" ||
			fail "--$command is not in bh-run.1"
	done
}

manuals() {
	need mandoc
	mandoc -T lint -W warning "$top"/docs/man/*.[0-9] >lint 2>&1 ||
		fail "$(head -n 3 lint)"
}

completion() {
	bash -n "$top/share/completion/bh.bash" || fail "syntax"
	bash --norc -c '
		for f in /usr/share/bash-completion/bash_completion; do
			[ ! -f $f ] || . $f
		done
		. "$1" || exit 1
		complete -p bh' bash "$top/share/completion/bh.bash" >out ||
		fail "it does not load"
	says out '^complete .*bh$'
}

go commands commands
go options options
go targets targets
go outputs outputs
go malformed malformed
go damaged damaged
go manifests manifests
go helpers-missing helpers_missing
go no-kvm no_kvm
go traces traces
go inspects inspects
go doctor doctor
go few-files few_files
go helps helps
go manuals manuals
go completion completion
all_done
