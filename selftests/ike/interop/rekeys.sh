#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rekeys.sh PEER COUNT: that many child rekeys in a row, every other one by the peer where it can, under a stream of
# packets of 64 octets each way. None may be lost. Topology, and what a peer is: lib.sh.
set -u
. selftests/ike/interop/lib.sh

peer=$1 count=$2 role=initiator
# shellcheck source=/dev/null # one of several
. "$interop_dir/$peer.sh"

# stream FROM TO ADDRESS: begins; the pid of the sender is in sender, the outcome will be in the file stream-FROM
declare -A senders=()
receivers=()
stream() {
	ip netns exec "$2" "$interop_repo/selftests/ike/stream.py" receive "$3" 9 >"stream-$1" &
	receivers+=($!)
	wait_for grep -q ready "stream-$1"
	ip netns exec "$1" "$interop_repo/selftests/ike/stream.py" send "$3" 9 5 &
	senders[$1]=$!
}

rekey_all() {
	local n side before

	for ((n = 0; n < count; n++)); do
		before=$(ike_child a spi-in)
		side=us
		[ $((n % 2)) = 0 ] || peer_cannot child-rekey them "$role" psk none >/dev/null || side=them
		case $side in
		us) ike a rekey hq ;;
		them) peer_rekey child >/dev/null ;;
		esac || { printf 'rekey %d by %s is refused\n' "$n" "$side"; return 1; }
		wait_for -t 60 spi_is_new "$before" || { printf 'rekey %d by %s\n' "$n" "$side"; return 1; }
	done
}

interop_net
peer_install
interop_nat none
interop_config "$role" psk none ${peer_lines[@]+"${peer_lines[@]}"}
peer_write "$role" psk none
ike_start a
tap_ok "$(peer_title) starts" peer_start
tap_ok 'the tunnel is up' begin
stream host_a host_b 10.2.0.2
stream host_b host_a 10.1.0.2
tap_ok "$count child rekeys" rekey_all
kill "${senders[@]}"
wait "${receivers[@]}"
for from in host_a host_b; do
	read -r sent received duplicates reordered < <(tail -n 1 "stream-$from")
	tap_diag <<<"$from sent $sent packets"
	tap_is "$received $duplicates" "$sent 0" "from $from all packets arrive, each once"
	tap_is "$reordered" 0 "from $from in order"
done
peer_stop
ike_stop a
tap_done
