#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Transport mode, with in-tree IPsec in transport mode at the other end: a route to the peer leads into the device, and
# what is between the two hosts is ESP.
#
#	gw_a  sec0                              gw_b  in-tree xfrm
#	  wan 192.0.2.1 --------------------------- 192.0.2.2 wan
#	      2001:db8::1                         2001:db8::2
#
# With the argument async, the cipher finishes later, in another context.
set -u
[ "${1:-}" != async ] || net_generic=1
. selftests/net/lib.sh

if [ "${1:-}" = async ]; then
	rmmod sectun 2>/dev/null
	for module in algif_aead cryptd pcrypt gcm; do
		modprobe -q $module 2>/dev/null
	done
	tap_ok 'the cipher is made asynchronous' python3 -B "$net_dir/async.py" 'rfc4106(gcm(aes))' ||
		tap_bail 'there is none'
fi

# transport_state FAMILY SPI FROM TO [ENCAP...]: an SA of in-tree IPsec; its key is that of sa_out, sa_in.
transport_state() {
	key_file $(($1)) aes128gcm16
	ip -n gw_b xfrm state add src "$2" dst "$3" proto esp spi "$1" reqid 1 mode transport replay-window 64 \
		aead 'rfc4106(gcm(aes))' "0x$key_hex" 128 "${@:4}"
}

# transport_up FAMILY [WORDS]: tunnel t at gw_a, and the same of in-tree IPsec at gw_b.
transport_up() {
	local a=outer_a$1 b=outer_b$1 encap=()

	[[ " $* " != *' encap udp '* ]] || encap=(encap espinudp 4500 4500 0.0.0.0)
	tunnel_add gw_a "t$1" "$1" mode transport "${@:2}"
	sa_out gw_a "t$1" 0x1001
	sa_in gw_a "t$1" 0x1002
	transport_state 0x1001 "${!a}" "${!b}" ${encap[@]+"${encap[@]}"}
	transport_state 0x1002 "${!b}" "${!a}" ${encap[@]+"${encap[@]}"}
	ip -batch - -n gw_b <<-END
		xfrm policy add src ${!b} dst ${!a} dir out priority 2 tmpl src ${!b} dst ${!a} proto esp reqid 1 mode transport
		xfrm policy add src ${!a} dst ${!b} dir in priority 2 tmpl src ${!a} dst ${!b} proto esp reqid 1 mode transport
		xfrm policy add src ${!a} dst ${!b} proto udp dport 4500 dir in priority 1
	END
}
transport_down() {
	ip -n gw_b xfrm policy flush
	ip -n gw_b xfrm state flush
	sectun -n gw_a tunnel del "t$1" dev sec0
}

# transport_mtu FAMILY ENCAP OUTER_MTU: sets `mtu` to the longest inner packet: the header is there once.
transport_mtu() {
	inner_mtu "$@"
	[ "$1" = 4 ] && mtu=$((mtu + 20)) || mtu=$((mtu + 40))
}

# carried N WHAT: N more packets each way since the last call, and no drop.
carried() {
	carried_n=$((carried_n + $1))
	tap_is "$(counters gw_a)" "$carried_n $carried_n" "$2"
}

# transport_device: sec0, without an address, with a route to the peer.
transport_device() {
	carried_n=0
	ip -batch - -n gw_a <<-END
		link add sec0 type sectun
		link set sec0 mtu 65535 up
		route add $outer_b4 dev sec0
		route add $outer_b6 dev sec0
	END
}

net_two_gateways
transport_device
# in-tree IPsec would answer a neighbour solicitation with ESP
for pair in "gw_a $outer_b6 gw_b" "gw_b $outer_a6 gw_a"; do
	read -r ns address other <<<"$pair"
	ip -n "$ns" neighbour replace "$address" lladdr "$(net_in "$other" cat /sys/class/net/wan/address)" dev wan nud permanent
done
espinudp gw_b holder

for family in 4 6; do
	for encap in none udp; do
		kind="IPv$family, encap $encap"
		peer=outer_b$family peer=${!peer}
		own=outer_a$family own=${!own}
		transport_up $family encap $encap
		tap_is "$(echo_in gw_a --count 3 "$peer")" "$peer answered 3" "$kind: packets pass between in-tree IPsec and sectun"
		carried 3 "$kind: and are counted"
		tap_is "$(echo_in gw_b --count 3 "$own")" "$own answered 3" "$kind: and where the peer begins"
		carried 3 "$kind: and are counted"

		transport_mtu $family $encap 1500
		tap_is "$(show gw_a '.[].tunnels[].path_mtu')" $mtu "$kind: $mtu octets fit, the IP header not counted twice"
		tap_is "$(echo_in gw_a --df probe --sizes "$((mtu - 5))-$mtu" "$peer")" "$peer answered 6" \
			"$kind: they pass unfragmented, with every padding"
		carried 6 "$kind: and are counted"
		tap_is "$(echo_in gw_a --df probe --sizes "$((mtu + 1)),1500" "$peer")" "$peer mtu $mtu $((mtu + 1)),1500" \
			"$kind: longer ones that may not be fragmented are told $mtu"
		tap_is "$(counters gw_a)" "$carried_n $carried_n too-big=2" "$kind: and dropped as too-big"
		ip -n gw_a -$family route flush cache

		# the device is wider than the path: ESP is fragmented; it is narrower: what goes in is
		ip -n gw_a link set sec0 mtu 1400
		tap_is "$(echo_in gw_a --sizes 1401,3000,9001,65000 "$peer")" "$peer answered 4" \
			"$kind: fragments are made whole, protected, and ESP is fragmented"
		ip -n gw_a link set sec0 mtu 65535
		[ $family = 6 ] || tap_is "$(echo_in gw_a --sizes 1501,3000,9001,65000 "$peer")" \
			"$peer answered 4" "$kind: ESP is fragmented where the packet may be"

		nsenter --net=/run/netns/gw_b python3 -B "$net_dir/flow.py" serve "$peer" 5001 >server &
		server=$!
		wait_for grep -q ready server
		for verb in send fetch; do
			tap_is "$(on gw_a python3 -B "$net_dir/flow.py" $verb "$peer" 5001 1000000)" \
				'1 flows, 1000000 octets, intact' "$kind: TCP, $verb"
		done
		background_end $server
		tap_is "$(show gw_a '.[].stats.drops | del(.["too-big"]) | add // 0')" 0 "$kind: nothing else was dropped"
		transport_down $family
		ip -n gw_a link del sec0
		transport_device
	done
done
tap_is "$(cat holder)" ready 'no ESP reached the process that holds the UDP port'
tap_done
