#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A gateway is lost with all that it knew, and returns: the other one notices, begins anew, and traffic is back within
# 10 s of its return, whoever began before and however long it was away. Topology: lib.sh.
set -u
. selftests/ike/lib.sh

limit_ms=10000

# lose SITE: as if its power was cut
lose() {
	kill -9 "${ike_pid[$1]}"
	wait "${ike_pid[$1]}" 2>/dev/null
	wait_for no_helper "$1"
	ip -n "gw_$1" link del sec0
	rm -f "$1/sock"
}
no_helper() {
	[ -z "$(ip netns pids "gw_$1")" ]
}

# returns_within MS HOST ADDRESS: prints after how many milliseconds an echo came back, or fails
returns_within() {
	local begin=${EPOCHREALTIME/./} now

	while ! net_in "$2" ping -q -c 1 -W 0.3 "$3" >/dev/null; do
		now=${EPOCHREALTIME/./}
		[ $(((now - begin) / 1000)) -lt "$1" ] || return
	done
	now=${EPOCHREALTIME/./}
	echo $(((now - begin) / 1000))
}

one_child() {
	[ -n "$(ike_child "$kept" spi-in)" ] && [ "$(ike_child "$kept" spi-in)" = "$(ike_child "$lost" spi-out)" ]
}

net_two_sites
declare -A far=([a]=10.2.0.2 [b]=10.1.0.2) other=([a]=b [b]=a)

#	lost	away for	it was begun by	starts: of the one that stays, and of the one that returns
situations='
	b	0		a		on-traffic	wait
	b	6		a		on-traffic	wait
	b	20		a		now		wait
	b	2		a		on-traffic	on-traffic
	a	0		a		on-traffic	wait
	a	15		a		on-traffic	on-traffic
'
while read -r lost away begun stays returns; do
	kept=${other[$lost]}
	what="$lost is lost for $away s, begun by $begun, $stays and $returns"
	ike_config "$kept" 'auth = psk' 'psk-file = hq.psk' -- "start = $stays"
	ike_config "$lost" 'auth = psk' 'psk-file = hq.psk' -- 'start = on-traffic'
	ike_psk a correct-horse-battery
	ike_psk b correct-horse-battery
	ike_start a
	ike_start b
	tap_ok "$what: up" ike "$begun" up hq
	tap_ok "$what: traffic" ike_flows
	ike_config "$lost" 'auth = psk' 'psk-file = hq.psk' -- "start = $returns"
	net_in "host_$kept" ping -q -i 0.5 "${far[$kept]}" >/dev/null &
	stream=$!
	lose "$lost"
	sleep "$away"
	ike_start "$lost"
	if took=$(returns_within $limit_ms "host_$kept" "${far[$kept]}"); then
		tap_pass "$what: traffic is back after $took ms"
	else
		tap_fail "$what: no traffic within $limit_ms ms"
		tail -n 15 a/log b/log | tap_diag
	fi
	tap_ok "$what: both have the same child, and no other" one_child
	kill $stream
	ike_stop a
	ike_stop b
done < <(awk NF <<<"$situations")
tap_done
