#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# afalg.sh [SCRIPT]: the transforms from user space. SCRIPT is afalg.py, ESP against published packets,
# or ah.py, AH against AH in Python. Runs as root, in a guest where modprobe finds the module, or where
# it is loaded. It leaves behind implementations on top of pcrypt, which every transform made later would
# take: other tests want a boot of their own.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# From 7.3 on AF_ALG offers only algorithms of a list, unless this is 0.
restrict=/proc/sys/crypto/af_alg_restrict

# One by one, for a kernel that lacks some. Without udev in a guest nobody loads what fits the CPU,
# and the generic code would be all that is tested.
for module in algif_aead aesni_intel pcrypt cryptd sectun; do
	modprobe -q "$module"
done

if [ -w $restrict ]; then
	before=$(<$restrict)
	trap 'echo "$before" >$restrict' EXIT
	echo 0 >$restrict
fi

/usr/bin/python3 -B "$here/${1:-afalg.py}" "${@:2}"
