#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# checks.sh: runs in a guest after a test and asks the kernel's checkers what they saw, as TAP points without
# numbers (run.sh numbers them). Points for checkers that this kernel has not got are left out.
set -u

# point DESCRIPTION CMD...
point() {
	local description=$1 ok=ok

	shift
	"$@" || ok='not ok'
	printf '%s - checker: %s\n' "$ok" "$description"
}

# 4096 (out of tree) and 8192 (unsigned) say only that our module is ours.
taint_allowed=$((4096 | 8192))
untainted() {
	local taint

	taint=$(cat /proc/sys/kernel/tainted)
	[ $((taint & ~taint_allowed)) -eq 0 ] && return
	printf '# tainted: %s\n' "$taint"
	return 1
}

lockdep_alive() {
	grep -q '^ debug_locks: *1$' /proc/lockdep_stats
}

no_reports() {
	local reports

	reports=$(dmesg | grep -E 'BUG:|WARNING:|KASAN|UBSAN|INFO: |DEBUG_LOCKS_WARN|Oops|kmemleak: [0-9]+ new|general protection' |
		grep -vE 'KernelAddressSanitizer initialized|kasan: .*initialized')
	[ -z "$reports" ] && return
	printf '%s\n' "$reports" | sed 's/^/# /'
	return 1
}

# An object is reported when a second scan still finds no reference and it is older than five seconds.
kmemleak=/sys/kernel/debug/kmemleak
kmemleak_age=6
no_leaks() {
	echo scan >"$kmemleak"
	sleep "$kmemleak_age"
	echo scan >"$kmemleak"
	cat "$kmemleak" >/run/leaks
	[ ! -s /run/leaks ] && return
	sed 's/^/# /' /run/leaks
	return 1
}

if [ -e "$kmemleak" ]; then
	point 'no memory leak' no_leaks
fi
point 'no report in the kernel log' no_reports
point 'kernel not tainted' untainted
if [ -e /proc/lockdep_stats ]; then
	point 'lockdep still on' lockdep_alive
fi
exit 0
