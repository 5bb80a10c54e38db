#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sequence numbers start where they are told to, cross 2^32 with ESN, end at 2^32 - 1 without, and never go back.
#
#	gw_a                                       gw_b
#	  10.1.255.1 sec0 === 192.0.2.1 === 192.0.2.2 === 10.2.255.1 sectun, then in-tree IPsec
set -u
. selftests/net/lib.sh

last=$((0xffffffff)) # the last number without ESN

net_two_gateways
device_up gw_a
device_up gw_b
tunnel_add gw_a t 4
tunnel_add gw_b t 4
sectun -n gw_a -j monitor >events &
monitor=$!

seq_of() {
	sa_counter "$1" "$2" .seq
}

sa_out gw_a t 0x1001 esn on seq $((last - 3))
sa_in gw_b t 0x1001 esn on seq $((last - 3)) replay 64
sa_out gw_b t 0x1002 esn on seq $((last * 5))
sa_in gw_a t 0x1002 esn on seq $((last * 5))
tap_is "$(echo_in gw_a --count 8 10.2.255.1)" '10.2.255.1 answered 8' 'with ESN packets pass while the numbers cross 2^32'
tap_is "$(seq_of gw_a 0x1001) $(seq_of gw_b 0x1001)" "$((last + 5)) $((last + 5))" 'both ends count on beyond 2^32'
tap_is "$(seq_of gw_b 0x1002) $(seq_of gw_a 0x1002)" "$((last * 5 + 8)) $((last * 5 + 8))" 'any 64-bit number can be the start'
tap_is "$(counters gw_a) $(counters gw_b)" '8 8 8 8' 'nothing is dropped'

tap_refused 'a transmit SA does not go back' 'cannot go back' sectun -n gw_a sa set dev sec0 dir out spi 0x1001 seq 5
tap_refused 'nor does a window' 'cannot go back' sectun -n gw_b sa set dev sec0 dir in spi 0x1001 seq 5
tap_ok 'but forward' sectun -n gw_a sa set dev sec0 dir out spi 0x1001 seq $((last * 3))
tap_is "$(seq_of gw_a 0x1001)" "$((last * 3))" 'to what was said'
tap_refused 'replay means nothing for dir out' 'window' sa_out gw_a t 0x1003 replay 64
tap_refused 'without ESN numbers end at 2^32 - 1' 'at most 4294967295' sa_out gw_a t 0x1003 seq $((last + 1))

# Without ESN.
sa_out gw_a t 0x1011 seq $((last - 5))
sa_in gw_b t 0x1011 seq $((last - 5))
tap_is "$(echo_in gw_a --count 8 --timeout 1 10.2.255.1)" $'10.2.255.1 answered 5\n10.2.255.1 lost 84' \
	'without ESN the numbers up to 2^32 - 1 are used, and no others'
tap_is "$(seq_of gw_a 0x1011) $(seq_of gw_b 0x1011)" "$last $last" 'the last one is 2^32 - 1'
tap_is "$(dropped gw_a seq-exhausted)" 3 'what comes after that is dropped and counted'
tap_is "$(sa_counter gw_a 0x1011 .state)" expired 'the SA is expired'
background_end $monitor
tap_is "$(jq -r 'select(.event == "expire") | "\(.hard) \(.tunnel) \(.sa.spi)"' events)" "false t $((0x1011))
true t $((0x1011))" 'soft and hard are told once each'
sa_out gw_a t 0x1021
sa_in gw_b t 0x1021
tap_is "$(echo_in gw_a 10.2.255.1)" '10.2.255.1 answered 1' 'a new SA goes on'

# A window that was moved takes nothing up to its top.
sa_in gw_b t 0x1031 replay 64 seq 100
sa_out gw_a t 0x1031 seq 30
echo_in gw_a --count 12 --timeout 0.3 10.2.255.1 >fate
tap_is "$(sa_counter gw_b 0x1031 '.stats.drops | "\(.["replay-old"]) \(.replay)"')" '6 6' \
	'a window that begins with 37 to 100 calls 31 to 36 too old, and what follows received'
sectun -n gw_b sa del dev sec0 dir in spi 0x1001
sectun -n gw_b sa del dev sec0 dir in spi 0x1011
sa_in gw_b t 0x1041 replay 64 seq 100
sa_out gw_a t 0x1041 seq 99
echo_in gw_a --count 2 --timeout 0.3 10.2.255.1 >fate
tap_is "$(sa_counter gw_b 0x1041 '"\(.stats.rx_packets) \(.stats.drops.replay)"')" '1 1' 'a number at the top of the window counts as received'
sa_in gw_b t 0x1051 replay 0 seq 100
sa_out gw_a t 0x1051 seq 3
tap_is "$(echo_in gw_a --count 4 10.2.255.1)" '10.2.255.1 answered 4' 'with replay 0 any number passes'

# In-tree IPsec crosses 2^32 with us.
ip -n gw_b link del sec0
sectun -n gw_a sa flush dev sec0
ip -n gw_b address add 10.2.255.1/32 dev lo
ip -n gw_b route add 10.1.0.0/16 via $outer_a4
xfrm_policies gw_b $outer_b4 $outer_a4 10.2.0.0/16 10.1.0.0/16
for spi in 0x1001 0x1002; do
	a=$outer_a4 b=$outer_b4 number=replay-seq
	[ $spi = 0x1001 ] || { a=$outer_b4 b=$outer_a4 number=replay-oseq; }
	key_file $((spi)) aes128gcm16
	ip -n gw_b xfrm state add src $a dst $b proto esp spi $spi reqid 1 mode tunnel replay-window 64 flag esn \
		aead 'rfc4106(gcm(aes))' "0x$key_hex" 128 $number $((last - 3))
done
sa_out gw_a t 0x1001 esn on seq $((last - 3))
sa_in gw_a t 0x1002 esn on seq $((last - 3))
tap_is "$(echo_in gw_a --count 8 10.2.255.1)" '10.2.255.1 answered 8' 'in-tree IPsec and sectun cross 2^32 together'
tap_is "$(seq_of gw_a 0x1001) $(seq_of gw_a 0x1002)" "$((last + 5)) $((last + 5))" 'with the same numbers'
tap_done
