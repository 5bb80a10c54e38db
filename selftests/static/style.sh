#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module's sources as the kernel's own scripts see them. They come with the source of user-mode Linux.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. selftests/lib/tap.sh

# What checkpatch says and we do not follow. Tables that are expanded by a macro (kmod/reason.h, the cases of
# kmod/selftest) are no statements, and each user of a table takes of it what it needs; a row's initialiser begins with
# a bracket. It does not see that an array of anonymous structs is const. A message is not broken, so that it can be
# searched for. What members a lock protects is in the kernel-doc above the struct. It would take away parentheses
# around comparisons that are compared. kmod/compat has to define what another kernel does not.
ignored=COMPLEX_MACRO,MACRO_ARG_REUSE,MACRO_ARG_UNUSED,BRACKET_SPACE,INIT_ATTRIBUTE,LONG_LINE_STRING
ignored+=,UNCOMMENTED_DEFINITION,UNNECESSARY_PARENTHESES,NEW_TYPEDEFS

# Tracepoints are laid out in a way of their own, everywhere.
mapfile -t files < <(find kmod -name '*.[ch]' ! -name '*.mod.c' ! -path kmod/trace.h | sort)

# One warning is of no file's making: kernel-doc takes the use of a table inside an enum for an enumerator.
kernel_doc() {
	local said

	said=$("$scripts/kernel-doc" -none -Wall "${files[@]}" kmod/trace.h 2>&1 | grep -vE "SECTUN_REASON_COUNT'|^[0-9]+ warnings" | grep -v '^$')
	[ -z "$said" ] && return
	printf '%s\n' "$said"
	return 1
}

checkpatch() {
	local said

	said=$(perl "$scripts/checkpatch.pl" --no-tree --strict --terse --show-types --max-line-length=100 \
		--ignore "$ignored" -f "${files[@]}" 2>/dev/null | grep -v '^total: ')
	[ -z "$said" ] && return
	printf '%s\n' "$said"
	return 1
}

env=$(selftests/bed/kernel.sh um) || tap_bail 'there is no source of the kernel'
eval "$env"
scripts=$KERNEL_BUILD/scripts
tap_ok 'kernel-doc finds no mistake in the comments of the module' kernel_doc
tap_ok 'checkpatch finds nothing in the module' checkpatch
tap_done
