#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Where outer packets go (mark, link), and what TCP is told about segment sizes (mss), in both directions.
#
#	host_a               gw_a                                gw_b               host_b
#	  10.1.0.2 --- lan     wan 192.0.2.1  ===== 192.0.2.2 wan     lan --- 10.2.0.2
#	  fd01::2              wan2 198.51.100.1 ------------ wan2            fd02::2
#
# Only gateway a clamps: what comes out at host b, and what of host b arrives at host a, is its doing.
set -u
. selftests/net/lib.sh

net_two_sites
net_link gw_a wan2 198.51.100.1/24 gw_b wan2 198.51.100.2/24
pair_up 4
sectun -n gw_b tunnel set t dev sec0 mss off

# syn FROM TO: one SYN, to a port where nobody listens.
syn() {
	on "$1" timeout 5 bash -c "</dev/tcp/$2/9" 2>/dev/null
}

# Words for `tunnel set`, MSS that both hosts announce, MSS that arrives at the other: IPv4, IPv6.
inner_mtu 4 none 1500
rows="
	mss auto	1460	$((mtu - 40))	$((mtu - 60))
	mss off		1460	1460		1440
	mss 1200	1460	1200		1200
	mss 1200	1000	1000		1000
	mss auto	1200	1200		1200
	mss 1460	1460	1460		1440
"
net_capture host_a lan a.pcap
net_capture host_b lan b.pcap
while read -r _ value own _; do
	[ -n "$value" ] || continue
	sectun -n gw_a tunnel set t dev sec0 mss "$value"
	advmss=()
	[ "$own" = 1460 ] || advmss=(advmss "$own")
	for side in a b; do
		here=$([ $side = a ] && echo 1 || echo 2)
		ip -n host_$side route replace default via "10.$here.0.1" "${advmss[@]}"
		ip -n host_$side -6 route replace default via "fd0$here::1" "${advmss[@]}"
	done
	syn host_a 10.2.0.2
	syn host_a fd02::2
	syn host_b 10.1.0.2
	syn host_b fd01::2
done <<<"$rows"
syns='(tcp[tcpflags] = tcp-syn or ip6[53] = 2)'
capture_end a.pcap 12 "$syns and (dst host 10.1.0.2 or dst host fd01::2)"
capture_end b.pcap 12 "$syns and (dst host 10.2.0.2 or dst host fd02::2)"
# mss_seen FILE ADDRESS: MSS of the SYNs that came for it.
mss_seen() {
	tcpdump -n -r "$1" "dst host $2 and $syns" 2>/dev/null | sed -n 's/.*mss \([0-9]*\).*/\1/p'
}
paste <(mss_seen b.pcap 10.2.0.2) <(mss_seen b.pcap fd02::2) <(mss_seen a.pcap 10.1.0.2) <(mss_seen a.pcap fd01::2) >seen
exec {seen}<seen
while read -r _ value own four six; do
	[ -n "$value" ] || continue
	read -r -u $seen out4 out6 in4 in6
	tap_is "$out4 $out6" "$four $six" "mss $value, MSS $own sent: $four over IPv4 and $six over IPv6 arrive behind the tunnel"
	tap_is "$in4 $in6" "$four $six" "mss $value, MSS $own received: likewise"
done <<<"$rows"
exec {seen}<&-

# Which way outer packets take: wan, or wan2 by policy or by name.
sent() {
	net_counter gw_a "$1" tx_packets
}
# goes DEVICE DESCRIPTION: 20 packets, and the device they took.
goes() {
	local before after

	before=$(sent "$1")
	echo_in gw_a --count 20 10.2.255.1 >fate
	after=$(sent "$1")
	tap_is "$(cat fate)" '10.2.255.1 answered 20' "$2: packets pass"
	tap_ok "$2: through $1" [ $((after - before)) -ge 20 ]
}
ip -n gw_a route add 192.0.2.2/32 via 198.51.100.2 dev wan2 table 100
ip -n gw_a route add 192.0.2.0/24 via 198.51.100.2 dev wan2 metric 500
ip -n gw_a rule add fwmark 7 lookup 100
goes wan 'no mark, no link'
sectun -n gw_a tunnel set t dev sec0 mark 7
goes wan2 'mark 7'
sectun -n gw_a tunnel set t dev sec0 mark 8
goes wan 'a mark without a rule'

# No way at all, and the way that bites its tail.
sectun -n gw_a tunnel set t dev sec0 mark 9
ip -n gw_a route add unreachable default table 101
ip -n gw_a rule add fwmark 9 lookup 101
before=$(dropped gw_a no-route)
echo_in gw_a --count 3 --timeout 0.2 10.2.255.1 >fate
tap_is $(($(dropped gw_a no-route) - before)) 3 'without a route packets are dropped, and counted as that'
# The best route leads into the device: then the best of the others, by prefix and then by metric.
sectun -n gw_a tunnel set t dev sec0 mark 0
ip -n gw_a route add $outer_b4/32 dev sec0
goes wan 'a route to the peer that leads into the device is passed over'
ip -n gw_a route add 192.0.2.0/28 via 198.51.100.2 dev wan2
goes wan2 'and of the others the longest prefix wins'
ip -n gw_a route del 192.0.2.0/28
sectun -n gw_a tunnel set t dev sec0 mark 10
ip -n gw_a route add default dev sec0 table 102
ip -n gw_a route add unreachable default metric 9 table 102
ip -n gw_a rule add fwmark 10 lookup 102
echo_in gw_a --count 3 --timeout 0.2 10.2.255.1 >fate
tap_is "$(dropped gw_a route-loop)" 3 'where every route leads into the device it is a loop: dropped, and counted as that'
ip -n gw_a route del $outer_b4/32

sectun -n gw_a tunnel set t dev sec0 mark 0 link wan2
goes wan2 'link wan2'
sectun -n gw_a tunnel set t dev sec0 link wan
goes wan 'link wan'
tap_done
