# shellcheck shell=bash disable=SC2034 # some of this is for the files that source it
# SPDX-License-Identifier: GPL-2.0-only
# The cache of the test bed: where it is, who may write, and how a finished directory appears in it.
# Sourced by the other files of this directory.

# a failure inside $(...) is a failure
shopt -s inherit_errexit

# A build of the bed is nobody's sub-make: not silent, and with its own number of processes.
unset MAKEFLAGS MFLAGS MAKELEVEL

bed_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bed_repo=$(cd "$bed_dir/../.." && pwd)
bed_cache=${SECTUN_CACHE:-$HOME/.cache/sectun}

# bed_checkout DIR: a word of its own for a source directory; two checkouts on one machine share kernels, not builds.
bed_checkout() {
	printf '%s-%s\n' "$(basename "$1")" "$(cksum <<<"$1" | cut -d' ' -f1)"
}

# Everything that is not a result goes to standard error: standard output belongs to the caller.
bed_say() {
	printf '%s %s\n' "$(date +%T)" "$*" >&2
}

bed_die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# bed_quietly LOG CMD...: runs CMD with its output in LOG, and shows the end of LOG if CMD fails.
bed_quietly() {
	local log=$1 status=0

	shift
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 </dev/null || status=$?
	if [ "$status" -ne 0 ]; then
		tail -n 40 "$log" >&2
		bed_die "$1 failed with status $status; full log: $log"
	fi
}

# bed_locked NAME CMD...: runs CMD while no other process is at NAME. The lock ends with the process, come what may.
bed_locked() {
	local fd

	mkdir -p "$bed_cache/lock"
	exec {fd}>"$bed_cache/lock/$1"
	if ! flock -n "$fd"; then
		bed_say "waiting for another process that prepares $1"
		flock "$fd"
	fi
	shift
	"$@"
	exec {fd}>&-
}

# bed_stage DIR: prints a fresh directory beside DIR, to be filled and then published.
bed_stage() {
	mkdir -p "$(dirname "$1")"
	rm -rf "$1.new"
	mkdir "$1.new"
	printf '%s\n' "$1.new"
}

# bed_publish DIR: makes what was staged appear as DIR, in one step: an interrupted run leaves nothing half done.
bed_publish() {
	rm -rf "$1"
	mv "$1.new" "$1"
}

# bed_as_root CMD...: for the few steps that need it (apt on the machine, chroot).
bed_as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		bed_die "this needs root and there is no sudo: run as root: $*"
	fi
}
