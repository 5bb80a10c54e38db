#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A kernel whose IPv6 is switched off (ipv6.disable=1): IPv4 works as ever, and an IPv6 address of a tunnel is refused
# with the reason. What inner IPv6 packets meet is the stack's business: there are none.
#
#	gw_a                               gw_b
#	10.1.0.1   192.0.2.1 === 192.0.2.2   10.2.0.1
set -u
. selftests/lib/tap.sh
. selftests/lib/net.sh

key=$(mktemp)
printf '%040d\n' 1 >"$key"

# gateway NS HERE THERE SPI_OUT SPI_IN
gateway() {
	local ns=$1 here=$2 there=$3 out=$4 in=$5

	ip -n "$ns" link add sec0 type sectun &&
		sectun -n "$ns" tunnel add t dev sec0 local "192.0.2.$here" remote "192.0.2.$there" encap udp &&
		sectun -n "$ns" sa add dev sec0 tunnel t dir out proto esp spi "$out" alg aes128gcm16 key-file "$key" \
			allow-static &&
		sectun -n "$ns" sa add dev sec0 tunnel t dir in proto esp spi "$in" alg aes128gcm16 key-file "$key" &&
		ip -n "$ns" address add "10.$here.0.1/32" dev sec0 &&
		ip -n "$ns" link set sec0 up &&
		ip -n "$ns" route add "10.$there.0.0/16" dev sec0
}

tap_ok 'there is no IPv6' test ! -e /proc/net/if_inet6
tap_ok 'the module loads and its self-tests pass' modprobe sectun selftest=1
ip netns add gw_a
ip netns add gw_b
ip link add wan netns gw_a type veth peer name wan netns gw_b
for ns in gw_a gw_b; do
	ip -n $ns link set lo up
	ip -n $ns link set wan up
done
ip -n gw_a address add 192.0.2.1/24 dev wan
ip -n gw_b address add 192.0.2.2/24 dev wan
tap_ok 'gateway a is set up' gateway gw_a 1 2 0x1001 0x1002
tap_ok 'gateway b is set up' gateway gw_b 2 1 0x1002 0x1001
tap_ok 'a packet and its answer pass' net_ping gw_a 10.2.0.1
tap_refused 'an IPv6 address is refused, and why is said' 'IPv6 is switched off' \
	sectun -n gw_a tunnel add six dev sec0 local 2001:db8::1 remote 2001:db8::2 remote-ts 10.9.0.0/16
tap_ok 'the module unloads' eval 'ip -n gw_a link del sec0; ip -n gw_b link del sec0; rmmod sectun'
tap_done
