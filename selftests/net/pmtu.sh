#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A smaller link on the way is learned from the ICMP error of the router in front of it, and inner senders are told the
# exact length that still fits. IPv6 packets of 1280 octets pass even where the path is no wider than that.
#
#	host_a           gw_a              router              gw_b           host_b
#	  10.1.0.2 -- lan  wan -- 1500 -- west east -- narrow -- wan  lan -- 10.2.0.2
#	  fd01::2          198.51.100.1                   203.0.113.N        fd02::2
#	                   2001:db8:a::1                2001:db8:b::N
#
# Each tunnel has an address N of its own at gateway b: nothing that one has learned helps another.
set -u
. selftests/net/lib.sh

narrow=1400
narrow() {
	ip -n router link set east mtu "$1"
	ip -n gw_b link set wan mtu "$1"
}
net_ns host_a gw_a router gw_b host_b
net_link host_a lan '10.1.0.2/24 fd01::2/64' gw_a lan '10.1.0.1/24 fd01::1/64'
net_link host_b lan '10.2.0.2/24 fd02::2/64' gw_b lan '10.2.0.1/24 fd02::1/64'
net_link gw_a wan '198.51.100.1/24 2001:db8:a::1/64' router west '198.51.100.254/24 2001:db8:a::fe/64'
net_link gw_b wan '203.0.113.253/24 2001:db8:b::fd/64' router east '203.0.113.254/24 2001:db8:b::fe/64'
for family in 4 6; do
	ip -n host_a -$family route add default dev lan via "$([ $family = 4 ] && echo 10.1.0.1 || echo fd01::1)"
	ip -n host_b -$family route add default dev lan via "$([ $family = 4 ] && echo 10.2.0.1 || echo fd02::1)"
	ip -n gw_a -$family route add default via "$([ $family = 4 ] && echo 198.51.100.254 || echo 2001:db8:a::fe)"
	ip -n gw_b -$family route add default via "$([ $family = 4 ] && echo 203.0.113.254 || echo 2001:db8:b::fe)"
done
narrow $narrow
device_up gw_a
device_up gw_b
# shellcheck disable=SC2034
outer_a4=198.51.100.1 outer_a6=2001:db8:a::1

# at N: the tunnel goes to this address of gateway b.
at() {
	outer_b4=203.0.113.$1 outer_b6=2001:db8:b::$1
	ip -n gw_b address add "$outer_b4/32" dev wan
	ip -n gw_b address add "$outer_b6/128" dev wan nodad
}
flush() {
	local ns family

	for ns in host_a host_b; do
		for family in 4 6; do
			ip -n $ns -$family route flush cache
		done
	done
	sectun -n gw_a tunnel del t dev sec0
	sectun -n gw_b tunnel del t dev sec0
}

n=0
for outer in 4 6; do
	for encap in none udp; do
		kind="outer IPv$outer, encap $encap"
		at $((++n))
		pair_tunnel $outer encap $encap
		inner_mtu $outer $encap 1500
		wide=$mtu
		inner_mtu $outer $encap $narrow
		tap_is "$(echo_in host_a --df probe --sizes $wide --timeout 1 10.2.0.2)" "10.2.0.2 lost $wide" \
			"$kind: the first packet is lost at the router"
		tap_is "$(show gw_a '.[].tunnels[].path_mtu')" $mtu "$kind: the gateway believes the router's ICMP error"
		tap_is "$(echo_in host_a --df probe --sizes "$((mtu - 1)),$mtu,$((mtu + 1)),$wide" 10.2.0.2 fd02::2)" \
			"$(printf '%s answered 2\n%s mtu %d %d,%d\n' 10.2.0.2 10.2.0.2 $mtu $((mtu + 1)) $wide \
			fd02::2 fd02::2 $mtu $((mtu + 1)) $wide)" "$kind: from now on senders are told $mtu"
		flush
	done
done

narrow 1280
for outer in 4 6; do
	for encap in none udp; do
		kind="outer IPv$outer, encap $encap"
		at $((++n))
		pair_tunnel $outer encap $encap
		inner_mtu $outer $encap 1280
		# IPv6 routers do not fragment: there the first one tells the gateway to
		echo_in host_a --df probe --sizes 1280 --timeout 1 fd02::2 >first
		[ $outer = 6 ] || tap_is "$(cat first)" 'fd02::2 answered 1' "$kind: 1280 octets of IPv6 pass a path of 1280 at once"
		tap_is "$(echo_in host_a --df probe --sizes 1279,1280 --count 2 fd02::2)" 'fd02::2 answered 4' \
			"$kind: 1280 octets of IPv6 pass a path of 1280"
		echo_in host_a --df probe --sizes 1290 --timeout 1 10.2.0.2 >first
		tap_is "$(echo_in host_a --df probe --sizes "1281,1300" fd02::2)" 'fd02::2 mtu 1280 1281,1300' \
			"$kind: what is larger is told 1280"
		tap_is "$(echo_in host_a --df probe --sizes "$mtu,$((mtu + 1))" 10.2.0.2)" \
			"$(printf '10.2.0.2 answered 1\n10.2.0.2 mtu %d %d\n' $mtu $((mtu + 1)))" "$kind: IPv4 is told $mtu"
		flush
	done
done
tap_done
