# shellcheck shell=bash disable=SC2034,SC2154 # what lib.sh has
# SPDX-License-Identifier: GPL-2.0-only
# Libreswan, unpacked by bed/unpack.sh; its proposals are the ones it has by default. Its keys are in an NSS database.

nss=/var/lib/ipsec/nss

whack() {
	timeout 120 ip netns exec gw_b /usr/libexec/ipsec/whack "$@"
}

peer_title() {
	printf '%s\n' "$(/usr/libexec/ipsec/pluto --version | grep -o 'Libreswan [0-9.]*' | head -1)"
}

peer_install() {
	[ -e "$interop_repo/build/libreswan/" ] || tap_skip_all 'Libreswan is not there: selftests/bed/unpack.sh libreswan'
	cp -a "$interop_repo"/build/libreswan/{usr,etc} /
	ldconfig
	mkdir -p /run/pluto "$nss" /var/lib/ipsec /etc/ipsec.d/policies
	printf '@b.example @a.example : PSK "correct-horse-battery"\n' >/etc/ipsec.secrets
}

# peer_keys AUTH: the certificate and its key, and the authority's
peer_keys() {
	rm -rf "$nss"
	mkdir -p "$nss"
	certutil -N -d "sql:$nss" --empty-password
	[ "$1" != psk ] || return 0
	openssl pkcs12 -export -in "$1/b.pem" -inkey "$1/b.key" -name b -passout pass: -out b.p12
	pk12util -i b.p12 -d "sql:$nss" -W '' -K '' >/dev/null
	certutil -A -d "sql:$nss" -n ca -t CT,C,C -i "$1/ca.pem"
}

peer_write() {
	local role=$1 auth=$2 nat=$3 remote=$wan_a mine

	[ "$nat$role" != natinitiator ] || remote=%any
	case $auth in
	psk) mine='authby=secret' ;;
	rsa) mine='authby=rsa-sha2' ;;
	ecdsa) mine='authby=ecdsa' ;;
	esac
	[ "$auth" = psk ] || mine+=$'\n  leftcert=b\n  leftsendcert=always\n  rightca=%same'
	peer_keys "$auth"
	cat >/etc/ipsec.conf <<-END
		config setup
		  logfile=$ike_work/pluto.log
		  nssdir=$nss
		conn hq
		  ikev2=insist
		  left=$wan_b
		  leftid=@b.example
		  leftsubnet=10.2.0.0/24
		  right=$remote
		  rightid=@a.example
		  rightsubnet=10.1.0.0/24
		  $mine
		  auto=add
	END
}

peer_start() {
	rm -f /run/pluto/pluto.*
	ip netns exec gw_b /usr/libexec/ipsec/pluto --nofork --config /etc/ipsec.conf >pluto.out 2>&1 &
	peer_pid=$!
	echo $peer_pid >peer.pid
	wait_for -t 60 test -S /run/pluto/pluto.ctl || { tap_diag <pluto.out; return 1; }
	whack --listen >/dev/null &&
		ip netns exec gw_b /usr/libexec/ipsec/addconn --config /etc/ipsec.conf hq && whack --rereadall >/dev/null
}

peer_up() {
	whack --initiate --name hq
}

peer_down() {
	whack --terminate --name hq
}

peer_rekey() {
	case $1 in
	child) whack --rekey-ipsec --name hq ;;
	ike) whack --rekey-ike --name hq ;;
	esac
}

peer_log() {
	printf 'pluto.log\n'
}

peer_cannot() {
	[ "$4" = ed25519 ] || return 1
	printf 'Libreswan 4.10 has no authentication by Ed25519 (ipsec.conf(5), authby)\n'
}
