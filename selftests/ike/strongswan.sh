#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The helper and strongSwan, either of them beginning, by pre-shared key and by certificate; traffic while keys change.
# Topology: lib.sh; strongSwan is in gw_b, with in-tree IPsec.
set -u
. selftests/ike/lib.sh

command -v charon-systemd >/dev/null || tap_skip_all 'strongSwan is not installed: selftests/bed/install.sh ike'
modprobe -q esp4
net_two_sites
ip -n gw_b route add 10.1.0.0/24 via 192.0.2.1

cat >/etc/strongswan.conf <<-END
	charon-systemd {
		load_modular = yes
		plugins { include /etc/strongswan.d/charon/*.conf }
		filelog { log { path = $ike_work/charon.log, default = 1, flush_line = yes } }
	}
END
swan() {
	ip netns exec gw_b swanctl "$@"
}
# swan_config AUTH LINES: what strongSwan is to do; AUTH is psk or pubkey, and LINES are of its local side
swan_config() {
	cat >/etc/swanctl/swanctl.conf <<-END
		connections { hq {
			version = 2
			local_addrs = 192.0.2.2
			remote_addrs = 192.0.2.1
			proposals = aes256gcm16-prfsha256-x25519
			local { auth = $1
				$2 }
			remote { auth = $1
				$3 }
			children { hq {
				local_ts = 10.2.0.0/24
				remote_ts = 10.1.0.0/24
				esp_proposals = aes256gcm16-x25519
			} }
		} }
		secrets { ike-hq { secret = correct-horse-battery } }
	END
	swan --load-all --noprompt
}
ip netns exec gw_b charon-systemd >/dev/null 2>&1 &
charon=$!
wait_for -t 300 test -S /var/run/charon.vici

ike_config a 'auth = psk' 'psk-file = hq.psk'
ike_psk a correct-horse-battery
ike_start a

# both_ways HOW: the tunnel is brought up by either side, and carries traffic
swan_child() {
	swan --list-sas --raw | grep -o 'state=INSTALLED' | wc -l
}
all_down() {
	[ "$(swan_child)" = 0 ] && [ -z "$(ike_child a spi-in)" ]
}
all_up() {
	[ "$(swan_child)" = 1 ] && [ -n "$(ike_child a spi-in)" ]
}
both_ways() {
	tap_ok "$1: the helper begins" ike a up hq
	tap_ok "$1: traffic" ike_flows
	tap_is "$(ike_child a algorithms)" aes256gcm16 "$1: the algorithm of both"
	tap_ok "$1: down" ike a down hq
	tap_ok "$1: strongSwan is told" wait_for all_down
	tap_ok "$1: strongSwan begins" swan --initiate --child hq
	tap_ok "$1: and both are up" wait_for all_up
	tap_ok "$1: traffic" ike_flows
	tap_ok "$1: strongSwan ends it" swan --terminate --ike hq
	tap_ok "$1: the helper is told" wait_for all_down
}

swan_config psk '' '' >/dev/null || tap_bail 'strongSwan does not take its configuration'
both_ways psk
all_down || tap_bail 'nothing works'

# keys change under traffic: a packet every 10 ms
tap_ok 'up' ike a up hq
ip netns exec host_a ping -n -q -i 0.01 -c 1000 -W 5 10.2.0.2 >pings &
pings=$!
generation() {
	[ "$(ike_child a spi-in)" != "$spi" ] && all_up
}
for n in 1 2 3; do
	spi=$(ike_child a spi-in)
	tap_ok "child rekey $n by the helper" ike a rekey hq
	tap_ok "both have it" wait_for generation
	spi=$(ike_child a spi-in)
	tap_ok "child rekey $n by strongSwan" swan --rekey --child hq
	tap_ok "both have it" wait_for generation
done
tap_ok 'IKE rekey by the helper' ike a rekey hq ike
tap_ok 'IKE rekey by strongSwan' swan --rekey --ike hq
wait $pings
tap_like "$(cat pings)" '1000 packets transmitted, 1000 received' 'no packet is lost'
ike a down hq
wait_for all_down

# certificates of every kind, issued by one authority
ca_make ca
cp ca.pem /etc/swanctl/x509ca/
for algorithm in RSA,rsa_keygen_bits:2048 EC,ec_paramgen_curve:P-256 ED25519; do
	kind=${algorithm%%,*}
	ca_issue ca a $algorithm DNS:a.example
	ca_issue ca b $algorithm DNS:b.example
	cp b.pem /etc/swanctl/x509/b.pem
	cp b.key /etc/swanctl/private/b.pem
	swan_config pubkey 'certs = b.pem
				id = b.example' 'id = a.example' >/dev/null
	ike_config a 'auth = cert' "cert = $ike_work/a.pem" "key = $ike_work/a.key" "ca = $ike_work/ca.pem" \
		'local-id = a.example' 'remote-id = b.example' "dpd = $((30 + ${#kind}))s"
	ike a reload >/dev/null
	both_ways "$kind"
done

# a chain that does not fit into a packet, over a path that drops what is larger than 1,280 octets (RFC 7383)
ca_below ca middle
ca_below middle near
for who in a b; do
	ca_issue near $who RSA,rsa_keygen_bits:4096 DNS:$who.example
	cat $who.pem near.pem middle.pem >$who-chain.pem
done
rm -f /etc/swanctl/x509/* /etc/swanctl/private/*
cp b.pem near.pem middle.pem /etc/swanctl/x509/
mkdir -p /etc/swanctl/x509ca
cp near.pem middle.pem /etc/swanctl/x509ca/
cp b.key /etc/swanctl/private/b.pem
swan_config pubkey 'certs = b.pem
			id = b.example' 'id = a.example' >/dev/null
ike_config a 'auth = cert' "cert = $ike_work/a-chain.pem" "key = $ike_work/a.key" "ca = $ike_work/ca.pem" \
	'local-id = a.example' 'remote-id = b.example'
ike a reload >/dev/null
net_in gw_a nft -f - <<-END
	table inet narrow {
		chain in {
			type filter hook prerouting priority -500
			udp dport 500 meta length > 1280 counter drop
			udp dport 500 meta length 1100-1280 counter
		}
		chain out {
			type filter hook postrouting priority 500
			udp dport 500 meta length > 1280 counter drop
			udp dport 500 meta length 1100-1280 counter
		}
	}
END
both_ways 'a large chain'
net_in gw_a nft -j list ruleset | jq -r '[.nftables[].rule | select(.) | .expr[] | .counter.packets // empty] | @text' >counted
tap_like "$(cat counted)" '^\[0,[1-9][0-9]*,0,[1-9][0-9]*\]$' 'both send fragments, and nothing larger'
net_in gw_a nft flush ruleset

# what goes wrong is told
ike_config a 'auth = psk' 'psk-file = hq.psk' 'ike = aes256gcm16-prfsha384-ecp384'
swan_config psk '' '' >/dev/null
ike a reload >/dev/null
tap_refused 'another IKE proposal' 'no-proposal-chosen' ike a up hq
tap_is "$(ike_why a)" 'ike-sa-init peer no-proposal-chosen' 'the helper says at which stage'
swan --initiate --child hq --timeout 5 >/dev/null 2>&1
tap_is "$(ike a -j why hq | jq -r '.records[] | select(.["refused-by"] == "us") | .nearest' | head -1)" \
	'aes256gcm16-prfsha256-x25519' 'as responder it tells what strongSwan offered'
ike_psk a wrong-horse-battery
ike_config a 'auth = psk' 'psk-file = hq.psk'
ike a reload >/dev/null
tap_refused 'another key' 'authentication' ike a up hq
tap_is "$(ike_why a)" 'ike-auth peer authentication-failed' 'the helper says who refused'

kill $charon
ike_stop a
tap_is $? 0 'the helper stops'
tap_done
