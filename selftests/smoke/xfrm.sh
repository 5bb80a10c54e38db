#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# In-tree IPsec, which is the other end of many tests, works in this guest.
#
#	host_a --- gw_a ===ESP=== gw_b --- host_b
set -u
. selftests/lib/tap.sh
. selftests/lib/net.sh
. selftests/lib/xfrm.sh

key_ab=0x000102030405060708090a0b0c0d0e0f10111213
key_ba=0x202122232425262728292a2b2c2d2e2f30313233
algorithm=(aead 'rfc4106(gcm(aes))')

net_two_sites
ip -n gw_a route add 10.2.0.0/24 via 192.0.2.2
ip -n gw_b route add 10.1.0.0/24 via 192.0.2.1
for gateway in gw_a gw_b; do
	xfrm_sa "$gateway" 192.0.2.1 192.0.2.2 0x1001 "${algorithm[@]}" "$key_ab" 128
	xfrm_sa "$gateway" 192.0.2.2 192.0.2.1 0x1002 "${algorithm[@]}" "$key_ba" 128
done
xfrm_policies gw_a 192.0.2.1 192.0.2.2 10.1.0.0/24 10.2.0.0/24
xfrm_policies gw_b 192.0.2.2 192.0.2.1 10.2.0.0/24 10.1.0.0/24

capture=$SECTUN_ARTIFACTS/wan.pcap
net_capture gw_a wan "$capture" -Q out # what comes in is seen once more after decryption
tap_ok 'a host reaches the other site through the tunnel' net_ping host_a 10.2.0.2
net_capture_stop "$capture"
tap_is "$(tcpdump -r "$capture" 2>/dev/null | grep -c ESP)" 1 'it crossed as an ESP packet'
tap_is "$(tcpdump -r "$capture" icmp 2>/dev/null)" '' 'nothing left in clear'
tap_is "$(net_counter host_b lan rx_packets)" "$(net_counter gw_b lan tx_packets)" 'interface counters can be read'
tap_is "$(xfrm_counter gw_a XfrmInStateProtoError)" 0 'the gateway met no error'
tap_done
