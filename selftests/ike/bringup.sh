#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two helpers bring a tunnel up, keep it, and say why when they do not. Topology: lib.sh.
set -u
. selftests/ike/lib.sh

net_two_sites
for site in a b; do
	ike_config $site 'auth = psk' 'psk-file = hq.psk'
	ike_psk $site correct-horse-battery
	ike_start $site
done

# by a pre-shared key
tap_is "$(ike_say a '.peers[0].state')" down 'nothing is up before there is traffic'
tap_is "$(ip -n gw_a -j route show dev sec0 | jq -r '.[].dst')" 10.2.0.0/24 'the device is there, with the route of the configuration'
tap_ok 'traffic brings the tunnel up, and the first packet arrives' ike_flows
tap_is "$(ike_child a algorithms) $(ike_child b algorithms)" 'aes256gcm16 aes256gcm16' 'both sides say so'
tap_is "$(ike_child a spi-in) $(ike_child a spi-out)" "$(ike_child b spi-out) $(ike_child b spi-in)" 'and have the same SPIs'
tap_is "$(net_counter gw_a sec0 tx_packets) $(net_counter gw_a sec0 rx_packets)" '1 1' 'one packet went each way, and no other'
tap_is "$(ike a up hq 2>&1)" '' 'up of what is up is done at once'

# who may do what
protocol=$(pgrep -o ike-protocol) key=$(pgrep -o ike-key)
for name in protocol key; do
	tap_is "$(awk '/^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):/ { print $2 }' "/proc/${!name}/status" | xargs)" \
		"$(id -u nobody) 0000000000000000 0000000000000000 1 2" "the $name process is nobody, without capabilities, behind a filter"
	tap_is "$(readlink "/proc/${!name}/root")" /run/sectun/empty "the $name process has an empty root directory"
done
tap_unlike "$(readlink "/proc/$key/ns/net")" "^$(readlink "/proc/$protocol/ns/net" | sed 's/[][]/./g')\$" 'the key process is in another network'
tap_refused 'who has become the protocol process cannot read the key' 'denied|No such' \
	setpriv --reuid nobody --clear-groups cat "$ike_work/a/hq.psk"
tap_is "$(grep -c battery a/log b/log | xargs)" 'a/log:0 b/log:0' 'no key is in a log'

# rekeying
before=$(ike_child a spi-in)
tap_ok 'a child is rekeyed' ike a rekey hq
spi_changed() {
	[ "$(ike_child a spi-in)" != "$before" ] && [ "$(ike_child a spi-in)" = "$(ike_child b spi-out)" ]
}
tap_ok 'both sides have new SPIs' wait_for spi_changed
tap_ok 'and traffic' ike_flows
before=$(ike_say a '.peers[0]["ike-sas"][0]["spi-local"]')
tap_ok 'the IKE SA is rekeyed' ike a rekey hq ike
ike_spi_changed() {
	[ "$(ike_say a '.peers[0]["ike-sas"][] | select(.state == "up") | .["spi-local"]')" != "$before" ]
}
tap_ok 'it has new SPIs' wait_for ike_spi_changed
tap_ok 'and the child goes on' ike_flows

# reload
before=$(ike_child a spi-in)
tap_is "$(ike a reload 2>&1)" '' 'a reload of the same changes nothing'
ike_config a 'auth = psk' 'psk-file = hq.psk' -- 'mss = off' 'lifetime = 2h'
tap_is "$(ike a reload --dry-run)" $'+ tunnel hq: mss = off\n+ tunnel hq: lifetime = 2h' 'a dry run tells the difference'
tap_is "$(sectun -n gw_a -j tunnel show hq dev sec0 | jq -r '.[].mss')" auto 'and does nothing'
tap_like "$(ike a reload)" 'mss = off' 'a reload does it'
tap_is "$(sectun -n gw_a -j tunnel show hq dev sec0 | jq -r '.[].mss')" off 'the kernel has it'
tap_is "$(ike_child a spi-in)" "$before" 'and what runs goes on'
printf 'remot-ts = any\n' >>a/hq.conf
tap_refused 'a fault is told with file, line and word' "a/hq.conf:12: word 'remot-ts': not a key; did you mean 'remote-ts'" ike a reload
ike_config a 'auth = psk' 'psk-file = hq.psk'
ike a reload >/dev/null

# down and up
tap_ok 'down' ike a down hq
b_is_down() {
	[ -z "$(ike_child b spi-in)" ]
}
tap_ok 'the peer is told' wait_for b_is_down
tap_ok 'up' ike a up hq
tap_ok 'and traffic' ike_flows

# another key
ike_psk b wrong-horse-battery
ike b reload >/dev/null
ike a down hq
tap_refused 'with another pre-shared key nothing comes up' 'authentication' ike a up hq
tap_is "$(ike_why a)" 'ike-auth peer authentication-failed' 'the initiator knows who refused'
tap_is "$(ike_why b)" 'ike-auth us wrong-psk' 'the responder knows why'
ike_psk b correct-horse-battery

# by certificates
ca_make ca
ca_make other
site_cert() {
	local site=$1 ca=$2

	ike_config "$site" 'auth = cert' "cert = $ike_work/$site.pem" "key = $ike_work/$site.key" "ca = $ike_work/$ca.pem" \
		"local-id = $site.example" "remote-id = $3.example"
}
for algorithm in RSA,rsa_keygen_bits:2048 EC,ec_paramgen_curve:P-384 ED25519; do
	for site in a b; do
		ca_issue ca $site $algorithm DNS:$site.example
	done
	site_cert a ca b
	site_cert b ca a
	ike a down hq
	ike b reload >/dev/null
	ike a reload >/dev/null
	tap_ok "${algorithm%%,*}: up" ike a up hq
	tap_ok "${algorithm%%,*}: traffic" ike_flows
	tap_is "$(ike_say a '.peers[0]["ike-sas"][] | select(.state == "up") | .["remote-id"]')" b.example "${algorithm%%,*}: the peer has proved who it is"
done
site_cert b other a
ike a down hq
ike b reload >/dev/null
tap_refused 'an authority that is not trusted' 'authentication' ike a up hq
tap_is "$(ike_why b)" 'ike-auth us no-ca' 'the responder says so'
site_cert b ca c
ike b reload >/dev/null
ike a down hq
tap_refused 'an identity that is not expected' 'authentication' ike a up hq
tap_like "$(ike_why b)" 'ike-auth us .*id' 'the responder says so'

# the end
site_cert b ca a
ike b reload >/dev/null
tap_ok 'up again' ike a up hq
ike_stop b
tap_is $? 0 'the helper stops'
a_is_down() {
	[ -z "$(ike_child a spi-in)" ]
}
tap_ok 'and has told the peer' wait_for a_is_down
tap_refused 'its device is gone' 'does not exist' ip -n gw_b link show dev sec0
ike_stop a
tap_is $? 0 'the other one stops too'
tap_done
