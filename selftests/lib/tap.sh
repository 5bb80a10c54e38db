# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# TAP for test scripts. A point's description states the behaviour; what a failed point got is printed below it.
# A script that ends without tap_done has no plan, and counts as failed.

tap_points=0
tap_failures=0

# tap_diag LINE...: comment lines; with no argument, standard input.
tap_diag() {
	if [ $# -gt 0 ]; then
		printf '# %s\n' "$@"
	else
		sed 's/^/# /'
	fi
}

tap_pass() {
	tap_points=$((tap_points + 1))
	printf 'ok %d - %s\n' "$tap_points" "$1"
}

tap_fail() {
	tap_points=$((tap_points + 1))
	tap_failures=$((tap_failures + 1))
	printf 'not ok %d - %s\n' "$tap_points" "$1"
}

# tap_ok DESCRIPTION CMD...: passes if CMD succeeds; its output is shown only if it does not.
tap_ok() {
	local description=$1 output status=0

	shift
	output=$("$@" 2>&1) || status=$?
	if [ "$status" -eq 0 ]; then
		tap_pass "$description"
	else
		tap_fail "$description"
		tap_diag "$* ended with status $status"
		[ -z "$output" ] || tap_diag <<<"$output"
	fi
	return "$status"
}

# tap_refused DESCRIPTION REGEX CMD...: passes if CMD fails and its output matches REGEX.
tap_refused() {
	local description=$1 regex=$2 output status=0

	shift 2
	output=$("$@" 2>&1) || status=$?
	if [ "$status" -ne 0 ] && [[ $output =~ $regex ]]; then
		tap_pass "$description"
		return
	fi
	tap_fail "$description"
	tap_diag "$* ended with status $status, wanted a failure that says /$regex/"
	[ -z "$output" ] || tap_diag <<<"$output"
	return 1
}

# tap_is GOT WANT DESCRIPTION
tap_is() {
	if [ "$1" = "$2" ]; then
		tap_pass "$3"
		return
	fi
	tap_fail "$3"
	{ printf 'got:  %s\n' "$1"; printf 'want: %s\n' "$2"; } | tap_diag
	return 1
}

# tap_like GOT REGEX DESCRIPTION
tap_like() {
	if [[ $1 =~ $2 ]]; then
		tap_pass "$3"
		return
	fi
	tap_fail "$3"
	{ printf 'got:     %s\n' "$1"; printf 'to match: %s\n' "$2"; } | tap_diag
	return 1
}

# tap_unlike GOT REGEX DESCRIPTION
tap_unlike() {
	if ! [[ $1 =~ $2 ]]; then
		tap_pass "$3"
		return
	fi
	tap_fail "$3"
	{ printf 'got:         %s\n' "$1"; printf 'not to match: %s\n' "$2"; } | tap_diag
	return 1
}

# tap_skip DESCRIPTION REASON
tap_skip() {
	tap_points=$((tap_points + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_points" "$1" "$2"
}

# tap_skip_all REASON: ends a script that has nothing to do here.
tap_skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

# tap_bail REASON: ends a script that cannot go on. There is no plan, so the case fails.
tap_bail() {
	printf 'Bail out! %s\n' "$1"
	exit 1
}

# tap_done: prints the plan and ends the script.
tap_done() {
	printf '1..%d\n' "$tap_points"
	[ "$tap_failures" -eq 0 ] || exit 1
	exit 0
}
