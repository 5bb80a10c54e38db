#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `make demo`: shows sectun at work, in a virtual machine, so that nothing changes on this one but installed packages.
# On a fresh machine it first installs those, and fetches the kernel that the virtual machine boots.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. selftests/bed/cache.sh

kernel=${1:-6.1}
seconds=300

selftests/bed/install.sh build demo
selftests/bed/unpack.sh strongswan
bed_quietly "$bed_cache/log/tools.log" make tools
exec selftests/bed/run.sh "$kernel" --timeout $seconds -- selftests/demo/guest.sh
