#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# In-tree IPsec and sectun protect traffic between the same gateways at the same time, over plain ESP and over UDP, and
# the one does not notice when the other comes and goes.
#
#	gw_a                                         gw_b
#	  10.1.255.1   sec0 === 192.0.2.1 === 192.0.2.2 === sec0     10.2.255.1
#	  10.11.0.1 ip xfrm === 192.0.2.1 === 192.0.2.2 === ip xfrm  10.12.0.1
set -u
. selftests/net/lib.sh

# intree NS HERE THERE LOCAL_TS REMOTE_TS [ENCAP WORDS]: SPI 0x5001 goes to b, 0x5002 to a.
intree() {
	local ns=$1 here=$2 there=$3 local_ts=$4 remote_ts=$5

	shift 5
	key_file $((0x5001)) aes128gcm16
	xfrm_sa "$ns" $outer_a4 $outer_b4 0x5001 aead 'rfc4106(gcm(aes))' "0x$key_hex" 128 "$@"
	key_file $((0x5002)) aes128gcm16
	xfrm_sa "$ns" $outer_b4 $outer_a4 0x5002 aead 'rfc4106(gcm(aes))' "0x$key_hex" 128 "$@"
	xfrm_policies "$ns" "$here" "$there" "$local_ts" "$remote_ts"
}
intree_both() {
	ip -n gw_a xfrm state flush
	ip -n gw_a xfrm policy flush
	ip -n gw_b xfrm state flush
	ip -n gw_b xfrm policy flush
	intree gw_a $outer_a4 $outer_b4 10.11.0.0/16 10.12.0.0/16 "$@"
	intree gw_b $outer_b4 $outer_a4 10.12.0.0/16 10.11.0.0/16 "$@"
}
errors() {
	# shellcheck disable=SC2016
	for ns in gw_a gw_b; do
		on $ns awk '$2 { print }' /proc/net/xfrm_stat
	done
}

net_two_gateways
ip -n gw_a address add 10.11.0.1/32 dev lo
ip -n gw_b address add 10.12.0.1/32 dev lo
ip -n gw_a route add 10.12.0.0/16 via $outer_b4 src 10.11.0.1
ip -n gw_b route add 10.11.0.0/16 via $outer_a4 src 10.12.0.1
espinudp gw_a holder.a
espinudp gw_b holder.b
intree_both
tap_is "$(echo_in gw_a --count 3 10.12.0.1)" '10.12.0.1 answered 3' 'in-tree IPsec works before sectun is loaded'

for encap in none udp; do
	words=()
	[ $encap = none ] || words=(encap espinudp 4500 4500 0.0.0.0)
	intree_both "${words[@]}"
	pair_up 4 encap $encap
	tap_is "$(echo_in gw_a --count 20 10.12.0.1 10.2.255.1 | sort)" \
		$'10.12.0.1 answered 20\n10.2.255.1 answered 20' "encap $encap: both at once, from a"
	tap_is "$(echo_in gw_b --count 20 10.11.0.1 10.1.255.1 | sort)" \
		$'10.1.255.1 answered 20\n10.11.0.1 answered 20' "encap $encap: both at once, from b"
	tap_is "$(counters gw_a) $(counters gw_b)" '40 40 40 40' "encap $encap: sectun counts its own packets only"

	tap_refused "encap $encap: an SPI that in-tree IPsec has is refused, and who has it is said" 'ip xfrm state' \
		sa_in gw_a t 0x5002
	sa_in gw_a t 0x5001
	tap_ok "encap $encap: the SPI of its other direction is free" test "$(sa_counter gw_a 0x5001 .spi)" = $((0x5001))

	# in-tree IPsec carries packets while sectun comes and goes
	flow_start gw_a 10.12.0.1
	for load in 1 2 3; do
		rmmod sectun
		modprobe sectun
		pair_up 4 encap $encap
	done
	flow_end
	tap_is "$flowed" "10.12.0.1 answered $flow_count" \
		"encap $encap: in-tree IPsec loses nothing while sectun is unloaded and loaded $load times"
	tap_is "$(echo_in gw_a --count 20 10.12.0.1 10.2.255.1 | sort)" \
		$'10.12.0.1 answered 20\n10.2.255.1 answered 20' "encap $encap: both go on"
	rmmod sectun
	tap_is "$(echo_in gw_a --count 3 10.12.0.1)" '10.12.0.1 answered 3' "encap $encap: and in-tree IPsec alone"
	tap_is "$(errors)" '' "encap $encap: in-tree IPsec met no error"
done
tap_is "$(cat holder.a holder.b)" $'ready\nready' 'the daemons that hold the UDP port got no ESP'
tap_done
