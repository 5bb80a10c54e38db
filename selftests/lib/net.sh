# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Topologies of namespaces and veth pairs, and how to wait for what happens in them. For scripts in a guest.

# net_ns NAME...: namespaces that route, with no duplicate address detection to wait for.
net_ns() {
	local ns

	for ns in "$@"; do
		ip netns add "$ns"
		ip netns exec "$ns" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
			net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
			net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
		ip -n "$ns" link set lo up
	done
}

# net_link NS DEV ADDRESSES NS DEV ADDRESSES: a veth pair; ADDRESSES are separated by spaces and may be empty.
net_link() {
	local address

	ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
	for address in $3; do
		ip -n "$1" address add "$address" dev "$2" nodad 2>/dev/null || ip -n "$1" address add "$address" dev "$2"
	done
	for address in $6; do
		ip -n "$4" address add "$address" dev "$5" nodad 2>/dev/null || ip -n "$4" address add "$address" dev "$5"
	done
	ip -n "$1" link set "$2" up
	ip -n "$4" link set "$5" up
}

# net_two_gateways: where the tunnels end.
#
#	gw_a                                       gw_b
#	  wan 192.0.2.1/24 ---------- 192.0.2.2/24 wan
#	      2001:db8::1/64         2001:db8::2/64
net_two_gateways() {
	net_ns gw_a gw_b
	net_link gw_a wan '192.0.2.1/24 2001:db8::1/64' gw_b wan '192.0.2.2/24 2001:db8::2/64'
}

# net_two_sites: two_gateways, with a host behind each. Nothing routes one site to the other yet.
#
#	host_a               gw_a                        gw_b               host_b
#	  lan 10.1.0.2/24 --- lan 10.1.0.1   wan ... wan   lan 10.2.0.1 --- lan 10.2.0.2/24
#	      fd01::2/64          fd01::1                      fd02::1          fd02::2/64
net_two_sites() {
	net_two_gateways
	net_ns host_a host_b
	net_link host_a lan '10.1.0.2/24 fd01::2/64' gw_a lan '10.1.0.1/24 fd01::1/64'
	net_link host_b lan '10.2.0.2/24 fd02::2/64' gw_b lan '10.2.0.1/24 fd02::1/64'
	ip -n host_a route add default via 10.1.0.1
	ip -n host_a route add default via fd01::1
	ip -n host_b route add default via 10.2.0.1
	ip -n host_b route add default via fd02::1
}

# net_in NS CMD...
net_in() {
	ip netns exec "$@"
}

# net_cleanup: removes every namespace. A guest is thrown away anyway; for scripts that build twice.
net_cleanup() {
	ip -all netns delete
}

# wait_for [-t SECONDS] CMD...: until CMD succeeds, ten seconds at most. For what has no event to wait for.
wait_interval=0.05
wait_for() {
	local seconds=10 end

	[ "$1" != -t ] || { seconds=$2; shift 2; }
	end=$(($(date +%s) + seconds))
	until "$@" >/dev/null 2>&1; do
		if [ "$(date +%s)" -gt "$end" ]; then
			printf 'waited %s s in vain for: %s\n' "$seconds" "$*" >&2
			return 1
		fi
		sleep "$wait_interval"
	done
}

# net_counter NS DEV NAME: an interface counter, as rx_packets, tx_bytes, rx_dropped.
net_counter() {
	ip netns exec "$1" cat "/sys/class/net/$2/statistics/$3"
}

# net_mib NS NAME: a counter of the stack, as IpInReceives, Icmp6OutPktTooBigs, UdpNoPorts.
net_mib() {
	ip netns exec "$1" nstat -asz "$2" | awk -v name="$2" '$1 == name { print $2 }'
}

# net_ping NS ADDRESS [ARGUMENTS]: one packet and its answer, quickly.
net_ping() {
	local ns=$1 address=$2

	shift 2
	ip netns exec "$ns" ping -n -q -c 1 -W 5 "$@" "$address"
}

# net_capture NS DEV FILE [FILTER]: starts to capture, and returns when nothing can be missed any more.
# Several may run; each is stopped by its FILE.
declare -A net_captures=()
net_capture() {
	local ns=$1 dev=$2 file=$3

	shift 3
	ip netns exec "$ns" tcpdump -U --immediate-mode -n -s 0 -i "$dev" -w "$file" "$@" 2>"$file.log" </dev/null &
	net_captures[$file]=$!
	wait_for grep -q 'listening on' "$file.log"
}

# net_capture_stop FILE: everything captured is in FILE afterwards.
net_capture_stop() {
	local pid=${net_captures[$1]}

	kill -INT "$pid"
	wait "$pid" 2>/dev/null || true
	unset "net_captures[$1]"
}
