#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What an operator sees of it: modinfo, ip, ethtool, tracepoints; and that the module is there when it is needed.
#
#	gw_a                                       gw_b
#	  10.1.255.1 sec0 === 192.0.2.1 === 192.0.2.2 === sec0 10.2.255.1
set -u
. selftests/net/lib.sh

tracing=/sys/kernel/tracing
[ -d $tracing/events ] || tracing=/sys/kernel/debug/tracing

for field in description author license version alias parm vermagic filename; do
	tap_ok "modinfo tells the module's $field" bash -c "modinfo -F $field sectun | grep -q ."
done
tap_is "$(modinfo -F license sectun)" GPL 'the license is GPL'
for alias in rtnl-link-sectun net-pf-16-proto-16-family-sectun crypto-esp; do
	tap_ok "it has the alias $alias" bash -c "modinfo -F alias sectun | grep -qx $alias"
done
loaded() {
	grep -c '^sectun ' /proc/modules
}
rmmod sectun 2>/dev/null
tap_is "$(loaded)" 0 'the module is not loaded'
tap_ok 'ip link add' ip link add sec0 type sectun
tap_is "$(loaded)" 1 'loads it'
ip link del sec0
rmmod sectun
tap_ok 'sectun show' sectun show
tap_is "$(loaded)" 1 'loads it as well'
rmmod sectun

net_two_gateways
pair_up 4
tap_like "$(ip -n gw_a -d link show sec0)" 'POINTOPOINT,NOARP,UP.*link/none.*sectun' 'ip -d link shows a point-to-point device of kind sectun'
tap_like "$(ip -n gw_a -d -j link show type sectun | jq -r '.[].linkinfo.info_kind')" '^sectun$' 'and finds it by its kind'
tap_like "$(on gw_a ethtool -i sec0)" 'driver: sectun' 'ethtool -i names the driver'
tap_is "$(on gw_a ethtool -S sec0 | grep -c '_drop_.*: 0')" "$(on gw_a ethtool -S sec0 | grep -c '_drop_')" 'ethtool -S has a counter for each reason, all 0'
tap_is "$(on gw_a ethtool -S sec0 | sed -nE 's/ *(rx|tx)_drop_([a-z-]+):.*/\2/p' | sort | uniq -c | awk '$1 != 2')" '' 'in both directions'
ip link add sec1 type sectun
tap_is "$(cat /sys/class/net/sec1/mtu)" 1418 'a new device has the MTU that fits Ethernet whatever the tunnel'
ip link del sec1
unread=$(ip -n gw_a -6 address show dev sec0 scope link)
tap_is "$unread" '' 'it has no address that nobody asked for'

echo >$tracing/trace
echo 1 >$tracing/events/sectun/enable
sectun -n gw_a tunnel set t dev sec0 remote-ts 10.2.0.0/16
echo_in gw_a fd02:ffff::1 >fate
sa_in gw_b t 0x1011
sa_out gw_a t 0x1011
sectun -n gw_b sa del dev sec0 dir in spi 0x1001
echo 0 >$tracing/events/sectun/enable
grep -o 'sectun:\|drop: .*\|rekey: .*' $tracing/trace >lines
tap_is "$(cat lines)" "$(cat <<-END
	drop: dev=sec0 tunnel= dir=out spi=0x00000000 len=104 reason=no-tunnel
	rekey: dev=sec0 tunnel=t dir=in spi=0x00001011 installed
	rekey: dev=sec0 tunnel=t dir=out spi=0x00001011 installed
	rekey: dev=sec0 tunnel=t dir=out spi=0x00001001 removed
	rekey: dev=sec0 tunnel=t dir=in spi=0x00001001 removed
END
)" 'tracepoints tell of drops and SAs, by name'
tap_is "$(on gw_a ethtool -S sec0 | sed -n 's/ *tx_drop_no-tunnel: //p')" 1 'ethtool counts the drop'
tap_is "$(ip -n gw_a -s -j link show sec0 | jq '.[].stats64.tx.dropped')" 1 'and so does ip -s link'

# Many at a time.
ip -n gw_a link add sec1 type sectun
for ((i = 1; i <= 100; i++)); do
	printf 'tunnel add t%d dev sec1 local 192.0.2.1 remote 198.51.100.%d remote-ts 10.99.%d.0/24\n' $i $i $i
	printf 'sa add dev sec1 tunnel t%d dir in proto esp spi %d alg aes128gcm16 key-file %s\n' $i $((0x2000 + i)) "$key"
done >many
echo 'tunnel del nosuch dev sec1' >>many
tap_refused 'a batch does its lines up to the first that fails' 'many:201: tunnel del: .*nosuch' sectun -n gw_a batch many
tap_is "$(show gw_a '.[] | select(.dev == "sec1") | [(.tunnels | length), ([.tunnels[].sas[]] | length)] | join(" ")')" \
	'100 100' 'and they stay done'
rmmod sectun

# The tests inside the module.
dmesg -C
tap_ok 'the module passes its own tests when it is asked to' modprobe sectun selftest=1
dmesg | grep -E 'sectun.*(pass|ok|fail|suite|test)' >suites
while read -r line; do
	tap_unlike "$line" 'fail' "${line#*sectun: }"
done < <(sed 's/^\[[^]]*\] *//' suites)
tap_ok 'each of its suites says so' [ "$(grep -c . suites)" -ge 4 ]
rmmod sectun
tap_done
