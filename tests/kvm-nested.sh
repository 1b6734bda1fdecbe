#!/bin/sh
# SPDX-License-Identifier: ISC
# limit: 420
#
# The kvm core on hardware virtualization (SVM) where the host has none, or
# has PVM: in a virtual machine of QEMU's, whose emulated CPU has SVM, under
# Debian's cloud kernel.  What is downloaded stays in BUILD/cache; nothing is
# installed.
set -u
. "$(dirname "$0")/lib.sh"

cache=$build/cache/kvm-nested
console=$work/console
root=$work/root
mkdir -p "$cache"

give_up() {
	skip machine "$1"
	finish
}

# apt with lists of its own, which any user may fetch.
private_apt() {
	mkdir -p "$cache/apt/state/lists/partial" \
		"$cache/apt/cache/archives/partial"
	apt-get -q -o Dir::State="$cache/apt/state" \
		-o Dir::State::status=/var/lib/dpkg/status \
		-o Dir::Cache="$cache/apt/cache" -o APT::Sandbox::User= "$@"
}

# fetch PACKAGE: downloads it to the cache and unpacks it to cache/PACKAGE.
fetch() {
	[ -e "$cache/$1.done" ] && return
	rm -rf "${cache:?}/$1" && mkdir -p "$cache/$1" || return 1
	(
		cd "$cache/$1" || exit 1
		apt-get -q -o APT::Sandbox::User= download "$1" ||
			{ private_apt update && private_apt download "$1"; } ||
			exit 1
		dpkg-deb -x ./*.deb . && rm -f ./*.deb
	) >"$work/fetch-$1.out" 2>&1 && : >"$cache/$1.done"
}

# The package that the meta package names now.
kernel_package() {
	for list_of in apt-cache "private_cache"; do
		package=$($list_of depends linux-image-cloud-amd64 2>/dev/null |
			sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p')
		[ -n "$package" ] && break
	done
	echo "$package"
}

private_cache() {
	private_apt update >/dev/null 2>&1
	apt-cache -o Dir::State="$cache/apt/state" \
		-o Dir::Cache="$cache/apt/cache" "$@"
}

# Copies modules, xz-compressed or not, to the root.
copy_modules() {
	for module in virt/lib/irqbypass arch/x86/kvm/kvm arch/x86/kvm/kvm-amd; do
		file=$(echo "$1"/lib/modules/*/kernel/"$module".ko*)
		case $file in
		*.xz) xz -dc "$file" >"$root/${module##*/}.ko" ;;
		*) [ -e "$file" ] && cp "$file" "$root/${module##*/}.ko" ;;
		esac || return 1
	done
}

write_init() {
	cat >"$root/init" <<-'EOF'
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		echo
		mount -t proc none /proc
		mount -t devtmpfs none /dev
		for module in irqbypass kvm kvm-amd; do
			insmod /$module.ko || echo "not ok machine: insmod $module"
		done
		ip link set lo up 2>/dev/null
		# QEMU's translator raises no SSE exceptions.
		export MACHINE_WITHOUT=floating
		sh /machine_cases.sh /drive_core /bh-core-kvm /machine.elf svm/
		/drive_core -d 60000 -A 65536 -R /arena.root /bh-core-kvm \
			/arena.elf >/tmp/arena 2>&1
		status=$?
		wrong=$(grep -v 'right$' /tmp/arena | head -n 1)
		if [ $status -eq 0 ] && [ -z "$wrong" ]; then
			echo "ok svm/arena"
		else
			echo "not ok svm/arena: status $status, $wrong"
		fi
		# The program's name is the kernel's, here as in its root image.
		sum=$(sha256sum /bin/busybox | cut -d' ' -f1)
		said=$(/drive_core -m 64 -d 60000 -A 4096 -R /busybox.erofs \
			/bh-core-kvm /usr/bin/busybox sha256sum \
			/usr/bin/busybox 2>&1)
		case $said in
		"$sum "*) echo "ok svm/linux" ;;
		*) echo "not ok svm/linux: $said" ;;
		esac
		for name in loop exchange; do
			echo "figures $name: $(/drive_core -t /bh-core-kvm /machine.elf $name 2>&1)"
		done
		echo "end of cases"
		poweroff -f
	EOF
	chmod 755 "$root/init"
}

make_initramfs() {
	mkdir -p "$root/bin" "$root/proc" "$root/dev" "$root/sys" \
		"$root/tmp" "$root/usr/bin"
	seq -f 'root %g' 0 3000 >"$root/arena.root"
	cp "$busybox" "$root/bin/busybox" &&
		cp "$build/libexec/bh-core-kvm" "$build/tests/roles/drive_core" \
			"$build/tests/guests/machine.elf" \
			"$top/tests/roles/machine_cases.sh" "$root/" &&
		cp "$build/tests/guests/arena/x86_64.elf" "$root/arena.elf" &&
		cp "$build/libexec/linux/x86_64.elf" "$root/usr/bin/busybox" &&
		"$build/bh" image build --static "x86_64=$busybox" \
			-o "$work/busybox" >"$work/busybox.out" 2>&1 &&
		cp "$work/busybox/x86_64.erofs" "$root/busybox.erofs" &&
		write_init && copy_modules "$cache/$kernel" &&
		(cd "$root" && find . | "$busybox" cpio -o -H newc) \
			>"$work/initramfs" 2>"$work/cpio.out"
}

has qemu-system-x86_64 || give_up "no qemu-system-x86_64 (package qemu-system-x86)"
has mkfs.erofs || give_up "no mkfs.erofs (package erofs-utils)"
has apt-get dpkg-deb || give_up "a kernel is fetched with apt-get and dpkg-deb, which this host lacks"
kernel=$(cat "$cache/kernel" 2>/dev/null) || kernel=$(kernel_package)
[ -n "$kernel" ] || give_up "no kernel package linux-image-cloud-amd64 to be had"
fetch "$kernel" || give_up "cannot download $kernel: $(tail -n 1 "$work/fetch-$kernel.out")"
echo "$kernel" >"$cache/kernel"
fetch busybox-static || give_up "cannot download busybox-static: $(tail -n 1 "$work/fetch-busybox-static.out")"
busybox=$(echo "$cache"/busybox-static/*bin/busybox)
[ -x "$busybox" ] || busybox=$(echo "$cache"/busybox-static/usr/bin/busybox)
make_initramfs || {
	not_ok initramfs "cannot be made from $kernel"
	finish
}

timeout 300 qemu-system-x86_64 -accel tcg -M q35 -cpu max,+svm -m 1024 \
	-nographic -no-reboot -nodefaults -serial stdio -monitor none \
	-kernel "$(echo "$cache/$kernel"/boot/vmlinuz-*)" \
	-initrd "$work/initramfs" \
	-append "console=ttyS0 quiet panic=-1 mitigations=off" \
	</dev/null >"$console" 2>"$work/qemu.out"
status=$?

tr -d '\r' <"$console" | grep -E '^(ok|not ok|skip|figures) '
failures=$(grep -c '^not ok ' "$console")
grep -q '^end of cases' "$console" ||
	not_ok machine "qemu ended with status $status before the cases did: $(tail -n 1 "$console" | tr -d '\r')"
finish
