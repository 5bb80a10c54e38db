#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What `sectun probe` finds out: of the helper, by what it is configured to accept; of strongSwan; of nobody. Topology:
# lib.sh; the gateway that is asked is in gw_b.
set -u
. selftests/ike/lib.sh

net_two_sites
probe() {
	ip netns exec gw_a sectun -j probe 192.0.2.2 --pace 0
}
# found FILTER: what jq finds in the last answer
found() {
	jq -r "$1" <answer
}

ike_config b 'auth = psk' 'psk-file = hq.psk' 'ike = aes256-sha384-modp2048, aes128gcm16-prfsha256-ecp256'
ike_psk b correct-horse-battery
sed -i 's/^remote = .*/remote = any/' b/hq.conf
ike_start b
tap_ok 'the helper answers' eval 'probe >answer'
tap_is "$(found '.accepted.encryption | join(" ")')" 'aes128gcm16 aes256' 'encryption that it accepts'
tap_is "$(found '.accepted.integrity | join(" ")')" 'sha384' 'integrity'
tap_is "$(found '.accepted.prf | join(" ")')" 'prfsha256 prfsha384' 'prf'
tap_is "$(found '.accepted.group | join(" ")')" 'ecp256 modp2048' 'groups'
tap_is "$(found '.refused.encryption | join(" ")')" 'aes256gcm16 aes192gcm16 chacha20poly1305 aes192 aes128 3des' 'what it refuses'
tap_is "$(found '.unanswered')" null 'nothing is left open'
tap_is "$(found .nat)" false 'there is no NAT'
ike=$(found .ike)
tap_is "$(ike b -j peer show hq | jq -r '.peers[0].state')" starting 'nothing is established'
tap_like "$(ip netns exec gw_a sectun probe 192.0.2.2 --pace 0 2>&1 | grep 'accepted.*group')" \
	'^  accepted +group +ecp256 modp2048$' 'people are told so, too'

# what it proposes works
ike_config a 'auth = psk' 'psk-file = hq.psk' "ike = $ike"
ike_psk a correct-horse-battery
ike_start a
tap_ok "with ike = $ike the tunnel comes up" ike a up hq
ike_stop a
ike_stop b

tap_refused 'nobody' 'does not answer' ip netns exec gw_a sectun probe 192.0.2.2 --pace 0
tap_refused 'no address' 'not known|resolution|Name' ip netns exec gw_a sectun probe nobody.invalid
tap_refused 'no pace' "word 'soon'" sectun probe 192.0.2.2 --pace soon
tap_done
