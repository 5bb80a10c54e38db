#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# unpack.sh: makes Libreswan available, and leaves the link build/libreswan to it, where a guest finds it: Debian does
# not install it beside strongSwan, so it is unpacked, with the libraries that a machine without it may lack.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../bed/cache.sh"
. "$bed_dir/apt.sh"

unpack_suite=bookworm
unpack_dir=$bed_cache/libreswan/$unpack_suite

unpack_make() {
	local stage

	[ ! -d "$unpack_dir" ] || return 0
	apt_update "$unpack_suite"
	bed_say "fetching libreswan of $unpack_suite"
	stage=$(bed_stage "$unpack_dir")
	apt_unpack "$unpack_suite" "$stage" libreswan libnss3 libnss3-tools libnspr4 libldns3 libunbound8 libcurl3-nss \
		libevent-2.1-7 libevent-core-2.1-7 libevent-pthreads-2.1-7 libprotobuf-c1 dns-root-data
	bed_publish "$unpack_dir"
}

bed_locked libreswan unpack_make
mkdir -p "$bed_repo/build"
ln -sfn "$unpack_dir" "$bed_repo/build/libreswan"
