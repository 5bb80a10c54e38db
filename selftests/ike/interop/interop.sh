#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# interop.sh PEER [ROLE [AUTH [NAT]]]: the rows of the table whose peer is PEER; each with every operation, by either
# side where both can. Prints the table, which is also left in the artifacts. Topology, and what a peer is: lib.sh.
set -u
. selftests/ike/interop/lib.sh

peer=$1
# shellcheck source=/dev/null # one of several
. "$interop_dir/$peer.sh"

#	operation	sides
operations='
	up		-
	child-rekey	us them
	ike-rekey	us them
	delete		us
	up		-
	delete		them
	up		-
	liveness	-
'

# cell OPERATION SIDE: one point; the result is a word of the table
cell() {
	local operation=$1 side=$2 name reason

	name="$peer, $role, $auth, $nat: $operation${side#-}"
	[ "$side" = - ] || name="$peer, $role, $auth, $nat: $operation by $side"
	if reason=$(peer_cannot "$operation" "$side" "$role" "$auth" "$nat"); then
		tap_skip "$name" "$reason"
		add "$operation" "$side:limit"
	elif tap_ok "$name" "op_${operation//-/_}" "$side"; then
		add "$operation" "$side:ok"
	else
		add "$operation" "$side:FAIL"
		tail -n 40 "$(peer_log)" | tap_diag
		tail -n 15 a/log | tap_diag
		return 1
	fi
}
add() {
	cells[$1]="${cells[$1]:-} $2"
}

row() {
	local role=$1 auth=$2 nat=$3 operation sides side reason
	local -A cells=()

	if reason=$(peer_cannot up - "$role" "$auth" "$nat"); then
		tap_skip "$peer, $role, $auth, $nat" "$reason"
		printf '| %s | %s | %s | %s | %s |\n' "$(peer_title)" "$role" "$auth" "$nat" "$reason" >>table
		return
	fi
	case $nat$role in
	natinitiator) interop_nat here ;;
	natresponder) interop_nat there ;;
	*) interop_nat none ;;
	esac
	[ "$auth" = psk ] || interop_pki "$auth" "${interop_kinds[$auth]}"
	interop_config "$role" "$auth" "$nat" ${peer_lines[@]+"${peer_lines[@]}"}
	peer_write "$role" "$auth" "$nat"
	ike_start a
	if peer_start; then
		while read -r operation sides; do
			for side in $sides; do
				cell "$operation" "$side" || break 2
			done
		done < <(awk NF <<<"$operations")
	else
		tap_fail "$peer, $role, $auth, $nat: the daemon starts"
		tail -n 40 "$(peer_log)" | tap_diag
	fi
	peer_stop
	ike_stop a
	printf '| %s | %s | %s | %s |%s |%s |%s |%s |%s |\n' "$(peer_title)" "$role" "$auth" "$nat" \
		"${cells[up]:- -}" "${cells[child-rekey]:- -}" "${cells[ike-rekey]:- -}" "${cells[liveness]:- -}" \
		"${cells[delete]:- -}" >>table
}

interop_net
peer_install
while read -r name role auth nat; do
	[ "$name" = "$peer" ] || continue
	# shellcheck disable=SC2053 # a pattern
	[[ "$role $auth $nat" == ${2:-*}\ ${3:-*}\ ${4:-*} ]] || continue
	row "$role" "$auth" "$nat" 3>&1
done < <(grep -v '^#' "$interop_dir/rows")
tap_diag <table
cp table "$SECTUN_ARTIFACTS/table"
tap_done
