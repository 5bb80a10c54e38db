# shellcheck shell=bash disable=SC2034,SC2154 # what lib.sh has
# SPDX-License-Identifier: GPL-2.0-only
# Another helper of ours, for what is asked of us as well as of others.

peer_title() {
	printf 'sectun-ike %s\n' "$(sectun-ike --version | cut -d' ' -f2)"
}

peer_install() {
	:
}

peer_write() {
	mkdir -p b
	ike_psk b correct-horse-battery
	cat >b/hq.conf <<-END
		[peer hq]
		local = $wan_b
		remote = $wan_a
		local-id = b.example
		remote-id = a.example
		auth = psk
		psk-file = hq.psk
		[tunnel hq]
		dev = sec0
		local-ts = 10.2.0.0/24
		remote-ts = 10.1.0.0/24
		start = wait
	END
}

peer_start() {
	ike_start b
	echo "${ike_pid[b]}" >peer.pid
}
peer_up() {
	ike b up hq
}
peer_down() {
	ike b down hq
}
peer_rekey() {
	case $1 in
	child) ike b rekey hq ;;
	ike) ike b rekey hq ike ;;
	esac
}
peer_children() {
	ike_child b spi-in | wc -l
}
peer_log() {
	printf 'b/log\n'
}
peer_cannot() {
	return 1
}
