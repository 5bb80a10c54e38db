#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A device that is moved to another namespace takes inner packets there; its outer packets stay where it was made. It
# is configured where it is, by who may do so in both places.
#
#	inner                    outer                     gw_b
#	  10.1.255.1 sec0 ······ wan 192.0.2.1 ====== 192.0.2.2 sec0 10.2.255.1
set -u
. selftests/net/lib.sh

# make: a device of namespace outer_a, moved to inner_a. Those names end like that of gateway a.
make() {
	ip -n outer_a link add sec0 type sectun
	ip -n outer_a link set sec0 netns inner_a
	ip -n inner_a link set sec0 up
	ip -n inner_a address add 10.1.255.1/32 dev sec0
	ip -n inner_a route add 10.2.0.0/16 dev sec0
	tunnel_add inner_a t 4 "$@"
	sa_out inner_a t 0x1001
	sa_in inner_a t 0x1002
}
udp_sockets() {
	on "$1" cat /proc/net/udp | grep -c ':1194 '
}

net_ns outer_a inner_a gw_b
net_link outer_a wan '192.0.2.1/24' gw_b wan '192.0.2.2/24'
device_up gw_b
tunnel_add gw_b t 4
sa_out gw_b t 0x1002
sa_in gw_b t 0x1001

make
tap_is "$(echo_in inner_a --count 3 10.2.255.1)" '10.2.255.1 answered 3' 'inner packets of one namespace travel in the other'
tap_is "$(echo_in gw_b --count 3 10.1.255.1)" '10.1.255.1 answered 3' 'and come back'
tap_is "$(counters inner_a)" '6 6' 'the device is shown where it is, with its counters'
tap_is "$(sectun -n outer_a -j show)" '[]' 'and not where it was'
tap_refused 'there it cannot be configured either' 'sec0' sectun -n outer_a tunnel del t dev sec0
tap_ok 'but where it is' sectun -n inner_a tunnel set t dev sec0 ttl 3
tap_like "$(ip -n inner_a -d link show sec0)" 'link-netns outer_a' 'ip link tells where it comes from'
other=other_a
net_ns $other
tap_refused 'an SPI is taken for the whole of the outer namespace' 'another tunnel has this SPI' bash -c "
	ip -n outer_a link add sec1 type sectun &&
	sectun -n outer_a tunnel add u dev sec1 local 192.0.2.1 remote 192.0.2.3 &&
	sectun -n outer_a sa add dev sec1 tunnel u dir in spi 0x1002 alg aes128gcm16 key-file $net_work/$((0x1002)).aes128gcm16"
ip -n outer_a link del sec1
ip -n inner_a link set sec0 netns $other
ip -n $other link set sec0 up
ip -n $other address add 10.1.255.1/32 dev sec0
ip -n $other route add 10.2.0.0/16 dev sec0
tap_is "$(echo_in $other --count 3 10.2.255.1)" '10.2.255.1 answered 3' 'it can be moved again, with its tunnels'

gone() {
	! ip -n "$1" link show "$2" 2>/dev/null | grep -q .
}
ip netns del $other
tap_ok 'its SPI is free again when its namespace is deleted' wait_for sectun -n outer_a alg list
retry() {
	ip -n inner_a link del sec0 2>/dev/null
	make encap udp && sectun -n gw_b tunnel set t dev sec0 encap udp && sectun -n gw_b sa flush dev sec0 && sa_out gw_b t 0x1002 && sa_in gw_b t 0x1001
}
tap_ok 'the next device has the same SPIs' wait_for retry
tap_is "$(udp_sockets outer_a)" 1 'a UDP socket of the module is in the outer namespace'
tap_is "$(udp_sockets inner_a)" 0 'and not in the inner one'
tap_is "$(echo_in inner_a --count 3 10.2.255.1)" '10.2.255.1 answered 3' 'and it serves there'

# A user who is root of a namespace of his own is root of that only.
tap_ok 'root of a user namespace makes devices in his own network namespace' unshare -Urn bash -c '
	ip link add sec0 type sectun && ip link set lo up && ip address add 192.0.2.1/24 dev lo &&
	sectun tunnel add t dev sec0 local 192.0.2.1 remote 192.0.2.2 && sectun -j show | jq -e ".[0].tunnels[0].name == \"t\""'
tap_refused 'but changes nothing in that of another' 'CAP_NET_ADMIN|not permitted' on inner_a unshare -Ur sectun tunnel set t dev sec0 ttl 9
tap_refused 'nor does he read what is there' 'CAP_NET_ADMIN' on inner_a unshare -Ur sectun -j sa show
unshare -Urn sleep 100 &
owner=$!
# unshare executes sleep when the namespaces are there
wait_for grep -q sleep /proc/$owner/comm
ip -n outer_a link add sec9 type sectun
ip -n outer_a link set sec9 netns $owner
tap_refused 'the outer packets of a device that was given to him are not his' 'CAP_NET_ADMIN|not permitted' \
	nsenter -t $owner -U -n --preserve-credentials sectun tunnel add t dev sec9 local 192.0.2.1 remote 192.0.2.9
background_end $owner

echo_in inner_a --count 100000 --window 8 --timeout 1 10.2.255.1 >/dev/null 2>&1 &
flow=$!
ip netns del outer_a
tap_ok 'the device goes with its outer namespace, under traffic' wait_for gone inner_a sec0
background_end $flow
tap_is "$(sectun -n inner_a -j show)" '[]' 'nothing is left of it'
ip netns del inner_a
unloads() {
	ip -n gw_b link del sec0 2>/dev/null
	rmmod sectun
}
tap_ok 'and the module can be removed' wait_for unloads
tap_done
