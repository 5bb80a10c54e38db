#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every combination of inner and outer family, encapsulation, cipher and sequence numbers carries packets both ways,
# and both ends count exactly those. The far side is in-tree IPsec, or (argument "sectun") sectun.
#
#	gw_a                                           gw_b
#	  10.1.N.1    sec0 === 192.0.2.1 === 192.0.2.2 ===  10.2.N.1
#	  fd01:N::1        === 2001:db8::1 = 2001:db8::2 ==  fd02:N::1
#
# N is the number of a tunnel. Each has selectors of its own, IPv4 and IPv6, all are in one device, and its SPIs are
# 0x1000 + N (a to b) and 0x2000 + N (b to a).
set -u
. selftests/net/lib.sh

far=${1:-xfrm}
count=2 # echo requests from either side; so 2 * count packets go each way
packets=$((2 * count))
declare -A size=([4]=84 [6]=104)

tunnels=()
for outer in 4 6; do
	for encap in none udp; do
		for alg in aes128gcm16 aes256gcm16 chacha20poly1305; do
			for esn in off on; do
				tunnels+=("$outer $encap $alg $esn")
			done
		done
	done
done

# far_state SOURCE DESTINATION SPI: a line for ip -batch, of the tunnel n.
far_state() {
	local flags=af-unspec words='' key key_hex

	[ "$esn" = off ] || flags+=' esn'
	[ "$encap" = none ] || words='encap espinudp 4500 4500 0.0.0.0'
	key_file "$3" "$alg"
	printf 'xfrm state add src %s dst %s proto esp spi %d reqid %d mode tunnel replay-window 64 flag %s' \
		"$1" "$2" "$3" "$n" "$flags"
	printf ' aead %s 0x%s 128 %s\n' "${alg_xfrm[$alg]}" "$key_hex" "$words"
}

# far_xfrm: in-tree IPsec's end of the tunnel n, as lines for ip -batch.
far_xfrm() {
	local a=outer_a$outer b=outer_b$outer here there direction

	far_state "${!a}" "${!b}" $((0x1000 + n))
	far_state "${!b}" "${!a}" $((0x2000 + n))
	for here in "10.2.$n.1/32" "fd02:$n::1/128"; do
		there=${here/10.2/10.1}
		there=${there/fd02/fd01}
		printf 'xfrm policy add src %s dst %s dir out tmpl src %s dst %s proto esp reqid %d mode tunnel\n' \
			"$here" "$there" "${!b}" "${!a}" "$n"
		for direction in in fwd; do
			printf 'xfrm policy add src %s dst %s dir %s tmpl src %s dst %s proto esp reqid %d mode tunnel\n' \
				"$there" "$here" "$direction" "${!a}" "${!b}" "$n"
		done
	done
}

# near NS HERE THERE SPI_OUT SPI_IN: sectun's end of the tunnel n.
near() {
	tunnel_add "$1" "t$n" "$outer" encap "$encap" local-ts "10.$2.$n.1/32,fd0$2:$n::1/128" \
		remote-ts "10.$3.$n.1/32,fd0$3:$n::1/128"
	sa_out "$1" "t$n" "$4" alg "$alg" esn "$esn"
	sa_in "$1" "t$n" "$5" alg "$alg" esn "$esn"
}

# addresses HERE: lines for ip -batch.
addresses() {
	local n

	for n in "${!tunnels[@]}"; do
		printf '%s\n' "address add 10.$1.$n.1/32 dev lo" "address add fd0$1:$n::1/128 dev lo nodad"
	done
}

# "PACKETS OCTETS ERRORS" of each SA, since it was made. near_read NS, far_read.
near_read() {
	show "$1" '.[].tunnels[].sas[] | .stats |= . // {} | "\(.spi) \(.stats.rx_packets + .stats.tx_packets) " +
		"\(.stats.rx_bytes + .stats.tx_bytes) \(.stats.dropped)"'
}
far_read() {
	if [ "$far" = sectun ]; then
		near_read gw_b
		return
	fi
	ip -n gw_b -s xfrm state | awk '
		{ gsub(/\([^)]*\)/, "") }
		/proto esp spi/ { spi = $4 }
		/lifetime current:/ { current = NR + 1 }
		NR == current { gsub(/,/, ""); octets = $1; packets = $2 }
		/replay-window.*replay.*failed/ { print spi, packets + 0, octets + 0, $4 + $6 }'
}

# exchange INNER: echo requests from both ends through every tunnel; what came back and all counters go into `got`.
declare -A got=()
exchange() {
	local address words spi counts

	echo_in gw_a --count $count "${forth[@]}" >forth
	echo_in gw_b --count $count "${back[@]}" >back
	while read -r address words; do
		got[$1 $address]=$words
	done < <(cat forth back)
	near_read gw_a >near
	far_read >far
	for end in near far; do
		while read -r spi counts; do
			got[$1 $end $((spi))]=$counts
		done <$end
	done
}

net_two_gateways
device_up gw_a
addresses 1 >gw_a.batch
addresses 2 >gw_b.batch
[ "$far" = xfrm ] || device_up gw_b
for n in "${!tunnels[@]}"; do
	read -r outer encap alg esn <<<"${tunnels[n]}"
	near gw_a 1 2 $((0x1000 + n)) $((0x2000 + n))
	if [ "$far" = xfrm ]; then
		far_xfrm >>gw_b.batch
	else
		near gw_b 2 1 $((0x2000 + n)) $((0x1000 + n))
	fi
done
if [ "$far" = xfrm ]; then
	printf '%s\n' "route add 10.1.0.0/16 via $outer_a4" "route add fd01::/16 via $outer_a6" >>gw_b.batch
	espinudp gw_b holder
fi
tap_ok 'gateway a is set up' ip -n gw_a -batch gw_a.batch
tap_ok 'gateway b is set up' ip -n gw_b -batch gw_b.batch

for inner in 4 6; do
	forth=() back=()
	for n in "${!tunnels[@]}"; do
		if [ $inner = 4 ]; then a=10.1.$n.1 b=10.2.$n.1; else a=fd01:$n::1 b=fd02:$n::1; fi
		forth+=("$a=$b")
		back+=("$b=$a")
	done
	exchange $inner
done

# grown KEY WAS: "PACKETS OCTETS ERRORS" of `got` less what it was before, for the table and the comparison.
grown() {
	local now before=(0 0 0)

	read -ra now <<<"${got[$1]:-0 0 0}"
	[ -z "$2" ] || read -ra before <<<"${got[$2]:-0 0 0}"
	printf -v "$3" '%d %d %d' $((now[0] - before[0])) $((now[1] - before[1])) $((now[2] - before[2]))
}

printf '#\n# %-7s %-5s %-17s %-4s %-11s %-11s  %s\n' packet encap cipher esn 'a to b' 'b to a' \
	"packets octets errors: sent near, got far | sent far, got near"
for n in "${!tunnels[@]}"; do
	read -r outer encap alg esn <<<"${tunnels[n]}"
	for inner in 4 6; do
		if [ $inner = 4 ]; then a=10.1.$n.1 b=10.2.$n.1; else a=fd01:$n::1 b=fd02:$n::1; fi
		i=0
		for key in "near $((0x1000 + n))" "far $((0x1000 + n))" "far $((0x2000 + n))" "near $((0x2000 + n))"; do
			was=
			[ $inner = 4 ] || was="4 $key"
			grown "$inner $key" "$was" "end$((i++))"
		done
		to_b=${got[$inner $b]:-nothing} to_a=${got[$inner $a]:-nothing}
		# shellcheck disable=SC2154
		ends="$end0, $end1 | $end2, $end3"
		printf '# %d-in-%d  %-5s %-17s %-4s %-11s %-11s  %s\n' "$inner" "$outer" "$encap" "$alg" "$esn" \
			"$to_b" "$to_a" "$ends"
		want="$packets $((packets * size[$inner])) 0"
		tap_is "$to_b, $to_a, $ends" "answered $count, answered $count, $want, $want | $want, $want" \
			"$inner-in-$outer, encap $encap, $alg, esn $esn: both ways, exact counters at both ends ($far)"
	done
done
total=$((2 * packets * ${#tunnels[@]}))
tap_is "$(counters gw_a)" "$total $total" 'the device counts every packet, and no drop'
if [ "$far" = xfrm ]; then
	tap_is "$(grep -v ready holder)" '' 'no ESP reached the daemon that holds the port'
	# shellcheck disable=SC2016
	tap_is "$(on gw_b awk '$2' /proc/net/xfrm_stat)" '' 'in-tree IPsec met no error'
fi
tap_done
