#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernel.sh [--refresh] KERNEL: makes a kernel available in the cache and prints, for `eval`, where its parts are:
#   KERNEL_NAME     6.1, 6.12, 7.3 or um
#   KERNEL_RELEASE  what uname -r says in the guest
#   KERNEL_IMAGE    vmlinuz, or the user-mode Linux program
#   KERNEL_MODULES  its module tree (.../lib/modules/RELEASE, depmod done)
#   KERNEL_BUILD    the directory for `make -C`, a path inside KERNEL_ROOT where that is not empty
#   KERNEL_ROOT     the root directory to build in: empty for the machine's own
#   KERNEL_ARCH     ARCH= for make, where it must be said
# Without --refresh a kernel that is in the cache is taken as it is, and the network is left alone.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/cache.sh"
. "$bed_dir/apt.sh"
. "$bed_dir/buildroot.sh"
. "$bed_dir/uml.sh"

# Which Debian has the kernel, and with whose toolchain modules for it are built.
#	name	suite		toolchain
kernels='
	6.1	bookworm	machine
	6.12	bookworm	machine
	7.3	trixie		buildroot
	um	bookworm	uml
'

refresh=
[ "${1:-}" != --refresh ] || { refresh=fresh; shift; }
name=${1:-}
read -r suite toolchain < <(awk -v name="$name" '$1 == name { print $2, $3 }' <<<"$kernels") ||
	bed_die "no kernel '$name': there are $(awk 'NF { printf "%s ", $1 }' <<<"$kernels")"

# The image and modules of a stock kernel; since 7.x they come in several packages of one release.
kernel_unpack() {
	local dir=$1 release=$2 packages modules

	mapfile -t packages < <(apt_depends "$suite" "linux-image-$release" "linux-(binary|base|modules)-.*")
	bed_say "fetching ${packages[0]} ($(apt_version "$suite" "${packages[0]}"))"
	apt_unpack "$suite" "$dir/tree" "${packages[@]}"
	modules=$(find "$dir/tree" -type d -path "*/lib/modules/$release" -print -quit)
	[ -n "$modules" ] || bed_die "${packages[*]} hold no modules for $release"
	mkdir -p "$dir/lib/modules"
	mv "$modules" "$dir/lib/modules/"
	find "$dir/tree" "$dir/lib/modules/$release" -name 'vmlinuz*' -exec mv {} "$dir/vmlinuz" \;
	rm -rf "$dir/tree"
	[ -e "$dir/vmlinuz" ] || bed_die "${packages[*]} hold no vmlinuz"
	# an emulated CPU takes long over xz, and so does every depmod
	find "$dir/lib" -name '*.ko.xz' -print0 | xargs -0r -n 64 -P "$(nproc)" unxz
	/sbin/depmod -b "$dir" "$release"
}

# Headers for the machine's own compiler, unpacked in the cache rather than installed, so that they always are those
# of the image. Their makefiles include each other by absolute path.
kernel_headers() {
	local dir=$1 release=$2 home=$3 packages common

	mapfile -t packages < <(apt_depends "$suite" "linux-headers-$release" "linux-(headers|kbuild)-.*")
	apt_unpack "$suite" "$dir/headers" "${packages[@]}"
	common=$dir/headers/usr/src/linux-headers-$release
	sed -i "s:/usr/src/:$home/headers/usr/src/:g" "$common/Makefile"
	grep -q "$home" "$common/Makefile" || bed_die "linux-headers-$release: Makefile is not what was expected"
}

# kernel_stock RELEASE: fills the cache for a stock kernel and prints the directory.
kernel_stock() {
	local release=$1 stage dir root

	dir=$bed_cache/kernel/$name/$release
	root=$bed_cache/root/$suite-$release
	if [ ! -d "$dir" ]; then
		stage=$(bed_stage "$dir")
		kernel_unpack "$stage" "$release"
		case $toolchain in
		machine)
			kernel_headers "$stage" "$release" "$dir"
			kernel_describe "$release" "$dir/vmlinuz" "$dir/headers/usr/src/linux-headers-$release" "" ""
			;;
		buildroot)
			[ -d "$root" ] || buildroot_make "$suite" "$root" "linux-headers-$release"
			kernel_describe "$release" "$dir/vmlinuz" "/lib/modules/$release/build" "$root" ""
			;;
		esac >"$stage/env"
		bed_publish "$dir"
	fi
	printf '%s\n' "$dir"
}

# kernel_describe RELEASE IMAGE BUILD ROOT ARCH
kernel_describe() {
	printf 'KERNEL_%s=%q\n' NAME "$name" RELEASE "$1" IMAGE "$2" MODULES "$(dirname "$2")/lib/modules/$1" \
		BUILD "$3" ROOT "$4" ARCH "$5"
}

# A stock kernel stays until --refresh; a user-mode Linux of another configuration is another kernel.
current=$bed_cache/kernel/$name/current
kernel_ready() {
	[ -e "$current/env" ] || return 1
	[ "$toolchain" != uml ] || [[ $(readlink "$current") == *-$(uml_recipe) ]]
}

kernel_make() {
	local dir release
	local abi='\.[0-9.]+(\+[a-z0-9]+)?(-[0-9]+)?' # not the rt and cloud flavours

	# whoever held the lock may have made it meanwhile
	[ -n "$refresh" ] || ! kernel_ready || return 0
	"$bed_dir/install.sh" build kernel demo
	mkdir -p "$bed_cache/kernel/$name"
	apt_update "$suite" "$refresh"
	case $toolchain in
	uml)
		uml_kernel "$suite"
		dir=$uml_dir
		;;
	*)
		release=$(apt_newest "$suite" "linux-image-${name//./\\.}$abi-amd64" | sed 's/^linux-image-//')
		[ -n "$release" ] || bed_die "$suite has no linux-image-$name.*"
		dir=$(kernel_stock "$release")
		;;
	esac
	ln -sfn "$(basename "$dir")" "$bed_cache/kernel/$name/current"
	bed_say "kernel $name is $(basename "$dir")"
}

if [ -n "$refresh" ] || ! kernel_ready; then
	bed_locked "kernel-$name" kernel_make
fi
cat "$current/env"
