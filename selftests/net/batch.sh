#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# batch.sh [async] [taken]: what enters sectun as one packet (GSO) comes out as proper ESP packets, one number after the
# other, whatever the stack makes of them on the way: against in-tree IPsec and against sectun, on a device that takes
# lists of packets and on one that does not. With `async` the cipher finishes later; with `taken` another module has the
# stack's place for offloads of ESP.
#
#	host_a               gw_a                        gw_b               host_b
#	  10.1.0.2 --- lan     sec0 === wan ... wan === IPsec    lan --- 10.2.0.2
#	  fd01::2                                                        fd02::2
set -u
case " $* " in *' async '*) net_generic=1 ;; esac
. selftests/net/lib.sh

size=300000 # octets of a TCP flow
port=5000

for word in "$@"; do
	case $word in
	async)
		rmmod sectun 2>/dev/null
		for module in algif_aead cryptd pcrypt gcm; do
			modprobe -q $module 2>/dev/null
		done
		tap_ok 'the crypto API is given an asynchronous implementation' \
			python3 -B "$net_dir/async.py" 'rfc4106(gcm(aes))' || tap_bail 'there is none'
		;;
	taken)
		rmmod sectun 2>/dev/null
		modprobe -a esp4_offload esp6_offload || tap_bail 'no offload of ESP'
		;;
	esac
done

net_two_sites
nsenter --net=/run/netns/host_b python3 -B "$net_dir/flow.py" serve 10.2.0.2 $port >server4 &
nsenter --net=/run/netns/host_b python3 -B "$net_dir/flow.py" serve fd02::2 $port >server6 &
wait_for grep -q ready server4 server6

# numbers FILE: of the ESP packets of SPI 0x1001, in the order of the wire: how many there are, how many of them do not
# follow the one before, and how many are longer than the wire allows.
numbers() {
	tcpdump -n -r "$1" 2>/dev/null | sed -n 's/.*spi=0x00001001,seq=\(0x[0-9a-f]*\)), length \([0-9]*\).*/\1 \2/p' |
		while read -r seq length; do
			printf '%d %d\n' "$seq" "$length"
		done | awk '$1 != NR { breaks++ } $2 > 1480 { long++ } END { printf "%d %d %d\n", NR, breaks, long }'
}
# sent: packets of the transmit SA.
sent() {
	sa_counter gw_a 0x1001 .stats.tx_packets
}
is_captured() {
	[ "$(numbers "$1" | cut -d' ' -f1)" = "$(sent)" ]
}

flows() {
	local address

	for address in "${@:2}"; do
		tap_is "$(on host_a python3 -B "$net_dir/flow.py" send "$address" $port $size 2)" \
			"2 flows, $((2 * size)) octets, intact" "$1: TCP to $address"
		tap_is "$(on host_a python3 -B "$net_dir/gso.py" "$address" host_b 1000 20 300)" 'arrived 21' "$1: UDP GSO to $address"
		tap_is "$(on host_a python3 -B "$net_dir/gso.py" "$address" host_b 100 40 7)" 'arrived 41' "$1: short ones"
	done
	tap_is "$(counters gw_a | cut -s -d' ' -f3-)" '' "$1: nothing was dropped"
}

# offers on|off: does the wire take lists of packets, and packets whose checksum is yet to be made?
offers() {
	on gw_a ethtool -K wan tx-gso-list "$1" tx-udp-segmentation "$1" tx-checksum-ip-generic "$1" >/dev/null
}
# Outer family, encapsulation, whether the wire takes lists, who the peer is
while read -r outer encap lists peer; do
	kind="outer IPv$outer, encap $encap, lists $lists, $peer"
	offers "$lists"
	device_up gw_a
	tunnel_add gw_a t "$outer" encap "$encap"
	sa_out gw_a t 0x1001
	sa_in gw_a t 0x1002
	if [ "$peer" = xfrm ]; then
		pair_xfrm "$encap"
		inner=(10.2.0.2)
		[ "$encap" = none ] || espinudp gw_b holder
	else
		device_up gw_b
		tunnel_add gw_b t "$outer" encap "$encap"
		sa_in gw_b t 0x1001
		sa_out gw_b t 0x1002
		inner=(10.2.0.2 fd02::2)
	fi
	[ "$lists" = on ] || net_capture gw_b wan wan.pcap -B 65536 "src host $outer_a4 or src host $outer_a6"
	flows "$kind" "${inner[@]}"
	if [ "$lists" = off ]; then
		tap_ok "$kind: every packet is on the wire" wait_for is_captured wan.pcap
		net_capture_stop wan.pcap
		tap_is "$(numbers wan.pcap | cut -d' ' -f2-)" '0 0' "$kind: one number after the other, none too long"
		tap_is "$(tcpdump -n -v -r wan.pcap 2>/dev/null | grep -cE 'bad cksum|bad udp cksum|incorrect')" 0 \
			"$kind: every checksum is right"
	fi
	if [ "$peer" = xfrm ]; then
		ip -n gw_b xfrm state flush
		ip -n gw_b xfrm policy flush
		ip -n gw_b route del 10.1.0.0/16
		[ "$encap" = none ] || background_end "$holder"
	else
		ip -n gw_b link del sec0
	fi
	ip -n gw_a link del sec0
done <<-END
	4	none	off	xfrm
	4	none	on	xfrm
	4	udp	on	xfrm
	4	udp	off	sectun
	4	udp	on	sectun
	6	none	off	sectun
	6	none	on	sectun
	6	udp	off	sectun
END
tap_ok 'the module can be unloaded' rmmod sectun
tap_done
