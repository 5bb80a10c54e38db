#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A transform that finishes later, in another context, carries what one carries that finishes at once: everything, in
# order, without leaks.
#
#	host_a               gw_a                        gw_b               host_b
#	  10.1.0.2 --- lan     sec0 === wan ... wan === sec0     lan --- 10.2.0.2
set -u
# the driver for AES-NI is asynchronous by itself on some kernels, and then cannot be wrapped
net_generic=1
. selftests/net/lib.sh

rmmod sectun 2>/dev/null
for module in algif_aead cryptd pcrypt gcm chacha20poly1305; do
	modprobe -q $module 2>/dev/null
done
tap_ok 'the crypto API is given asynchronous implementations' python3 -B "$net_dir/async.py" \
	'rfc4106(gcm(aes))' 'rfc7539esp(chacha20,poly1305)' || tap_bail 'there is none'

net_two_sites
device_up gw_a
device_up gw_b
for encap in none udp; do
	for alg in aes128gcm16 chacha20poly1305; do
		for esn in off on; do
			kind="encap $encap, $alg, esn $esn"
			tunnel_add gw_a t 4 encap $encap
			tunnel_add gw_b t 4 encap $encap
			pair_sas alg $alg esn $esn
			tap_is "$(show gw_a '[.[].tunnels[].sas[].driver | test("cryptd|pcrypt")] | join(" ")')" 'true true' "$kind: an asynchronous driver is used"
			tap_is "$(echo_in host_a --count 200 --window 8 10.2.0.2 fd02::2)" \
				$'10.2.0.2 answered 200\nfd02::2 answered 200' "$kind: every packet passes"
			tap_is "$(show gw_b '.[].tunnels[] | .stats | "\(.rx_packets) \(.tx_packets) \(.dropped)"')" '400 400 0' \
				"$kind: and is counted"
			sectun -n gw_a tunnel del t dev sec0
			sectun -n gw_b tunnel del t dev sec0
		done
	done
done

# Order: replay window of 1 would drop what comes out of order.
tunnel_add gw_a t 4
tunnel_add gw_b t 4
sa_out gw_a t 0x1001
sa_in gw_b t 0x1001 replay 1
sa_out gw_b t 0x1002
sa_in gw_a t 0x1002 replay 1
tap_is "$(echo_in host_a --count 1000 --window 30 10.2.0.2)" '10.2.0.2 answered 1000' \
	'packets stay in order: a window of one number drops none'
nsenter --net=/run/netns/host_b python3 -B "$net_dir/flow.py" serve 10.2.0.2 5000 >server &
wait_for grep -q ready server
for verb in send fetch; do
	tap_is "$(on host_a python3 -B "$net_dir/flow.py" $verb 10.2.0.2 5000 1000000 2)" '2 flows, 2000000 octets, intact' "TCP, $verb"
done
tap_is "$(show gw_b '.[].tunnels[].sas[] | .stats.drops')" $'{}\n{}' 'nothing was dropped'

# SAs, tunnels and the module go while operations are under way.
echo_in host_a --count 100000 --window 64 --timeout 0.2 10.2.0.2 >/dev/null 2>&1 &
flow=$!
for i in 1 2 3 4 5; do
	sa_in gw_b t $((0x2000 + i))
	sa_out gw_a t $((0x2000 + i))
	sectun -n gw_b sa flush dev sec0
	sa_out gw_b t $((0x3000 + i))
	sa_in gw_a t $((0x3000 + i))
	sectun -n gw_a sa flush dev sec0
done
tap_ok 'the module goes under asynchronous traffic' rmmod sectun
background_end $flow
tap_is "$(grep -c '^sectun ' /proc/modules)" 0 'and is gone'
tap_done
