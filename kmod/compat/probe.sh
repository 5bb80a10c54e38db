#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# probe.sh PROBE.c RESULT COMPILER FLAGS...: one line about the kernel into RESULT.
#
# Where the new construct does not compile, the old one must: a probe that fails for another reason stops the build
# instead of giving a wrong answer.

probe=$1 result=$2 log=${2%.result}.log
shift 2
name=${probe##*/}
name=${name%.c}
macro=SECTUN_HAVE_$(echo "$name" | tr '[:lower:]' '[:upper:]')

if "$@" -DSECTUN_PROBE_NEW "$probe" 2>"$log"; then
	echo "#define $macro 1" >"$result"
elif "$@" "$probe" 2>>"$log"; then
	echo "/* no $macro */" >"$result"
else
	echo "sectun: this kernel has neither the new nor the old form of '$name' (kmod/compat/probes/$name.c);" \
		"the compiler's messages are in $log" >&2
	exit 1
fi
