#!/bin/sh
# SPDX-License-Identifier: MIT
# The program itself: exit codes, streams, completion. Needs neither root nor the module. TAP output.
set -u
: "${SECTUN:?the command to test}" "${TOP:?the top of the tree}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 failed=0

ok() {
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		failed=1
		echo "not ok $count - $2"
		sed 's/^/# /' "$work/out" "$work/err"
	fi
}

# expect CODE STREAM TEXT WORDS...: runs the command; TEXT has to be in STREAM (out or err), the other one is empty.
expect() {
	code=$1 stream=$2 text=$3
	shift 3
	"$SECTUN" "$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	other=err
	[ "$stream" = out ] || other=out
	[ "$got" -eq "$code" ] && grep -qF -e "$text" "$work/$stream" && [ ! -s "$work/$other" ]
	ok $? "sectun $*: $code, '$text' on $stream"
}

expect 0 out 'sectun 0.' -V
expect 0 out 'sectun tunnel add NAME' tunnel add help
expect 0 out 'monitor' help
expect 2 err "word 'foo'" foo
expect 2 err "word '300': ttl takes copy or 1 to 255" tunnel add hq ttl 300
expect 2 err "key-file FILE" sa add key 00ff
expect 1 err 'cannot open the network namespace' -n nosuchnamespace show

# One line of complaint, whatever is wrong.
"$SECTUN" tunnel add hq dev lo local 192.0.2.1 remote 192.0.2.2 sport 1 >"$work/out" 2>"$work/err"
[ "$(wc -l <"$work/err")" -eq 1 ]
ok $? "a complaint is one line"

# What cannot be written is told, and is no success.
"$SECTUN" help >/dev/full 2>"$work/err"
[ $? -eq 1 ] && grep -q 'cannot write' "$work/err"
ok $? "a full disk is told"

# A batch ends with the line that fails, and tells which.
batch() {
	printf '%s\n' "$2" | "$SECTUN" batch - >"$work/out" 2>"$work/err"
	[ $? -eq "$1" ] && grep -qF -e "$3" "$work/err" && [ "$(wc -l <"$work/err")" -eq 1 ]
	ok $? "batch: $4"
}
batch 2 '# a comment

alg help # and one behind a command
tunnel add hq ttl 300
foo' "sectun: -:4: tunnel add: word '300': ttl takes copy or 1 to 255" 'the line that fails is told, and is the last'
batch 2 'batch other' "sectun: -:1: word 'batch': not in a batch" 'there is none in another'
batch 1 'sa add dev lo tunnel hq dir in spi 256 alg aes256gcm16 key-file -' 'the commands are there' \
	'standard input has no key as well'
expect 1 err "batch: word '/nonexistent': No such file" batch /nonexistent
expect 2 err 'one file has to follow' batch

# No colour outside of a terminal.
"$SECTUN" help >"$work/out" 2>&1
! grep -q "$(printf '\033')" "$work/out"
ok $? "no colour in a file"

# The key on standard input is read, and its faults are told by that name.
echo 'zz' | "$SECTUN" sa add dev lo tunnel hq dir in spi 256 alg aes256gcm16 key-file - >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && grep -q 'key on standard input, line 1' "$work/err"
ok $? "a key comes from standard input"

# Completion, as bash does it.
if command -v bash >/dev/null; then
	PATH=$(dirname "$SECTUN"):$PATH bash -c '
		. "$TOP/packaging/completion/sectun"
		COMP_WORDS=(sectun tunnel add hq df c) COMP_CWORD=5
		_sectun
		echo "${COMPREPLY[*]}"' >"$work/out" 2>"$work/err"
	[ "$(cat "$work/out")" = 'copy clear' ]
	ok $? "bash completes the value of a keyword"
fi

# The manual knows every word that the command knows.
manual=$TOP/Documentation/man/sectun.8
for line in 'tunnel add x' 'tunnel set x' 'tunnel show' 'sa add' 'sa set' 'sa del' 'sa flush' '' tunnel sa alg; do
	# shellcheck disable=SC2086
	"$SECTUN" __complete $line ''
done 2>/dev/null | sed 's/^--/\\\\-/' | sort -u >"$work/words"
while read -r word; do
	grep -q -- "\(^\|[ ,]\)$word\([ ,]\|\$\)" "$manual" || echo "$word"
done <"$work/words" >"$work/out"
[ "$(wc -l <"$work/words")" -gt 30 ] && [ ! -s "$work/out" ]
ok $? "the manual tells of every word"

if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning "$manual" >"$work/out" 2>"$work/err"
	ok $? "the manual is well-formed"
fi

echo "1..$count"
exit $failed
