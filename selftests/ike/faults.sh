#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The faults that tunnels really have, one at a time: what `sectun -j why` says of each at the end that begins (a) and
# at the end that answers (b). Where the other end is not allowed to tell, the sentence has to say what it may be.
# Topology: lib.sh.
set -u
. selftests/ike/lib.sh

# last_record SITE [PEER]: of strangers, without a peer
last_record() {
	ike "$1" -j why ${2:+"$2"} | jq -r '.records[0] | "\(.stage) \(.["refused-by"]) \(.code) \(.text) [\(.edit // "")]"'
}
has_record() {
	[[ $(last_record "$1" "$2") =~ ^$3 ]]
}
# expect TITLE SITE PEER PATTERN: what the last record has to be
expect() {
	local title=$1 site=$2 of=$3 pattern=$4

	if wait_interval=1 wait_for -t 200 has_record "$site" "$of" "$pattern"; then
		tap_pass "$fault: $title"
	else
		tap_fail "$fault: $title"
		tap_diag <<<"got:     $(last_record "$site" "$of")"
		tap_diag <<<"to match: ^$pattern"
		tail -n 5 a/log b/log | tap_diag
	fi
}
begins() {
	expect 'the end that begins' a hq "$1"
}
answers() {
	expect 'the end that answers' b "${2-hq}" "$1"
}

# What both have in common; a fault is what differs.
psk=('auth = psk' 'psk-file = hq.psk')
# cert NAME CA PEER: the lines of a site that has the certificate NAME
cert() {
	printf '%s\n' 'auth = cert' "cert = $ike_work/$1.pem" "key = $ike_work/$1.key" "ca = $ike_work/$2.pem" \
		"local-id = ${1%%-*}.example" "remote-id = $3.example"
}
site() {
	ike_config "$@"
	ike_psk "$1" correct-horse-battery
}
begin() {
	ike_start a
	ike_start b
	ike a up hq >/dev/null 2>&1 &
	up=$!
}
end() {
	wait $up
	tap_is "$(ike_say a '[.peers[0]["ike-sas"][]?.children[]? | select(.state == "up")] | length')" 0 "$fault: nothing is up"
	ike_stop a
	ike_stop b
	net_in gw_b nft flush ruleset
}
filter() {
	net_in gw_b nft -f - <<-END
		table inet filter {
			chain in { type filter hook prerouting priority -500; $1; }
			chain out { type filter hook postrouting priority 500; $2; }
		}
	END
}

net_two_sites
ca_make ca
ca_make other
ca_issue ca a EC,ec_paramgen_curve:P-256 DNS:a.example
ca_issue ca b EC,ec_paramgen_curve:P-256 DNS:b.example
for who in a b; do
	ca_issue ca $who-old EC,ec_paramgen_curve:P-256 DNS:$who.example 0
	ca_issue ca $who-large RSA,rsa_keygen_bits:4096 DNS:$who.example
done

fault='another IKE proposal'
site a "${psk[@]}" 'ike = aes256gcm16-prfsha384-ecp384'
site b "${psk[@]}" 'ike = aes128gcm16-prfsha256-x25519'
begin
begins 'ike-sa-init peer no-proposal-chosen .*IKE proposals'
answers 'ike-sa-init us no-proposal-chosen .*\[here: add aes256gcm16, prfsha384 and ecp384'
end

fault='an address that is not configured'
site a "${psk[@]}"
site b "${psk[@]}"
sed -i 's/^remote = .*/remote = 192.0.2.77/' b/hq.conf
begin
begins 'ike-sa-init peer no-proposal-chosen .*does not know our address'
answers 'ike-sa-init us unknown-peer .*address' ''
end

fault='another pre-shared key'
site a "${psk[@]}"
site b "${psk[@]}"
ike_psk b wrong-horse-battery
begin
begins 'ike-auth peer authentication-failed .*wrong key'
answers 'ike-auth us wrong-psk .*pre-shared key'
end

fault='another identity of the one that begins'
site a "${psk[@]}" 'local-id = x.example'
site b "${psk[@]}" 'remote-id = a.example'
begin
begins 'ike-auth peer authentication-failed .*identity'
answers 'ike-auth us identity .*x\.example'
end

fault='another identity of the one that answers'
site a "${psk[@]}" 'remote-id = b.example'
site b "${psk[@]}" 'local-id = x.example'
begin
begins 'ike-auth peer authentication-failed .*wrong identity'
answers 'ike-auth us identity .*b\.example.*\[here: local-id = b\.example'
end

fault='another ESP proposal'
site a "${psk[@]}" -- 'esp = aes128gcm16'
site b "${psk[@]}" -- 'esp = chacha20poly1305'
begin
begins 'ike-auth peer no-proposal-chosen .*ESP proposals'
answers 'child us no-proposal-chosen .*ESP.*\[here: add aes128gcm16'
end

fault='networks that have nothing in common'
site a "${psk[@]}"
site b "${psk[@]}"
sed -i 's/^local-ts = .*/local-ts = 10.9.0.0\/24/' b/hq.conf
begin
begins 'ike-auth peer ts-unacceptable .*networks'
answers 'ike-auth us ts-unacceptable .*\[.*10\.2\.0\.0/24'
end

fault='an expired certificate of the one that begins'
mapfile -t lines < <(cert a-old ca b)
site a "${lines[@]}"
mapfile -t lines < <(cert b ca a)
site b "${lines[@]}"
begin
begins 'ike-auth peer authentication-failed .*certificate'
answers 'ike-auth us expired .*expired'
end

fault='an expired certificate of the one that answers'
mapfile -t lines < <(cert a ca b)
site a "${lines[@]}"
mapfile -t lines < <(cert b-old ca a)
site b "${lines[@]}"
begin
begins 'ike-auth us expired .*expired'
answers 'ike-auth peer authentication-failed .*certificate'
end

fault='an authority that the one that answers does not have'
mapfile -t lines < <(cert a ca b)
site a "${lines[@]}"
mapfile -t lines < <(cert b other a)
site b "${lines[@]}"
begin
begins 'ike-auth peer authentication-failed .*does not trust'
answers 'ike-auth us no-ca .*ca file'
end

fault='an authority that the one that begins does not have'
mapfile -t lines < <(cert a other b)
site a "${lines[@]}"
mapfile -t lines < <(cert b ca a)
site b "${lines[@]}"
begin
begins 'ike-auth us no-ca .*ca file'
answers 'ike-auth peer authentication-failed'
end

fault='UDP port 4500 is filtered'
site a "${psk[@]}" 'encap = udp'
site b "${psk[@]}" 'encap = udp'
filter 'udp dport 4500 drop' accept
begin
begins 'ike-auth nobody no-answer-4500 .*port 4500'
answers 'ike-auth nobody half-open-4500 .*4500'
end

fault='large packets of the one that begins are dropped'
mapfile -t lines < <(cert a-large ca b)
site a "${lines[@]}" 'fragment = off'
mapfile -t lines < <(cert b ca a)
site b "${lines[@]}"
filter 'meta nfproto ipv4 ip length > 1000 drop' accept
begin
begins 'ike-auth nobody no-answer-large .*fragments'
answers 'ike-auth nobody half-open .*large'
end

fault='large packets of the one that answers are dropped'
mapfile -t lines < <(cert a ca b)
site a "${lines[@]}" 'fragment = off'
mapfile -t lines < <(cert b-large ca a)
site b "${lines[@]}"
filter accept 'meta nfproto ipv4 ip length > 1000 drop'
begin
begins 'ike-auth nobody no-answer .*large packets may be dropped'
answers 'ike-auth nobody response-lost-large .*fragments'
wait $up
ike_stop a
ike_stop b
net_in gw_b nft flush ruleset

# the last one, since the clock is that of the whole guest
fault='the clock is wrong'
date -s '2020-01-01' >/dev/null
mapfile -t lines < <(cert a ca b)
site a "${lines[@]}"
mapfile -t lines < <(cert b ca a)
site b "${lines[@]}"
begin
answers 'ike-auth us not-yet-valid .*2020-01-01'
begins 'ike-auth peer authentication-failed'
wait $up
ike_stop a
ike_stop b
tap_done
