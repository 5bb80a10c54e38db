#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TCP and UDP in bulk, both ways, through each kind of tunnel: every octet arrives as it left, whatever the stack has
# batched (GSO, GRO) and whatever the width of the path.
#
#	host_a               gw_a                        gw_b               host_b
#	  10.1.0.2 --- lan     sec0 === wan ... wan === sec0     lan --- 10.2.0.2
#	  fd01::2                                                        fd02::2
set -u
. selftests/net/lib.sh

size=$((2 << 20)) # octets of each flow
[ "$SECTUN_KERNEL" != um ] || size=$((size / 4)) # no cipher of the processor, and everything checked
port=5000
seconds=1 # of iperf3

net_two_sites
device_up gw_a
device_up gw_b
nsenter --net=/run/netns/host_b python3 -B "$net_dir/flow.py" serve 10.2.0.2 $port >server4 &
nsenter --net=/run/netns/host_b python3 -B "$net_dir/flow.py" serve fd02::2 $port >server6 &
wait_for grep -q ready server4 server6

flow() {
	on host_a python3 -B "$net_dir/flow.py" "$@"
}
# carries KIND: TCP both ways over both families.
carries() {
	tap_is "$(flow send 10.2.0.2 $port $size 2)" "2 flows, $((2 * size)) octets, intact" "$1: TCP over IPv4 to the peer"
	tap_is "$(flow fetch 10.2.0.2 $port $size)" "1 flows, $size octets, intact" "$1: TCP over IPv4 from the peer"
	tap_is "$(flow fetch fd02::2 $port $size)" "1 flows, $size octets, intact" "$1: TCP over IPv6 from the peer"
	tap_is "$(counters gw_a | cut -s -d' ' -f3-)" '' "$1: nothing was dropped"
}
widen() {
	local ns dev

	for dev in host_a/lan gw_a/lan gw_a/wan gw_b/wan gw_b/lan host_b/lan; do
		ns=${dev%/*} dev=${dev#*/}
		ip -n "$ns" link set "$dev" mtu "$1"
		ip -n "$ns" route flush cache
		ip -n "$ns" -6 route flush cache
	done
}
offload() {
	local ns dev

	for dev in host_a/lan gw_a/lan gw_a/wan gw_b/wan gw_b/lan host_b/lan; do
		ns=${dev%/*} dev=${dev#*/}
		on "$ns" ethtool -K "$dev" gso "$1" tso "$1" gro "$1" >/dev/null 2>&1
	done
}
renew() {
	sectun -n gw_a tunnel del t dev sec0
	sectun -n gw_b tunnel del t dev sec0
	ip -n gw_a link del sec0
	device_up gw_a
}

# Outer family, encapsulation, MTU of every link, offloads
while read -r outer encap mtu gso; do
	widen "$mtu"
	offload "$gso"
	pair_tunnel "$outer" encap "$encap"
	carries "outer IPv$outer, encap $encap, MTU $mtu, offloads $gso"
	renew
done <<-END
	4	none	1500	on
	4	udp	1500	on
	6	udp	1500	off
	6	none	9000	on
END
widen 1500
offload on

# Without the clamp TCP depends on what it is told by ICMP.
pair_tunnel 4 mss off
tap_is "$(flow send 10.2.0.2 $port $size)" "1 flows, $size octets, intact" 'mss off: TCP finds its segment size by ICMP'
sectun -n gw_a tunnel set t dev sec0 mss auto
tap_is "$(flow fetch 10.2.0.2 $port 200000 8)" '8 flows, 1600000 octets, intact' 'eight flows at a time'

# veth has GRO look at what comes only where its sender would not segment it.
renew
pair_tunnel 4
for ns in gw_a gw_b; do
	on "$ns" ethtool -K wan tso off gro on >/dev/null
	ip netns exec "$ns" sh -c 'echo 1 >/sys/class/net/sec0/threaded'
done
carries 'GRO before and behind, in threads'

on host_b iperf3 -s -D -I "$net_work/iperf.pid"
listening() {
	on host_b ss -Hltn | grep -q :5201
}
wait_for listening
# measured WORDS: octets received by iperf3's own account.
measured() {
	on host_a iperf3 -c 10.2.0.2 -t $seconds -J "$@" | jq '.end.sum_received.bytes // .end.sum.bytes'
}
tap_ok 'iperf3, TCP, two flows' [ "$(measured -P 2)" -gt 100000 ]
tap_ok 'iperf3, TCP, the other way' [ "$(measured -R)" -gt 100000 ]
tap_ok 'iperf3, UDP of 64 octets' [ "$(measured -u -b 2M -l 64)" -gt 10000 ]
tap_ok 'iperf3, UDP of 1400 octets, the other way' [ "$(measured -u -b 5M -l 1400 -R)" -gt 10000 ]
tap_ok 'iperf3, UDP of 4000 octets: inner fragments' [ "$(measured -u -b 5M -l 4000)" -gt 10000 ]
tap_is "$(show gw_a '.[].tunnels[].sas[] | select(.dir == "in") | .stats.drops')" '{}' 'nothing was left of the window or came twice'
background_end "$(tr -d '\0' <iperf.pid)"
tap_done
