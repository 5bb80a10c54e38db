#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What people run over transport mode: GRE, IPIP and L2TP between the two ends, each carrying both ways, with in-tree
# IPsec at the other end, or sectun.
#
#	gw_a  over 10.77.0.1 ========================= 10.77.0.2 over  gw_b
#	      sec0  wan 192.0.2.1 ------------ 192.0.2.2 wan  sec0 or xfrm
set -u
. selftests/net/lib.sh

# over_add NS KIND LOCAL REMOTE ADDRESS: of one MTU at both ends, since L2TP drops what comes and is longer than its own.
over_add() {
	case $2 in
	l2tp-ip | l2tp-udp)
		ip -n "$1" l2tp add tunnel tunnel_id 1 peer_tunnel_id 1 encap "${2#l2tp-}" local "$3" remote "$4" \
			udp_sport 1701 udp_dport 1701
		ip -n "$1" l2tp add session name over tunnel_id 1 session_id 1 peer_session_id 1
		;;
	*) ip -n "$1" link add over type "$2" local "$3" remote "$4" ;;
	esac && ip -batch - -n "$1" <<-END
		address add $5/24 dev over
		link set over mtu 1300 up
	END
}
over_del() {
	case $2 in
	l2tp-*) ip -n "$1" l2tp del tunnel tunnel_id 1 ;;
	*) ip -n "$1" link del over ;;
	esac
}

# in-tree IPsec in transport mode at gw_b
xfrm_up() {
	local spi from to

	while read -r spi from to; do
		key_file $((spi)) aes128gcm16
		ip -n gw_b xfrm state add src "$from" dst "$to" proto esp spi "$spi" reqid 1 mode transport \
			aead 'rfc4106(gcm(aes))' "0x$key_hex" 128
	done <<-END
		0x1001 $outer_a4 $outer_b4
		0x1002 $outer_b4 $outer_a4
	END
	ip -batch - -n gw_b <<-END
		xfrm policy add src $outer_b4 dst $outer_a4 dir out tmpl src $outer_b4 dst $outer_a4 proto esp reqid 1 mode transport
		xfrm policy add src $outer_a4 dst $outer_b4 dir in tmpl src $outer_a4 dst $outer_b4 proto esp reqid 1 mode transport
	END
}

modprobe -qa ip_gre ipip l2tp_ip l2tp_netlink l2tp_eth 2>/dev/null
net_two_gateways
for ns in gw_a gw_b; do
	ip -n $ns link add sec0 type sectun
	ip -n $ns link set sec0 up
done
tunnel_add gw_a t 4 mode transport
sa_out gw_a t 0x1001
sa_in gw_a t 0x1002
ip -n gw_a route add $outer_b4 dev sec0
for other in xfrm sectun; do
	if [ $other = xfrm ]; then
		xfrm_up
	else
		ip -n gw_b xfrm state flush
		ip -n gw_b xfrm policy flush
		tunnel_add gw_b t 4 mode transport
		sa_out gw_b t 0x1002 seq $(($(sa_counter gw_a 0x1002 .seq) + 1))
		sa_in gw_b t 0x1001
		ip -n gw_b route add $outer_a4 dev sec0
	fi
	for kind in gre ipip l2tp-ip l2tp-udp gretap; do
		if ! over_add gw_a $kind $outer_a4 $outer_b4 10.77.0.1 2>refused; then
			tap_skip "$kind over sectun and $other" "$(head -n 1 refused)"
			continue
		fi
		over_add gw_b $kind $outer_b4 $outer_a4 10.77.0.2
		net_capture gw_b wan wan.pcap "ip and not proto 50 and (host $outer_a4 or net 10.77.0.0/24)"
		tap_is "$(echo_in gw_a --sizes 84,1000,1400,4000 10.77.0.2)" '10.77.0.2 answered 4' \
			"$kind over sectun and $other: packets pass"
		nsenter --net=/run/netns/gw_b python3 -B "$net_dir/flow.py" serve 10.77.0.2 5001 >server &
		server=$!
		wait_for grep -q ready server
		for verb in send fetch; do
			tap_is "$(on gw_a python3 -B "$net_dir/flow.py" $verb 10.77.0.2 5001 300000)" \
				'1 flows, 300000 octets, intact' "$kind over sectun and $other: TCP, $verb"
		done
		background_end $server
		net_capture_stop wan.pcap
		tap_is "$(tcpdump -n -r wan.pcap 2>/dev/null | grep -c .)" 0 "$kind over sectun and $other: nothing is in the clear"
		over_del gw_a $kind
		over_del gw_b $kind
	done
done
tap_is "$(show gw_a '.[].stats.drops | del(.["too-big"]) | add // 0')" 0 'nothing is dropped, but for what was told its size'
tap_done
