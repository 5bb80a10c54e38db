#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Under traffic: the module is removed, with devices, tunnels and SAs in place, again and again; devices are deleted;
# SAs come and go. Nothing hangs, nothing is left.
#
#	gw_a                                       gw_b
#	  10.1.255.1 sec0 === 192.0.2.1 === 192.0.2.2 === sec0 10.2.255.1
set -u
. selftests/net/lib.sh

removals=20 rounds=6
pace=(-f)
# a flood leaves nothing of the debug kernel's one CPU for anything else
[ "$SECTUN_KERNEL" != um ] || removals=6 pace=(-i 0.01)

net_two_gateways
left() {
	local what=()

	grep -q '^sectun ' /proc/modules && what+=(module)
	ip -n gw_a link show sec0 2>/dev/null | grep -q . && what+=(device)
	grep -q ': esp(' /proc/crypto && what+=(transform)
	printf '%s' "${what[*]:-}"
}
flood() {
	nsenter --net=/run/netns/gw_a ping -q "${pace[@]}" -w 1000 -s "${1:-56}" 10.2.255.1 >/dev/null 2>&1 &
	flood=$!
}
# flowing: packets leave gateway a just now
flowing() {
	[ "$(net_counter gw_a sec0 tx_packets)" -gt 20 ]
}

dmesg -C
good=0
for ((round = 0; round < removals; round++)); do
	modprobe sectun
	kinds=('4 encap none' '4 encap udp' '6 encap none' '6 encap udp')
	# shellcheck disable=SC2086
	pair_up ${kinds[round % 4]}
	flood
	wait_for flowing || tap_diag "round $round: no traffic"
	if ! rmmod sectun; then
		tap_diag "round $round: rmmod failed"
	elif [ -n "$(left)" ]; then
		tap_diag "round $round: left behind: $(left)"
	else
		good=$((good + 1))
	fi
	background_end $flood
done
tap_is $good $removals "the module is removed under traffic, $removals times, and leaves nothing"

modprobe sectun
good=0
for ((round = 0; round < rounds; round++)); do
	pair_up 4
	flood 1200
	wait_for flowing
	ip -n gw_a link del sec0 && good=$((good + 1))
	ip -n gw_b link del sec0
	background_end $flood
done
tap_is $good $rounds "a device is deleted under traffic, $rounds times"

pair_up 4
flood
for ((round = 0; round < rounds; round++)); do
	sa_in gw_b t $((0x2000 + round))
	sa_out gw_a t $((0x2000 + round))
	sectun -n gw_b sa flush dev sec0
	sa_out gw_b t $((0x3000 + round))
	sectun -n gw_a sa flush dev sec0
	sa_in gw_a t $((0x3000 + round))
done
background_end $flood
tap_is "$(show gw_b '[.[].tunnels[].sas[]] | length')" 1 "SAs come and go under traffic"
ip netns del gw_a
ip netns del gw_b
tap_ok 'the module can be removed' rmmod sectun
tap_is "$(left)" '' 'and leaves nothing'
tap_is "$(dmesg | grep -E 'BUG|WARNING|Oops|unregister_netdevice|refcount|leak')" '' 'the kernel has not complained'
tap_done
