#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What can be told without running anything in a kernel: the sources are complete and clean, they build everywhere,
# and the pure functions of the user side do what their unit tests say. Runs on the machine itself, not in a guest.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. selftests/lib/tap.sh
. selftests/bed/cache.sh
. selftests/bed/buildroot.sh

selftests/bed/install.sh build kernel check

max_lines=900
kernels='6.1 6.12 7.3'

# The files of the repository, also where it is not a git checkout.
sources() {
	find . \( -path ./.git -o -path ./build \) -prune -o -type f "$@" -printf '%P\n' |
		grep -vE '\.(o|ko|mod|cmd|result|log|symvers|pyc)$|^modules.order$|\.mod\.c$'
}

# Prints what is wrong, as the others do, and succeeds if there is nothing.
nothing() {
	local found

	found=$("$@")
	[ -z "$found" ] && return
	printf '%s\n' "$found"
	return 1
}

too_long() {
	sources -not -path './LICENSES/*' | while read -r file; do
		lines=$(wc -l <"$file")
		[ "$lines" -le "$max_lines" ] || printf '%s: %s lines, %s are allowed\n' "$file" "$lines" "$max_lines"
	done
}

untagged() {
	sources -not -path './LICENSES/*' -not -path './packaging/debian/*' -not -path './tools/ike/fuzz/corpus/*' \
		-not -name '*.md' -not -name .gitignore -not -name COPYING -not -name '*.vectors' |
		xargs grep -L 'SPDX-License-Identifier:'
}

# A file that is not in the list is not in the module: a test that it holds would silently not run.
unlisted() {
	find kmod -name '*.c' -not -path 'kmod/compat/*' -not -name '*.mod.c' | sed 's/c$/o/' |
		grep -vxFf <(sed -n 's/^sectun-y [:+]= //p' Kbuild)
}

version_tests() {
	grep -rnE 'LINUX_VERSION_CODE|KERNEL_VERSION\(|UTS_RELEASE' kmod --include='*.[ch]'
	grep -rn 'SECTUN_HAVE_' kmod --include='*.[ch]' | grep -v '^kmod/compat/'
}

other_versions() {
	local version

	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
	grep -qF "MODULE_VERSION(\"$version\")" kmod/main.c || echo "kmod/main.c is not of version $version"
	head -n 1 packaging/debian/changelog | grep -qF "($version)" ||
		echo "packaging/debian/changelog is not of version $version"
}

shell_scripts() {
	sources | while read -r file; do
		! head -n 1 "$file" | grep -qE '^#!/bin/(ba)?sh|^# shellcheck shell=' || printf '%s\n' "$file"
	done
}

shell_clean() {
	# shellcheck disable=SC2046
	shellcheck -x -e SC1091,SC2016 $(shell_scripts)
}

man_clean() {
	local page

	for page in Documentation/man/*; do
		LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 3>&1 >/dev/null 2>&3
	done
}

builds() {
	selftests/bed/module.sh "$1" >/dev/null
}

# Sparse with the kernel's own flags. A complaint is an error, so that only what has changed need be built again. One
# of Debian's header packages lacks the script that looks whether sparse works, hence KBUILD_CHECKSRC and the count;
# Debian 12's sparse knows neither a keyword of the headers of 7.3 nor that the length of a literal is constant.
sparse_clean() {
	local env work make checked compiled

	env=$(selftests/bed/kernel.sh "$1") || return
	eval "$env"
	work=$bed_cache/build/sparse-$KERNEL_RELEASE/$(bed_checkout "$bed_repo")
	mkdir -p "$work/src"
	rsync -a --delete --include='*/' --include='*.[ch]' --include='*.mk' --include='*.sh' --exclude='*' \
		--exclude='*.mod.c' kmod "$work/src/"
	cp Kbuild "$(command -v sparse)" "$work/src/"
	make=(make -j"$(nproc)" -C "$KERNEL_BUILD" modules KBUILD_CHECKSRC=1
		CF='-D__CHECK_ENDIAN__ -Wsparse-error -D__typeof_unqual__=__typeof__ -D__builtin_strlen=-1+sizeof')
	if [ -n "$KERNEL_ROOT" ]; then
		buildroot_run "$KERNEL_ROOT" "$work/src" "${make[@]}" M=/build CHECK=/build/sparse
	else
		"${make[@]}" M="$work/src" CHECK="$work/src/sparse"
	fi >"$work/log" 2>&1 || {
		grep -E -m 20 'warning:|error:' "$work/log" || tail "$work/log"
		return 1
	}
	checked=$(grep -cE '^  CHECK ' "$work/log")
	compiled=$(grep -cE '^  CC \[M\] .*kmod/' "$work/log")
	[ "$checked" -eq "$compiled" ] && return
	rm -rf "$work/src" # or what was only compiled would count as checked from now on
	echo "sparse looked at $checked of $compiled files"
	return 1
}

tap_ok 'what is generated from the netlink specification is up to date' python3 Documentation/netlink/generate.py --check
tap_ok "no file is longer than $max_lines lines" nothing too_long
tap_ok 'every file names its licence' nothing untagged
tap_ok 'every source file of the module is in Kbuild' nothing unlisted
tap_ok 'the driver asks for no version of the kernel' nothing version_tests
tap_ok 'one version number everywhere' nothing other_versions
tap_ok 'shellcheck finds nothing in the shell scripts' shell_clean
tap_ok 'the man pages have no markup errors' nothing man_clean
for kernel in $kernels; do
	tap_ok "the module builds for $kernel without a warning" builds "$kernel"
done
# the oldest and the newest headers: nothing is compiled for those between that one of them does not see
for kernel in ${kernels%% *} ${kernels##* }; do
	tap_ok "sparse finds nothing with the headers of $kernel" sparse_clean "$kernel"
done
tap_ok 'the user side passes its unit tests, also with sanitizers' make --silent -C tools check
tap_done
