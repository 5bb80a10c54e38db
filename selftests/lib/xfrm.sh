# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# In-tree IPsec as the other end. For scripts in a guest.

# xfrm_sa NS SOURCE DESTINATION SPI ALGORITHM...: one direction; ALGORITHM as ip-xfrm(8) has it, for example
#	aead 'rfc4106(gcm(aes))' 0x<key and salt> 128
xfrm_sa() {
	local ns=$1 source=$2 destination=$3 spi=$4

	shift 4
	ip -n "$ns" xfrm state add src "$source" dst "$destination" proto esp spi "$spi" reqid 1 mode tunnel \
		replay-window 64 "$@"
}

# xfrm_policies NS LOCAL REMOTE LOCAL_TS REMOTE_TS: what is protected, in all three directions.
xfrm_policies() {
	local ns=$1 local=$2 remote=$3 local_ts=$4 remote_ts=$5 direction

	ip -n "$ns" xfrm policy add src "$local_ts" dst "$remote_ts" dir out \
		tmpl src "$local" dst "$remote" proto esp reqid 1 mode tunnel
	for direction in in fwd; do
		ip -n "$ns" xfrm policy add src "$remote_ts" dst "$local_ts" dir "$direction" \
			tmpl src "$remote" dst "$local" proto esp reqid 1 mode tunnel
	done
}

# xfrm_counter NS NAME: from /proc/net/xfrm_stat, as XfrmInStateProtoError.
xfrm_counter() {
	net_in "$1" cat /proc/net/xfrm_stat | awk -v name="$2" '$1 == name { print $2 }'
}
