#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The NAT before the far end gets another address, and another port with it: traffic goes on under the same IKE SA and
# the same child (RFC 7296 section 2.23), whether a packet of the tunnel or a message of IKE is the first to come from
# there. Topology: interop/lib.sh; gw_b is behind the NAT, and is the one that begins.
set -u
. selftests/ike/interop/lib.sh
# shellcheck source=selftests/ike/interop/sectun.sh
. "$interop_dir/sectun.sh"

# nat_moves FROM TO: the address of the NAT
nat_moves() {
	ip -n router address del "192.0.2.$1/24" dev to_a
	ip -n router address add "192.0.2.$2/24" dev to_a
	ip -n gw_a route replace default via "192.0.2.$2"
}
remote() {
	ike_say a '.peers[0]["ike-sas"][] | select(.state == "up") | .remote'
}
outer() {
	sectun -n gw_a -j tunnel show hq dev sec0 | jq -r '.[0] | "\(.remote):\(.dport)"'
}
spis() {
	echo "$(ours_ike_spi) $(ike_child a spi-in) $(ike_child a spi-out)"
}
has_moved() {
	[[ $(remote) == 192.0.2.$1:* ]] && [ "$(outer)" = "$(remote)" ]
}

role=responder
interop_net
interop_nat there
interop_config responder psk nat
peer_write responder psk nat
sed -i 's/^auth = psk/dpd = 2s\n&/' b/hq.conf
ike_start a
tap_ok 'the far end starts' peer_start
tap_ok 'the tunnel is up' begin
tap_ok 'traffic' flows
tap_like "$(remote)" '^192\.0\.2\.254:[23][0-9]{4}$' 'the peer is where the NAT is'
before=$(spis)

nat_moves 254 253
tap_ok 'packets of the tunnel come from elsewhere, and are answered there' wait_for net_ping host_b 10.1.0.2 -W 1
tap_ok 'the IKE SA has moved with it' wait_for has_moved 253
tap_is "$(spis)" "$before" 'neither it nor its child is another'
tap_ok 'traffic' flows
tap_ok 'a rekey finds the peer' ike a rekey hq
child_changed() {
	[ -n "$(ike_child a spi-in)" ] && [ "$(spis)" != "$before" ]
}
tap_ok 'and is done' wait_for child_changed
tap_ok 'traffic' flows
before=$(spis)

nat_moves 253 252
tap_ok 'a message of IKE comes from elsewhere: the IKE SA moves' wait_for has_moved 252
tap_is "$(spis)" "$before" 'neither it nor its child is another'
tap_ok 'what is sent arrives where the peer is now' net_ping host_a 10.2.0.2
tap_is "$(grep -c 'moved' a/log)" 2 'each move is told once'
peer_stop
ike_stop a
tap_done
