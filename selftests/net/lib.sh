# shellcheck shell=bash disable=SC2034,SC2119,SC2120 # much of this is for those who source it, words are optional
# SPDX-License-Identifier: GPL-2.0-only
# What the network tests share: keys, tunnels with their SAs, readings of counters. Sourced, in a guest, from the
# repository's directory. A process costs an emulated CPU 50 ms, so what can be done without one is.

. selftests/lib/tap.sh
. selftests/lib/net.sh
. selftests/lib/xfrm.sh

export PATH=$PWD/build/tools/sectun:$PATH
umask 077
net_dir=$PWD/selftests/net
net_work=$(mktemp -d)
cd "$net_work" || exit
# nobody loads by himself what fits the CPU in a guest without udev
[ -n "${net_generic:-}" ] || modprobe -q aesni_intel 2>/dev/null

# Octets of KEYMAT, and what in-tree IPsec calls the algorithm.
declare -A alg_keymat=([aes128gcm16]=20 [aes256gcm16]=36 [chacha20poly1305]=36)
declare -A alg_xfrm=([aes128gcm16]='rfc4106(gcm(aes))' [aes256gcm16]='rfc4106(gcm(aes))'
	[chacha20poly1305]='rfc7539esp(chacha20,poly1305)')

# on NS CMD...: quicker than ip netns exec, which also mounts a /sys.
on() {
	nsenter "--net=/run/netns/$1" "${@:2}"
}

# key_file SPI ALG: sets `key` to the name of a file that holds a key of its own, and `key_hex` to what it holds.
key_file() {
	local i octet

	key=$net_work/$1.$2
	key_hex=
	for ((i = 0; i < alg_keymat[$2]; i++)); do
		printf -v octet %02x $((($1 * 31 + i * 7 + ($1 >> 8) * 13) & 255))
		key_hex+=$octet
	done
	[ -e "$key" ] || printf '%s\n' "$key_hex" >"$key"
}

# sa_out NS TUNNEL SPI [WORDS]: a transmit SA of sec0, sa_in a receive SA. An alg among WORDS must come first.
sa_add() {
	local ns=$1 dir=$2 tunnel=$3 spi=$4 alg=aes128gcm16 fixed=()

	shift 4
	[ "${1:-}" != alg ] || { alg=$2; shift 2; }
	[ "$dir" = in ] || fixed=(allow-static)
	key_file $((spi)) "$alg"
	sectun -n "$ns" sa add dev sec0 tunnel "$tunnel" dir "$dir" proto esp spi "$spi" alg "$alg" key-file "$key" \
		${fixed[@]+"${fixed[@]}"} "$@"
}
sa_out() {
	sa_add "$1" out "${@:2}"
}
sa_in() {
	sa_add "$1" in "${@:2}"
}

# tunnel_add NS NAME FAMILY [WORDS]: between the gateways' addresses of that family, 4 or 6.
outer_a4=192.0.2.1 outer_b4=192.0.2.2 outer_a6=2001:db8::1 outer_b6=2001:db8::2
tunnel_add() {
	local ns=$1 name=$2 a=outer_a$3 b=outer_b$3

	shift 3
	case $ns in
	*a) sectun -n "$ns" tunnel add "$name" dev sec0 local "${!a}" remote "${!b}" "$@" ;;
	*) sectun -n "$ns" tunnel add "$name" dev sec0 local "${!b}" remote "${!a}" "$@" ;;
	esac
}

# device_up NS: sec0, as wide as it goes, so that what limits a packet is the path. Everything of the other site
# goes there.
device_up() {
	local ns=$1 here=1 there=2

	case $ns in *b) here=2 there=1 ;; esac
	ip -n "$ns" link add sec0 type sectun
	ip -batch - -n "$ns" <<-END
		link set sec0 mtu 65535 up
		address add 10.$here.255.1/32 dev sec0
		address add fd0$here:ffff::1/128 dev sec0 nodad
		route add 10.$there.0.0/16 dev sec0
		route add fd0$there::/16 dev sec0
	END
}

# pair_up FAMILY [WORDS]: tunnel t between gw_a and gw_b, sectun on both sides, with the same WORDS.
# SPI 0x1001 goes from a to b, 0x1002 from b to a.
pair_up() {
	device_up gw_a
	device_up gw_b
	pair_tunnel "$@"
}
pair_tunnel() {
	local family=$1

	shift
	tunnel_add gw_a t "$family" "$@"
	tunnel_add gw_b t "$family" "$@"
	pair_sas
}
pair_sas() {
	sa_out gw_a t 0x1001 "$@"
	sa_in gw_b t 0x1001 "$@"
	sa_out gw_b t 0x1002 "$@"
	sa_in gw_a t 0x1002 "$@"
}

# pair_xfrm ENCAP: the SAs of in-tree IPsec at gw_b that go with those of pair_sas, and its policies for the sites.
pair_xfrm() {
	local encap=()

	[ "${1:-none}" = none ] || encap=(encap espinudp 4500 4500 0.0.0.0)
	key_file $((0x1001)) aes128gcm16
	xfrm_sa gw_b $outer_a4 $outer_b4 0x1001 aead 'rfc4106(gcm(aes))' "0x$key_hex" 128 ${encap[@]+"${encap[@]}"}
	key_file $((0x1002)) aes128gcm16
	xfrm_sa gw_b $outer_b4 $outer_a4 0x1002 aead 'rfc4106(gcm(aes))' "0x$key_hex" 128 ${encap[@]+"${encap[@]}"}
	xfrm_policies gw_b $outer_b4 $outer_a4 10.2.0.0/16 10.1.0.0/16
	ip -n gw_b route replace 10.1.0.0/16 via $outer_a4
}

# show NS FILTER: what jq makes of `sectun -j -s show`.
show() {
	sectun -n "$1" -j -s show | jq -r "$2"
}

# counters NS [DEV]: "RECEIVED SENT REASON=COUNT..." of a device, all that was dropped with its reason.
counters() {
	show "$1" ".[] | select(.dev == \"${2:-sec0}\") | .stats |
		([.rx_packets, .tx_packets] + (.drops | to_entries | map(select(.value > 0) | \"\(.key)=\(.value)\"))) |
		join(\" \")"
}

# dropped NS REASON: of sec0.
dropped() {
	show "$1" ".[] | select(.dev == \"sec0\") | .stats.drops[\"$2\"] // 0"
}

# sa_counter NS SPI FILTER: of one SA.
sa_counter() {
	show "$1" ".[].tunnels[].sas[] | select(.spi == $(($2))) | $3"
}

# inner_mtu FAMILY ENCAP OUTER_MTU: octets of the longest inner packet, in the variable `mtu`. In front of the inner
# packet: outer header, UDP, ESP header (8), IV (8); behind it padding to 4, trailer (2), ICV (16).
inner_mtu() {
	local header=20 udp=0

	[ "$1" = 4 ] || header=40
	[ "$2" = none ] || udp=8
	mtu=$((($3 - header - udp - 8 - 8 - 16) / 4 * 4 - 2))
}

# echo_in NS WORDS: see echo.py.
echo_in() {
	on "$1" python3 -B "$net_dir/echo.py" "${@:2}"
}

# flow_start NS DESTINATION: echo requests that go on until flow_end, which sets `flowed` to what became of them and
# `flow_count` to the number of those that were answered.
flowed='' flow_count=0
flow_start() {
	rm -f flow.enough
	echo_in "$1" --count 20 --window 4 --until flow.enough "$2" >flow &
	flow_pid=$!
}
flow_end() {
	: >flow.enough
	wait "$flow_pid"
	flowed=$(cat flow)
	flow_count=$(awk '$2 == "answered" { print $3 }' flow)
}

# espinudp NS FILE [WORDS]: holds port 4500 as a key-management daemon does; see espinudp.py. Sets holder.
espinudp() {
	local ns=$1 file=$2

	shift 2
	# not `on`: a function in the background is a shell that waits for the process
	nsenter "--net=/run/netns/$ns" python3 -B "$net_dir/espinudp.py" "$@" >"$file" 2>&1 &
	holder=$!
	wait_for grep -q '^ready' "$file"
}

# background_end PID: ends a process of ours and waits for it.
background_end() {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# outer_lines FILE [FILTER]: one line per captured packet, with all of its outer header.
outer_lines() {
	tcpdump -n -v -t -r "$1" "${@:2}" 2>/dev/null | sed -e ':a' -e 'N;s/\n[[:space:]]/ /;ta' -e 'P;D'
}

# capture_end FILE COUNT [FILTER]: ends a capture when so many packets have been written; what was on the wire is not in
# the file at once.
captured() {
	[ "$(tcpdump -n -r "$1" "${@:3}" 2>/dev/null | grep -c .)" -ge "$2" ]
}
capture_end() {
	wait_for captured "$@"
	net_capture_stop "$1"
}
