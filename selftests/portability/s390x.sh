#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# s390x.sh: makes what it takes to build for a big-endian kernel, and to run it, available in the cache; prints, for
# `eval`, where it is:
#   S390X_RELEASE  what uname -r says in the guest
#   S390X_IMAGE    the kernel
#   S390X_MODULES  its modules, as modprobe -d wants them
#   S390X_BUILD    the directory for `make -C`, with ARCH=s390 and CROSS_COMPILE=s390x-linux-gnu-
#   S390X_SYSROOT  a root directory to cross-compile the command in, with busybox and iproute2
# It is Debian's newest 6.1 for s390x, which this machine's cross compiler and kbuild make modules for.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../bed/cache.sh"
. "$bed_dir/apt.sh"

suite=bookworm
s390x=$suite:s390x
series=6.1

guest_packages=(busybox-static iproute2 libbpf1 libelf1 zlib1g libmnl0 libbsd0 libmd0 libcap2 libnl-3-200
	libnl-genl-3-200 libjson-c5 libc6)
build_packages=(libnl-3-dev libnl-genl-3-dev libjson-c-dev libc6-dev linux-libc-dev)

# s390x_headers STAGE FINAL RELEASE: the makefiles include each other by absolute path; kbuild's own programs are those
# of this machine.
s390x_headers() {
	local directory=$1/headers/usr/src/linux-headers-$3

	apt_unpack "$s390x" "$1/headers" "linux-headers-$3" "linux-headers-${3%-s390x}-common"
	apt_unpack "$suite" "$1/headers" "linux-kbuild-$series"
	sed -i "s:/usr/src/:$2/headers/usr/src/:g" "$directory/Makefile"
	grep -q "$2" "$directory/Makefile" || bed_die "linux-headers-$3: Makefile is not what was expected"
}

# s390x_kernel STAGE RELEASE: modules are unpacked once, not by every emulated boot.
s390x_kernel() {
	apt_unpack "$s390x" "$1/tree" "linux-image-$2"
	mv "$1/tree/boot/vmlinuz-$2" "$1/vmlinuz"
	mv "$1/tree/lib" "$1/lib"
	rm -rf "$1/tree"
	find "$1/lib" -name '*.ko.xz' -print0 | xargs -0r -n 64 -P "$(nproc)" unxz
	/sbin/depmod -b "$1" "$2"
}

s390x_make() {
	local release stage

	[ ! -e "$current/env" ] || return 0
	"$bed_dir/install.sh" build kernel bigendian
	apt_update "$suite"
	apt_update "$s390x"
	release=$(apt_newest "$s390x" "linux-image-${series//./\\.}\.[0-9.]+-[0-9]+-s390x" | sed 's/^linux-image-//')
	[ -n "$release" ] || bed_die "$suite has no linux-image-$series.* for s390x"
	bed_say "fetching linux-image-$release, its headers and what runs on it"
	stage=$(bed_stage "$current")
	s390x_headers "$stage" "$current" "$release"
	s390x_kernel "$stage" "$release"
	apt_unpack "$s390x" "$stage/sysroot" "${guest_packages[@]}" "${build_packages[@]}"
	{
		printf 'S390X_%s=%q\n' RELEASE "$release" IMAGE "$current/vmlinuz" MODULES "$current" \
			BUILD "$current/headers/usr/src/linux-headers-$release" SYSROOT "$current/sysroot"
	} >"$stage/env"
	bed_publish "$current"
	bed_say "kernel s390x is $release"
}

current=$bed_cache/kernel/s390x
[ -e "$current/env" ] || bed_locked kernel-s390x s390x_make
cat "$current/env"
