#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# New SAs take over without loss, counters of tunnel and device live on, and what is removed is gone.
#
#	gw_a                                       gw_b
#	  10.1.255.1 sec0 === 192.0.2.1 === 192.0.2.2 === sec0 10.2.255.1
set -u
. selftests/net/lib.sh

modprobe -q esp4
net_two_gateways
pair_up 4
# no key management daemon, but what one would do
sectun -n gw_a -j monitor >events &
monitor=$!
wait_for on gw_a grep -q . /proc/net/netlink

# rekey GENERATION: both directions, receivers first.
rekey() {
	local to_b=$((0x1001 + $1 * 16)) to_a=$((0x1002 + $1 * 16))

	sa_in gw_b t $to_b
	sa_in gw_a t $to_a
	sa_out gw_a t $to_b
	sa_out gw_b t $to_a
	sectun -n gw_b sa del dev sec0 dir in spi $((to_b - 16))
	sectun -n gw_a sa del dev sec0 dir in spi $((to_a - 16))
}

generations=6
flow_start gw_a 10.2.255.1
for ((generation = 1; generation <= generations; generation++)); do
	rekey $generation
done
flow_end
tap_is "$flowed" "10.2.255.1 answered $flow_count" "no packet is lost while SAs are replaced $generations times"
n=$flow_count
tap_is "$(counters gw_a) $(counters gw_b)" "$n $n $n $n" 'the device counts every packet of all SAs, and no drop'
tap_is "$(show gw_a '.[].tunnels[].stats | "\(.rx_packets) \(.tx_packets)"')" "$n $n" 'so does the tunnel'
tap_is "$(show gw_a '[.[].tunnels[].sas[].dir] | sort | join(" ")')" 'in out' 'one SA of each direction is left'
background_end $monitor
tap_is "$(jq -r 'select(.event == "sa-deleted") | .sa.dir' events | sort | uniq -c | xargs)" \
	"$generations in $generations out" 'the monitor saw each of the old ones go'
tap_is "$(jq -r 'select(.event == "first-receive") | .sa.spi' events | uniq | wc -l)" "$(jq -r 'select(.event == "first-receive") | .sa.spi' events | wc -l)" \
	'and the first packet of each new one once'

last=$((0x1002 + generations * 16))
for extra in 1 2 3; do
	sa_in gw_a t $((0x3000 + extra))
done
tap_is "$(show gw_a '[.[].tunnels[].sas[] | select(.dir == "in")] | length')" 4 'a tunnel has four receive SAs'
tap_refused 'and not five' 'four receive SAs' sa_in gw_a t 0x3004
tap_refused 'an SPI twice is refused' 'receive SA with this SPI|has this SPI' sa_in gw_a t 0x3001
tap_is "$(echo_in gw_a 10.2.255.1)" '10.2.255.1 answered 1' 'the old one goes on'
sectun -n gw_a sa del dev sec0 dir in spi $last
tap_is "$(echo_in gw_a --timeout 1 10.2.255.1)" '10.2.255.1 lost 84' 'until it is removed'
# shellcheck disable=SC2016
tap_is "$(on gw_a awk '/XfrmInNoStates/ { print $2 }' /proc/net/xfrm_stat)" 1 'then nobody knows the SPI'
tap_refused 'what is removed cannot be removed again' 'no.*SA|SPI' sectun -n gw_a sa del dev sec0 dir in spi $last
sa_in gw_a t $last
tap_is "$(echo_in gw_a 10.2.255.1)" '10.2.255.1 answered 1' 'it may come back'
sectun -n gw_a sa flush dev sec0 tunnel t
tap_is "$(show gw_a '[.[].tunnels[].sas[]] | length')" 0 'flush removes all SAs of a tunnel'
sectun -n gw_a tunnel del t dev sec0
tap_is "$(show gw_a '[.[].tunnels[]] | length')" 0 'a tunnel can be removed'
sectun -n gw_b tunnel del t dev sec0
tap_is "$(show gw_b '[.[].tunnels[]] | length')" 0 'its SAs with it'
tap_is "$(counters gw_a | cut -d' ' -f1-2)" "$((n + 2)) $((n + 3))" 'the device goes on counting where its tunnels are gone'
pair_tunnel 4
tap_is "$(echo_in gw_a 10.2.255.1)" '10.2.255.1 answered 1' 'and the same names and SPIs can be used again'
ip -n gw_a link del sec0
tap_is "$(sectun -n gw_a -j show)" '[]' 'ip link del takes everything'
tap_done
