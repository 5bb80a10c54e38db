# shellcheck shell=bash disable=SC2034 # some is for those who source it
# SPDX-License-Identifier: GPL-2.0-only
# What the tests of the IKE helper share: configuration, certificates, helpers in namespaces. Sourced, in a guest, from
# the repository's directory.
#
#	host_a               gw_a                          gw_b               host_b
#	  10.1.0.2 --- 10.1.0.1   192.0.2.1 === 192.0.2.2   10.2.0.1 --- 10.2.0.2

. selftests/lib/tap.sh
. selftests/lib/net.sh

# SECTUN_TOOLS: another build of the tools, as build/tools/sanitized; leaks are looked for by the unit tests, since that
# takes what the helper's seccomp filter forbids
export ASAN_OPTIONS=detect_leaks=0
ike_tools=$PWD/${SECTUN_TOOLS:-build/tools}
export PATH=$ike_tools/sectun:$ike_tools/ike:$PATH
ike_dir=$PWD/selftests/ike
ike_work=$(mktemp -d)
cd "$ike_work" || exit
[ -n "${net_generic:-}" ] || modprobe -q aesni_intel 2>/dev/null
modprobe sectun

declare -A ike_pid=()
declare -A ike_here=([a]=1 [b]=2) ike_there=([a]=2 [b]=1)

# ike_config SITE [PEER LINES] [-- TUNNEL LINES]: SITE/hq.conf, from a to b or back.
ike_config() {
	local site=$1 section=peer line

	shift
	mkdir -p "$site"
	{
		printf '[peer hq]\nlocal = 192.0.2.%s\nremote = 192.0.2.%s\n' "${ike_here[$site]}" "${ike_there[$site]}"
		for line; do
			[ "$line" != -- ] || { section=tunnel; break; }
			printf '%s\n' "$line"
		done
		printf '[tunnel hq]\ndev = sec0\nlocal-ts = 10.%s.0.0/24\nremote-ts = 10.%s.0.0/24\n' \
			"${ike_here[$site]}" "${ike_there[$site]}"
		if [ $section = tunnel ]; then
			while [ "$1" != -- ]; do shift; done
			printf '%s\n' "${@:2}"
		fi
	} >"$site/hq.conf"
}

# ike_psk SITE SECRET
ike_psk() {
	(umask 077 && printf '%s\n' "$2" >"$1/hq.psk")
}

# ike_start SITE: starts the helper, and returns when it answers. Its log is SITE/log.
ike_start() {
	ip netns exec "gw_$1" sectun-ike --config "$ike_work/$1" --socket "$ike_work/$1/sock" --user nobody \
		>"$ike_work/$1/log" 2>&1 &
	ike_pid[$1]=$!
	wait_for test -S "$ike_work/$1/sock"
}

# ike_stop SITE
ike_stop() {
	kill "${ike_pid[$1]}"
	wait "${ike_pid[$1]}"
}

# ike SITE WORDS...: the command, to the helper of a site
ike() {
	SECTUN_IKE_SOCKET=$ike_work/$1/sock sectun "${@:2}"
}

# ike_say SITE FILTER: what jq finds in the status
ike_say() {
	ike "$1" -j peer show hq | jq -r "$2"
}

# ike_child SITE KEY: of the only child that is up
ike_child() {
	ike_say "$1" ".peers[0][\"ike-sas\"][].children[] | select(.state == \"up\") | .[\"$2\"]"
}

# ike_why SITE: code of the last failure
ike_why() {
	ike "$1" -j why hq | jq -r '.records[0] | "\(.stage) \(.["refused-by"]) \(.code)"'
}

# ike_flows: whether a host reaches the other site
ike_flows() {
	net_ping host_a 10.2.0.2
}

# ca_make NAME, ca_below CA NAME, ca_issue CA NAME ALGORITHM SAN: certificates in the working directory. ALGORITHM as openssl genpkey
# has it, and what it takes behind a comma.
ca_make() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 30 \
		-subj "/O=Example/CN=$1" -addext keyUsage=keyCertSign,cRLSign 2>/dev/null
}
ca_below() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$2.key" -out "$2.csr" \
		-subj "/O=Example/CN=$2" 2>/dev/null &&
		openssl x509 -req -in "$2.csr" -CA "$1.pem" -CAkey "$1.key" -CAcreateserial -days 30 -out "$2.pem" \
			-extfile <(printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n') 2>/dev/null
}
ca_issue() {
	local ca=$1 name=$2 algorithm=$3 san=$4 days=${5:-30} options=()

	[ "${algorithm/,/}" = "$algorithm" ] || options=(-pkeyopt "${algorithm#*,}")
	(umask 077 && openssl genpkey -algorithm "${algorithm%%,*}" ${options[@]+"${options[@]}"} -out "$name.key" 2>/dev/null)
	openssl req -new -key "$name.key" -subj "/O=Example/CN=$name" -out "$name.csr" &&
		openssl x509 -req -in "$name.csr" -CA "$ca.pem" -CAkey "$ca.key" -CAcreateserial -days "$days" \
			-extfile <(printf 'subjectAltName=%s\nkeyUsage=digitalSignature\n' "$san") -out "$name.pem" 2>/dev/null
}
