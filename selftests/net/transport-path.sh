#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Transport mode over a router: a narrow link behind it is learned and told to the octet, though the route to the peer
# leads into the device; and over one that translates addresses, TCP and UDP arrive with right checksums (RFC 3948
# section 3.1.2).
#
#	gw_a (sec0)              router                      gw_b (sec0)
#	  wan 192.0.2.1 --- west 192.0.2.254   east 10.9.0.254 --- wan 10.9.0.2
#	      2001:db8::1        2001:db8::fe       fd09::fe           fd09::2
set -u
. selftests/net/lib.sh

narrow=1400
net_ns gw_a router gw_b
net_link gw_a wan '192.0.2.1/24 2001:db8::1/64' router west '192.0.2.254/24 2001:db8::fe/64'
net_link gw_b wan '10.9.0.2/24 fd09::2/64' router east '10.9.0.254/24 fd09::fe/64'
ip -n gw_a route add default via 192.0.2.254
ip -n gw_a route add default via 2001:db8::fe
ip -n gw_b route add default via 10.9.0.254
ip -n gw_b route add default via fd09::fe
ip -n router link set east mtu $narrow
ip -n gw_b link set wan mtu $narrow
outer_b4=10.9.0.2 outer_b6=fd09::2
for ns in gw_a gw_b; do
	ip -n $ns link add sec0 type sectun
	ip -n $ns link set sec0 mtu 65535 up
done
# routes_add FAMILY: between the ends everything leads into the devices.
routes_add() {
	local a=outer_a$1 b=outer_b$1

	ip -n gw_a route replace "${!b}" dev sec0
	ip -n gw_b route replace "${!a}" dev sec0
}

# dropped_else NS: packets that were dropped for another reason than their size.
dropped_else() {
	show "$1" '.[].stats.drops | del(.["too-big"]) | add // 0'
}

for family in 4 6; do
	for encap in none udp; do
		kind="IPv$family, encap $encap"
		peer=outer_b$family peer=${!peer}
		header=20
		[ $family = 4 ] || header=40
		pair_tunnel $family mode transport encap $encap
		routes_add $family
		inner_mtu $family $encap 1500
		wide=$((mtu + header))
		inner_mtu $family $encap $narrow
		mtu=$((mtu + header))
		tap_is "$(echo_in gw_a --df probe --sizes $wide --timeout 1 "$peer")" "$peer lost $wide" \
			"$kind: the first packet is lost at the router"
		tap_is "$(show gw_a '.[].tunnels[].path_mtu')" $mtu "$kind: its ICMP error is believed"
		tap_is "$(echo_in gw_a --df probe --sizes "$((mtu - 1)),$mtu,$((mtu + 1)),$wide" "$peer")" \
			"$(printf '%s answered 2\n%s mtu %d %d,%d\n' "$peer" "$peer" $mtu $((mtu + 1)) $wide)" \
			"$kind: from now on the sender is told $mtu"
		tap_is "$(echo_in gw_a --df want --sizes 3000,20000 "$peer")" "$peer answered 2" "$kind: longer ones pass in fragments"
		sectun -n gw_a tunnel del t dev sec0
		sectun -n gw_b tunnel del t dev sec0
		# what was learned is forgotten with the routes
		ip -n gw_a -$family route del default
		ip -n gw_a -$family route add default via "$([ $family = 4 ] && echo 192.0.2.254 || echo 2001:db8::fe)"
		ip -n gw_a route del "$peer" dev sec0
	done
done

# Behind a NAT: gateway a knows its peer by the router's address, and gateway b its own private one.
on router nft -f - <<-END
	table inet nat {
		chain post {
			type nat hook postrouting priority 100
			ip saddr 10.9.0.2 oifname west masquerade
			ip6 saddr fd09::2 oifname west masquerade
		}
	}
END
for family in 4 6; do
	kind="IPv$family behind a NAT"
	outer_b4=10.9.0.2 outer_b6=fd09::2
	tunnel_add gw_b t $family mode transport encap udp
	# shellcheck disable=SC2034
	outer_b4=192.0.2.254 outer_b6=2001:db8::fe
	tunnel_add gw_a t $family mode transport encap udp
	pair_sas
	routes_add $family
	peer=outer_b$family peer=${!peer}
	own=outer_a$family own=${!own}
	tap_is "$(echo_in gw_b --count 3 "$own")" "$own answered 3" "$kind: packets pass, the hidden end begins"
	tap_is "$(echo_in gw_a --count 3 "$peer")" "$peer answered 3" "$kind: and the other end"
	on gw_a ethtool -K sec0 gro off # of packets put together only the first part of a checksum is there
	net_capture gw_a sec0 inside.pcap
	nsenter --net=/run/netns/gw_a python3 -B "$net_dir/flow.py" serve "$own" 5001 >server &
	server=$!
	wait_for grep -q ready server
	for verb in send fetch; do
		tap_is "$(on gw_b python3 -B "$net_dir/flow.py" $verb "$own" 5001 100000)" '1 flows, 100000 octets, intact' \
			"$kind: TCP, $verb"
	done
	background_end $server
	tap_is "$(on gw_b python3 -B "$net_dir/datagrams.py" "$own" gw_a 1 2 3 100 1300)" 'answered 1 2 3 100 1300' "$kind: UDP"
	net_capture_stop inside.pcap
	tap_is "$(tcpdump -n -v -r inside.pcap "src $peer" 2>/dev/null | grep -cE 'cksum 0x[0-9a-f]+ \(incorrect|bad udp cksum')" 0 \
		"$kind: who captures what came out sees right checksums"
	tap_ok "$kind: which were there" test "$(tcpdump -n -r inside.pcap "src $peer" 2>/dev/null | grep -c .)" -ge 20
	tap_is "$(dropped_else gw_a) $(dropped_else gw_b)" '0 0' "$kind: nothing is dropped, but for what was told its size"
	sectun -n gw_a tunnel del t dev sec0
	sectun -n gw_b tunnel del t dev sec0
done
tap_done
