#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh KERNEL [OPTIONS] -- SCRIPT [ARGUMENTS]: boots a kernel and runs a script in it as root; its output comes
# out here as it is written, and its exit status is ours.
#   --smp N         CPUs (1; user-mode Linux has only one)
#   --mem M         MiB of memory (1024)
#   --icount        qemu's instruction clock: figures repeat, see selftests/README.md
#   --real-time     user-mode Linux: wait through idle time instead of skipping it
#   --timeout S     kill the guest after S seconds (120)
#   --append ARGS   more kernel command line
#   --env NAME=V    environment of the script; may be repeated
#   --no-module     the kernel's own modules only; do not build ours
#   --module DIR    build and install the module in DIR instead of the repository's
#   --built         take the module as it was last built, without looking whether the sources have changed
#   --check         append what the kernel's checkers saw as TAP points (default for um)
#   --no-check      do not
#   --dir DIR       keep console.log and artifacts/ there (default: a directory below SECTUN_OUT)
# The guest has the machine's root, below a tmpfs: it can write anywhere and changes nothing. What it leaves in
# $SECTUN_ARTIFACTS (/run/artifacts) is in DIR/artifacts afterwards.
# Exit status: the script's; 1 if only a checker failed; 124 on a timeout; 125 if the guest died.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

[ $# -gt 0 ] || { sed -n '3,/^set/{/^# /s/^# //p}' "$0" >&2; exit 2; }
kernel=$1
shift
VM_SMP=1 VM_MEM=1024 VM_ICOUNT='' VM_REAL_TIME='' VM_APPEND='' VM_DIR=''
seconds=120 module=$bed_repo built='' check='' env=()
[ "$kernel" != um ] || check=1
while [ $# -gt 0 ]; do
	option=$1
	shift
	case $option in
	--smp) VM_SMP=$1; shift ;;
	--mem) VM_MEM=$1; shift ;;
	--icount) VM_ICOUNT=1 ;;
	--real-time) VM_REAL_TIME=1 ;;
	--timeout) seconds=$1; shift ;;
	--append) VM_APPEND=$1; shift ;;
	--env) env+=("$1"); shift ;;
	--no-module) module= ;;
	--built) built=--built ;;
	--module) module=$1; shift ;;
	--check) check=1 ;;
	--no-check) check= ;;
	--dir) VM_DIR=$1; shift ;;
	--) break ;;
	*) bed_die "unknown option '$option'" ;;
	esac
done
[ $# -gt 0 ] || bed_die "say what to run after --"

# A file of the repository may be named from anywhere.
command=("$@")
[ ! -f "$1" ] || command[0]=$(realpath "$1")

if [ -n "$module" ]; then
	parts=$("$bed_dir/module.sh" ${built:+"$built"} "$kernel" "$module")
else
	parts=$("$bed_dir/kernel.sh" "$kernel")
fi
set -a
eval "$parts"
set +a

if [ -z "$VM_DIR" ]; then
	mkdir -p "${SECTUN_OUT:-$bed_repo/build/selftests}/run"
	VM_DIR=$(mktemp -d "${SECTUN_OUT:-$bed_repo/build/selftests}/run/$kernel.XXXXXX")
fi
mkdir -p "$VM_DIR"
VM_DIR=$(realpath "$VM_DIR")
rm -rf "$VM_DIR/artifacts" "$VM_DIR/console.log"
mkdir "$VM_DIR/artifacts"

{
	JOB_REPO=$bed_repo JOB_MODULES=${MODULE_TREE:-$KERNEL_MODULES} JOB_CHECK=$check
	# user-mode Linux has no serial port for its console
	JOB_TTY=/dev/ttyS1
	[ "$kernel" != um ] || JOB_TTY=/dev/ttyS0
	JOB_ENV=("SECTUN_KERNEL=$kernel" ${env[@]+"${env[@]}"})
	JOB_COMMAND=("${command[@]}")
	declare -p JOB_TTY JOB_REPO JOB_MODULES JOB_CHECK JOB_ENV JOB_COMMAND
} >"$VM_DIR/artifacts/job"

# With checks to append, the script's plan is held back until their number is known.
run_filter() {
	if [ -z "$check" ]; then
		cat
		return
	fi
	awk -v checks="$VM_DIR/artifacts/checks" '
		/^1\.\.[0-9]+/ && !plan { plan = $0; sub(/^1\.\./, "", plan); next }
		/^(ok|not ok)/ { points++ }
		{ print; fflush() }
		END {
			while ((getline line <checks) > 0) {
				if (line ~ /^(ok|not ok)/) {
					sub(/ok/, "ok " ++points, line)
					added++
				}
				print line
			}
			if (plan != "")
				print "1.." plan + added
		}'
}

# run_cause: what the kernel's last words were about.
run_cause() {
	grep -aoE 'Kernel panic.*|(BUG|Oops|KASAN|general protection fault)[: ].*' "$VM_DIR/console.log" | head -n 1 | tr -d '\r' |
		grep . || printf 'no panic in its log'
}

run_excerpt() {
	[ ! -s "$VM_DIR/qemu.log" ] || sed 's/^/qemu: /' "$VM_DIR/qemu.log" >&2
	printf -- '--- the last lines of %s\n' "$VM_DIR/console.log" >&2
	tail -n 60 "$VM_DIR/console.log" | tr -d '\r' >&2 || true
	printf -- '--- %s; full log: %s\n' "$1" "$VM_DIR/console.log" >&2
}

export VM_DIR VM_SMP VM_MEM VM_ICOUNT VM_REAL_TIME VM_APPEND
# timeout makes a process group of its own and kills all of it: user-mode Linux is many processes. Nobody else's
# signals reach that group, so they are passed on.
exec {output}> >(run_filter)
filter=$!
timeout --kill-after=5 "$seconds" "$bed_dir/vm.sh" >&"$output" &
vm=$!
exec {output}>&-
trap 'kill "$vm"; wait "$vm"; exit 143' INT TERM HUP
vm_status=0
wait "$vm" || vm_status=$?
trap - INT TERM HUP
wait "$filter" || true

if [ "$vm_status" -eq 124 ] || [ "$vm_status" -eq 137 ]; then
	run_excerpt "the guest ($kernel) was killed: not done after $seconds s"
	exit 124
fi
if [ ! -e "$VM_DIR/artifacts/status" ]; then
	run_excerpt "the guest ($kernel) died before the script ended: $(run_cause)"
	exit 125
fi
status=$(cat "$VM_DIR/artifacts/status")
if [ -n "$check" ] && [ "$status" -eq 0 ] && grep -q '^not ok' "$VM_DIR/artifacts/checks"; then
	status=1
fi
if [ "$status" -ne 0 ]; then
	run_excerpt "the script ended with status $status ($kernel)"
fi
exit "$status"
