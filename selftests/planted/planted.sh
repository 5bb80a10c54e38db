#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# planted.sh BUG: commits one planted bug and expects its checker's report, and that the checks which are appended to
# every case on this kernel see it.
set -u
. selftests/lib/tap.sh

bug=${1:?say which bug}
parameter=/sys/module/planted/parameters/bug

# What the kernel says, and which of the appended checks must fail.
declare -A report=(
	[out-of-bounds]='BUG: KASAN: slab-out-of-bounds in planted_'
	[use-after-free]='BUG: KASAN: slab-use-after-free in planted_'
	[lock-order]='WARNING: possible circular locking dependency detected'
	[rcu]='WARNING: suspicious RCU usage'
	[leak]='unreferenced object .* \(size 32\)'
)
declare -A check=(
	[out-of-bounds]='no report in the kernel log'
	[use-after-free]='no report in the kernel log'
	[lock-order]='lockdep still on'
	[rcu]='no report in the kernel log'
	[leak]='no memory leak'
)

tap_ok 'the module with the planted bugs loads' modprobe planted || tap_bail 'no module to plant bugs with'

if [ "$bug" = failslab ]; then
	tap_is "$(python3 selftests/planted/fail_nth.py "$parameter" failslab)" ENOMEM \
		'failslab fails an allocation, and its caller says so'
	tap_ok 'without fault injection the same call succeeds' sh -c "echo failslab >$parameter"
	tap_done
fi

echo "$bug" >"$parameter"
checks=$(selftests/bed/checks.sh)
tap_like "$(dmesg; cat /run/leaks)" "${report[$bug]}" "$bug: the kernel reports it: ${report[$bug]}"
tap_like "$checks" "not ok - checker: ${check[$bug]}" "$bug: the check '${check[$bug]}' fails"
tap_done
