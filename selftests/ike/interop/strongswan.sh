# shellcheck shell=bash disable=SC2034,SC2154 # what lib.sh has
# SPDX-License-Identifier: GPL-2.0-only
# strongSwan, with swanctl; its proposals are the ones it has by default.

swan() {
	net_in gw_b swanctl "$@"
}

peer_title() {
	printf 'strongSwan %s\n' "$(dpkg-query -W -f '${Version}' charon-systemd)"
}

peer_install() {
	cat >/etc/strongswan.conf <<-END
		charon-systemd {
			load_modular = yes
			plugins { include /etc/strongswan.d/charon/*.conf }
			filelog { log { path = $ike_work/charon.log, default = 1, flush_line = yes } }
		}
	END
}

peer_write() {
	local role=$1 auth=$2 nat=$3 remote=$wan_a mine side

	[ "$nat$role" != natinitiator ] || remote=%any
	rm -f /etc/swanctl/{x509,x509ca,private}/*
	mine="auth = psk" side="auth = psk"
	if [ "$auth" != psk ]; then
		cp "$auth/ca.pem" /etc/swanctl/x509ca/
		cp "$auth/b.pem" /etc/swanctl/x509/b.pem
		cp "$auth/b.key" /etc/swanctl/private/b.pem
		mine=$'auth = pubkey\ncerts = b.pem' side='auth = pubkey'
	fi
	cat >/etc/swanctl/swanctl.conf <<-END
		connections { hq {
			version = 2
			local_addrs = $wan_b
			remote_addrs = $remote
			dpd_delay = 60s
			local { $mine
				id = b.example }
			remote { $side
				id = a.example }
			children { hq {
				local_ts = 10.2.0.0/24
				remote_ts = 10.1.0.0/24
			} }
		} }
		secrets { ike-hq { secret = correct-horse-battery } }
	END
}

peer_start() {
	rm -f /var/run/charon.vici
	ip netns exec gw_b charon-systemd >/dev/null 2>&1 &
	peer_pid=$!
	echo $peer_pid >peer.pid
	wait_for -t 300 test -S /var/run/charon.vici && swan --load-all --noprompt >/dev/null
}

peer_up() {
	swan --initiate --child hq
}

peer_down() {
	swan --terminate --ike hq
}

peer_rekey() {
	swan --rekey "--$1" hq
}

peer_children() {
	swan --list-sas --raw | grep -o 'state=INSTALLED' | wc -l
}

peer_log() {
	printf 'charon.log\n'
}

peer_cannot() {
	return 1
}
