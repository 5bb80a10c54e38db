#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# module.sh [--built] KERNEL [DIR]: builds the module of the repository (or the one in DIR) for a kernel of kernel.sh and
# prints, for `eval`, what kernel.sh prints and
#   MODULE_KO    the module
#   MODULE_TREE  the kernel's module tree with the module in updates/, depmod done
# The sources are copied, so several kernels can be built from one checkout; a second build is incremental. With
# --built the last build is taken as it is.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/cache.sh"
. "$bed_dir/buildroot.sh"

built=
[ "${1:-}" != --built ] || { built=1; shift; }
case $# in
1 | 2) ;;
*) bed_die "usage: module.sh [--built] KERNEL [DIR]" ;;
esac
source=$(cd "${2:-$bed_repo}" && pwd)
[ -e "$source/Kbuild" ] || bed_die "no Kbuild in $source: nothing to build"
env=$("$bed_dir/kernel.sh" "$1")
eval "$env"

work=$bed_cache/build/$KERNEL_NAME-$KERNEL_RELEASE/$(bed_checkout "$source")

# What the build itself makes in the copy is not in the source, and must survive the next copy.
module_copy() {
	local what=("$source/Kbuild")

	mkdir -p "$work/src"
	[ ! -e "$source/kmod" ] || what+=("$source/kmod")
	[ "$source" = "$bed_repo" ] || what=("$source/")
	rsync -a --delete --include='*/' --include='*.[chS]' --include=Kbuild --include='Kbuild.*' --include='*.sh' \
		--include='*.mk' --include='Makefile*' --exclude='*' --exclude='*.mod.c' "${what[@]}" "$work/src/"
}

module_compile() {
	local make=(make -j"$(nproc)" -C "$KERNEL_BUILD" W=1 KCFLAGS=-Werror)

	[ -z "$KERNEL_ARCH" ] || make+=("ARCH=$KERNEL_ARCH")
	if [ -n "$KERNEL_ROOT" ]; then
		buildroot_run "$KERNEL_ROOT" "$work/src" "${make[@]}" M=/build modules
	else
		"${make[@]}" M="$work/src" modules
	fi
}

# The tree is made of links to the kernel's own; depmod takes seconds, so it runs only for a new module.
module_install() {
	local tree=$work/tree/lib/modules/$KERNEL_RELEASE ko=$1 entry

	if cmp -s "$ko" "$tree/updates/$(basename "$ko")" && [ -e "$tree/modules.dep.bin" ] &&
		[ "$(readlink "$tree/kernel")" = "$KERNEL_MODULES/kernel" ]; then
		return
	fi
	mkdir -p "$tree/updates"
	for entry in "$KERNEL_MODULES"/*; do
		case ${entry##*/} in
		kernel | modules.builtin* | modules.order) ln -sfn "$entry" "$tree/" ;;
		esac
	done
	cp "$ko" "$tree/updates/.new"
	mv "$tree/updates/.new" "$tree/updates/$(basename "$ko")"
	/sbin/depmod -b "$work/tree" "$KERNEL_RELEASE"
}

module_make() {
	local ko

	module_copy
	bed_quietly "$work/make.log" module_compile
	ko=$(find "$work/src" -name '*.ko' -print -quit)
	[ -n "$ko" ] || bed_die "the build made no .ko; log: $work/make.log"
	module_install "$ko"
	{
		printf '%s\n' "$env"
		printf 'MODULE_%s=%q\n' KO "$ko" TREE "$work/tree/lib/modules/$KERNEL_RELEASE"
	} >"$work/env.new"
	mv "$work/env.new" "$work/env"
}

# The last build may have been for a kernel of the same release that has been replaced since.
if [ -z "$built" ] || ! grep -qsxF "$(printf 'KERNEL_IMAGE=%q' "$KERNEL_IMAGE")" "$work/env"; then
	bed_locked "module-$KERNEL_NAME-$(basename "$work")" module_make
fi
cat "$work/env"
