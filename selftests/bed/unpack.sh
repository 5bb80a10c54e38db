#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# unpack.sh libreswan|strongswan: makes an IKE daemon available without installing it, and leaves the link build/NAME
# to it, where a guest finds it: Debian does not install the two beside one another, and an installed one would be
# started. The packages are those of the name, with the libraries that a machine without it may lack.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/cache.sh"
. "$bed_dir/apt.sh"

unpack_name=$1
unpack_suite=bookworm
unpack_dir=$bed_cache/$unpack_name/$unpack_suite
declare -A unpack_packages=(
	[libreswan]='libreswan libnss3 libnss3-tools libnspr4 libldns3 libunbound8 libcurl3-nss libevent-2.1-7
		libevent-core-2.1-7 libevent-pthreads-2.1-7 libprotobuf-c1 dns-root-data'
	[strongswan]='charon-systemd strongswan-swanctl strongswan-libcharon libstrongswan libstrongswan-standard-plugins'
)

unpack_make() {
	local stage

	[ ! -d "$unpack_dir" ] || return 0
	apt_update "$unpack_suite"
	bed_say "fetching $unpack_name of $unpack_suite"
	stage=$(bed_stage "$unpack_dir")
	# shellcheck disable=SC2086
	apt_unpack "$unpack_suite" "$stage" ${unpack_packages[$unpack_name]}
	bed_publish "$unpack_dir"
}

bed_locked "$unpack_name" unpack_make
mkdir -p "$bed_repo/build"
ln -sfn "$unpack_dir" "$bed_repo/build/$unpack_name"
