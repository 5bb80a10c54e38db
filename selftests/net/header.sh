#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The outer header is what the tunnel's policy says (dscp, ecn, ttl, df, tfc), seen on the wire. Every value of each
# field, and what ECN is on arrival, are in packets/header.py.
#
#	gw_a                                                 gw_b
#	  10.1.255.1   sec0 === 192.0.2.1 === 192.0.2.2 === sec0  10.2.255.1
#	  fd01:ffff::1 sec0 === 2001:db8::1 = 2001:db8::2 = sec0  fd02:ffff::1
set -u
. selftests/net/lib.sh

net_two_gateways
pair_up 4
sectun -n gw_b tunnel set t dev sec0 df clear # its replies pass whatever the row

# Words for `tunnel set` over the defaults; TOS, length, DF of the inner packet (its family is 6 if it ends in /6); and
# TOS, TTL, DF and length expected outside. Lengths: 20 + 8 + 8 + (inner + 2 rounded up to 4) + 16.
defaults='dscp copy ecn on ttl 64 df copy tfc 0'
rows='
	-			0x00	84	dont	0x0	64	none	140
	-			0xb8	84	dont	0xb8	64	none	140
	-			0xb9	85	dont	0xb9	64	none	140
	-			0xba	86	dont	0xba	64	none	140
	-			0xbb	87	dont	0xbb	64	none	144
	dscp 10			0xb8	84	dont	0x28	64	none	140
	dscp 0			0xb9	84	dont	0x1	64	none	140
	dscp 63			0x02	84	dont	0xfe	64	none	140
	dscp 46:34,0:8		0xb9	84	dont	0x89	64	none	140
	dscp 46:34,0:8		0x28	84	dont	0x28	64	none	140
	ecn off			0xbb	84	dont	0xb8	64	none	140
	ecn off dscp 46		0x03	84	dont	0xb8	64	none	140
	ttl 7			0x00	84	dont	0x0	7	none	140
	ttl 255			0x00	84	dont	0x0	255	none	140
	ttl copy		0x00	84	dont	0x0	64	none	140
	df copy			0x00	84	probe	0x0	64	DF	140
	df set			0x00	84	dont	0x0	64	DF	140
	df clear		0x00	84	probe	0x0	64	none	140
	df clear		0x00	1480/6	probe	0x0	64	frag	1500
	tfc 500			0x00	84	dont	0x0	64	none	556
	tfc 500			0x00	499	dont	0x0	64	none	556
	tfc 500			0x00	500	dont	0x0	64	none	556
	tfc 500			0x00	501	dont	0x0	64	none	556
	tfc 500			0x00	503	dont	0x0	64	none	560
	tfc 500			0x00	104/6	probe	0x0	64	none	556
	-			0xb9	1280/6	probe	0xb9	64	none	1336
	-			0xb9	1281/6	probe	0xb9	64	DF	1336
	df clear		0xb9	1281/6	probe	0xb9	64	none	1336
	df set			0xb9	1280/6	probe	0xb9	64	none	1336
'

# apply TUNNEL_WORDS: those, and the defaults of all others.
apply() {
	local -A policy
	local word value list words=()

	for list in "$defaults" "${1/#-/}"; do
		while read -r -d' ' word && read -r -d' ' value; do
			policy[$word]=$value
		done <<<"$list "
	done
	for word in "${!policy[@]}"; do
		words+=("$word" "${policy[$word]}")
	done
	sectun -n gw_a tunnel set t dev sec0 "${words[@]}"
}

# each_row COMMAND: with words tos size family df and what is wanted in variables.
each_row() {
	local line

	while read -r line; do
		[ -n "$line" ] || continue
		read -r w_length < <(awk '{ print $NF }' <<<"$line")
		read -r words < <(awk '{ NF -= 7; print }' <<<"$line")
		read -r tos size df w_tos w_ttl w_df < <(awk '{ print $(NF-6), $(NF-5), $(NF-4), $(NF-3), $(NF-2), $(NF-1) }' <<<"$line")
		family=4
		[[ $size != */6 ]] || family=6
		size=${size%/6}
		"$@"
	done <<<"$rows"
}

send_row() {
	local to=10.2.255.1

	[ "$family" = 4 ] || to=fd02:ffff::1
	apply "$words"
	fates+=("$(echo_in gw_a --tos "$tos" --sizes "$size" --df "$df" "$to")")
}

check_row() {
	local line

	row=$((row + 1))
	line=$(sed -n "${row}p" lines)
	tap_is "${fates[row - 1]#* } $(sed -E 's/.*tos (0x[0-9a-f]+).*ttl ([0-9]+),.*flags \[([^],]*)[],].*length ([0-9]+)\).*/\1 \2 \3 \4/; s/\+/frag/' <<<"$line")" \
		"answered 1 $w_tos $w_ttl $w_df $w_length" \
		"${words/#-/defaults}: inner IPv$family of $size octets, tos $tos, df $df"
}

fates=()
row=0
net_capture gw_a wan wan.pcap 'src 192.0.2.1 and ip proto 50 and ip[6:2] & 0x1fff = 0'
each_row send_row
capture_end wan.pcap ${#fates[@]}
outer_lines wan.pcap >lines
each_row check_row
tap_is "$(sed -n '$=' lines)" "$row" 'one outer packet for each inner one'
apply -

# Over IPv6.
sectun -n gw_a tunnel del t dev sec0
sectun -n gw_b tunnel del t dev sec0
pair_tunnel 6
net_capture gw_a wan wan6.pcap 'src 2001:db8::1 and ip6 proto 50'
rows6='dscp copy;dscp 10;ecn off;ttl 9;tfc 300'
while read -r -d\; words; do
	apply "$words"
	echo_in gw_a --tos 0xb9 10.2.255.1 >fate
done <<<"$rows6;"
capture_end wan6.pcap 5
tap_is "$(outer_lines wan6.pcap | sed -E 's/.*class (0x[0-9a-f]+).*hlim ([0-9]+).*payload length: ([0-9]+).*/\1 \2 \3/')" \
	"$(printf '%s\n' '0xb9 64 120' '0x29 64 120' '0xb8 64 120' '0xb9 9 120' '0xb9 64 336')" \
	"outer IPv6 by ${rows6//;/, }"
apply -
tap_done
