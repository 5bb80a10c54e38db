#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scapy.sh: makes scapy 2.6 available, the packets' independent encoder and decoder, and leaves the link
# build/scapy to it, where a guest finds it: the bookworm version is wrong for several transforms. Packages are
# unpacked, not installed: scapy from the next release, what it needs of the machine's own.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../bed/cache.sh"
. "$bed_dir/apt.sh"

scapy_suite=trixie
scapy_dir=$bed_cache/scapy/$scapy_suite

scapy_make() {
	local stage own

	[ ! -d "$scapy_dir" ] || return 0
	own=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
	apt_update "$scapy_suite"
	apt_update "$own"
	bed_say "fetching python3-scapy of $scapy_suite"
	stage=$(bed_stage "$scapy_dir")
	apt_unpack "$scapy_suite" "$stage" python3-scapy
	# compiled for the machine's own Python
	apt_unpack "$own" "$stage" python3-cryptography python3-cffi-backend
	bed_publish "$scapy_dir"
}

bed_locked scapy scapy_make
mkdir -p "$bed_repo/build"
ln -sfn "$scapy_dir/usr/lib/python3/dist-packages" "$bed_repo/build/scapy"
