#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The demonstration itself; run.sh boots a virtual machine that runs it. Four namespaces are four machines:
#
#   host A            gateway A                               gateway B            host B
#   10.1.0.2 -------- 10.1.0.1   192.0.2.1 ======= 192.0.2.2  10.2.0.1 -------- 10.2.0.2
#                                        the internet
#
# First gateway B speaks the kernel's own IPsec (ip xfrm), then both are sectun.
set -euo pipefail

packets=5
secret='attack at dawn!!' # 16 octets: as many as ping repeats
export PATH=$PWD/build/tools/sectun:$PATH
cd "$(mktemp -d)"

say() {
	printf '%s\n' "$*"
}

fail() {
	printf 'demo: FAILED: %s\n' "$*" >&2
	exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

# on HOST COMMAND...
on() {
	ip netns exec "$1" "${@:2}"
}

# typed HOST 'COMMAND': shows a line as it is typed at HOST, and runs it there.
typed() {
	printf '   %s# %s\n' "$1" "$2"
	on "$1" sh -ec "$2"
}

# wire NAME1 HOST1 ADDRESS1 NAME2 HOST2 ADDRESS2: a cable between two machines.
wire() {
	ip link add "$1" netns "$2" type veth peer name "$4" netns "$5"
	ip -n "$2" address add "$3" dev "$1"
	ip -n "$5" address add "$6" dev "$4"
	ip -n "$2" link set "$1" up
	ip -n "$5" link set "$4" up
}

build_sites() {
	for host in hostA gwA gwB hostB; do
		ip netns add "$host"
		ip -n "$host" link set lo up
		# the sites have IPv4 only: IPv6 would look for routers on the wire that is shown
		on "$host" sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	done
	wire lan hostA 10.1.0.2/24 lan gwA 10.1.0.1/24
	wire wan gwA 192.0.2.1/24 wan gwB 192.0.2.2/24
	wire lan gwB 10.2.0.1/24 lan hostB 10.2.0.2/24
	ip -n hostA route add default via 10.1.0.1
	ip -n hostB route add default via 10.2.0.1
}

# A key file holds hex: 32 octets of AES key and 4 of salt, as RFC 7296 and RFC 4106 order them.
make_key() {
	(umask 077 && od -An -v -tx1 -N36 /dev/urandom | tr -d ' \n' >"$1")
}

# The other end, as an administrator without sectun writes it.
xfrm_gateway_b() {
	local gcm='rfc4106(gcm(aes))' template='proto esp mode tunnel'

	on gwB ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1001 mode tunnel \
		aead "$gcm" "0x$(cat out.key)" 128
	on gwB ip xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x1002 mode tunnel \
		aead "$gcm" "0x$(cat in.key)" 128
	# shellcheck disable=SC2086
	for dir in in fwd; do
		on gwB ip xfrm policy add src 10.1.0.0/24 dst 10.2.0.0/24 dir $dir \
			tmpl src 192.0.2.1 dst 192.0.2.2 $template
	done
	# shellcheck disable=SC2086
	on gwB ip xfrm policy add src 10.2.0.0/24 dst 10.1.0.0/24 dir out \
		tmpl src 192.0.2.2 dst 192.0.2.1 $template
	ip -n gwB route add 10.1.0.0/24 via 192.0.2.1
}

xfrm_gateway_b_gone() {
	on gwB ip xfrm policy flush
	on gwB ip xfrm state flush
	ip -n gwB route del 10.1.0.0/24
}

# await WHAT COMMAND...: until COMMAND succeeds, ten seconds at most.
await() {
	local what=$1 _

	shift
	for _ in $(seq 100); do
		if "$@"; then
			return
		fi
		sleep 0.1
	done
	fail "waited in vain for $what"
}

# capture HOST DEVICE FILE: from now on. tcpdump says when it listens.
capture() {
	ip netns exec "$1" tcpdump --immediate-mode -q -U -n -i "$2" -w "$3" 2>"$3.log" &
	captures+=($!)
	await 'tcpdump to listen' grep -q listening "$3.log"
}

esp_packets() {
	tcpdump -n -r outside.pcap 2>/dev/null | grep -c 'ESP(spi=' || true
}

enough_captured() {
	[ "$(esp_packets)" -ge $((2 * packets)) ]
}

# Two captures, one of which must hold the secret: a search that finds nothing anywhere proves nothing.
ping_through() {
	local reply captures=()

	capture hostA lan inside.pcap
	capture gwA wan outside.pcap
	reply=$(on hostA ping -q -c $packets -i 0.2 -W 2 -p "$(printf %s "$secret" | od -An -v -tx1 | tr -d ' \n')" \
		10.2.0.2) || fail "no answer from host B: $reply"
	await 'all packets to be captured' enough_captured
	kill "${captures[@]}"
	wait "${captures[@]}" || true
	say "   ping host A -> host B:  $(sed -n 's/.* \([0-9]*\) received.*/\1/p' <<<"$reply") of $packets answered," \
		"$(sed -n 's|^rtt [^=]*= [^/]*/\([0-9]*\.[0-9]\).*|\1|p' <<<"$reply") ms"
	show_wire
}

show_wire() {
	local esp other spis

	tcpdump -n -r outside.pcap 2>/dev/null >outside.txt
	esp=$(esp_packets)
	other=$(grep -vc 'ESP(spi=\|ARP,' outside.txt) || true
	spis=$(sed -n 's/.*ESP(spi=0x0*\([0-9a-f]*\),.*/0x\1/p' outside.txt | sort -u | xargs | sed 's/ / and /')
	[ "$other" -eq 0 ] || fail "something else than ESP between the gateways: $(grep -v 'ESP(spi=\|ARP,' outside.txt | head -n 1)"
	grep -aqF "$secret" inside.pcap || fail "the capture at host A lacks what ping sent"
	! grep -aqF "$secret" outside.pcap || fail "what ping sent can be read between the gateways"
	say "   between the gateways:   $esp packets, all ESP, SPI $spis; the first:"
	say "                           $(sed -n '/ESP(spi=/ { s/^[0-9:.]* //; p; q }' outside.txt)"
	say "                           what ping carried, \"$secret\", is in none of them"
}

iperf_through() {
	local speed

	on hostB iperf3 -s -1 --forceflush >iperf.log 2>&1 &
	await 'iperf3 to listen' grep -q listening iperf.log
	speed=$(on hostA iperf3 -c 10.2.0.2 -t 2 -J | sed -n '/"sum_received"/,/}/s/.*"bits_per_second":[^0-9]*\([0-9]*\).*/\1/p')
	[ "${speed:-0}" -gt 0 ] || fail "iperf3 got nothing through"
	say "   iperf3 host A -> B:     $((speed / 1000000)) Mbit/s, on an emulated processor"
}

modprobe -q aesni_intel || true # what udev does on a machine
build_sites
make_key out.key
make_key in.key

say "Two sites, 10.1.0.0/24 behind gateway A and 10.2.0.0/24 behind gateway B, and the internet between them."
say
say "1. Gateway A is sectun. Gateway B is the IPsec of the kernel, set up with ip xfrm."
xfrm_gateway_b
typed gwA 'ip link add sec0 type sectun'
typed gwA 'sectun tunnel add hq dev sec0 local 192.0.2.1 remote 192.0.2.2'
typed gwA 'sectun sa add dev sec0 tunnel hq dir out proto esp spi 0x1001 alg aes256gcm16 key-file out.key allow-static'
typed gwA 'sectun sa add dev sec0 tunnel hq dir in  proto esp spi 0x1002 alg aes256gcm16 key-file in.key'
typed gwA 'ip link set sec0 up && ip route add 10.2.0.0/24 dev sec0'
ping_through
iperf_through

say
say "2. Both are sectun, with new keys. At gateway A the tunnel stays, and a new SA takes over."
xfrm_gateway_b_gone
make_key out2.key
make_key in2.key
typed gwB 'ip link add sec0 type sectun'
typed gwB 'sectun tunnel add branch dev sec0 local 192.0.2.2 remote 192.0.2.1'
typed gwB 'sectun sa add dev sec0 tunnel branch dir out proto esp spi 0x2002 alg aes256gcm16 key-file in2.key allow-static'
typed gwB 'sectun sa add dev sec0 tunnel branch dir in  proto esp spi 0x2001 alg aes256gcm16 key-file out2.key'
typed gwB 'ip link set sec0 up && ip route add 10.1.0.0/24 dev sec0'
typed gwA 'sectun sa add dev sec0 tunnel hq dir in  proto esp spi 0x2002 alg aes256gcm16 key-file in2.key'
typed gwA 'sectun sa add dev sec0 tunnel hq dir out proto esp spi 0x2001 alg aes256gcm16 key-file out2.key allow-static'
typed gwA 'sectun sa del dev sec0 dir in spi 0x1002'
ping_through
iperf_through
typed gwA 'sectun -s'
