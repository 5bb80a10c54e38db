#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run-tests.sh [--list] [--all] [PATTERN...]: runs the test cases of `cases`, each in a guest of its own, as many at a
# time as there are processors. A PATTERN is a glob for NAME or NAME@KERNEL; without one, everything runs, kernels in
# brackets only with --all.
# Logs are in ${SECTUN_OUT:-build/selftests}/NAME@KERNEL/. The last line counts test points: "N passed, N failed".
# A case that breaks off (crash, timeout, no plan) is one failure more.
set -euo pipefail

selftests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(dirname "$selftests")
out=${SECTUN_OUT:-$repo/build/selftests}

list='' all=''
[ "${1:-}" != --list ] || { list=1; shift; }
[ "${1:-}" != --all ] || { all=1; shift; }
patterns=("$@")

say() {
	printf '%s\n' "$*"
}

# wanted NAME KERNEL
wanted() {
	local pattern

	[ ${#patterns[@]} -gt 0 ] || return 0
	for pattern in "${patterns[@]}"; do
		# shellcheck disable=SC2053
		[[ $1 == $pattern || $1@$2 == $pattern || $2 == "$pattern" ]] && return 0
	done
	return 1
}

# The runs, one per case and kernel: parallel arrays, indexed alike.
runs=() run_kernel=() run_options=() run_seconds=() run_script=()
read_cases() {
	local name kernels options seconds script kernel

	while read -r name kernels options seconds script; do
		case $name in
		'' | '#'*) continue ;;
		esac
		for kernel in ${kernels//,/ }; do
			[ -n "$all" ] || [ ${#patterns[@]} -gt 0 ] || [[ $kernel != "("* ]] || continue
			kernel=${kernel//[()]/}
			wanted "$name" "$kernel" || continue
			runs+=("$name@$kernel")
			run_kernel+=("$kernel")
			run_options+=("$options")
			run_seconds+=("$seconds")
			run_script+=("$script")
		done
	done <"$selftests/cases"
}

# bed_options OPTIONS: those of bed/run.sh, one word a line.
bed_options() {
	local option

	for option in ${1//,/ }; do
		case $option in
		-) ;;
		module=*) printf '%s\n' --module "$selftests/${option#module=}" ;;
		*=*) printf '%s\n' "--${option%%=*}" "${option#*=}" ;;
		*) printf '%s\n' "--$option" ;;
		esac
	done
}

# prepare: kernels and modules, each once and before any guest wants the processors. What cannot be built is not
# tried again by every case.
declare -A unbuilt=()
prepare() {
	local index what log seen=' '

	"$selftests/bed/install.sh" build demo test
	case " ${run_script[*]}" in
	*' ike/'*) "$selftests/bed/install.sh" ike ;;
	esac
	case " ${run_script[*]}" in
	*'/interop.sh libreswan'*) "$selftests/bed/unpack.sh" libreswan ;;
	esac
	case " ${run_script[*]}" in
	*' demo/'*) "$selftests/bed/unpack.sh" strongswan ;;
	esac
	case " ${run_script[*]}" in
	*' packets/'* | *' faults/'* | *' crypto/'*) "$selftests/packets/scapy.sh" ;;
	esac
	for index in "${!runs[@]}"; do
		[ "${run_kernel[index]}" != host ] || continue
		case ,${run_options[index]}, in
		*,no-module,*) what=(kernel.sh "${run_kernel[index]}") ;;
		*,module=*) what=(module.sh "${run_kernel[index]}" "$(bed_options "${run_options[index]}" | grep "^$selftests")") ;;
		*) what=(module.sh "${run_kernel[index]}") ;;
		esac
		if [[ $seen != *" ${what[*]} "* ]]; then
			seen+="${what[*]} "
			log=$out/prepare.log
			say "# preparing: ${what[*]}"
			"$selftests/bed/${what[0]}" "${what[@]:1}" 2> >(tee "$log" >&2) >/dev/null || unbuilt[${what[*]}]=1
		fi
		if [ -n "${unbuilt[${what[*]}]:-}" ]; then
			run_seconds[index]=0
		fi
	done
}

# start INDEX: one run, in the background; its exit status and duration are left in its directory.
start() {
	local dir=$out/${runs[$1]} options script began

	rm -rf "$dir"
	mkdir -p "$dir"
	mapfile -t options < <(bed_options "${run_options[$1]}")
	read -ra script <<<"${run_script[$1]}"
	began=$(date +%s%N)
	if [ "${run_seconds[$1]}" -eq 0 ]; then
		say 'the kernel or the module could not be built: see above' >"$dir/log"
		: >"$dir/tap"
		echo 2 >"$dir/exit"
	else
		local status=0 command

		command=("$selftests/bed/run.sh" "${run_kernel[$1]}" --built ${options[@]+"${options[@]}"}
			--timeout "${run_seconds[$1]}" --dir "$dir" --)
		[ "${run_kernel[$1]}" != host ] || command=(timeout --kill-after=5 "${run_seconds[$1]}")
		"${command[@]}" "$selftests/${script[0]}" "${script[@]:1}" >"$dir/tap" 2>"$dir/log" </dev/null || status=$?
		echo "$status" >"$dir/exit"
	fi
	echo $((($(date +%s%N) - began) / 1000000)) >"$dir/milliseconds"
}

passed=0 failed=0 skipped=0
skips=() failures=()

# judge INDEX: a finished run.
judge() {
	local run=${runs[$1]} dir=$out/${runs[$1]} status points bad skip fault duration

	status=$(cat "$dir/exit")
	read -r points bad skip fault < <(awk -f "$selftests/tap-verdict.awk" "$dir/tap")
	case $status in
	124) fault="timed out after ${run_seconds[$1]} s" ;;
	125) fault='the guest died' ;;
	0) ;;
	*) [ "$fault$bad" != -0 ] || fault="the script ended with status $status" ;;
	esac
	passed=$((passed + points))
	failed=$((failed + bad))
	skipped=$((skipped + skip))
	while read -r line; do
		skips+=("$run: $line")
	done < <(grep -iE '^((not )?ok|1\.\.0).*# *(SKIP|TODO)' "$dir/tap" || true)

	duration=$(awk '{ printf "%.1f s", $1 / 1000 }' "$dir/milliseconds")
	[ "$fault" = - ] || failed=$((failed + 1))
	if [ "$fault" = - ] && [ "$bad" -eq 0 ]; then
		printf 'ok    %-40s %8s  %d points\n' "$run" "$duration" $((points + skip))
		return
	fi
	[ "$fault" != - ] || fault="$bad points failed"
	printf 'FAIL  %-40s %8s  %s\n' "$run" "$duration" "$fault"
	failures+=("$run")
	sed 's/^/      | /' "$dir/tap" "$dir/log"
	printf '      | logs: %s\n' "$dir"
}

read_cases
if [ -n "$list" ]; then
	[ ${#runs[@]} -eq 0 ] || printf '%s\n' "${runs[@]}"
	exit 0
fi
if [ ${#runs[@]} -eq 0 ]; then
	say "no test case matches: ${patterns[*]}" >&2
	say '0 passed, 0 failed'
	exit 1
fi

mkdir -p "$out"
prepare

# A guest is killed with the runner, not left behind.
trap 'trap - TERM; kill 0' INT TERM

declare -A running=()
reap() {
	local pid

	wait -n -p pid "${!running[@]}" || true
	judge "${running[$pid]}"
	unset "running[$pid]"
}
for index in "${!runs[@]}"; do
	[ ${#running[@]} -lt "$(nproc)" ] || reap
	start "$index" &
	running[$!]=$index
done
while [ ${#running[@]} -gt 0 ]; do
	reap
done

for line in ${skips[@]+"${skips[@]}"}; do
	say "skipped: $line"
done
for run in ${failures[@]+"${failures[@]}"}; do
	say "failed: $run"
done
summary="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || summary+=", $skipped skipped"
say "$summary"
[ "$failed" -eq 0 ] && [ $((passed + failed)) -gt 0 ]
