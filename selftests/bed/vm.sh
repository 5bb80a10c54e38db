#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm.sh: becomes the process of a guest; run.sh starts it. Reads KERNEL_* (kernel.sh) and, from the environment,
#   VM_DIR              directory of this run, with artifacts/ to be shared; console.log goes there
#   VM_SMP VM_MEM VM_ICOUNT VM_REAL_TIME VM_APPEND    what the options of run.sh say
# The script's output comes out of standard output, apart from the kernel's console.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

# An oops ends the guest at once, so that it is noticed at once. Boot messages are for dmesg; guest-init raises the
# level when it is a test's turn.
common='panic=-1 oops=panic loglevel=5'

# On a busy machine an emulated CPU may stand still for seconds, which is not the kernel's fault.
qemu_append='console=ttyS0 tsc=reliable nowatchdog rcupdate.rcu_cpu_stall_suppress=1'

# One guest instruction is one nanosecond; every figure repeats from boot to boot. Without -erms,-fsrm each byte of a
# `rep movsb` would count as an instruction and copies drown everything else.
icount_args=(-icount 'shift=0,sleep=off' -accel 'tcg,thread=single' -cpu 'max,-erms,-fsrm,-rdrand,-rdseed'
	-rtc 'base=2026-01-01,clock=vm')
icount_append='nokaslr random.trust_cpu=off random.trust_bootloader=off norandmaps'

vm_qemu() {
	local args=(-accel 'tcg,thread=multi' -cpu max) append="$common $qemu_append $VM_APPEND" initramfs

	if [ -n "$VM_ICOUNT" ]; then
		args=("${icount_args[@]}")
		append+=" $icount_append"
	fi
	initramfs=$("$bed_dir/initramfs.sh")
	exec qemu-system-x86_64 "${args[@]}" -nodefaults -no-user-config -no-reboot -display none \
		-smp "$VM_SMP" -m "$VM_MEM" \
		-kernel "$KERNEL_IMAGE" -initrd "$initramfs" -append "$append SECTUN_INIT=$bed_dir/guest-init" \
		-fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap \
		-device virtio-9p-pci,fsdev=host,mount_tag=host \
		-fsdev "local,id=artifacts,path=$VM_DIR/artifacts,security_model=none" \
		-device virtio-9p-pci,fsdev=artifacts,mount_tag=artifacts \
		-chardev "file,id=console,path=$VM_DIR/console.log" -serial chardev:console \
		-chardev stdio,id=output,signal=off -serial chardev:output \
		2>"$VM_DIR/qemu.log" </dev/null
}

# Idle time is skipped, so a guest never waits: an hour of key lifetime takes no longer than what happens in it.
vm_uml() {
	local append=()

	read -ra append <<<"$common $VM_APPEND"
	[ -n "$VM_REAL_TIME" ] || append+=(time-travel)
	exec 3>&1
	exec "$KERNEL_IMAGE" "${append[@]}" mem="${VM_MEM}M" root=/dev/root rootfstype=hostfs rootflags=/ ro \
		uml_dir="$VM_DIR/uml" umid=guest con=null con0=null,fd:1 ssl=null ssl0=null,fd:3 \
		init="$bed_dir/uml-init" SECTUN_INIT="$bed_dir/guest-init" SECTUN_ARTIFACTS="$VM_DIR/artifacts" \
		>"$VM_DIR/console.log" 2>&1 </dev/null
}

case $KERNEL_NAME in
um) vm_uml ;;
*) vm_qemu ;;
esac
