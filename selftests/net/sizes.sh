#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets of every length around every boundary pass, whole, and what does not fit is refused with the exact length
# that does. Each kind of outer packet, with inner IPv4 and IPv6.
#
#	host_a               gw_a                                  gw_b                host_b
#	  10.1.0.2 --- lan     sec0 === 192.0.2.1 === 192.0.2.2 === sec0    lan --- 10.2.0.2
#	  fd01::2              sec0 === 2001:db8::1 = 2001:db8::2 = sec0            fd02::2
set -u
. selftests/net/lib.sh

net_two_sites
device_up gw_a
device_up gw_b
both=(10.2.0.2 fd02::2)
forget() {
	ip -n "$1" route flush cache
	ip -n "$1" -6 route flush cache
}

for outer in 4 6; do
	for encap in none udp; do
		kind="outer IPv$outer, encap $encap"
		inner_mtu $outer $encap 1500
		pair_tunnel $outer encap $encap

		tap_is "$(echo_in host_a --df probe --sizes 48-88 "${both[@]}")" \
			$'10.2.0.2 answered 41\nfd02::2 answered 41' "$kind: every length of padding"
		tap_is "$(echo_in host_a --df probe --sizes "$((mtu - 4))-$((mtu + 1))" "${both[@]}")" \
			"$(printf '%s answered 5\n%s mtu %d %d\n' 10.2.0.2 10.2.0.2 $mtu $((mtu + 1)) \
			fd02::2 fd02::2 $mtu $((mtu + 1)))" \
			"$kind: $mtu octets pass, and the sender of $((mtu + 1)) is told $mtu"
		tap_is "$(counters gw_a)" '92 92 too-big=2' "$kind: what was too big, and only that, is counted as dropped"
		tap_is "$(show gw_a '.[].tunnels[].path_mtu')" $mtu "$kind: the command shows $mtu"

		forget host_a
		tap_is "$(echo_in host_a --df dont --sizes "$((mtu - 1))-$((mtu + 3)),1499,1500" 10.2.0.2)" \
			'10.2.0.2 answered 7' "$kind: without DF a packet of 1500 passes, the outer one in fragments"
		# both hosts learn what fits, one for its requests and the other for its replies
		echo_in host_a --df want --sizes 1500 "${both[@]}" >told
		echo_in host_b --df want --sizes 1500 10.1.0.2 fd01::2 >told
		tap_is "$(echo_in host_a --df want --sizes "$((mtu + 1)),4000,8000" "${both[@]}")" \
			$'10.2.0.2 answered 3\nfd02::2 answered 3' "$kind: fragments of larger packets pass"
		for side in a b; do
			ip -n gw_$side link del sec0
			device_up gw_$side
			forget host_$side
		done
	done
done
# of four lengths without DF, in either direction, two for each of four kinds of tunnel
tap_like "$(net_mib gw_a IpFragCreates) $(net_mib gw_a Ip6FragCreates)" '^[1-9][0-9]* [1-9][0-9]*$' 'outer packets were fragmented'
tap_is "$(net_mib gw_b IpReasmFails) $(net_mib gw_b Ip6ReasmFails)" '0 0' 'and put together again'
tap_done
