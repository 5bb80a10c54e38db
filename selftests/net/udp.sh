#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ESP in UDP on whichever socket there is: the module's own, or that of a process with UDP_ENCAP_ESPINUDP. NAT
# keepalives go out after silence and are swallowed on arrival (RFC 3948 section 2.3).
#
#	gw_a                                       gw_b
#	  10.1.255.1 sec0 === 192.0.2.1 === 192.0.2.2 === sec0 10.2.255.1
set -u
. selftests/net/lib.sh

net_two_gateways
device_up gw_a
device_up gw_b
declare -A source=([4]=$outer_a4 [6]=$outer_a6)

# bound NS PORT: sockets that hold a UDP port, whoever has them.
bound() {
	# shellcheck disable=SC2016
	on "$1" awk -v port="$(printf ':%04X' "$2")" 'index($2, port) { n++ } END { print n + 0 }' /proc/net/udp /proc/net/udp6
}
# seen FILE COUNT: so many UDP packets of one octet.
seen() {
	[ "$(tcpdump -n -r "$1" 'udp[4:2] = 9 or ip6[44:2] = 9' 2>/dev/null | grep -c .)" -ge "$2" ]
}

for family in 4 6; do
	kind="outer IPv$family"
	pair_tunnel $family encap udp sport 4500 dport 4500
	tap_is "$(bound gw_a 4500)" 1 "$kind: the module has a socket on the port"
	net_capture gw_b wan silent.pcap "src ${source[$family]} and udp"
	sectun -n gw_a tunnel set t dev sec0 keepalive 1
	tap_ok "$kind: keepalives go out, one after the other" wait_for -t 20 seen silent.pcap 2
	net_capture_stop silent.pcap
	tap_is "$(tcpdump -n -x -r silent.pcap -c 1 2>/dev/null | tail -n 1 | xargs -n 1 | tail -n 1 | head -c 2)" ff \
		"$kind: a keepalive is one octet 0xff"
	tap_is "$(counters gw_b)" "$(counters gw_a)" "$kind: the peer's socket swallows it"
	sectun -n gw_a tunnel set t dev sec0 keepalive off
	tap_is "$(echo_in gw_a --count 3 10.2.255.1)" '10.2.255.1 answered 3' "$kind: ESP passes on the module's sockets"
	# IKE has nobody to talk to, and what is too short is nothing
	tap_ok "$kind: what is not ESP reaches the module's socket" on gw_a python3 -B -c "
import socket
sock = socket.socket(socket.AF_INET6 if $family == 6 else socket.AF_INET, socket.SOCK_DGRAM)
for data in (b'', b'\xff', b'\0' * 4, b'\0' * 40, b'\1', b'\1' * 7, b'\1' * 8, b'\1' * 400):
    sock.sendto(data, ('$outer_b4' if $family == 4 else '$outer_b6', 4500))
"
	tap_is "$(echo_in gw_a --count 3 10.2.255.1)" '10.2.255.1 answered 3' "$kind: and does no harm"
	sectun -n gw_a tunnel del t dev sec0
	sectun -n gw_b tunnel del t dev sec0
	tap_is "$(bound gw_a 4500)" 0 "$kind: the socket goes with the last tunnel"
done

# A daemon's socket.
espinudp gw_a holder.a
holder_a=$holder
espinudp gw_b holder.b
for family in 4 6; do
	pair_tunnel $family encap udp
	tap_is "$(bound gw_a 4500)" 2 "outer IPv$family: the module does not open a socket where a daemon has one for ESP"
	tap_is "$(echo_in gw_a --count 3 10.2.255.1)" '10.2.255.1 answered 3' "outer IPv$family: ESP passes on the daemon's socket"
	[ $family = 6 ] || { sectun -n gw_a tunnel del t dev sec0; sectun -n gw_b tunnel del t dev sec0; }
done
tap_is "$(cat holder.a holder.b)" $'ready\nready' 'the daemons see no ESP'
tap_ok 'IKE can be sent to a daemon' on gw_a python3 -B -c "
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'\0\0\0\0IKE!', ('$outer_b4', 4500))
"
wait_for grep -q '0000000049' holder.b
tap_is "$(grep -v ready holder.b)" "$(printf '\0\0\0\0IKE!' | od -An -v -tx1 | tr -d ' ')" 'the daemon still gets its IKE'
background_end $holder_a
sectun -n gw_a tunnel del t dev sec0

espinudp gw_a plain --plain
tap_refused 'a port that a process holds for something else is refused, with the reason' 'without UDP_ENCAP' \
	tunnel_add gw_a t 4 encap udp
background_end $holder
tap_ok 'and taken when it is free' tunnel_add gw_a t 4 encap udp

# RFC 7296 section 2.23: what is sent says nothing about what is received.
sectun -n gw_b tunnel del t dev sec0
tunnel_add gw_b t 4 encap none
pair_sas
tap_is "$(echo_in gw_a --count 3 10.2.255.1)" '10.2.255.1 answered 3' 'one end sends ESP in UDP and the other plain ESP: both receive'
tap_is "$(counters gw_a) $(counters gw_b)" '21 21 21 21' 'nothing was dropped in all this'
tap_done
