#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Which of a device's tunnels takes a packet, what no tunnel takes, what may come out of a tunnel, and changes of all
# that while packets flow.
#
#	gw_a                                          gw_b
#	  10.1.255.1   sec0 === net, sub, ... === sec0  10.2.0.0/16
#	  10.1.9.1          192.0.2.1  192.0.2.2        fd02::/16
#	  fd01:ffff::1                                  10.3.0.1
#
# Gateway a has several tunnels, each with a transmit SA of its own; gateway b has one tunnel that takes everything.
set -u
. selftests/net/lib.sh

net_two_gateways
device_up gw_a
device_up gw_b
ip -n gw_a address add 10.1.9.1/32 dev sec0
ip -n gw_a -batch - <<-END
	route add 10.3.0.0/16 dev sec0
	route add fd03::/16 dev sec0
END
for address in 10.2.1.1 10.2.5.1 10.2.5.7 10.2.5.9 10.3.0.1 fd02::1; do
	ip -n gw_b address add $address dev lo
done
tunnel_add gw_b all 4
sa_out gw_b all 0x1002

# name, transmit SPI, selectors
tunnels='
	net	0x2001	remote-ts 10.2.0.0/16
	sub	0x2002	remote-ts 10.2.5.0/24 local-ts any
	host	0x2003	remote-ts 10.2.5.7/32 local-ts 10.1.9.0/24
	web	0x2004	remote-ts 10.2.5.9/32[tcp/80] local-ts 10.1.0.0/16
'
while read -r name spi words; do
	[ -n "$name" ] || continue
	# shellcheck disable=SC2086
	tap_ok "tunnel $name: $words" tunnel_add gw_a "$name" 4 $words
	sa_out gw_a "$name" "$spi"
	sa_in gw_b all "$spi"
done <<<"$tunnels"
sa_in gw_a net 0x1002

# sent: packets that each tunnel has sent, in order.
sent() {
	show gw_a '[.[].tunnels[].stats.tx_packets] | join(" ")'
}

# Source and destination, and the tunnel that is to take the packet.
choices='
	10.1.255.1	10.2.1.1	net	the only one that covers the destination
	10.1.255.1	10.2.5.1	sub	the longer remote prefix wins
	10.1.9.1	10.2.5.7	host	the longest one wins
	10.1.255.1	10.2.5.7	sub	the longest one does not cover the source
	10.1.255.1	10.2.5.9	sub	the longest one is for another protocol
'
while read -r source destination name why; do
	[ -n "$source" ] || continue
	before=$(sa_counter gw_a "$(awk -v name="$name" '$1 == name { print $2 }' <<<"$tunnels")" .stats.tx_packets)
	tap_is "$(echo_in gw_a "$source=$destination")" "$destination answered 1" "$source to $destination is answered"
	after=$(sa_counter gw_a "$(awk -v name="$name" '$1 == name { print $2 }' <<<"$tunnels")" .stats.tx_packets)
	tap_is $((after - before)) 1 "$source to $destination goes into tunnel $name: $why"
done <<<"$choices"
on gw_a timeout 5 bash -c '</dev/tcp/10.2.5.9/80' 2>/dev/null
tap_is "$(sa_counter gw_a 0x2004 .stats.tx_packets)" 1 'a TCP SYN to the port of a selector goes into the tunnel that names it'
tap_is "$(counters gw_a)" '6 6' 'nothing was dropped'

tap_is "$(echo_in gw_a 10.3.0.1)" '10.3.0.1 error EHOSTUNREACH 84' 'a packet that no tunnel takes is answered with ICMP unreachable'
tap_is "$(echo_in gw_a fd03::1)" 'fd03::1 error EHOSTUNREACH 104' 'and with ICMPv6 unreachable'
tap_is "$(dropped gw_a no-tunnel)" 2 'and counted'
tap_is "$(echo_in gw_b --timeout 1 --count 3 10.2.255.1=10.1.255.1)" '10.1.255.1 answered 3' 'the peer may send what the selectors cover'
tap_is "$(echo_in gw_b --timeout 1 --count 3 10.3.0.1=10.1.255.1)" '10.1.255.1 lost 84' 'but not from another source'
tap_is "$(dropped gw_a selector-mismatch)" 3 'that is dropped after decryption, and counted'
tap_is "$(sa_counter gw_a 0x1002 '"\(.stats.rx_packets) \(.stats.drops["selector-mismatch"])"')" '9 3' 'with the SA as well'

tap_refused 'two tunnels may not have the same selectors' 'same traffic selectors' \
	tunnel_add gw_a twin 4 remote-ts 10.2.5.0/24
tap_ok 'a tunnel for everything beside the others' tunnel_add gw_a rest 4
sectun -n gw_a sa del dev sec0 dir out spi 0x2004
sectun -n gw_b sa del dev sec0 dir in spi 0x2004
sa_out gw_a rest 0x2005
sa_in gw_b all 0x2005
echo_in gw_a --timeout 1 10.3.0.1 >fate
tap_is "$(sa_counter gw_a 0x2005 .stats.tx_packets)" 1 'takes what the others do not'

rounds=5
flow_start gw_a 10.2.5.1
for ((round = 0; round < rounds; round++)); do
	sectun -n gw_a tunnel set sub dev sec0 remote-ts 10.2.5.0/25,10.2.6.0/24
	tunnel_add gw_a extra 4 remote-ts 10.2.7.0/24
	sectun -n gw_a tunnel set sub dev sec0 remote-ts 10.2.5.0/24
	sectun -n gw_a tunnel del extra dev sec0
done
flow_end
tap_is "$flowed" "10.2.5.1 answered $flow_count" 'no packet is lost while tunnels and selectors change'
tap_done
