#!/bin/sh
# SPDX-License-Identifier: ISC
# limit: 240
#
# The emulating cores, with guests of three instruction sets built from
# tests/images/emulated/: faults with exact pc and address, upcalls, state,
# interruption, and the same results as every other core here.
set -u
. "$(dirname "$0")/lib.sh"

drive=$build/tests/roles/drive_core
source=$top/tests/images/emulated
isas="x86_64 aarch64 riscv64"

if ! has clang ld.lld; then
	skip emulating-cores "no clang or ld.lld to build guests with"
	finish
fi

flags_of() {
	case $1 in
	x86_64) echo "-march=x86-64 -mno-red-zone" ;;
	aarch64) echo "-march=armv8-a" ;;
	riscv64) echo "-march=rv64gc -mabi=lp64d -mcmodel=medany -mno-relax" ;;
	esac
}

# build_image ISA
build_image() {
	flags="--target=$1-unknown-none-elf -std=gnu17 -O2 -ffreestanding
		-nostdlibinc -fPIE -fno-stack-protector -ffp-contract=off
		-fno-math-errno -Wall -Wextra -Werror -I$top $(flags_of "$1")"
	general=
	[ "$1" = riscv64 ] || general=-mgeneral-regs-only
	# shellcheck disable=SC2086
	clang $flags $general -c "$source/main.c" -o "$work/main-$1.o" &&
		clang $flags -c "$source/compute.c" -o "$work/compute-$1.o" &&
		clang $flags -c "$source/probe_$1.S" -o "$work/probe-$1.o" &&
		ld.lld -static -pie --no-dynamic-linker -z text -z defs \
			-z noexecstack -z separate-code \
			-z max-page-size=4096 -z common-page-size=4096 \
			-e probe_start -o "$work/$1.elf" "$work/main-$1.o" \
			"$work/compute-$1.o" "$work/probe-$1.o"
}

# run ISA CASE DRIVE-OPTION... -- ARG...: leaves $status and $said.
run() {
	run_isa=$1
	run_name=$2
	shift 2
	options=
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	# shellcheck disable=SC2086
	said=$("$drive" $options -i "$run_isa" "$core" "$work/$run_isa.elf" \
		"$@" 2>&1)
	status=$?
	echo "$said" >"$work/$run_name-$run_isa$on.out"
}

# says ISA CASE LINE...: the last run succeeded and said these lines.
says() {
	says_case=$2-$1$on
	shift 2
	if [ "$status" -ne 0 ]; then
		not_ok "$says_case" "status $status, $(echo "$said" | tail -n 1)"
		return
	fi
	for line; do
		if ! echo "$said" | grep -qxF "$line"; then
			not_ok "$says_case" "did not say '$line'"
			return
		fi
	done
	ok "$says_case"
}

number_of() {
	case $1 in
	read) echo 1 ;;
	write) echo 2 ;;
	execute) echo 3 ;;
	instruction) echo 4 ;;
	trap) echo 5 ;;
	arithmetic) echo 6 ;;
	esac
}

# The words of a hexadecimal number without 0x and leading zeroes.
plain() {
	printf '%s\n' "$1" | sed 's/^0x//; s/^0*\(.\)/\1/'
}

# fault ISA CASE: the guest says itself what is to be expected.
fault() {
	run "$1" "$2" -v -d 20000 -- "$2"
	# expect CLASS pc PC address ADDRESS
	# shellcheck disable=SC2046
	set -- "$1" "$2" $(echo "$said" | sed -n 's/^expect //p')
	wanted="fault $(number_of "$3") address $(plain "$7") pc $(plain "$5")"
	found=$(echo "$said" | sed -n 's/^\(fault .*\) (image.*/\1/p')
	if [ "$status" -ne 121 ]; then
		not_ok "$2-$1$on" "status $status, $(echo "$said" | tail -n 1)"
	elif [ "$found" != "$wanted" ]; then
		not_ok "$2-$1$on" "$found; expected $wanted"
	else
		ok "$2-$1$on"
	fi
}

# ends ISA CASE FAULT PC: fault FAULT at PC, a number in hex or empty for any.
ends() {
	found=$(echo "$said" | sed -n 's/^fault \([0-9]*\) .* pc \([0-9a-f]*\) .*/\1 \2/p')
	if [ "$status" -ne 121 ] || [ "${found% *}" != "$3" ]; then
		not_ok "$2-$1$on" "status $status, fault '$found', expected $3"
	elif [ -n "$4" ] && [ "${found#* }" != "$4" ]; then
		not_ok "$2-$1$on" "pc ${found#* }, expected $4"
	else
		ok "$2-$1$on"
	fi
}

true_word=0x0000000000000001
einval=0xffffffffffffffea

# test_core ISA KIND SUFFIX: of the cases' names
test_core() {
	isa=$1
	core=$build/libexec/bh-core-$2
	on=$3
	# Long enough to be interrupted.
	case $2 in
	unicorn | interpret) depth=33 fibonacci=0x000000000035c7e2 ;;
	xlate) depth=40 fibonacci=0x0000000006197ecb ;;
	esac
	run "$isa" hello -- hello
	says "$isa" hello "hello 0x0000000000000002"
	run "$isa" exchange -t -- exchange 100000
	says "$isa" exchange "exchanges 0x00000000000186a0"
	echo "$said" | grep 'ns each'

	run "$isa" state -- state
	says "$isa" state "float state 0x0000000000000000" \
		"set thread pointer 0x0000000000000000" \
		"thread pointer 0x0000000000007777" \
		"float register 0x0000000000abcdef" \
		"atomic 0x000000000000777a" "pause 0x0000000000000007"

	for case in read-null read-guard read-high write-null write-code \
		write-boot write-completion write-entry execute-null \
		execute-last execute-data execute-stack undefined trap \
		privileged clock; do
		fault "$isa" "$case"
	done
	case $isa in
	x86_64) fault "$isa" divide ;;
	aarch64)
		run "$isa" divide -- divide
		says "$isa" divide "quotient 0x0000000000000000"
		;;
	riscv64)
		run "$isa" divide -- divide
		says "$isa" divide "quotient 0xffffffffffffffff"
		;;
	esac

	run "$isa" syscall -v -- syscall
	case $isa in x86_64) size=2 ;; *) size=4 ;; esac
	at=$(echo "$said" | sed -n 's/^expect syscall after //p')
	ends "$isa" syscall 7 "$(printf '%x' $((at + size)))"
	run "$isa" hypercall -v -- hypercall
	ends "$isa" hypercall 9 ""

	# The last upcall cannot be delivered: the guest ends with its fault.
	run "$isa" upcalls -v -- upcalls
	upcall_status=$status
	status=0
	says "$isa" upcalls "own stack $true_word" "same stack $true_word" \
		"bad entry $einval" "bad frame $einval" \
		"only system calls 0x00000000000007d3"
	status=$upcall_status
	ends "$isa" upcalls-end 1 "$(plain "$(echo "$said" |
		sed -n 's/^expect read pc \(0x[0-9a-f]*\).*/\1/p')")"

	# A loop without calls is described, and pc is in it.
	run "$isa" spin -v -d 300 -- spin
	if [ "$status" -eq 124 ] && echo "$said" | grep -q '^post 2: state'; then
		ok "spin-$isa$on"
	else
		not_ok "spin-$isa$on" "status $status, $(echo "$said" | head -n 1)"
	fi
	# Interrupted between any two blocks, a guest goes on as if it had not
	# been.  (Where libunicorn itself stops, it runs code twice.)
	run "$isa" interrupt -v -r -d 20 -- recurse "$depth"
	states=$(echo "$said" | grep -c '^post [0-9]*: state')
	says "$isa" interrupt "recurse $fibonacci"
	if [ "$states" -ge 5 ]; then
		ok "interrupted-$isa$on"
	else
		not_ok "interrupted-$isa$on" "only $states times"
	fi
}

for isa in $isas; do
	build_image "$isa" >"$work/build-$isa.out" 2>&1 || {
		not_ok "build-$isa" "$(head -n 1 "$work/build-$isa.out")"
		finish
	}
done
for isa in $isas; do
	test_core "$isa" unicorn ""
done
for isa in aarch64 riscv64; do
	test_core "$isa" xlate -xlate
	test_core "$isa" interpret -interpret
done

# The same arithmetic on every core.
for case in float integer; do
	reference=
	core=$build/libexec/bh-core-unicorn
	on=
	for isa in $isas; do
		run "$isa" "$case" -- "$case" 200000
		[ -n "$reference" ] || reference=$said
		says "$isa" "$case" "$reference"
	done
	for kind in xlate interpret; do
		core=$build/libexec/bh-core-$kind
		on=-$kind
		for isa in aarch64 riscv64; do
			run "$isa" "$case" -- "$case" 200000
			says "$isa" "$case" "$reference"
		done
	done
	for kind in native kvm; do
		other=$build/libexec/bh-core-$kind
		if [ ! -x "$other" ] || [ "$(uname -m)" != x86_64 ]; then
			skip "$case-$kind" "no x86-64 $kind core here"
		elif [ "$kind" = kvm ] && ! { [ -c /dev/kvm ] && : <>/dev/kvm; } 2>/dev/null; then
			skip "$case-$kind" "this host has no usable /dev/kvm"
		elif said=$("$drive" "$other" "$work/x86_64.elf" "$case" \
			200000 2>&1) && [ "$said" = "$reference" ]; then
			ok "$case-$kind"
		else
			not_ok "$case-$kind" "$said, expected $reference"
		fi
	done
done

# The cases of the kvm core.  Unicorn has no SSE exceptions.
if [ -e "$build/tests/guests/machine.elf" ]; then
	MACHINE_WITHOUT=floating "$top/tests/roles/machine_cases.sh" "$drive" \
		"$build/libexec/bh-core-unicorn" \
		"$build/tests/guests/machine.elf" machine- ||
		failures=$((failures + 1))
else
	skip machine "tests/guests/machine.c is for x86-64 hosts"
fi
finish
