#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""ICMP errors that quote ESP: one that quotes a packet which this end can have sent changes the path MTU; every
other one, and one that tells a size that no path has, does not. Topology: wire.py; the errors come from 192.0.2.66
and 2001:db8::66 on the way.
"""
import struct
import sys

import wire
from wire import GATEWAY, OTHER, PEER, SPI_OUT, inner, rises

from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6PacketTooBig, IPv6
from scapy.packet import Raw, raw

from tap import Tap, same

PATH = 1300
MIN_PMTU = 552  # net.ipv4.route.min_pmtu


def told(family, quote, mtu=PATH, code=None):
    """A router's word that a packet was too big; with CODE, that it has no way there."""
    if family == 4:
        return raw(IP(src=OTHER[4], dst=GATEWAY[4]) / ICMP(type=3, code=4 if code is None else code, nexthopmtu=mtu) /
                   Raw(quote))
    layer = ICMPv6PacketTooBig(mtu=mtu) if code is None else ICMPv6DestUnreach(code=code)
    return raw(IPv6(src=OTHER[6], dst=GATEWAY[6]) / layer / Raw(quote))


def quoted(family, spi=SPI_OUT, encap=False, source=None, destination=None, octets=64):
    """The beginning of an outer packet."""
    layer = {4: IP, 6: IPv6}[family]
    header = layer(src=source or GATEWAY[family], dst=destination or PEER[family])
    esp = struct.pack("!II", spi, 1) + bytes(octets)
    if encap:
        return raw(header / UDP(sport=4500, dport=4500, chksum=0) / Raw(esp))
    if family == 4:
        header.proto = 50
    else:
        header.nh = 50
    return raw(header / Raw(esp))


def path_mtu(gateway):
    """The size of the largest inner packet, as tunnel-get tells it."""
    return gateway.genl.do("tunnel-get", {"ifindex": gateway.ifindex, "name": "t"})[0]["path-mtu"]


def fits(family, encap, mtu):
    """The same, computed: what is left after headers, IV and ICV, down to a multiple of four, less the trailer."""
    return (mtu - {4: 20, 6: 40}[family] - 8 * encap - 8 - 8 - 16) // 4 * 4 - 2


def unmoved(gateway, family, encap, *, mtu=PATH, code=None, cut=None, **wrong):
    """A quote, or what is said of it, that is wrong in one thing."""
    before = path_mtu(gateway), gateway.counts()
    gateway.send(told(family, quoted(family, encap=encap, **wrong)[:cut], mtu, code))
    same(path_mtu(gateway), before[0], "path MTU")
    same(rises(before[1], gateway.counts()), {}, "counters")


def moved(gateway, family, encap, out_of):
    """The right quote; inner packets that were sent before are too big now, and their sender is told."""
    fits_now = fits(family, encap, PATH)
    gateway.drops_traced()
    same(path_mtu(gateway), fits(family, encap, 1500), "path MTU before")
    gateway.send(told(family, quoted(family, encap=encap)))
    same(path_mtu(gateway), fits_now, "path MTU")
    good = inner(octets=fits_now - 28, far_to_near=False, flags="DF")
    gateway.protect(inner(octets=fits_now - 27, far_to_near=False, flags="DF"), good)
    same(bytes(out_of.open(gateway.sent(1)[0]).data), good, "the packet that just fits, alone")
    same(gateway.drops_traced(), [("out", SPI_OUT, "too-big")], "drops traced")


def floor(gateway):
    """An IPv4 path narrower than the stack believes in: what it takes instead, and what is fragmented passes."""
    _, out_of = gateway.pair()
    for mtu in (0, 67, 68, 551):
        gateway.send(told(4, quoted(4), mtu))
        same(path_mtu(gateway), fits(4, False, MIN_PMTU), f"path MTU after {mtu}")
    packet = inner(octets=fits(4, False, MIN_PMTU) - 28, far_to_near=False, flags="DF")
    gateway.protect(packet)
    same(bytes(out_of.open(gateway.sent(1)[0]).data), packet, "the packet that just fits, in one piece")
    gateway.clear()
    gateway.plug()


def cases(tap, gateway, family, encap):
    """All of it for one kind of tunnel."""
    label = f"{'UDP over ' if encap else ''}IPv{family}"
    _, out_of = gateway.pair(family=family, encap=encap)
    stranger = {4: "192.0.2.77", 6: "2001:db8::77"}[family]
    # of what is in UDP the stack believes every error; there is no asking us
    wrongs = () if encap else (
        ("quotes an SPI that nobody has", {"spi": 0x7777}), ("quotes SPI 0", {"spi": 0}),
        ("quotes the SPI of the receive SA", {"spi": wire.SPI_IN}),
        ("quotes another destination", {"destination": stranger}),
        ("quotes a source that is not ours", {"source": stranger}))
    header = {4: 20, 6: 40}[family]
    wrongs += (("tells a larger path MTU", {"mtu": 9000}), ("tells the same path MTU", {"mtu": 1500}),
               ("tells that there is no route", {"code": 0}),
               ("tells that the port is closed", {"code": 3 if family == 4 else 4}),
               ("quotes no more than an IP header", {"cut": header}),
               ("quotes half an IP header", {"cut": header // 2}))
    if family == 6:
        wrongs += tuple((f"tells {mtu} octets, fewer than any IPv6 path has", {"mtu": mtu}) for mtu in (0, 68, 1279))
    for what, wrong in wrongs:
        tap.run(f"{label}: an error that {what} changes nothing",
                lambda wrong=wrong: unmoved(gateway, family, encap, **wrong))
    tap.run(f"{label}: an error that quotes our packet changes the path MTU", moved, gateway, family, encap, out_of)
    gateway.clear()
    gateway.plug()


def main():
    """Runs everything."""
    tap, gateway = Tap(), wire.Wire()
    for family, encap in ((4, False), (6, False), (4, True), (6, True)):
        cases(tap, gateway, family, encap)
    tap.run("IPv4: an error that tells less than 552 octets counts as 552", floor, gateway)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
