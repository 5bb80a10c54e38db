#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh [--kernel NAME,...] [CONTENDER...]: what a packet costs in sectun, in-tree IPsec, WireGuard, IPIP and with no
# tunnel, side by side in one boot for each kernel (default: 6.1,7.3), on one CPU under the instruction clock: figures
# repeat to under 1 %, whatever else the machine does. Then, unless contenders are named, what many tunnels cost. Prints
# tables; leaves bench.json and bench.svg in build/bench.
set -euo pipefail

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(dirname "$(dirname "$bench")")
out=$repo/build/bench
kernels=6.1,7.3
if [ "${1:-}" = --kernel ]; then
	kernels=$2
	shift 2
fi

"$repo/selftests/bed/install.sh" build demo test
make -s -C "$repo" tools
results=()
for kernel in ${kernels//,/ }; do
	work=$out/$kernel
	mkdir -p "$work"
	cc -O2 -Wall -Wextra -Werror -o "$work/blast" "$bench/blast.c"
	MODULE_KO=
	eval "$("$repo/selftests/bed/module.sh" "$kernel" "$bench/cipher" | grep '^MODULE_KO=')"
	cp "$MODULE_KO" "$work/sectun_cipher.ko"
	"$repo/selftests/bed/run.sh" "$kernel" --icount --timeout 1800 --dir "$work" -- \
		"$bench/guest.py" "$work" "$@"
	cp "$work/artifacts/bench.json" "$work/"
	results+=("$work/bench.json")
	[ $# -eq 0 ] || continue
	"$repo/selftests/bed/run.sh" "$kernel" --icount --mem 2048 --timeout 1800 --dir "$work" -- "$bench/scale.py" "$work"
	cp "$work/artifacts/scale.json" "$work/"
done
"$bench/report.py" "$out" "${results[@]}"
