#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Kernels that were configured without something that the module can do without: it builds there, and refers to
# nothing that is gone. The kernel is user-mode Linux, configured anew in an overlay on its source; nothing of it is
# compiled but what tells which exported functions remain.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. selftests/lib/tap.sh
. selftests/bed/cache.sh

# exports_of FILE...: the names that sources (.c) export, whatever the configuration, or objects (.o) really do
exports_of() {
	find "$@" -name '*.c' -exec grep -ohE 'EXPORT_SYMBOL(_GPL)?\(\w+' {} + | sed 's/.*(//'
}
exports_left() {
	find "$@" -name '*.o' -exec nm {} + | sed -n 's/.* __export_symbol_//p'
}

# configure OPTIONS DIRS: in the kernel's source, takes OPTIONS away and with them what only files in DIRS export.
configure() {
	local option dir dirs

	for option in $1 KASAN; do
		scripts/config -d "$option"
	done
	make -s ARCH=um olddefconfig || return
	for option in $1; do
		! grep -q "^CONFIG_$option=" .config || { echo "CONFIG_$option cannot be switched off"; return 1; }
	done
	make -s ARCH=um -j"$(nproc)" modules_prepare || return
	read -ra dirs <<<"$2"
	for dir in "${dirs[@]}"; do
		make -s ARCH=um -j"$(nproc)" "$dir/" || return
	done
	comm -23 <(exports_of "${dirs[@]}" | sort -u) <(exports_left "${dirs[@]}" | sort -u) >.gone
	[ -s .gone ] || { echo "nothing is gone from ${dirs[*]}"; return 1; }
	awk 'NR == FNR { gone[$1] = 1; next } !($2 in gone)' .gone Module.symvers >.left && mv .left Module.symvers || return
	touch .configured
}

# build_inside SOURCE WORK OPTIONS DIRS: in a mount namespace of its own, with the overlay on SOURCE
build_inside() {
	mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/overlay" "$1" && cd "$1" || return
	[ -e .configured ] || configure "$3" "$4" || return
	make ARCH=um -j"$(nproc)" M="$2/src" W=1 KCFLAGS=-Werror modules
}

builds_without() {
	local work status=0

	work=$bed_cache/build/without-${1// /-}/$(bed_checkout "$bed_repo")
	# the overlay belongs to one kernel, and to one way of configuring it
	if [ "$(cat "$work/is" 2>/dev/null)" != "$KERNEL_BUILD $* $(cksum <selftests/static/without.sh)" ]; then
		rm -rf "$work"
		mkdir -p "$work/upper" "$work/overlay" "$work/src"
		printf '%s %s %s\n' "$KERNEL_BUILD" "$*" "$(cksum <selftests/static/without.sh)" >"$work/is"
	fi
	rsync -a --delete --include='*/' --include='*.[ch]' --include='*.mk' --include='*.sh' --exclude='*' \
		--exclude='*.mod.c' kmod "$work/src/"
	cp Kbuild "$work/src/"
	bed_say "building for a kernel without $1"
	export -f build_inside configure exports_of exports_left
	# shellcheck disable=SC2016
	bed_as_root unshare --mount --propagation private bash -c 'build_inside "$@"' bash \
		"$KERNEL_BUILD" "$work" "$1" "$2" >"$work/log" 2>&1 || status=$?
	[ "$status" -eq 0 ] && return
	grep -E -m 20 'warning:|error:|ERROR:|\*\*\*' "$work/log" || tail "$work/log"
	return 1
}

work_through() {
	tap_ok 'the module builds without a warning for a kernel without IPv6' builds_without IPV6 net/ipv6
	tap_ok 'the module builds without a warning for a kernel without netfilter, namespaces and tracing' \
		builds_without 'NETFILTER NET_NS FTRACE XFRM_USER INET_ESP' 'net/netfilter net/ipv4/netfilter'
}

env=$(selftests/bed/kernel.sh um) || tap_bail 'there is no user-mode Linux'
eval "$env"
bed_locked without work_through
tap_done
