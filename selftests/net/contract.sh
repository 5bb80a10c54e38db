#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The command lines that the documentation promises, typed as they stand there, against in-tree IPsec. Other people's
# scripts hold them: change the code, not this.
#
#	host_a               gw_a                        gw_b                host_b
#	  10.1.0.2 --- lan     wan 192.0.2.1 === 192.0.2.2 wan     lan --- 10.2.0.2
#	                       sectun             ip xfrm
set -u
. selftests/net/lib.sh

# typed 'COMMAND': a line at gateway a, in a directory that has the key files.
typed() {
	tap_ok "$1" on gw_a bash -c "$1"
}

key_out=$(printf '%02x' {1..36})
key_in=$(printf '%02x' {101..136})
printf '%s\n' "$key_out" >out.key
printf '%s\n' "$key_in" >in.key

net_two_sites
espinudp gw_b holder
ip -n gw_b route add 10.1.0.0/24 via $outer_a4
xfrm_policies gw_b $outer_b4 $outer_a4 10.2.0.0/24 10.1.0.0/24
# far_states [WORDS]: the SAs of gateway b.
far_states() {
	xfrm_sa gw_b $outer_a4 $outer_b4 0x1001 aead 'rfc4106(gcm(aes))' "0x$key_out" 128 "$@"
	xfrm_sa gw_b $outer_b4 $outer_a4 0x1002 aead 'rfc4106(gcm(aes))' "0x$key_in" 128 "$@"
}
far_states

typed 'ip link add sec0 type sectun'
typed 'sectun tunnel add hq dev sec0 local 192.0.2.1 remote 192.0.2.2'
tap_refused 'a fixed key is refused for dir out, and the command says why' 'allow-static.*nonce' on gw_a \
	sectun sa add dev sec0 tunnel hq dir out proto esp spi 0x1001 alg aes256gcm16 key-file out.key
typed 'sectun sa add dev sec0 tunnel hq dir out proto esp spi 0x1001 alg aes256gcm16 key-file out.key allow-static'
typed 'sectun sa add dev sec0 tunnel hq dir in  proto esp spi 0x1002 alg aes256gcm16 key-file in.key'
typed 'ip link set sec0 up && ip route add 10.2.0.0/24 dev sec0'
tap_is "$(echo_in host_a 10.2.0.2 --count 3)" '10.2.0.2 answered 3' 'site a reaches site b'
tap_is "$(echo_in host_b 10.1.0.2 --count 2)" '10.1.0.2 answered 2' 'site b reaches site a'
tap_is "$(counters gw_a)" '5 5' 'every packet is counted'

typed 'sectun'
typed 'sectun -j show'
typed 'sectun -s show sec0'
typed 'sectun alg list'
typed 'timeout 1 sectun monitor || [ $? -eq 124 ]'
for words in help 'tunnel help' 'tunnel add help' 'sa help' 'sa add help' 'alg help' 'monitor help'; do
	typed "sectun $words"
done
for object in show 'device show' 'tunnel show' 'sa show' 'alg list'; do
	tap_ok "sectun -j $object speaks JSON" bash -c "set -o pipefail; sectun -n gw_a -j $object | jq -e ."
done
tap_unlike "$(sectun -n gw_a -s -d; sectun -n gw_a -j -s show)" "${key_out:0:16}|${key_in:0:16}" 'no key comes out again'

typed 'sectun sa del dev sec0 dir in spi 0x1002'
typed 'sectun tunnel del hq dev sec0'
tap_is "$(show gw_a '.[].tunnels | length')" 0 'the tunnel took its SAs with it'

far_udp=(encap espinudp 4500 4500 0.0.0.0)
ip -n gw_b xfrm state flush
far_states "${far_udp[@]}"
typed 'sectun tunnel add hq dev sec0 local 192.0.2.1 remote 192.0.2.2 encap udp sport 4500 dport 4500 mode tunnel local-ts 10.1.0.0/24 remote-ts 10.2.0.0/24 df copy dscp copy ecn on ttl 64 tfc 0 mss auto mark 0 link wan'
typed 'sectun sa add allow-static esn off seq 0 key-file out.key alg aes256gcm16 spi 0x1001 proto esp dir out tunnel hq dev sec0'
typed 'sectun sa add dev sec0 tunnel hq dir in proto esp spi 0x1002 alg aes256gcm16 key-file in.key allow-static esn off replay 4096 seq 0'
tap_is "$(echo_in host_a 10.2.0.2 --count 3)" '10.2.0.2 answered 3' 'site a reaches site b, over UDP'
tap_is "$(echo_in host_b 10.1.0.2 --count 2)" '10.1.0.2 answered 2' 'site b reaches site a, over UDP'
tap_is "$(show gw_a '.[0].tunnels[0].stats | "\(.rx_packets) \(.tx_packets) \(.dropped)"')" '5 5 0' 'every packet is counted'
typed 'ip link del sec0'
tap_done
