# shellcheck shell=bash disable=SC2154 # bed_dir and bed_cache come from cache.sh
# SPDX-License-Identifier: GPL-2.0-only
# A small Debian of another suite with compiler and kernel headers, to build modules for that suite's kernels in:
# a module must be built by the kernel's own compiler and kbuild. Sourced; needs cache.sh and apt.sh.

# buildroot_make SUITE DIR HEADERS: makes DIR, with the package HEADERS in it.
buildroot_make() {
	local suite=$1 dir=$2 headers=$3

	bed_say "making a $suite build root with $headers"
	bed_stage "$dir" >/dev/null
	bed_quietly "$bed_cache/log/buildroot-$suite.log" bed_as_root mmdebstrap --variant=minbase \
		--aptopt='Apt::Install-Recommends "false"' --include="gcc,make,kmod,$headers" \
		"$suite" "$dir.new" "$bed_cache/apt/$suite/sources.list"
	mkdir -p "$dir.new/build"
	bed_publish "$dir"
}

# buildroot_run DIR WORK CMD...: runs CMD in DIR with WORK as /build. /proc is there because objtool reads it. The
# mounts are in a private mount namespace, so nothing is left mounted whatever happens.
buildroot_run() {
	local dir=$1 work=$2

	shift 2
	# shellcheck disable=SC2016
	bed_as_root unshare --mount --propagation private sh -ec '
		dir=$1 work=$2
		shift 2
		mount -t proc proc "$dir/proc"
		mount --bind "$work" "$dir/build"
		exec chroot "$dir" "$@"' sh "$dir" "$work" "$@"
}
