#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# install.sh GROUP...: installs what is missing of the groups in `packages`; touches nothing when nothing is.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

[ $# -gt 0 ] || bed_die "say which groups: $(sed -n 's/^\([a-z]*\):.*/\1/p' "$bed_dir/packages" | sort -u | tr '\n' ' ')"

wanted=()
for group in "$@"; do
	mapfile -t -O "${#wanted[@]}" wanted < <(sed -n "s/^$group://p" "$bed_dir/packages" | tr -s ' ' '\n' | sed '/^$/d')
	grep -q "^$group:" "$bed_dir/packages" || bed_die "no group '$group' in $bed_dir/packages"
done

missing=()
for package in "${wanted[@]}"; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

bed_say "installing ${#missing[@]} packages: ${missing[*]}"
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0)
log=$bed_cache/log/install.log
# No service may start on the machine because a test wants its program: policy-rc.d is how Debian says so.
install_missing() {
	local policy=/usr/sbin/policy-rc.d made=

	bed_as_root "${apt[@]}" update || return
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' | bed_as_root install -m 755 /dev/stdin "$policy"
		made=1
	fi
	local status=0
	bed_as_root "${apt[@]}" install --no-install-recommends "${missing[@]}" || status=$?
	[ -z "$made" ] || bed_as_root rm -f "$policy"
	return "$status"
}
bed_quietly "$log" install_missing
bed_say "installed"
