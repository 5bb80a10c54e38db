# shellcheck shell=bash disable=SC2034,SC2154 # what lib.sh has
# SPDX-License-Identifier: GPL-2.0-only
# OpenIKED; its proposals are the ones it has by default. It begins when it is started, or told to reset, and has been
# told to be active: there is no command to begin, and none to rekey.

# by default it wants AES-CBC for ESP
peer_lines=('profile = compat')

ikectl() {
	ip netns exec gw_b ikectl -s "$ike_work/iked.sock" "$@"
}

peer_title() {
	printf 'OpenIKED %s\n' "$(dpkg-query -W -f '${Version}' openiked)"
}

peer_install() {
	command -v iked >/dev/null || tap_skip_all 'OpenIKED is not installed: selftests/bed/install.sh ike'
	modprobe -q af_key
	mkdir -p /var/lib/openiked/empty
}

peer_write() {
	local role=$1 auth=$2 nat=$3 remote=$wan_a how=

	[ "$nat$role" != natinitiator ] || remote=any
	iked_auth=rfc7427
	[ "$auth" != psk ] || iked_auth='psk correct-horse-battery'
	rm -f /etc/iked/{ca,certs,private}/*
	if [ "$auth" = psk ]; then
		# it does not start without a key
		(umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out /etc/iked/private/local.key)
	else
		cp "$auth/ca.pem" /etc/iked/ca/ca.crt
		cp "$auth/b.pem" /etc/iked/certs/b.example.crt
		(umask 077 && cp "$auth/b.key" /etc/iked/private/local.key)
	fi
	openssl pkey -in /etc/iked/private/local.key -pubout -out /etc/iked/local.pub
	iked_peer=$remote
	iked_write passive
}
# iked_write passive|active
iked_write() {
	(umask 077 && cat >iked.conf) <<-END
		ikev2 hq $1 esp from 10.2.0.0/24 to 10.1.0.0/24 local $wan_b peer $iked_peer \
			srcid b.example dstid a.example $iked_auth
	END
}

# It answers before it has read its configuration, and forgets then what it has begun. Once in a while its processes
# never get to that point; then they are killed, and it is started again.
peer_start() {
	iked_start && wait_for -t 20 iked_compiled 1 || { peer_kill; iked_start && wait_for -t 60 iked_compiled 1; } || return
	wait_for ikectl show sa
}
iked_start() {
	rm -f iked.sock iked.log
	ip netns exec gw_b iked -d -vv -f iked.conf -s "$ike_work/iked.sock" >iked.log 2>&1 &
	peer_pid=$!
	echo $peer_pid >peer.pid
}

# it is four processes
peer_gone() {
	! pgrep -x iked >/dev/null
}
peer_kill() {
	pkill -9 -x iked
	wait_for peer_gone
}

# iked_compiled COUNT, iked_reload: it reads its configuration after it has answered
iked_compiled() {
	[ "$(grep -c 'compilation done' iked.log)" -ge "$1" ]
}
iked_reload() {
	local count

	count=$(grep -c 'compilation done' iked.log)
	ikectl reload >/dev/null && wait_for iked_compiled $((count + 1))
}

peer_up() {
	iked_write active
	iked_reload
	iked_write passive
}

peer_down() {
	iked_reload
	ikectl reset sa >/dev/null
}

peer_rekey() {
	return 1
}

peer_log() {
	printf 'iked.log\n'
}

peer_cannot() {
	case $1$2 in
	*-rekeythem)
		printf 'OpenIKED has no command to rekey (ikectl(8))\n'
		return
		;;
	esac
	[ "$4" = ed25519 ] || return 1
	printf 'OpenIKED 7.2 signs by RSA and ECDSA only (iked(8))\n'
}
