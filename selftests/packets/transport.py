#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Transport mode, octet for octet: which headers stand in front of ESP, what comes back on receive, checksums behind a
NAT, fragments, sizes, and what is refused. Topology: wire.py; the packets are the gateway's and the peer's own.
"""
import itertools
import socket
import struct
import sys

import wire
from wire import GATEWAY, OTHER, PEER, SPI_IN, SPI_OUT, rises

from scapy.layers.inet import GRE, IP, TCP, UDP, ICMP, IPOption, defragment, fragment
from scapy.layers.inet6 import (ICMPv6DestUnreach, ICMPv6EchoRequest, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop, PadN, RouterAlert, fragment6)
from scapy.packet import Raw, raw

from bench import addr, in_netns, sh, ts
from tap import Tap, same

TRANSPORT, ESP, NO_NEXT = 1, 50, 59
PATH, OVERHEAD = 1500, 8 + 8 + 16  # ESP header, IV, ICV
KINDS = {"IPv4": {}, "IPv6": {"family": 6}, "UDP over IPv4": {"encap": True}, "UDP over IPv6": {
    "family": 6, "encap": True}}


def ip(family, out=True, **fields):
    """The IP header of a packet between the two ends."""
    source, destination = (GATEWAY, PEER) if out else (PEER, GATEWAY)
    return {4: IP, 6: IPv6}[family](src=source[family], dst=destination[family], **fields)


def routing(next_header):
    """A routing header of no known type that has nowhere left to go."""
    return struct.pack("!BBBBI", next_header, 0, 253, 0, 0)


def data(octets, first=0):
    """Octets that are easily told from others."""
    return bytes((first + index) & 0xff for index in range(octets))


HOP = bytes(raw(IPv6ExtHdrHopByHop(nh=0, options=[RouterAlert(value=0), PadN(optdata=b"")])))[1:]
DEST = bytes(raw(IPv6ExtHdrDestOpt(nh=0, options=[PadN(optdata=bytes(4))])))[1:]
ROUTE = routing(0)[1:]
HEADERS = {"hop": (0, HOP), "dest": (60, DEST), "route": (43, ROUTE)}
# extension headers: those that stay in the clear | those that go into ESP (RFC 8200 section 4.1)
CHAINS = ("|", "hop|", "|dest", "route|", "hop route|", "dest route|", "hop dest route|dest", "hop|dest",
          "hop dest route dest route|dest", "route|dest dest")
# octets of IPv4 options
OPTIONS = (b"", b"\1\1\1\0", b"\x9e\7ABCDE\0", b"\x94\4\0\0", b"\1" * 40)


def chain(words, last, payload):
    """Extension headers, the upper layer behind them, and the first one's number; the last one names LAST."""
    octets, number = payload, last
    for word in reversed(words.split()):
        own, body = HEADERS[word]
        octets, number = bytes([number]) + body + octets, own
    return octets, number


class Layout:
    """A packet: what of it stays in the clear, what goes into ESP."""

    def __init__(self, family, clear, protocol_at, payload, next_header):
        self.family, self.clear, self.protocol_at = family, clear, protocol_at
        self.payload, self.next_header = payload, next_header

    @staticmethod
    def ip4(options, payload, next_header, out=True, **fields):
        """An IPv4 packet with options."""
        header = ip(4, out, proto=next_header, options=[IPOption(options)] if options else [], **fields)
        clear = raw(header / Raw(payload))[:20 + len(options)]
        return Layout(4, clear, 9, payload, next_header)

    @staticmethod
    def ip6(words, payload, next_header, out=True, **fields):
        """An IPv6 packet with extension headers on either side of ESP."""
        front, back = words.split("|")
        behind, number = chain(back, next_header, payload)
        before, first = chain(front, number, b"")
        header = raw(ip(6, out, nh=first, plen=len(before) + len(behind), **fields))
        last = 40 + len(before) - 8 if before else 6
        return Layout(6, header + before, last, behind, number)

    def packet(self):
        """The packet as it was before ESP and is after it."""
        return self.around(self.payload, self.next_header)

    def around(self, body, protocol):
        """The header with something else behind it."""
        clear = bytearray(self.clear)
        clear[self.protocol_at] = protocol
        if self.family == 4:
            clear[2:4] = struct.pack("!H", len(clear) + len(body))
            clear[10:12] = bytes(2)
            clear[10:12] = struct.pack("!H", checksum(clear))
        else:
            clear[4:6] = struct.pack("!H", len(clear) + len(body) - 40)
        return bytes(clear) + body


def checksum(octets):
    """Of the Internet."""
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


class Tunnel:
    """A tunnel in transport mode, and scapy as its peer."""

    def __init__(self, gateway, family=4, encap=False, **options):
        self.gateway, self.family, self.encap, self.seq = gateway, family, encap, 0
        self.to, self.out_of = gateway.pair(family=family, encap=encap, options={"mode": TRANSPORT, **options})

    def outer(self, layout, esp):
        """ESP behind a packet's own headers."""
        if not self.encap:
            return layout.around(esp, ESP)
        return layout.around(raw(UDP(sport=4500, dport=4500, len=8 + len(esp), chksum=0)) + esp, socket.IPPROTO_UDP)

    def seal(self, layout, next_header=None):
        """A packet as the peer sends it."""
        self.seq += 1
        number = layout.next_header if next_header is None else next_header
        return self.outer(layout, self.to.esp(layout.payload, self.seq, number))

    def receives(self, *layouts):
        """Each is delivered as it was before the peer protected it."""
        self.gateway.send(*map(self.seal, layouts))
        same([packet.hex() for packet in self.gateway.delivered(len(layouts))],
             [layout.packet().hex() for layout in layouts], "delivered")

    def sends(self, *layouts):
        """Each is on the wire with its own headers, ESP, and inside what was behind them."""
        self.gateway.protect(*[layout.packet() for layout in layouts])
        got = self.gateway.sent(len(layouts))
        same(len(got), len(layouts), "packets on the wire")
        for layout, packet in zip(layouts, got):
            esp = packet[len(layout.clear) + (8 if self.encap else 0):]
            if self.encap and self.family == 6:
                packet = without_udp_checksum(packet, len(layout.clear))
            same(packet.hex(), self.outer(layout, esp).hex(), "headers in the clear")
            self.opens(esp, layout)

    def opens(self, esp, layout):
        """What is inside of ESP."""
        plain = self.out_of.open(self.out_of.wrap(esp))
        same((bytes(plain.data).hex(), plain.nh), (layout.payload.hex(), layout.next_header), "inside")
        same((plain.padding, plain.padlen), (bytes(range(1, 1 + -(len(layout.payload) + 2) % 4)), len(plain.padding)),
             "padding")


def without_udp_checksum(packet, at):
    """A UDP checksum over IPv6 is there and right; without it the packet is as over IPv4."""
    given = struct.unpack_from("!H", packet, at + 6)[0]
    bare = packet[:at + 6] + bytes(2) + packet[at + 8:]
    udp = UDP(bare[at:])
    udp.chksum = None
    made = raw(ip(6) / udp)
    same(struct.unpack_from("!H", made, 46)[0], given, "UDP checksum")
    return bare


def everywhere(spi, **counters):
    """What the device, the tunnel and the SA count alike."""
    return {(where, name): value for where in ("device", "t", ("t", spi)) for name, value in counters.items()}


def counted(gateway, before, direction, spi, packets):
    """The counters rose by these packets."""
    same(rises(before, gateway.counts()), everywhere(spi, **{
        f"{direction}-packets": len(packets), f"{direction}-bytes": sum(len(one.packet()) for one in packets)}),
         "counters")


def layouts(family, out):
    """Packets of every form of header, with payloads for every padding."""
    sizes = itertools.cycle((0, 1, 2, 3, 4, 65, 1200))
    if family == 4:
        return [Layout.ip4(options, data(next(sizes)), number, out, ttl=7, tos=0xb9, id=0x1234 + number, flags=flags)
                for options in OPTIONS for number, flags in ((254, 0), (253, "DF"))]
    return [Layout.ip6(words, data(next(sizes)), number, out, hlim=7, tc=0xb9, fl=0x12345)
            for words in CHAINS for number in (253, 254)]


def headers(gateway, **kind):
    """Every form of header, both ways."""
    tunnel = Tunnel(gateway, **kind)
    before = gateway.counts()
    going = layouts(tunnel.family, True)
    tunnel.sends(*going)
    counted(gateway, before, "tx", SPI_OUT, going)
    before = gateway.counts()
    coming = layouts(tunnel.family, False)
    tunnel.receives(*coming)
    counted(gateway, before, "rx", SPI_IN, coming)
    gateway.quiet()
    return f"{len(going)} packets out, {len(coming)} in"


def carried(family, out):
    """What people run over it: UDP, TCP, ICMP, GRE, a packet in a packet."""
    inner = IP(src="10.1.0.1", dst="10.2.0.1") / UDP(sport=1, dport=2) / Raw(b"inner")
    icmp = ICMP() / Raw(b"ping") if family == 4 else ICMPv6EchoRequest(data=b"ping")
    for upper in (UDP(sport=1701, dport=1701) / Raw(b"L2TP"), TCP(flags="S"), icmp, GRE() / inner, inner,
                  IPv6(src="fd01::1", dst="fd02::1") / UDP()):
        packet = raw(ip(family, out) / upper)
        header = 20 if family == 4 else 40
        yield Layout(family, packet[:header], 9 if family == 4 else 6, packet[header:], packet[9 if family == 4 else 6])


def next_headers(gateway, **kind):
    """Whatever follows the IP header is carried: TCP, UDP, ICMP, GRE, IP in IP; 59 is a dummy, as in tunnel mode."""
    tunnel = Tunnel(gateway, **kind)
    tunnel.sends(*carried(tunnel.family, True))
    tunnel.receives(*carried(tunnel.family, False))
    before = gateway.counts()
    gateway.send(tunnel.seal(next(carried(tunnel.family, False)), NO_NEXT))
    last = next(carried(tunnel.family, False))
    tunnel.receives(last)
    same(rises(before, gateway.counts()), everywhere(SPI_IN, **{
        "rx-packets": 2, "rx-bytes": len(last.packet())}), "counters")
    gateway.quiet()


def dropped(tunnel, packet, reason):
    """A packet that is dropped with this reason, counted once, traced once, and answered by nobody."""
    gateway = tunnel.gateway
    before = gateway.counts()
    gateway.drops_traced()
    gateway.send(*(packet if isinstance(packet, list) else [packet]))
    good = next(carried(tunnel.family, False))
    tunnel.receives(good)
    same(rises(before, gateway.counts()), everywhere(SPI_IN, **{
        "rx-packets": 1, "rx-bytes": len(good.packet()), reason: 1}), "counters")
    same(gateway.drops_traced(), [("in", SPI_IN, reason)], "drops traced")
    gateway.quiet()


def error_about(family, out):
    """An ICMP error that quotes a packet between the ends."""
    quoted = raw(ip(family, not out) / UDP(sport=1, dport=2))
    packet = raw(ip(family, out) / (ICMP(type=3, code=1) if family == 4 else ICMPv6DestUnreach()) / Raw(quoted))
    header, at = (20, 9) if family == 4 else (40, 6)
    return Layout(family, packet[:header], at, packet[header:], packet[at])


def from_other(tunnel, layout):
    """A packet of the SA from somebody else."""
    at, octets = (12, addr(OTHER[4])) if tunnel.family == 4 else (8, addr(OTHER[6]))
    layout.clear = layout.clear[:at] + octets + layout.clear[at + len(octets):]
    return tunnel.seal(layout)


def hostile(gateway, **kind):
    """Another source, headers that belong in front of ESP, a changed packet, wrong padding: each with its reason."""
    tunnel = Tunnel(gateway, **kind)
    layout = next(carried(tunnel.family, False))
    tunnel.receives(error_about(tunnel.family, False))
    for forged in (next(carried(tunnel.family, False)), error_about(tunnel.family, False)):
        dropped(tunnel, from_other(tunnel, forged), "selector-mismatch")
    if tunnel.family == 6:
        for number in (0, 44):
            dropped(tunnel, tunnel.seal(layout, number), "bad-next-header")
    sealed = tunnel.seal(layout)
    dropped(tunnel, sealed[:-1] + bytes([sealed[-1] ^ 1]), "bad-icv")
    tunnel.seq += 1
    dropped(tunnel, tunnel.outer(layout, tunnel.to.esp(b"data", tunnel.seq, 17, padding=b"\0\0")), "bad-padding")
    dropped(tunnel, tunnel.outer(layout, b"\0\0\x10\2\0\0\0\xff" + bytes(27)), "truncated")
    # what ESP does not cover may change on the way, and comes out changed
    tunnel.seq += 1
    esp = tunnel.to.esp(layout.payload, tunnel.seq, layout.next_header)
    at = 8 if tunnel.family == 4 else 7
    layout.clear = layout.clear[:at] + b"\x21" + layout.clear[at + 1:]
    gateway.send(tunnel.outer(layout, esp))
    same(gateway.delivered(1), [layout.packet()], "with another TTL")


def narrowed(gateway, **kind):
    """Selectors with protocol and ports: what they name passes, the rest has no tunnel, or does not come in."""
    family = kind.get("family", 4)
    prefix = 32 if family == 4 else 128
    tunnel = Tunnel(gateway, **{
        "local-ts": [ts(f"{GATEWAY[family]}/{prefix}", protocol=17)],
        "remote-ts": [ts(f"{PEER[family]}/{prefix}", protocol=17, **{"port-first": 2222, "port-last": 2222})]}, **kind)
    out = raw(ip(family) / UDP(sport=1, dport=2222) / Raw(b"named"))
    before = gateway.counts().get(("device", "no-tunnel"), 0)
    gateway.protect(out, raw(ip(family) / UDP(sport=1, dport=2223)), raw(ip(family) / TCP()))
    same(len(gateway.sent(1)), 1, "packets that were sent")
    same(gateway.counts()[("device", "no-tunnel")] - before, 2, "packets without a tunnel")
    for upper in (UDP(sport=2223, dport=1), TCP(sport=2222)):
        packet = raw(ip(family, False) / upper)
        header, at = (20, 9) if family == 4 else (40, 6)
        before = gateway.counts()
        gateway.send(tunnel.seal(Layout(family, packet[:header], at, packet[header:], packet[at])))
        wait_for_drop(gateway, before)
        same(rises(before, gateway.counts()), everywhere(SPI_IN, **{"selector-mismatch": 1}), "counters")
    gateway.drops_traced()


def moves(gateway, family):
    """When an end moves the selectors go with it, and keep their protocol; tunnel mode takes everything again."""
    prefix = 32 if family == 4 else 128
    tunnel = Tunnel(gateway, family=family, **{"local-ts": [ts(f"{GATEWAY[family]}/{prefix}", protocol=17)]})

    def change(**attrs):
        gateway.genl.do("tunnel-set", {"ifindex": gateway.ifindex, "name": "t", **attrs})
        told = gateway.genl.dump("tunnel-get")[0]
        return told.get("local-ts"), told.get("remote-ts"), told["mode"]

    own = [ts(f"{GATEWAY[family]}/{prefix}", protocol=17)]
    same(change(remote=addr(OTHER[family])), (own, None, TRANSPORT), "selectors, mode")
    before = gateway.counts().get(("device", "no-tunnel"), 0)
    header = {4: IP, 6: IPv6}[family]
    gateway.protect(*[raw(header(src=GATEWAY[family], dst=end[family]) / UDP()) for end in (PEER, OTHER)])
    got = gateway.sent(1)
    same([tunnel.out_of.outer(packet).dst for packet in got], [OTHER[family]], "destinations")
    same(gateway.counts()[("device", "no-tunnel")] - before, 1, "packets without a tunnel")
    same(change(mode=0, **{"local-ts": [ts("0.0.0.0/0"), ts("::/0")]})[2], 0, "mode")
    gateway.drops_traced()


def wait_for_drop(gateway, before):
    """Until a packet has been dealt with that nobody will see."""
    for _ in range(1000):
        if gateway.counts() != before:
            return


def behind_nat(gateway, family):
    """UDP-encapsulated: a checksum over the peer's own address is made right (RFC 3948 section 3.1.2)."""
    tunnel = Tunnel(gateway, family=family, encap=True)
    private = {4: "10.9.9.9", 6: "fd09::9"}[family]
    uppers = [TCP(sport=80, flags="A") / Raw(data(size)) for size in (0, 1, 999)]
    uppers += [UDP(sport=53) / Raw(data(size)) for size in (0, 1, 999)]
    if family == 6:
        uppers += [ICMPv6EchoRequest(data=data(33))]
    header, at = (20, 9) if family == 4 else (40, 6)
    for upper in uppers:
        outside = raw(ip(family, False) / upper)
        inside = raw({4: IP, 6: IPv6}[family](src=private, dst=GATEWAY[family]) / upper)
        assert inside[header:] != outside[header:]
        gateway.send(tunnel.seal(Layout(family, outside[:header], at, inside[header:], outside[at])))
        same([packet.hex() for packet in gateway.delivered(1)], [outside.hex()], "delivered")
    # none stays none over IPv4, and what is not whole stays as it is
    for upper in (UDP(sport=53, chksum=0) / Raw(b"none"), UDP(sport=53, len=999, chksum=0x1234) / Raw(b"long"),
                  UDP(sport=53, len=7, chksum=0x1234)):
        packet = raw(ip(family, False) / upper)
        tunnel.receives(Layout(family, packet[:header], at, packet[header:], packet[at]))
    gateway.quiet()
    return f"{len(uppers) + 3} packets"


def checksums_kept(gateway, family):
    """Without UDP nothing is changed: a wrong checksum stays wrong."""
    tunnel = Tunnel(gateway, family=family)
    header, at = (20, 9) if family == 4 else (40, 6)
    packet = raw(ip(family, False) / TCP(chksum=0x1234))
    tunnel.receives(Layout(family, packet[:header], at, packet[header:], packet[at]))


def split(packet, size):
    """Fragments of a packet."""
    if packet[0] >> 4 == 4:
        return [raw(piece) for piece in fragment(IP(packet), size)]
    header = IPv6(packet)
    return [raw(piece) for piece in fragment6(IPv6(src=header.src, dst=header.dst, nh=44) / IPv6ExtHdrFragment(
        id=7, nh=header.nh) / Raw(packet[40:]), size + 48)]


def joined(packets, family):
    """Fragments of the wire put together; the fragment header of IPv6 gone."""
    if len(packets) == 1:
        return packets[0]
    if family == 4:
        return raw(defragment([IP(packet) for packet in packets])[0])
    pieces = sorted((struct.unpack_from("!H", packet, 42)[0] >> 3, packet[48:]) for packet in packets)
    body = b"".join(octets for _, octets in pieces)
    return raw(IPv6(packets[0][:40][:6] + bytes([packets[0][40]]) + packets[0][7:40])) + body


def fragments_out(gateway, **kind):
    """Fragments that are routed into the device are made whole first, in any order; ESP is fragmented if it must be."""
    tunnel = Tunnel(gateway, **kind)
    family = tunnel.family
    for octets, reverse in itertools.product((100, 1300, 3000, 20000), (False, True)):
        layout = (Layout.ip4(b"", data(octets), 253, id=octets) if family == 4 else
                  Layout.ip6("|", data(octets), 253))
        pieces = split(layout.packet(), 1200 if octets > 1200 else 48)
        assert len(pieces) > 1
        before = gateway.counts()
        gateway.protect(*(reversed(pieces) if reverse else pieces))
        whole = octets + len(layout.clear) + OVERHEAD + (8 if tunnel.encap else 0)
        room = (PATH - 20) // 8 * 8 if family == 4 else (PATH - 48) // 8 * 8
        body = whole - len(layout.clear) + (-(octets + 2) % 4) + 2
        count = 1 if body + len(layout.clear) <= PATH else -(-body // room)
        got = gateway.sent(count)
        same(len(got), count, "packets on the wire")
        packet = joined(got, family)
        tunnel.opens(packet[len(layout.clear) + (8 if tunnel.encap else 0):], layout)
        counted(gateway, before, "tx", SPI_OUT, [layout])
    gateway.quiet()


def fragments_bad(gateway, family):
    """Fragments that overlap are dropped and counted."""
    gateway.drops_traced()
    tunnel = Tunnel(gateway, family=family)
    layout = (Layout.ip4(b"", data(400), 253, id=99) if family == 4 else Layout.ip6("|", data(400), 253))
    pieces = split(layout.packet(), 200)
    at = 6 if family == 4 else 42
    field = struct.unpack_from("!H", pieces[1], at)[0]
    overlapping = bytearray(pieces[1])
    struct.pack_into("!H", overlapping, at, field - (8 if family == 6 else 1))
    before = gateway.counts()
    gateway.protect(pieces[0], bytes(overlapping))
    wait_for_drop(gateway, before)
    same(rises(before, gateway.counts()), {("device", "fragment"): 1}, "counters")
    same(gateway.drops_traced(), [("out", 0, "fragment")], "drops traced")
    tunnel.sends(next(carried(family, True)))
    gateway.quiet()


def fragments_in(gateway, **kind):
    """ESP in fragments: what is delivered is whole."""
    tunnel = Tunnel(gateway, **kind)
    family = tunnel.family
    for octets in (1400, 9000, 60000):
        layout = (Layout.ip4(b"", data(octets), 253, False, id=octets) if family == 4 else
                  Layout.ip6("|", data(octets), 253, False))
        gateway.send(*split(tunnel.seal(layout), 1400))
        got = gateway.delivered(1)
        same([packet.hex()[-64:] for packet in got], [layout.packet().hex()[-64:]], "delivered")
        same(got, [layout.packet()], "delivered")
    gateway.quiet()


def sizes(gateway, **kind):
    """What fits the path is known to the octet for every length of header, and longer packets are told so."""
    tunnel = Tunnel(gateway, **kind)
    family, told = tunnel.family, []
    sh(f"ip -n gw route add {PEER[family]} dev sec0")
    with in_netns("gw"):
        sender = socket.socket(*((socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) if family == 4 else
                                 (socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)))
        errors = (socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) if family == 4 else
                  socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6))
    errors.settimeout(5)
    forms = OPTIONS if family == 4 else ("|", "hop|", "|dest", "hop dest route|dest")
    for form in forms:
        def layout(octets, form=form):
            return (Layout.ip4(form, data(octets), 253, flags="DF") if family == 4 else
                    Layout.ip6(form, data(octets), 253))
        empty = layout(0)
        front = len(empty.clear)
        limit = front + (PATH - front - (8 if tunnel.encap else 0) - OVERHEAD) // 4 * 4 - 2
        fits = limit - len(empty.packet())
        tunnel.sends(layout(fits))
        before = gateway.counts()
        sender.sendto(layout(fits + 1).packet(), (PEER[family], 0))
        while True:
            message = errors.recv(2000)
            message = message[(message[0] & 15) * 4:] if family == 4 else message
            if message[0] == (3 if family == 4 else 2):
                break
        told.append((struct.unpack_from("!H", message, 6)[0], limit))
        same(rises(before, gateway.counts()), everywhere(SPI_OUT, **{"too-big": 1}), "counters")
        sh("ip -n gw route flush cache; ip -n gw -6 route flush cache")
    sh(f"ip -n gw route del {PEER[family]} dev sec0")
    same([mtu for mtu, _ in told], [limit for _, limit in told], "told")
    gateway.drops_traced()
    return f"{[mtu for mtu, _ in told]}"


def df(gateway):
    """The packet's own DF, or as the tunnel says; without DF, an ID that was none is replaced."""
    for policy, flags, want in ((0, "DF", "DF"), (0, 0, 0), (1, 0, "DF"), (2, "DF", 0)):
        Tunnel(gateway, df=policy)
        layout = Layout.ip4(b"", data(10), 253, id=0 if flags else 77, flags=flags)
        gateway.protect(layout.packet())
        header = IP(gateway.sent(1)[0])
        same(header.flags, IP(flags=want).flags, f"df {policy}, {flags}")
        replaced = flags and not want
        same(header.id != 0 if replaced else header.id, True if replaced else layout_id(layout), "ID")
        gateway.clear()


def layout_id(layout):
    """The identification of a packet."""
    return struct.unpack_from("!H", layout.clear, 4)[0]


def malformed(gateway):
    """Extension headers that end nowhere are dropped as inner-malformed."""
    Tunnel(gateway, family=6)
    for body in (b"\x11\x05" + bytes(6), b"\x2b\0" + bytes(6), b"\x11"):
        before = gateway.counts()
        gateway.protect(raw(ip(6, nh=0 if len(body) > 1 else 60, plen=len(body))) + body)
        wait_for_drop(gateway, before)
        same(rises(before, gateway.counts()), everywhere(SPI_OUT, **{"inner-malformed": 1}), "counters")
    gateway.drops_traced()
    gateway.quiet()


def main():
    """Everything, over every kind of outer packet."""
    tap, gateway = Tap(), wire.Wire()
    # what is delivered is for the gateway itself, which would answer
    sh("""ip -n gw link set sec0 mtu 65535
        ip netns exec gw nft add table inet t
        ip netns exec gw nft "add chain inet t c { type filter hook prerouting priority -300; }"
        ip netns exec gw nft add rule inet t c iif sec0 drop""")

    def run(what, test, **kind):
        tap.run(what, lambda: test(gateway, **kind))
        gateway.clear()

    for label, kind in KINDS.items():
        for test in (headers, next_headers, hostile, narrowed, fragments_out, fragments_in, sizes):
            run(f"{label}: {test.__doc__.rstrip('.')}", test, **kind)
    for family in (4, 6):
        for test in (behind_nat, checksums_kept, fragments_bad, moves):
            run(f"IPv{family}: {test.__doc__.rstrip('.')}", test, family=family)
    run(df.__doc__.rstrip("."), df)
    run(malformed.__doc__.rstrip("."), malformed)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
