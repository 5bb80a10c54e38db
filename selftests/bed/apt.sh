# shellcheck shell=bash disable=SC2154 # bed_dir and bed_cache come from cache.sh
# SPDX-License-Identifier: GPL-2.0-only
# Debian packages of another suite, without touching the machine's own apt: a private list directory whose sources
# are the machine's own, rewritten to that suite. Mirrors, proxies and credentials so stay the machine's business.
# Except for apt_sources, SUITE may be SUITE:ARCHITECTURE. Sourced; needs cache.sh.

# apt_sources SUITE: prints sources for SUITE, its updates, its security suite, and its backports.
apt_sources() {
	local suite=$1 own keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	own=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
	[ -n "$own" ] || bed_die "/etc/os-release names no VERSION_CODENAME: is this a Debian machine?"
	[ -r "$keyring" ] || bed_die "no $keyring: install debian-archive-keyring"
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk -v own="$own" -v suite="$suite" -v keyring="$keyring" '
			$3 != "main" { next }
			$2 == own { print_source($1, suite); print_source($1, suite "-backports") }
			$2 == own "-updates" { print_source($1, suite "-updates") }
			$2 == own "-security" { print_source($1, suite "-security") }
			function print_source(uri, name) {
				if (!seen[name]++)
					print "deb [signed-by=" keyring "] " uri " " name " main"
			}'
}

# apt_dir SUITE: prints where the private lists of SUITE are.
apt_dir() {
	printf '%s\n' "$bed_cache/apt/${1/:/-}"
}

# apt_of SUITE COMMAND...: apt-get or apt-cache (COMMAND) with the private lists of SUITE.
apt_of() {
	local dir command=$2 architecture=()

	dir=$(apt_dir "$1")
	[[ $1 != *:* ]] || architecture=(-o APT::Architecture="${1#*:}" -o APT::Architectures="${1#*:}")
	shift 2
	"$command" -q ${architecture[@]+"${architecture[@]}"} \
		-o Dir::State="$dir/state" -o Dir::State::status="$dir/status" -o Dir::Cache="$dir/cache" \
		-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none "$@"
}

# apt_update SUITE [fresh]: fetches the lists of SUITE if there are none, or if fresh ones are asked for.
apt_update() {
	bed_locked "apt-${1/:/-}" apt_fetch_lists "$@"
}

apt_fetch_lists() {
	local dir

	dir=$(apt_dir "$1")
	[ ! -e "$dir/done" ] || [ "${2:-}" = fresh ] || return 0
	mkdir -p "$dir"/state/lists/partial "$dir"/cache/archives/partial
	: >"$dir/status"
	apt_sources "${1%:*}" >"$dir/sources.list"
	grep -q " ${1%:*} " "$dir/sources.list" || bed_die "this machine's apt has no source to derive '$1' from"
	bed_say "fetching the package lists of $1"
	bed_quietly "$bed_cache/log/apt-${1/:/-}.log" apt_of "$1" apt-get update
	: >"$dir/done"
}

# apt_newest SUITE REGEX: prints the newest package name of SUITE that matches the whole of REGEX.
apt_newest() {
	apt_of "$1" apt-cache pkgnames | grep -xE "$2" | sort -V | tail -n 1
}

# apt_version SUITE PACKAGE
apt_version() {
	apt_of "$1" apt-cache policy "$2" | awk '$1 == "Candidate:" { print $2 }'
}

# apt_depends SUITE PACKAGE REGEX: prints PACKAGE and those of its direct dependencies that match REGEX.
apt_depends() {
	printf '%s\n' "$2"
	apt_of "$1" apt-cache depends --important "$2" |
		awk -v regex="^($3)\$" '$1 == "Depends:" && $2 ~ regex { print $2 }'
}

# apt_unpack SUITE DIR PACKAGE...: downloads the packages and unpacks them under DIR, running none of their scripts.
apt_unpack() {
	local suite=$1 dir=$2 debs

	shift 2
	debs=$(mktemp -d "$bed_cache/debs.XXXXXX")
	(cd "$debs" && bed_quietly "$bed_cache/log/download.log" apt_of "$suite" apt-get download "$@")
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
	rm -rf "$debs"
}
