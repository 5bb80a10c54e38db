#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The demonstration itself; run.sh boots a virtual machine that runs it. Four namespaces are four machines:
#
#   host A            gateway A                               gateway B            host B
#   10.1.0.2 -------- 10.1.0.1   192.0.2.1 ======= 192.0.2.2  10.2.0.1 -------- 10.2.0.2
#                                        the internet
#
# First both gateways are sectun, then gateway B is strongSwan with the kernel's own IPsec.
set -euo pipefail

packets=5
secret='attack at dawn!!' # 16 octets: as many as ping repeats
repo=$PWD
export PATH=$repo/build/tools/sectun:$repo/build/tools/ike:$PATH
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

# refused HOST 'COMMAND': one that is to fail.
refused() {
	printf '   %s# %s\n' "$1" "$2"
	! on "$1" sh -c "$2" 2>&1 || fail "$2 did not fail"
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

# shown HOST FILE: what an administrator wrote there
shown() {
	printf '   %s# cat %s\n' "$1" "$2"
	sed 's/^/     /' "$2"
}

# site NAME HERE THERE: the configuration of a gateway, from one network to the other
site() {
	mkdir -p "$1"
	cat >"$1/hq.conf" <<-END
		[peer hq]
		local = 192.0.2.$2
		remote = 192.0.2.$3
		auth = psk
		psk-file = hq.psk
		[tunnel hq]
		dev = sec0
		local-ts = 10.$2.0.0/24
		remote-ts = 10.$3.0.0/24
	END
	(umask 077 && printf 'a long sentence that only the two gateways know\n' >"$1/hq.psk")
}

# ike_start HOST DIRECTORY: the helper, as a service manager would start it; its pid is in helper
ike_start() {
	local command=(sectun-ike --config "$2" --socket "$2/sock" --user nobody)

	printf '   %s# %s &\n' "$1" "${command[*]}"
	ip netns exec "$1" "${command[@]}" >"$2/log" 2>&1 &
	helper=$!
	await "sectun-ike at $1" test -S "$2/sock"
}

# The other end, as an administrator without sectun writes it.
strongswan_gateway_b() {
	tar -C "$repo/build/strongswan" -c . | tar -C / -x --keep-directory-symlink
	cat >/etc/strongswan.conf <<-END
		charon-systemd {
			load_modular = yes
			plugins { include /etc/strongswan.d/charon/*.conf }
		}
	END
	cat >/etc/swanctl/swanctl.conf <<-END
		connections { hq {
		  local_addrs = 192.0.2.2
		  remote_addrs = 192.0.2.1
		  local { auth = psk }
		  remote { auth = psk }
		  children { hq { local_ts = 10.2.0.0/24
		                  remote_ts = 10.1.0.0/24 } }
		} }
		secrets { ike { secret = "a long sentence that only the two gateways know" } }
	END
	shown gwB /etc/swanctl/swanctl.conf
	ip netns exec gwB charon-systemd >charon.log 2>&1 &
	await strongSwan test -S /var/run/charon.vici
	ip -n gwB route add 10.1.0.0/24 via 192.0.2.1
	on gwB swanctl --load-all --noprompt >swanctl.log
}

# await WHAT COMMAND...: until COMMAND succeeds, a minute at most.
await() {
	local what=$1 _

	shift
	for _ in $(seq 600); do
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

no_device() {
	! ip -n gwB link show dev sec0 >/dev/null 2>&1
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
modprobe -q esp4
modprobe sectun
build_sites
site a 1 2
site b 2 1
export SECTUN_IKE_SOCKET=$PWD/a/sock # /run/sectun is that of all four

say "Two sites, 10.1.0.0/24 behind gateway A and 10.2.0.0/24 behind gateway B, and the internet between them."
say
say "1. Both gateways are sectun. Each has a file, and the same secret in hq.psk."
shown gwA a/hq.conf
ike_start gwA a
ike_start gwB b
typed gwA 'sectun up hq'
ping_through
iperf_through
typed gwA 'sectun peer'

say
say "2. Gateway B becomes strongSwan, with the IPsec of the kernel. At gateway A nothing changes."
kill $helper
await 'gateway B to end' no_device
strongswan_gateway_b
typed gwA 'sectun up hq'
ping_through
iperf_through
typed gwA 'sectun peer'

say
say "3. Somebody mistypes the secret at gateway A."
printf 'a long sentence that only one gateway knows\n' >a/hq.psk
on gwA sectun down hq
on gwA sectun reload >reload.log
refused gwA 'sectun up hq'
