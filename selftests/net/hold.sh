#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets that meet a tunnel without transmit SA wait for one, up to a bound, and ask for it.
#
#	gw_a                                       gw_b
#	  10.1.255.1 sec0 === 192.0.2.1 === 192.0.2.2 === sec0 10.2.255.1
set -u
. selftests/net/lib.sh

bound=64 # packets that one tunnel holds

net_two_gateways
device_up gw_a
device_up gw_b
tunnel_add gw_a t 4
tunnel_add gw_b t 4
sa_in gw_a t 0x1002
sa_in gw_b t 0x1001
sa_out gw_b t 0x1002
sectun -n gw_a -j monitor >events &
monitor=$!
# the command listens when it has joined the group; a packet a second makes another event
acquired() {
	echo_in gw_a --timeout 0.1 10.2.255.1 >fate
	grep -q acquire events
}
wait_for acquired
tap_is "$(jq -r '[.event, .dev, .tunnel, .local, .remote, (.src | tostring), (.dst | tostring)] | join(" ")' events | head -n 1)" \
	'acquire sec0 t 192.0.2.1 192.0.2.2 10.1.255.1/32[icmp/2048] 10.2.255.1/32[icmp/2048]' \
	'a packet without SA raises acquire, which names tunnel, ends and packet, its ports or ICMP type and code too'
held=$(show gw_a '.[].tunnels[].held')
tap_ok 'it is held' [ "$held" -ge 1 ]

echo_in gw_a --count 10 --timeout 20 --window 10 10.2.255.1 >flow &
flow=$!
held_are() {
	[ "$(show gw_a '.[].tunnels[].held')" -eq "$1" ]
}
wait_for held_are $((held + 10))
sa_out gw_a t 0x1001
wait $flow
tap_is "$(cat flow)" '10.2.255.1 answered 10' 'held packets are delivered when the SA comes'
tap_is "$(show gw_a '.[].tunnels[].held')" 0 'none is left'
tap_is "$(counters gw_b)" "$((held + 10)) $((held + 10))" 'the peer received each once'
tap_is "$(sa_counter gw_b 0x1001 .stats.drops)" '{}' 'and in order: none was left of the window'

sectun -n gw_a sa del dev sec0 dir out spi 0x1001
echo_in gw_a --count $((bound + 7)) --window 100 --timeout 0.2 10.2.255.1 >flow
tap_is "$(show gw_a '.[].tunnels[].held')" $bound "the queue is bounded: $bound packets"
tap_is "$(counters gw_a)" "$((held + 10)) $((held + 10)) hold-full=7" 'what comes after that is dropped and counted'
sectun -n gw_a tunnel del t dev sec0
tap_is "$(counters gw_a)" "$((held + 10)) $((held + 10)) no-sa=$bound hold-full=7" 'a tunnel that goes drops what it held'

tunnel_add gw_a t 4
key_file $((0x1001)) aes128gcm16
echo_in gw_a --count 5 --timeout 0.2 10.2.255.1 >flow
ip -n gw_a link del sec0
tap_is "$(sectun -n gw_a -j show)" '[]' 'a device goes that holds packets'
background_end $monitor
events=$(grep -c acquire events)
tap_ok 'acquire is raised once a second at most' [ "$events" -le $((held + 8)) ]
tap_done
