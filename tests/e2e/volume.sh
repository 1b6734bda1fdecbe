#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 300
#
# Volumes: a folder of the host as a guest in lockstep sees it.  A guest made
# with the SDK speaks the protocol itself, so what is tried here does not depend
# on what a kernel would let through.
. "$(dirname "$0")/lib.sh"

guest=$guests/volume
rounds=${BH_KILL_ROUNDS:-5}

# Every operation, by three instruction sets at once, has one effect.
all() {
	mkdir v
	start --volume "$PWD/v:/data" "$guest" -- all
	status_is 0
	cat >wanted <<-'END'
		read-only 0
		wrote 13, size 13
		append elsewhere: -11
		read world
		more
		size 18, mode 100644, links 1
		closed: -9
		leads to ../elsewhere
		mode 100600, links 2, modified 2000000000
		entry file type 8
		entry folder type 4
		entry large type 8
		entry name type 8
		entry symlink type 10
		not empty: -39
	END
	same wanted out
	[ "$(ls v)" = "$(printf 'file\nlarge\nother')" ] ||
		fail "the folder holds: $(ls v)"
	printf 'Hello, world\nmore\n' | cmp - v/file || fail "wrong contents"
	[ "$(stat -c '%i %h' v/file)" = "$(stat -c '%i %h' v/other)" ] ||
		fail "file and other are not one"
	[ "$(stat -c '%a %Y' v/file)" = "600 2" ] || fail "wrong attributes"
	[ "$(stat -c %s v/large)" -eq 131073 ] || fail "wrong size"
}

owner_is() {
	[ "$(stat -c %u:%g "$1")" = "$2" ] ||
		fail "$1 belongs to $(stat -c %u:%g "$1"), not $2"
}

# Files belong to the owner of the folder, also if root starts it.
owner() {
	mkdir v
	start --volume v:/data "$guest" -- all
	status_is 0
	owner_is v/file "$(id -u):$(id -g)"
	[ "$(id -u)" -eq 0 ] || return 0
	mkdir w
	chown 12345:23456 w
	start --volume w:/data "$guest" -- all
	status_is 0
	owner_is w/file 12345:23456
	# The owner may do what it may do, and no more.
	mkdir x
	echo secret >x/here
	chown 12345 x
	chmod 600 x/here
	start --volume x:/data:ro "$guest" -- read-only
	status_is 1
	says_not out secret
}

# A user without rights gets volumes too.
user() {
	[ "$(id -u)" -eq 0 ] || leave_out "only root can become another user"
	need setpriv
	place=$(mktemp -d)
	chmod 755 "$place"
	mkdir "$place/v"
	chown 12345:12345 "$place/v"
	setpriv --reuid=12345 --regid=12345 --clear-groups true 2>err ||
		leave_out "cannot become another user"
	cp -r "$guest" "$place/guest"
	cp -r "$build/libexec" "$build/bh" "$place"
	status=0
	setpriv --reuid=12345 --regid=12345 --clear-groups \
		"$place/bh" run --volume "$place/v:/data" "$place/guest" \
		-- all >out 2>err </dev/null || status=$?
	found=$(stat -c %u:%g "$place/v/file")
	rm -rf "$place"
	status_is 0
	[ "$found" = 12345:12345 ] || fail "the file belongs to $found"
}

read_only() {
	mkdir v
	echo hello >v/here
	ls -l --time-style=full-iso v >before
	start --volume v:/data:ro "$guest" -- read-only
	status_is 0
	cat >wanted <<-'END'
		read-only 1
		entry here type 8
		read hello
		open -30
		create -30
		write -30
		unlink -30
		rename -30
		mkdir -30
		chmod -30
		utimes -30
		truncate -30
	END
	same wanted out
	ls -l --time-style=full-iso v >after
	same before after
}

hostile() {
	mkdir -p h/v
	echo secret >h/secret
	stat -c '%a %h %s %Y %Z' h/secret >before
	start --volume h/v:/data "$guest" -- hostile
	status_is 0
	out_is "stayed inside"
	stat -c '%a %h %s %Y %Z' h/secret >after
	same before after
	[ "$(ls h)" = "$(printf 'secret\nv')" ] || fail "outside: $(ls h)"
	[ -z "$(find h -perm /6000)" ] || fail "a set-user-id file"
}

device_of() {
	local pid title pids

	read -ra pids <"/proc/$1/task/$1/children"
	for pid in "${pids[@]}"; do
		IFS= read -r -d '' title <"/proc/$pid/cmdline"
		[[ $title != bh-device-volume* ]] || echo "$pid"
	done
} 2>/dev/null

# The device is killed again and again: the guest is told, or it is as if
# nothing had happened.
killed() { # WHAT COUNT
	local launcher round pid kills=0

	mkdir v
	"$bh" run --volume v:/data "$guest" -- "$1" "$2" >out 2>err \
		</dev/null &
	launcher=$!
	for ((round = 0; round < rounds * 8; round++)); do
		sleep "0.0$((RANDOM % 10))"
		kill -0 "$launcher" 2>/dev/null || break
		pid=$(device_of "$launcher")
		[ -z "$pid" ] || { kill -9 "$pid" && kills=$((kills + 1)); }
	done 2>/dev/null
	status=0
	wait "$launcher" || status=$?
	[ "$kills" -gt 1 ] || fail "it was over after $kills kills"
	# 3: it was told of a failure.
	[ "$status" -eq 0 ] || [ "$status" -eq 3 ] ||
		fail "exit status $status: $(cat out) $(head -n 2 err)"
}

killed_load() {
	killed load 1500
	out_is "no wrong byte"
	[ "$(stat -c %s v/load)" -eq 131072 ] || fail "wrong size"
	says err "device volume-0 was killed by signal 9"
}

killed_append() {
	killed append 20000
	out_is appended
	seq 0 19999 | cmp - v/log || fail "lines are lost or doubled"
}

two_volumes() {
	mkdir a b
	start --volume a:/a --volume b:/b:ro "$guest" -- all
	status_is 0
	[ -e a/file ] && [ -z "$(ls b)" ] || fail "in the wrong folder"
}

manifest() {
	mkdir -p m/v
	cat >m/cell.yaml <<-END
		name: volume
		set: $guest
		arguments: [all]
		volumes: ["v:/data"]
	END
	start m/cell.yaml
	status_is 0
	[ -e m/v/file ] || fail "a folder is relative to the manifest"
	sed -i 's/v:/nowhere:/' m/cell.yaml
	start m/cell.yaml
	status_is 125
	one_line err
	says err "volume m/nowhere: no such folder"
	sed -i 's/"nowhere.*"/"v"/' m/cell.yaml
	start m/cell.yaml
	status_is 125
	one_line err
	says err "^bh: m/cell.yaml:4: volumes: "
}

# refuses WHAT ARG...
refuses() {
	local what=$1

	shift
	start "$@" "$guest" -- all
	status_is 125
	one_line err
	says err "$what"
	is_empty out
}

usage() {
	mkdir v
	echo >file
	ln -s nowhere dangling
	refuses "volume nowhere: no such folder" --volume nowhere:/data
	refuses "volume dangling: no such folder" --volume dangling:/data
	refuses "volume file: not a folder" --volume file:/data
	refuses "not an absolute path" --volume v:data
	refuses "not an absolute path" --volume v:/data/../etc
	refuses "cannot be the guest's root" --volume v:/
	refuses "two volumes at the guest's folder /data" \
		--volume v:/data --volume v://data/
	refuses "is not HOSTFOLDER:GUESTFOLDER" --volume v
	refuses "is not HOSTFOLDER:GUESTFOLDER" --volume :/data
	refuses "is not HOSTFOLDER:GUESTFOLDER" --volume v:ro
	refuses "not an absolute path" --volume v:
	refuses "at most 8 volumes" --volume v:/1 --volume v:/2 --volume v:/3 \
		--volume v:/4 --volume v:/5 --volume v:/6 --volume v:/7 \
		--volume v:/8 --volume v:/9
}

# inside PROGRAM ARG...: busybox in three variants, the folder v at /data.
inside() {
	start --volume "$here/v:/data" "$build/images/busybox" -- \
		/bin/busybox "$@"
	status_is 0
}

# What programs do, and then the host sees.
linux() {
	have_image busybox
	mkdir v x
	inside sh -c 'cd /data; echo hello >a; echo more >>a; read x <a; echo $x'
	out_is hello
	printf 'hello\nmore\n' | cmp - v/a || fail "appending"
	head -c 300001 /dev/urandom >v/r
	inside cp /data/r /data/copy
	same v/r v/copy
	inside dd if=/data/r of=/data/z bs=1000 conv=fsync
	same v/r v/z
	inside mkdir -p /data/d/e
	inside mv /data/copy /data/d/e/r
	inside ln -s ../a /data/d/s
	inside ln /data/a /data/l
	inside ls /data
	printf 'a\nd\nl\nr\nz\n' | cmp -s - out || fail "ls: $(cat out)"
	inside cat /data/d/s
	same v/a out
	inside tar -C /data -cf /data/t.tar d z
	tar -C x -xf v/t.tar || fail "tar"
	diff -r --no-dereference v/d x/d || fail "tar holds something else"
	inside touch -d '2001-01-01 00:00:00' /data/a
	inside chmod 600 /data/a
	[ "$(stat -c '%a %Y %h' v/l)" = "600 978307200 2" ] ||
		fail "attributes: $(stat -c '%a %Y %h' v/l)"
	inside truncate -s 10 /data/z
	[ "$(stat -c %s v/z)" -eq 10 ] || fail "truncate"
	inside rm -r /data/d
	[ ! -e v/d ] || fail "rm -r"
}

# A link on a volume leads where it leads inside, never out of the folder.
linux_links() {
	have_image busybox
	mkdir v
	echo secret >secret
	ln -s "$here/secret" v/absolute
	ln -s ../secret v/relative
	for link in absolute relative; do
		start --volume "$here/v:/data" "$build/images/busybox" -- \
			/bin/busybox cat "/data/$link"
		status_is 1
		says_not out '^secret'
	done
}

linux_read_only() {
	have_image busybox
	mkdir v
	echo hello >v/a
	start --volume "$here/v:/data:ro" "$build/images/busybox" -- \
		/bin/busybox cp /data/a /data/b
	status_is 1
	[ ! -e v/b ] || fail "it was written"
}

# fsync(2) in the guest is the host's: it returns when that has, which is made to
# take a second here.
linux_fsync() {
	local launcher tracer before after i

	need strace mkfifo
	have_image busybox
	mkdir v
	mkfifo input
	"$bh" run --isa x86_64 --volume "$here/v:/data" "$build/images/busybox" \
		-- /bin/busybox dd of=/data/x bs=4 count=1 conv=fsync \
		<input >out 2>err &
	launcher=$!
	exec 5>input
	for ((i = 0; i < 100; i++)); do
		[ ! -e v/x ] || break
		sleep 0.1
	done
	strace -p "$(device_of "$launcher")" -o calls -e trace=pwrite64,fsync \
		-e inject=fsync:delay_exit=1000000 2>strace.err &
	tracer=$!
	for ((i = 0; i < 100; i++)); do
		! grep -q attached strace.err || break
		kill -0 $tracer 2>/dev/null || leave_out "strace cannot attach"
		sleep 0.1
	done
	before=$(date +%s%N)
	echo abc >&5
	exec 5>&-
	status=0
	wait "$launcher" || status=$?
	after=$(date +%s%N)
	status_is 0
	printf 'abc\n' | cmp - v/x || fail "wrong contents"
	[ "$(sed -n 's/^\([a-z0-9]*\)(.*= [0-9].*/\1/p' calls | xargs)" = \
		'pwrite64 fsync' ] || fail "the device calls: $(cat calls)"
	[ $((after - before)) -ge 1000000000 ] || fail "fsync was not waited for"
}

go all all
go linux linux
go linux-links linux_links
go linux-fsync linux_fsync
go linux-read-only linux_read_only
go owner owner
go user user
go read-only read_only
go hostile hostile
go killed-load killed_load
go killed-append killed_append
go two-volumes two_volumes
go manifest manifest
go usage usage
all_done
