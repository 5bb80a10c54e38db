#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A NAT forgets the peer and gives it another address and port (RFC 7296 section 2.23): whoever follows has traffic both
# ways again; whoever does not is told.
#
#	gw_a                       nat                              gw_b
#	  10.9.0.2 wan --- 10.9.0.1 lan   wan 192.0.2.1, then others --- wan 192.0.2.2
#	  10.1.255.1 sec0 ============================================= sec0 10.2.255.1
set -u
. selftests/net/lib.sh

net_ns gw_a nat gw_b
net_link gw_a wan 10.9.0.2/24 nat lan 10.9.0.1/24
net_link nat wan 192.0.2.1/24 gw_b wan 192.0.2.2/24
ip -n gw_a route add default via 10.9.0.1
on nat nft -f - <<-END
	table ip nat {
		chain out {
			type nat hook postrouting priority srcnat
			oifname "wan" meta l4proto udp masquerade to :20000-29999
		}
	}
END
device_up gw_a
device_up gw_b
sectun -n gw_b -j monitor >events &
monitor=$!
outer_a4=10.9.0.2
tunnel_add gw_a t 4 encap udp
outer_a4=192.0.2.1
tunnel_add gw_b t 4 encap udp
sa_out gw_a t 0x1001
sa_in gw_a t 0x1002
sa_in gw_b t 0x1001 follow on
sa_out gw_b t 0x1002

# remote NS: address and port to which its tunnel sends.
remote() {
	show "$1" '.[].tunnels[] | "\(.remote) \(.dport)"'
}
moved() {
	[[ "$(remote gw_b)" == "$1 2"???? ]]
}
answered() {
	[ "$(echo_in gw_a --count 1 --timeout 0.5 10.2.255.1)" = '10.2.255.1 answered 1' ]
}
# rebind ADDRESS: the NAT has another address, and has forgotten who had which port of the old one.
rebind() {
	ip -n nat address flush dev wan
	ip -n nat address add "$1/24" dev wan
	ip -n gw_b neighbour flush dev wan
}

for address in 192.0.2.1 192.0.2.77 192.0.2.78; do
	[ "$address" = 192.0.2.1 ] || rebind "$address"
	# the packet that shows it may be answered to where the peer was
	tap_ok "behind $address: packets are answered" wait_for -t 20 answered
	tap_ok "behind $address: the tunnel has gone there" moved "$address"
	tap_is "$(echo_in gw_a --count 5 10.2.255.1)" '10.2.255.1 answered 5' "behind $address: from behind the NAT all is answered"
	tap_is "$(echo_in gw_b --count 5 10.1.255.1)" '10.1.255.1 answered 5' "behind $address: and so it is from outside"
done
tap_is "$(remote gw_a)" '192.0.2.2 4500' 'the end behind the NAT stays with the peer'
tap_is "$(counters gw_b | cut -d ' ' -f 3-)" '' 'nothing was dropped at the end that followed'

sa_in gw_b t 0x1003
sa_out gw_a t 0x1003
before=$(remote gw_b)
rebind 192.0.2.79
tap_is "$(echo_in gw_a --count 3 --timeout 0.5 10.2.255.1 | tail -n 1)" '10.2.255.1 lost 84' 'without follow nothing comes back'
tap_is "$(remote gw_b)" "$before" 'and the tunnel stays where it is'
background_end $monitor
tap_is "$(jq -r 'select(.event == "endpoint-change") | "\(.sa.spi) \(.address)"' events)" "$((0x1001)) 192.0.2.1
$((0x1001)) 192.0.2.77
$((0x1001)) 192.0.2.78
$((0x1003)) 192.0.2.79" 'each place is told once'
tap_done
