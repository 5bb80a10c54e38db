#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What an administrator installs: the module by DKMS, and the Debian packages. Nothing is installed here.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. selftests/lib/tap.sh
. selftests/bed/cache.sh

selftests/bed/install.sh build packages

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)

# DKMS, with its directories here instead of in /var/lib and /usr/src.
dkms_builds() {
	local env

	env=$(selftests/bed/kernel.sh 6.1) || return
	eval "$env"
	make dkms-source DESTDIR="$work" || return
	mkdir "$work/dkms"
	dkms build "sectun/$version" -k "$KERNEL_RELEASE" --dkmstree "$work/dkms" --sourcetree "$work/usr/src" \
		--kernelsourcedir "$KERNEL_BUILD" || { cat "$work"/dkms/sectun/*/build/make.log; return 1; }
	modinfo -F vermagic "$(find "$work/dkms" -path '*/module/sectun.ko*')" | grep "^$KERNEL_RELEASE "
}

# The unit tests run elsewhere.
debs_build() {
	DEB_BUILD_OPTIONS=nocheck make deb
}

# package_files PACKAGE: the paths in it, without directories, documentation and what differs between machines.
package_files() {
	dpkg-deb -c build/deb/"$1"_*.deb | awk '!/^d/ { print $6 }' |
		sed -E 's:^\.::; s:/lib/[^/]+-linux-gnu/:/lib/:' | grep -v '^/usr/share/doc/' | LC_ALL=C sort | xargs
}

tap_ok 'DKMS builds the module from what is installed for it' dkms_builds
if tap_ok 'the Debian packages build' debs_build; then
	tap_is "$(package_files sectun)" \
		'/usr/sbin/sectun /usr/share/bash-completion/completions/sectun /usr/share/man/man8/sectun.8.gz' \
		'the package of the command holds it, its man page and its completion'
	tap_is "$(package_files sectun-ike)" \
		"/lib/systemd/system/sectun-ike.service /usr/lib/sysusers.d/sectun-ike.conf /usr/sbin/sectun-ike $(
		)/usr/share/man/man5/sectun.conf.5.gz /usr/share/man/man8/sectun-ike.8.gz" \
		'the package of the helper holds it, its unit, its user and its man pages'
	tap_is "$(package_files libsectun1)" /usr/lib/libsectun.so.1 'the package of the library holds it'
	tap_is "$(package_files libsectun-dev)" \
		"/usr/include/linux/sectun.h /usr/include/sectun.h /usr/lib/libsectun.a /usr/lib/libsectun.so $(
		)/usr/lib/pkgconfig/libsectun.pc" 'the package for developers holds what compiling and linking need'
	tap_is "$(package_files sectun-dkms | tr ' ' '\n' | sort)" \
		"$(cd "$work" && find usr/src -type f -printf '/%p\n' | sort)" 'the package of the module holds what DKMS builds from'
fi
tap_done
