#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# initramfs.sh: prints the path of an initial file system for a stock kernel, with what it takes to
# reach the machine's own root over 9p. Reads the KERNEL_ variables of kernel.sh from the environment.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

initramfs=$bed_cache/initramfs/$KERNEL_NAME-$KERNEL_RELEASE-$(cksum <"$bed_dir/initramfs-init" | cut -d' ' -f1).cpio

initramfs_make() {
	local dir order=0 module file

	[ ! -e "$initramfs" ] || return 0
	dir=$(bed_stage "${initramfs%.cpio}")
	mkdir -p "$dir"/{bin,modules,proc,sys,dev,root,host,rw}
	cp "$(command -v busybox)" "$dir/bin/busybox"
	ln -s busybox "$dir/bin/sh"
	install -m 755 "$bed_dir/initramfs-init" "$dir/init"
	# in the order in which they depend on each other; the kernel has some built in
	for module in virtio_pci 9p 9pnet_virtio overlay; do
		/sbin/modprobe -d "${KERNEL_MODULES%/lib/modules/*}" -S "$KERNEL_RELEASE" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		order=$((order + 1))
		cp "$file" "$dir/modules/$(printf '%02d' "$order")-$(basename "$file")"
	done
	(cd "$dir" && find . | cpio --quiet -o -H newc) >"$initramfs.new"
	rm -rf "$dir"
	mv "$initramfs.new" "$initramfs"
}

bed_locked "initramfs-$KERNEL_NAME" initramfs_make
printf '%s\n' "$initramfs"
