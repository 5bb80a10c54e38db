#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A big-endian machine, s390x: module and command are cross-compiled, and an emulated machine runs them (guest-init).
# Runs on the machine itself.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. selftests/lib/tap.sh
. selftests/bed/cache.sh

boot_seconds=240

env=$(selftests/portability/s390x.sh) || tap_bail 'there is no kernel for s390x'
eval "$env"
cross=s390x-linux-gnu-
work=$bed_cache/build/s390x-$S390X_RELEASE/$(bed_checkout "$bed_repo")

# A complaint of sparse is an error, so that only what has changed need be built again.
build_module() {
	mkdir -p "$work/src"
	rsync -a --delete --include='*/' --include='*.[ch]' --include='*.mk' --include='*.sh' --exclude='*' \
		--exclude='*.mod.c' kmod "$work/src/"
	cp Kbuild "$work/src/"
	make -j"$(nproc)" -C "$S390X_BUILD" ARCH=s390 CROSS_COMPILE="$cross" M="$work/src" W=1 KCFLAGS=-Werror \
		C=1 CF='-D__CHECK_ENDIAN__ -Wsparse-error' modules >"$work/log" 2>&1 && return
	grep -E -m 20 'warning:|error:|ERROR:|\*\*\*' "$work/log" || tail "$work/log"
	return 1
}

build_command() {
	PKG_CONFIG_SYSROOT_DIR=$S390X_SYSROOT PKG_CONFIG_LIBDIR=$S390X_SYSROOT/usr/lib/s390x-linux-gnu/pkgconfig \
		make -s -j"$(nproc)" -C tools OUT="$work/tools" AR="${cross}ar" CC="${cross}gcc --sysroot=$S390X_SYSROOT"
}

# What the guest's programs are linked with, the command's own library included.
libraries() {
	find "$S390X_SYSROOT/lib/ld64.so.1"
	find "$S390X_SYSROOT"/{,usr/}lib/s390x-linux-gnu -maxdepth 1 -name 'lib*.so.[0-9]*'
	find "$work/tools" -maxdepth 1 -name 'lib*.so.*'
}

# The modules that tests load, with those that they need, and ours.
module_files() {
	local module

	cp "$work/src/sectun.ko" "$S390X_MODULES/lib/modules/$S390X_RELEASE/"
	/sbin/depmod -b "$S390X_MODULES" "$S390X_RELEASE"
	for module in sectun veth esp4 xfrm_user gcm ghash_generic ctr aes_generic chacha20poly1305 chacha_generic \
		poly1305_generic seqiv drbg jitterentropy_rng hmac sha512_generic; do
		/sbin/modprobe -d "$S390X_MODULES" -S "$S390X_RELEASE" --show-depends "$module" || return
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

make_initramfs() {
	local root=$work/root tree=$work/root/lib/modules/$S390X_RELEASE

	rm -rf "$root"
	mkdir -p "$root"/{bin,sbin,lib,proc,sys,dev,run,tmp,var} "$tree"
	ln -s ../run "$root/var/run"
	cp "$S390X_SYSROOT/bin/busybox" "$S390X_SYSROOT/bin/ip" "$work/tools/sectun/sectun" "$root/bin/"
	libraries | xargs cp -L -t "$root/lib/"
	module_files >"$work/modules" || return
	xargs cp -t "$tree/" <"$work/modules"
	cp "$S390X_MODULES/lib/modules/$S390X_RELEASE"/modules.{order,builtin,builtin.modinfo} "$tree/"
	/sbin/depmod -b "$root" "$S390X_RELEASE" || return
	install -m 755 selftests/portability/guest-init "$root/init"
	(cd "$root" && find . | cpio --quiet -o -H newc) >"$work/initramfs.cpio"
}

# Its output, TAP without numbers among it, is on the only console.
boot() {
	timeout --kill-after=5 "$boot_seconds" qemu-system-s390x -accel tcg -cpu max -smp 1 -m 512 -nodefaults \
		-no-user-config -no-reboot -display none -chardev "file,id=console,path=$work/console.log" \
		-device sclpconsole,chardev=console -kernel "$S390X_IMAGE" -initrd "$work/initramfs.cpio" \
		-append 'console=ttysclp0 loglevel=1 panic=-1 oops=panic' </dev/null >"$work/qemu.log" 2>&1
	tr -d '\r' <"$work/console.log" >"$work/output"
	grep -qx 'guest done' "$work/output" && return
	echo "the guest did not come to its end:"
	tail -n 40 "$work/qemu.log" "$work/output"
	return 1
}

guest_points() {
	local line

	while read -r line; do
		case $line in
		'ok '*) tap_pass "${line#ok }" ;;
		'not ok '*) tap_fail "${line#not ok }" ;;
		'# '*) tap_diag "${line#\# }" ;;
		esac
	done <"$work/output"
}

work_through() {
	bed_say 'building for s390x'
	tap_ok 's390x: the module builds without a warning, and sparse finds no mixed byte orders' build_module || return
	tap_ok 's390x: the command builds' build_command || return
	make_initramfs || tap_bail 'no initial file system'
	bed_say 'booting s390x (about ten seconds)'
	tap_ok 's390x: the guest comes to its end' boot
	guest_points
}

bed_locked s390x-build work_through
tap_done
