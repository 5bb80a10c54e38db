# shellcheck shell=bash disable=SC2154 # bed_dir and bed_cache come from cache.sh
# SPDX-License-Identifier: GPL-2.0-only
# The user-mode Linux debug kernel, built from Debian's source package. Sourced; needs cache.sh and apt.sh.

uml_package=linux-source-6.12

# What a build depends on besides the source: the configuration, and what is done to the source.
uml_recipe() {
	{
		cat "$bed_dir/um-debug.config"
		declare -f uml_widen_registers uml_free_jitter uml_configure
	} | sha256sum | cut -c1-10
}

# 6.12 gives the vector registers a save area of fixed size that is too small for a host with AMX; every process
# then dies at once with "ptrace set fp regs failed, errno = 14". Later kernels ask the host.
uml_widen_registers() {
	local file=$1/arch/x86/um/user-offsets.c

	sed -i 's/DEFINE_LONGS(HOST_FP_SIZE, 2696)/DEFINE_LONGS(HOST_FP_SIZE, 12288)/' "$file"
	grep -q 'HOST_FP_SIZE, 12288' "$file" || bed_die "$file has changed: look at HOST_FP_SIZE again"
}

# DRBG insists on the jitter generator, which never ends under time-travel; it works without.
uml_free_jitter() {
	sed -i '/^config CRYPTO_DRBG$/,/^config /{/select CRYPTO_JITTERENTROPY/d}' "$1/crypto/Kconfig"
}

uml_configure() {
	make ARCH=um defconfig
	ARCH=um scripts/kconfig/merge_config.sh -m .config "$bed_dir/um-debug.config"
	make ARCH=um olddefconfig
}

# A symbol that silently drops out of the configuration would be a checker that never barks.
uml_check_config() {
	local lost

	lost=$(sed -n '/^CONFIG_/p; /^# CONFIG_/p' "$bed_dir/um-debug.config" | while read -r line; do
		case $line in
		'#'*) ! grep -q "^$(cut -d' ' -f2 <<<"$line")=" .config || printf '%s\n' "$line" ;;
		*) grep -qxF "$line" .config || printf '%s\n' "$line" ;;
		esac
	done)
	[ -z "$lost" ] || bed_die "these lines of um-debug.config did not take effect: $lost"
}

# uml_progress LOG: while a build runs, says every so often how far it is.
uml_progress() {
	trap 'kill $!; exit' TERM
	while :; do
		sleep "$uml_progress_seconds" &
		wait $!
		bed_say "user-mode Linux: $(grep -c '^  CC' "$1" || true) of about $uml_objects files compiled"
	done
}
uml_progress_seconds=30
uml_objects=1100

# uml_fetch SUITE STAGE: the source, patched and configured.
uml_fetch() {
	apt_unpack "$1" "$2/package" "$uml_package"
	mkdir "$2/source"
	tar -xf "$2/package/usr/src/$uml_package.tar.xz" -C "$2/source" --strip-components=1
	rm -rf "$2/package"
	cd "$2/source" || return
	uml_widen_registers .
	uml_free_jitter .
	bed_quietly "$bed_cache/log/uml-config.log" uml_configure
	uml_check_config
}

uml_compile() {
	local log=$bed_cache/log/uml.log progress

	uml_progress "$log" &
	progress=$!
	# shellcheck disable=SC2064
	trap "kill $progress 2>/dev/null || true" EXIT
	bed_quietly "$log" make ARCH=um -j"$(nproc)" linux modules
	kill "$progress"
	trap - EXIT
}

# uml_install STAGE FINAL: in the source directory after a build; leaves what running it and building modules takes.
uml_install() {
	local release

	bed_quietly "$bed_cache/log/uml-modules.log" make ARCH=um INSTALL_MOD_PATH="$1" modules_install
	release=$(make -s ARCH=um kernelrelease)
	mv linux "$1/linux"
	# the objects of the kernel itself are two thirds of the directory
	find . -name '*.o' ! -path './scripts/*' ! -path './tools/*' -delete
	find . \( -name '*.a' -o -name '.*.cmd' \) ! -path './scripts/*' -delete
	rm -f vmlinux .tmp_vmlinux* "$1/lib/modules/$release/build" "$1/lib/modules/$release/source"
	kernel_describe "$release" "$2/linux" "$2/source" "" um >"$1/env"
}

# uml_kernel SUITE: builds the kernel if the cache has not got it, and leaves its directory in uml_dir.
uml_kernel() {
	local version stage

	version=$(apt_version "$1" "$uml_package")
	uml_dir=$bed_cache/kernel/um/$version-$(uml_recipe)
	[ ! -d "$uml_dir" ] || return 0

	bed_say "building user-mode Linux from $uml_package $version (about five minutes)"
	stage=$(bed_stage "$uml_dir")
	uml_fetch "$1" "$stage"
	uml_compile
	uml_install "$stage" "$uml_dir"
	cd "$bed_dir" || return
	bed_publish "$uml_dir"
}
