#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The guest is the kernel that was asked for, and what tests rely on is there.
set -u
. selftests/lib/tap.sh

case $SECTUN_KERNEL in
um) want='^6\.12\..*-umdbg$' ;;
*) want="^${SECTUN_KERNEL//./\\.}\..*-amd64\$" ;;
esac
tap_like "$(uname -r)" "$want" "the kernel is $SECTUN_KERNEL"
tap_is "$(id -u)" 0 'the script is root'
tap_ok 'the guest may write anywhere' touch /usr/written /etc/written /tmp/written /run/written
tap_ok 'what a guest leaves in the artifact directory reaches the host' touch "$SECTUN_ARTIFACTS/left"
tap_ok 'debugfs and tracefs are mounted' test -d /sys/kernel/tracing/events
tap_ok 'a namespace can be made' ip netns add one

if [ "$SECTUN_KERNEL" = um ]; then
	tap_like "$(cat /proc/lockdep_stats)" 'debug_locks: +1' 'lockdep is on'
	tap_ok 'kmemleak is on' test -e /sys/kernel/debug/kmemleak
	before=$(date +%s)
	idle=3600
	sleep "$idle"
	tap_ok 'an hour of idle time is skipped' test $(($(date +%s) - before)) -ge "$idle"
else
	tap_ok 'the AES-GCM module loads' modprobe aesni_intel
	tap_like "$(cat /proc/crypto)" 'driver +: (__)?rfc4106-gcm-(vaes-avx[0-9]+|aesni[-a-z0-9]*)' \
		'AES-NI has a driver for AES-GCM in ESP'
fi
tap_done
