# shellcheck shell=bash disable=SC2034 # some is for those who source it
# SPDX-License-Identifier: GPL-2.0-only
# Interoperation: the topology, the helper's side, and what is asked of both sides. The other daemon is in gw_b, with
# in-tree IPsec; a file of its own knows it (strongswan.sh, libreswan.sh, openiked.sh). Sourced, in a guest, from the
# repository's directory.
#
#	host_a             gw_a          router         gw_b             host_b
#	  10.1.0.2 --- 10.1.0.1  192.0.2.1 === 198.51.100.2  10.2.0.1 --- 10.2.0.2
#
# What a file PEER.sh has to say, unless what is here will do:
#	peer_title			name and version
#	peer_install			before the first row
#	peer_write ROLE AUTH NAT	its configuration; ROLE is the helper's
#	peer_start, peer_stop, peer_kill
#	peer_up, peer_down		brings the tunnel up, ends the IKE SA
#	peer_rekey child|ike
#	peer_children			how many are up
#	peer_log			the file of its log
#	peer_lines			an array: what the helper's configuration of the peer has beside
#	peer_cannot OPERATION ROLE AUTH NAT	prints why the daemon is not able to, and fails if it is

. selftests/ike/lib.sh

interop_dir=$ike_dir/interop
interop_repo=$(dirname "$(dirname "$ike_dir")")
peer_lines=()
wan_a=192.0.2.1 wan_b=198.51.100.2

# What serves for most: the daemon is the process in peer.pid; in-tree IPsec has what it has installed, an SA each way.
peer_gone() {
	! [ -e "/proc/$(cat peer.pid)/exe" ]
}
peer_stop() {
	kill "$(cat peer.pid)"
	wait_for -t 60 peer_gone
	ip -n gw_b xfrm state flush
	ip -n gw_b xfrm policy flush
}
peer_kill() {
	kill -9 "$(cat peer.pid)"
	wait_for peer_gone
}
peer_children() {
	local states

	states=$(ip -n gw_b xfrm state | grep -c '^src')
	echo $((states / 2))
}

interop_net() {
	net_ns gw_a router gw_b host_a host_b
	net_link gw_a wan "$wan_a/24" router to_a 192.0.2.254/24
	net_link gw_b wan "$wan_b/24" router to_b 198.51.100.254/24
	net_link host_a lan 10.1.0.2/24 gw_a lan 10.1.0.1/24
	net_link host_b lan 10.2.0.2/24 gw_b lan 10.2.0.1/24
	ip -n gw_a route add default via 192.0.2.254
	ip -n gw_b route add default via 198.51.100.254
	ip -n host_a route add default via 10.1.0.1
	ip -n host_b route add default via 10.2.0.1
}

# interop_nat none|here|there: who is behind a NAT, if any, which gives other ports, and lets no ESP through
interop_nat() {
	local out=to_b

	net_in router nft flush ruleset
	net_in router conntrack -F 2>/dev/null
	[ "$1" != none ] || return 0
	[ "$1" = here ] || out=to_a
	net_in router nft -f - <<-END
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat
				oifname $out meta l4proto udp masquerade to :20000-30000
			}
			chain forward {
				type filter hook forward priority filter
				meta l4proto esp drop
			}
		}
	END
}

# interop_config ROLE AUTH NAT [PEER LINES] [-- TUNNEL LINES]: the helper's side; AUTH is psk, or a kind of certificate
interop_config() {
	local role=$1 auth=$2 nat=$3 remote=$wan_b

	shift 3
	[ "$nat$role" != natresponder ] || remote=any
	mkdir -p a
	ike_psk a correct-horse-battery
	{
		printf '[peer hq]\nlocal = %s\nremote = %s\nlocal-id = a.example\nremote-id = b.example\n' "$wan_a" "$remote"
		# behind a NAT, the others need to have heard of the peer's end for as long as it takes a human to type
		printf 'dpd = %s\n' "${interop_dpd:-30s}"
		if [ "$auth" = psk ]; then
			printf 'auth = psk\npsk-file = hq.psk\n'
		else
			printf 'auth = cert\ncert = %s\nkey = %s\nca = %s\n' "$ike_work/$auth/a.pem" \
				"$ike_work/$auth/a.key" "$ike_work/$auth/ca.pem"
		fi
		while [ $# -gt 0 ] && [ "$1" != -- ]; do
			printf '%s\n' "$1"
			shift
		done
		[ $# -eq 0 ] || shift
		printf '[tunnel hq]\ndev = sec0\nlocal-ts = 10.1.0.0/24\nremote-ts = 10.2.0.0/24\n'
		[ "$role" = initiator ] || printf 'start = wait\n'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >a/hq.conf
}

# interop_pki KIND ALGORITHM: certificates for both in the directory KIND, with the authority's
interop_pki() {
	[ ! -e "$1/b.pem" ] || return 0
	mkdir -p "$1"
	(
		cd "$1" || exit
		ca_make ca && ca_issue ca a "$2" DNS:a.example && ca_issue ca b "$2" DNS:b.example
	)
}
declare -A interop_kinds=([rsa]='RSA,rsa_keygen_bits:2048' [ecdsa]='EC,ec_paramgen_curve:P-256' [ed25519]=ED25519)

# what both say
all_up() {
	[ "$(peer_children)" = 1 ] && [ -n "$(ike_child a spi-in)" ]
}
all_down() {
	[ "$(peer_children)" = 0 ] && ours_down
}
ours_down() {
	[ "$(ike_say a '.peers[0].state')" = down ]
}
ours_ike_spi() {
	ike_say a '.peers[0]["ike-sas"][] | select(.state == "up") | .["spi-local"]'
}
spi_is_new() {
	local spi

	spi=$(ike_child a spi-in)
	[ -n "$spi" ] && [ "$spi" != "$1" ] && [ "$(peer_children)" = 1 ]
}
ike_is_new() {
	local spi

	spi=$(ours_ike_spi)
	[ -n "$spi" ] && [ "$spi" != "$1" ] && [ "$(wc -w <<<"$spi")" = 1 ]
}

# step WORDS...: part of an operation; says which it was that failed
step() {
	"$@" || { printf 'failed: %s\n' "$*"; return 1; }
}

flows() {
	step net_ping host_a 10.2.0.2 && step net_ping host_b 10.1.0.2
}

# The operations of a row, each a column of the table. ROLE is a variable of the row.
begin() {
	case $role in
	initiator) step ike a up hq ;;
	responder) step peer_up ;;
	esac && step wait_for all_up
}
op_up() {
	begin && flows
}
rekeyed() {
	local kind=$1 side=$2 before

	case $kind in
	child) before=$(ike_child a spi-in) ;;
	ike) before=$(ours_ike_spi) ;;
	esac
	case $side$kind in
	uschild) step ike a rekey hq ;;
	usike) step ike a rekey hq ike ;;
	them*) step peer_rekey "$kind" ;;
	esac || return
	case $kind in
	child) step wait_for -t 120 spi_is_new "$before" ;;
	ike) step wait_for -t 120 ike_is_new "$before" ;;
	esac && flows
}
op_child_rekey() {
	rekeyed child "$1"
}
op_ike_rekey() {
	rekeyed ike "$1"
}
# A daemon that has begun may begin again, when it is told that the SA is deleted: it has to be told to be quiet.
deleted() {
	[ "$(ike_child a spi-in)" != "$before" ]
}
op_delete() {
	local before

	before=$(ike_child a spi-in)
	case $1 in
	us) step ike a down hq ;;
	them) step peer_down ;;
	esac && step wait_for deleted || return
	[ "$1$role" != usresponder ] || peer_down
	step wait_for all_down
}
# The daemon ends without a word, and is started again.
op_liveness() {
	step peer_kill || return
	ip -n gw_b xfrm state flush
	ip -n gw_b xfrm policy flush
	wait_interval=2 step wait_for -t 300 ours_down || return
	[ "$(ike_why a)" = 'liveness nobody peer-dead' ] || { printf 'why: %s\n' "$(ike_why a)"; return 1; }
	step peer_start || return
	case $role in
	# what a host sends brings the tunnel back
	initiator) step wait_for -t 60 net_ping host_a 10.2.0.2 ;;
	responder) begin ;;
	esac && step wait_for all_up && flows
}
