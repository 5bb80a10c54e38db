#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Hostile packets, by tables. Topology: wire.py.

Each is dropped with its own reason, counted exactly once at the SA, the tunnel and the device, traced once;
nothing is delivered and nothing answered. After each a good packet passes: it is the sign that the hostile one is
done with, and the SA has survived it. What is not ours is not counted at all.
"""
import struct
import sys

import wire
from wire import FAR, GATEWAY, NEAR, OTHER, PEER, SPI_IN, inner, rises

from scapy.layers.inet import ICMP, IP, TCP, UDP, fragment
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting,
                                 fragment6)
from scapy.packet import Raw, raw

from bench import IN, in_netns, sh, ts
from tap import Tap, same

HEADER, IV, ICV, BLOCK = 8, 8, 16, 4
LAP = 1 << 32  # sequence numbers that the 32 bits in a packet tell apart
SHORTEST = HEADER + IV + BLOCK + ICV
INNER_LEN, INNER_CHECKSUM, INNER6_LEN = 2, 10, 4  # offsets in an inner header


def flip(packet, offset, bit=1):
    """A packet with one bit changed; a negative offset counts from the end."""
    octets = bytearray(packet)
    octets[offset] ^= bit
    return bytes(octets)


def patched(packet, offset, octets, checksum=True):
    """An inner IPv4 packet with octets replaced; its header checksum is made good again."""
    packet = bytearray(packet)
    packet[offset:offset + len(octets)] = octets
    if checksum and packet[0] >> 4 == 4:
        packet[INNER_CHECKSUM:INNER_CHECKSUM + 2] = b"\0\0"
        header = bytes(packet[:4 * (packet[0] & 0xf)])
        total = sum(struct.unpack(f"!{len(header) // 2}H", header))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        packet[INNER_CHECKSUM:INNER_CHECKSUM + 2] = struct.pack("!H", total ^ 0xffff)
    return bytes(packet)


def esp_of(codec, packet):
    """The ESP packet without its outer headers."""
    return packet[len(packet) - len(raw(codec.outer(packet)[wire.ESP])):]


def forged(offset):
    """A good packet with one bit flipped: in the header, the IV, the ciphertext or the ICV."""
    return lambda codec, seq: codec.wrap(flip(esp_of(codec, codec.seal(inner(), seq)), offset))


def cut(length):
    """The first octets of a good ESP packet."""
    return lambda codec, seq: codec.wrap(esp_of(codec, codec.seal(inner(), seq))[:length])


def payload(data, next_header=4, **padding):
    """A packet whose ICV is good and whose plaintext is not."""
    return lambda codec, seq: codec.wrap(codec.esp(data, seq, next_header, **padding))


def misaligned(by):
    """A ciphertext that is no multiple of the block."""
    def build(codec, seq):
        esp = esp_of(codec, codec.seal(inner(), seq))
        return codec.wrap(esp[:-ICV] + b"\xa5" * by + esp[-ICV:])
    return build


def fragments(octets, tamper=False):
    """A large packet in fragments: what comes out of reassembly is in many pieces."""
    def build(codec, seq):
        packet = codec.seal(inner(octets=octets), seq)
        if tamper:
            packet = flip(packet, len(packet) // 2)
        return split(packet)
    return build


def split(packet, mtu=1500, identity=7):
    """IP fragments of an outer packet."""
    if packet[0] >> 4 == 4:
        return [raw(piece) for piece in fragment(IP(packet), mtu - 20)]
    header = IPv6(packet)
    with_fragment_header = IPv6(src=header.src, dst=header.dst) / IPv6ExtHdrFragment(
        id=identity, nh=header.nh) / Raw(
        raw(header.payload))
    return [raw(piece) for piece in fragment6(with_fragment_header, mtu)]


def resent(codec, seq):
    """What the SA has already received: the good packet before."""
    return codec.seal(inner(), seq - 1)


def alone(which, unlike=0):
    """One fragment of two, with an identity of its own; UNLIKE: it lies over the other, and is different."""
    def build(codec, seq):
        packet = codec.seal(inner(octets=1500), seq)
        packet = packet[:4] + struct.pack("!H", seq) + packet[6:] if codec.family == 4 else packet
        pieces = split(packet, 1500, seq)
        if not unlike:
            return [pieces[which]]
        return [pieces[0], offset_changed(codec.family, pieces[1], -unlike)]
    return build


def offset_changed(family, piece, by):
    """A fragment that says it begins BY units of eight octets later."""
    if family == 4:
        header = IP(piece)
        header.frag += by
        del header.chksum
        return raw(header)
    header = IPv6(piece)
    header[IPv6ExtHdrFragment].offset += by
    return raw(header)


def error(family, quote, to=None, kind=None, **fields):
    """An ICMP error from an address outside the selectors."""
    if family == 4:
        return raw(IP(src="10.99.0.1", dst=to or NEAR[4], **fields) / ICMP(type=3 if kind is None else kind, code=4) /
                   Raw(quote))
    body = struct.pack("!BBHI", 2 if kind is None else kind, 0, 0, 1280) + quote
    return raw(IPv6(src="fd99::1", dst=to or NEAR[6], nh=58) / Raw(body))


V4, V6 = inner(4), inner(6)
FOREIGN = raw(IP(src="10.99.0.1", dst=NEAR[4]) / UDP() / Raw(b"x"))
TABLE = [  # what, reason, how it is built: octets or a list of them
    ("sequence number changed", "bad-icv", forged(7)),
    ("first octet of the IV changed", "bad-icv", forged(8)),
    ("last octet of the IV changed", "bad-icv", forged(15)),
    ("first octet of the ciphertext changed", "bad-icv", forged(16)),
    ("last octet of the ciphertext changed", "bad-icv", forged(-17)),
    ("first octet of the ICV changed", "bad-icv", forged(-16)),
    ("last octet of the ICV changed", "bad-icv", forged(-1)),
    ("ICV of zeroes", "bad-icv", lambda codec, seq: codec.seal(V4, seq)[:-ICV] + bytes(ICV)),
    ("ciphertext four octets longer than was sealed", "bad-icv", misaligned(4)),
    ("sequence number received before", "replay", resent),
    ("sequence number left of the window", "replay-old", lambda codec, seq: codec.seal(V4, seq - 65)),
    ("sequence number 0", "replay-zero", lambda codec, _: codec.wrap(codec.esp(V4, 0))),
    *((f"ciphertext {by} octets off its block", "misaligned", misaligned(by)) for by in (1, 2, 3)),
    ("pad length one too large for the packet", "bad-padding", payload(b"", 59, padding=b"\1\2", pad_len=3)),
    ("pad length 255 in a short packet", "bad-padding", payload(V4, padding=b"\1\2", pad_len=255)),
    ("padding of zeroes", "bad-padding", payload(V4[:-2], padding=bytes(4), pad_len=4)),
    ("padding that begins with 0", "bad-padding", payload(inner(octets=3), padding=b"\0\1\2")),
    ("padding with its last octet wrong", "bad-padding", payload(inner(octets=3), padding=b"\1\2\4")),
    ("padding backwards", "bad-padding", payload(inner(octets=3), padding=b"\3\2\1")),
    *((f"next header {number}", "bad-next-header", payload(V4, number)) for number in (0, 6, 17, 50, 51, 58, 255)),
    ("inner source outside the selectors", "selector-mismatch", payload(FOREIGN)),
    ("inner destination outside the selectors", "selector-mismatch",
     payload(raw(IP(src=FAR[4], dst="10.99.0.1") / UDP() / Raw(b"x")))),
    ("inner IPv6 source outside the selectors", "selector-mismatch",
     payload(raw(IPv6(src="fd99::1", dst=NEAR[6]) / UDP() / Raw(b"x")), 41)),
    ("inner IPv6 destination outside the selectors", "selector-mismatch",
     payload(raw(IPv6(src=FAR[6], dst="fd99::1") / UDP() / Raw(b"x")), 41)),
    ("inner source and destination exchanged", "selector-mismatch", payload(inner(far_to_near=False))),
    ("inner destination multicast", "selector-mismatch", payload(raw(IP(src=FAR[4], dst="224.0.0.1") / UDP()))),
    *((f"an ICMP error from outside the selectors {what}", "selector-mismatch", payload(packet, next_header))
      for what, packet, next_header in (
          ("about a packet from elsewhere", error(4, inner(far_to_near=False), to="10.1.0.77"), 4),
          ("about a packet to elsewhere", error(4, raw(IP(src=NEAR[4], dst="10.99.0.1") / UDP())), 4),
          ("to elsewhere", error(4, raw(IP(src="10.99.0.2", dst=FAR[4]) / UDP()), to="10.99.0.2"), 4),
          ("that quotes half a header", error(4, inner(far_to_near=False)[:10]), 4),
          ("that quotes nothing", error(4, b""), 4),
          ("that quotes the other family", error(4, inner(6, far_to_near=False)), 4),
          ("in a fragment", error(4, inner(far_to_near=False), flags="MF"), 4),
          ("that is an echo request", error(4, inner(far_to_near=False), kind=8), 4),
          ("over IPv6, about a packet to elsewhere", error(6, raw(IPv6(src=NEAR[6], dst="fd99::1") / UDP())), 41),
          ("over IPv6, that is an echo request", error(6, inner(6, far_to_near=False), kind=128), 41))),
    ("inner packet of the gateway's own address", "selector-mismatch",
     payload(raw(IP(src=NEAR[4], dst=NEAR[4]) / UDP() / Raw(b"x")))),
    ("inner version 5", "bad-inner-header", payload(flip(V4, 0, 0x10))),
    ("inner version 0", "bad-inner-header", payload(b"\5" + V4[1:])),
    ("inner IHL 4", "bad-inner-header", payload(b"\x44" + V4[1:])),
    ("inner IHL 0", "bad-inner-header", payload(b"\x40" + V4[1:])),
    ("inner IHL beyond the packet", "bad-inner-header", payload(patched(V4[:24], 0, b"\x4f"))),
    ("inner total length one beyond the payload", "bad-inner-header",
     payload(patched(V4, INNER_LEN, struct.pack("!H", len(V4) + 1)))),
    ("inner total length 65535", "bad-inner-header", payload(patched(V4, INNER_LEN, b"\xff\xff"))),
    ("inner total length shorter than the header", "bad-inner-header", payload(patched(V4, INNER_LEN, b"\0\x13"))),
    ("inner total length 0", "bad-inner-header", payload(patched(V4, INNER_LEN, b"\0\0"))),
    ("inner header checksum wrong", "bad-inner-header", payload(flip(V4, INNER_CHECKSUM))),
    ("inner IPv4 header cut after 19 octets", "bad-inner-header", payload(V4[:19])),
    ("inner IPv6 payload length one beyond the payload", "bad-inner-header",
     payload(patched(V6, INNER6_LEN, struct.pack("!H", len(V6) - 39)), 41)),
    ("inner IPv6 header cut after 39 octets", "bad-inner-header", payload(V6[:39], 41)),
    ("inner IPv6 jumbogram", "bad-inner-header", payload(patched(V6[:6] + b"\0" + V6[7:], INNER6_LEN, b"\0\0"), 41)),
    ("inner IPv6 behind next header 4", "bad-inner-header", payload(V6, 4)),
    ("inner IPv4 behind next header 41", "bad-inner-header", payload(V4, 41)),
    ("nothing inside", "bad-inner-header", payload(b"")),
    ("one octet inside", "bad-inner-header", payload(b"\x45")),
    ("inner total length beyond the payload and its TFC padding", "bad-inner-header",
     payload(patched(V4, INNER_LEN, struct.pack("!H", len(V4) + 21)) + bytes(20))),
    ("inner IPv6 payload length 65535, with TFC padding", "bad-inner-header",
     payload(patched(V6, INNER6_LEN, b"\xff\xff") + bytes(20), 41)),
    ("TFC padding alone", "bad-inner-header", payload(bytes(200))),
    ("64 KiB of zeroes inside", "bad-inner-header", lambda codec, seq: split(codec.wrap(codec.esp(bytes(65000), seq)))),
    ("outer CE, inner Not-ECT", "ecn-invalid", lambda codec, seq: marked(codec, seq, 3, 0)),
    ("outer CE, inner Not-ECT, IPv6", "ecn-invalid", lambda codec, seq: marked(codec, seq, 3, 0, 6)),
    ("forged in the middle, in 44 fragments", "bad-icv", fragments(64000, tamper=True)),
    ("forged, in 2 fragments", "bad-icv", fragments(1500, tamper=True)),
    ("the first fragment of two", None, alone(0)),
    ("the second fragment of two", None, alone(1)),
    ("fragments that overlap", None, alone(0, unlike=4)),
]
ESN_TABLE = [  # beyond the table; LAP makes a high half that is not the window's
    ("ICV made with a high half one too high", "bad-icv", lambda codec, seq: codec.seal(V4, seq + LAP)),
    ("ICV made with the highest high half", "bad-icv", lambda codec, seq: codec.seal(V4, seq + LAP * (LAP - 1))),
    ("left of the window by one lap less one", "replay-esn", lambda codec, seq: codec.seal(V4, 1)),
    ("forged, and left of the window", "replay-esn", lambda codec, seq: flip(codec.seal(V4, seq - 100), -1)),
]


def udp4(payload_octets=8, **fields):
    """An inner UDP packet that the selectors of PORTS let through but for FIELDS."""
    return raw(IP(src=FAR[4], dst=NEAR[4], **fields) / UDP(sport=1111, dport=2222) / Raw(bytes(payload_octets)))


def chain6(*headers, last=UDP(sport=1111, dport=2222) / Raw(bytes(8)), cut=None):
    """An inner IPv6 packet with these extension headers, cut to CUT octets in all; its length says so."""
    packet = IPv6(src=FAR[6], dst=NEAR[6])
    for header in headers:
        packet = packet / header
    octets = raw(packet / last)[:cut]
    return octets[:4] + struct.pack("!H", len(octets) - 40) + octets[6:]


def lying(octets, at, value):
    """The same packet with another octet at a place."""
    return octets[:at] + bytes([value]) + octets[at + 1:]


OPTIONS = IPv6ExtHdrDestOpt()
# Selectors that name a protocol and ports: what hides them does not pass.
PORTS = [(what, "selector-mismatch", payload(packet, 4 if packet[0] >> 4 == 4 else 41)) for what, packet in (
    ("source port outside", raw(IP(src=FAR[4], dst=NEAR[4]) / UDP(sport=1110, dport=2222))),
    ("destination port outside", raw(IP(src=FAR[4], dst=NEAR[4]) / UDP(sport=1111, dport=2223))),
    ("ports exchanged", raw(IP(src=FAR[4], dst=NEAR[4]) / UDP(sport=2222, dport=1111))),
    ("ports of TCP", raw(IP(src=FAR[4], dst=NEAR[4]) / TCP(sport=1111, dport=2222))),
    ("an ICMP error about other ports", error(4, inner(far_to_near=False))),
    ("an ICMP error about ports that it does not tell", error(4, inner(far_to_near=False)[:20])),
    ("ICMP", raw(IP(src=FAR[4], dst=NEAR[4]) / ICMP())),
    ("protocol 255", raw(IP(src=FAR[4], dst=NEAR[4], proto=255) / Raw(bytes(8)))),
    ("a UDP header cut after 3 octets", raw(IP(src=FAR[4], dst=NEAR[4], proto=17) / Raw(b"\4\x57\x08"))),
    ("no UDP header", raw(IP(src=FAR[4], dst=NEAR[4], proto=17))),
    ("a later fragment", udp4(frag=1)),
    ("a later fragment that looks like a header", udp4(frag=185, flags="MF")),
    ("the last fragment offset there is", udp4(frag=8191)),
    ("ports in the options of IPv4", patched(raw(IP(src=FAR[4], dst=NEAR[4], proto=17) / Raw(b"\4\x57\x08\xae")), 0,
                                             b"\x46")),
    ("IPv6: source port outside", chain6(last=UDP(sport=1, dport=2222))),
    ("IPv6: ports behind a later fragment", chain6(IPv6ExtHdrFragment(offset=1, nh=17))),
    ("IPv6: a fragment header cut", chain6(IPv6ExtHdrFragment(nh=17), cut=43)),
    ("IPv6: no next header", lying(chain6(), 6, 59)),
    ("IPv6: options longer than the packet", lying(chain6(OPTIONS), 41, 255)),
    ("IPv6: options that end with the packet", lying(chain6(OPTIONS), 41, 2)),
    ("IPv6: options cut after one octet", chain6(OPTIONS, cut=41)),
    ("IPv6: a routing header cut", chain6(IPv6ExtHdrRouting(addresses=["fd01::9"]), cut=60)),
    ("IPv6: a chain of 17 headers", chain6(*[OPTIONS] * 17)),
    ("IPv6: hop-by-hop options that lead into themselves", lying(chain6(IPv6ExtHdrHopByHop(), last=Raw()), 40, 0)),
    ("IPv6: ESP inside", lying(chain6(), 6, 50)),
    ("IPv6: AH in front of UDP", lying(chain6(), 6, 51)),
    ("IPv6: mobility in front of UDP", lying(chain6(), 6, 135)),
)]


def marked(codec, seq, outer_ecn, inner_ecn, family=4):
    """ECN in both headers."""
    fields = {4: "tos", 6: "tc"}
    packet = inner(family, **{fields[family]: inner_ecn})
    return codec.wrap(codec.esp(packet, seq, {4: 4, 6: 41}[family]), **{fields[codec.family]: outer_ecn})


class Target:
    """A tunnel with selectors, over one kind of outer packet, and good packets to follow the bad."""

    def __init__(self, gateway, local=None, remote=None, **kind):
        self.gateway = gateway
        self.codec, _ = gateway.pair(options={
            "local-ts": [ts("10.1.0.0/16", **(local or {})), ts("fd01::/64", **(local or {}))],
            "remote-ts": [ts("10.2.0.0/16", **(remote or {})), ts("fd02::/64", **(remote or {}))]}, replay=64, **kind)
        self.seq = 1000
        self.good()

    def good(self):
        """A packet that passes; whatever was sent before it has been dealt with then."""
        self.seq += 1
        packet = inner(fill=b"good %d" % self.seq)
        self.gateway.send(self.codec.seal(packet, self.seq))
        got = self.gateway.delivered(1)
        while got and got[-1] != packet:
            got += self.gateway.delivered(1)
        same(got, [packet], "delivered")
        return packet

    def attack(self, build, reason):
        """One row of the table; no reason where the packet is none of ours."""
        before = self.gateway.counts()
        self.gateway.drops_traced()
        self.seq += 1
        packets = build(self.codec, self.seq)
        self.gateway.send(*(packets if isinstance(packets, list) else [packets]))
        packet = self.good()
        want = {(where, what): value for where in ("device", "t", ("t", SPI_IN)) for what, value in (
            ("rx-packets", 1), ("rx-bytes", len(packet)), *([(reason, 1)] if reason else []))}
        same(rises(before, self.gateway.counts()), want, "counters")
        same(self.gateway.drops_traced(), [("in", SPI_IN, reason)] if reason else [], "drops traced")
        self.gateway.quiet()


def each_length(target, lengths, reason):
    """Truncated at each of these lengths."""
    for length in lengths:
        target.attack(cut(length), reason)
    return f"{len(lengths)} packets"


def passed_on(target, builds):
    """Packets of somebody else: in-tree IPsec gets them, and we count nothing."""
    before = in_tree_errors()
    for build in builds:
        target.attack(build, None)
    same(in_tree_errors() - before, len(builds), "packets that in-tree IPsec counted")
    return f"{len(builds)} packets"


def in_tree_errors():
    """What in-tree IPsec counted of packets that found no state."""
    with in_netns("gw"):
        text = sh("cat /proc/net/xfrm_stat")
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(("XfrmInNoStates", "XfrmInHdr")))


def strangers(codec, spi):
    """A good packet with another SPI."""
    def build(_, seq):
        return wire.Codec(spi, codec.alg, codec.esn, codec.family, codec.encap).seal(V4, seq)
    return build


def whole(target, octets, **kind):
    """A good packet of this size, in fragments, is delivered octet for octet."""
    target.seq += 1
    packet = inner(octets=octets, **kind)
    target.gateway.send(*split(target.codec.seal(packet, target.seq)))
    same(target.gateway.delivered(1), [packet], "delivered")


def errors_pass(target):
    """ICMP errors from outside the selectors about packets from inside them are delivered as they are"""
    for family in (4, 6):
        layer = {4: IP, 6: IPv6}[family]
        whole_packet = raw(layer(src=NEAR[family], dst=FAR[family]) / UDP(sport=2222, dport=1111) / Raw(bytes(99)))
        for quote in (whole_packet, whole_packet[:28 if family == 4 else 48]):
            target.seq += 1
            packet = error(family, quote)
            target.gateway.send(target.codec.wrap(target.codec.esp(packet, target.seq, 4 if family == 4 else 41)))
            same(target.gateway.delivered(1), [packet], "delivered")


def ecn_pairs(target):
    """RFC 6040 figure 4: which inner field comes out for the others."""
    for outer_ecn, inner_ecn, result in ((0, 0, 0), (0, 1, 1), (0, 2, 2), (0, 3, 3), (1, 0, 0), (1, 1, 1), (1, 2, 1),
                                         (1, 3, 3), (2, 0, 0), (2, 1, 1), (2, 2, 2), (2, 3, 3), (3, 1, 3), (3, 2, 3),
                                         (3, 3, 3)):
        target.seq += 1
        target.gateway.send(marked(target.codec, target.seq, outer_ecn, inner_ecn))
        same(target.gateway.delivered(1), [inner(tos=result)], f"outer {outer_ecn}, inner {inner_ecn}")


def device_down(target):
    """A device that is down drops and counts, and receives again when it is up."""
    gateway = target.gateway
    sh("ip -n gw link set sec0 down")
    before = gateway.counts()
    target.seq += 1
    gateway.send(target.codec.seal(V4, target.seq))
    same(rises(before, gateway.counts()), {(where, "device-down"): 1 for where in ("device", "t", ("t", SPI_IN))})
    same(gateway.drops_traced(), [("in", SPI_IN, "device-down")])
    sh("ip -n gw link set sec0 up")
    gateway.reopen()
    target.good()


def udp_garbage(target):
    """On the UDP port: too short, keepalives, IKE, unknown SPIs: swallowed, not counted, not answered."""
    header = target.codec.outer(src=PEER[target.codec.family], dst=GATEWAY[target.codec.family])
    before = target.gateway.counts()
    rubbish = [b"", b"\xff", b"\xff" * 7, b"\0" * 4, b"\0" * 8, b"\0" * 4 + b"IKE_SA_INIT" * 10, b"abc",
               struct.pack("!II", SPI_IN, 5)[:7], struct.pack("!II", 0x9999, 5) + bytes(100), bytes(1400), b"\xff" * 900]
    for octets in rubbish:
        target.gateway.send(raw(header / UDP(sport=4500, dport=4500, chksum=0) / Raw(octets)))
    packet = target.good()
    same(rises(before, target.gateway.counts()), {
        (where, what): value for where in ("device", "t", ("t", SPI_IN)) for what, value in (
            ("rx-packets", 1), ("rx-bytes", len(packet)))}, "counters")
    target.gateway.quiet()
    return f"{len(rubbish)} packets"


def rtnl_counts(gateway):
    """What `ip -s link` says of the device is the sum of all drops."""
    drops = sum(value for (where, name), value in gateway.counts().items()
                if where == "device" and not name.startswith(("rx-", "tx-")))
    same(int(sh("ip netns exec gw cat /sys/class/net/sec0/statistics/rx_dropped")), drops, "rx_dropped")
    return f"{drops} drops"


CBC_IV = CBC_BLOCK = 16
CBC_TABLE = [
    *((f"{what} changed", "bad-icv", forged(place)) for what, place in (
        ("first octet of the IV", 8), ("last octet of the IV", 23), ("first octet of the ciphertext", 24),
        ("last octet of the ciphertext", -17), ("first octet of the ICV", -16), ("last octet of the ICV", -1))),
    *((f"ciphertext {by} octets off its block", "misaligned", misaligned(by)) for by in range(1, CBC_BLOCK)),
    ("ciphertext a block longer than was sealed", "bad-icv", misaligned(CBC_BLOCK)),
    ("pad length one too large for the packet", "bad-padding",
     payload(b"", 59, padding=bytes(range(1, 15)), pad_len=15)),
    ("pad length 255 in a short packet", "bad-padding", payload(V4, padding=bytes(range(1, 11)), pad_len=255)),
    ("padding of zeroes", "bad-padding", payload(V4, padding=bytes(10))),
    ("padding that begins with 0", "bad-padding", payload(V4, padding=bytes(range(10)))),
    ("padding with its last octet wrong", "bad-padding", payload(V4, padding=bytes((*range(1, 10), 11)))),
    ("padding of another packet's length", "bad-padding", payload(V4, padding=bytes(range(1, 11)), pad_len=26)),
    ("sequence number received before", "replay", resent),
    ("sequence number 0", "replay-zero", lambda codec, _: codec.wrap(codec.esp(V4, 0))),
    ("next header 17", "bad-next-header", payload(V4, 17)),
    ("inner version 5", "bad-inner-header", payload(flip(V4, 0, 0x10))),
]


def attack_cbc(tap, gateway, label, **kind):
    """What is different where the cipher has blocks of its own, and integrity is another algorithm."""
    target = Target(gateway, **kind)
    for what, reason, build in CBC_TABLE:
        tap.run(f"{label}: {what}: {reason}", target.attack, build, reason)
    tap.run(f"{label}: cut at every length that holds an SPI and a sequence number: truncated", each_length, target,
            range(HEADER, HEADER + CBC_IV + CBC_BLOCK + ICV), "truncated")
    gateway.clear()


def attack_all(tap, gateway, label, **kind):
    """The whole table against one kind of tunnel."""
    target = Target(gateway, **kind)
    for what, reason, build in TABLE:
        if kind.get("esn") and reason in ("replay-zero", "replay-old"):
            reason = "replay-esn"  # low half 0 is number 2^32 there, and with a high half of 0 behind the window
        tap.run(f"{label}: {what}: {reason or 'not counted'}", target.attack, build, reason)
    for what, reason, build in ESN_TABLE if kind.get("esn") else ():
        tap.run(f"{label}: {what}: {reason}", target.attack, build, reason)
    tap.run(f"{label}: cut at every length that holds an SPI and a sequence number: truncated", each_length, target,
            range(HEADER, SHORTEST), "truncated")
    if not kind.get("encap"):
        tap.run(f"{label}: too short for a sequence number, or SPIs that nobody has: passed on, not counted",
                passed_on, target, [*map(cut, range(4, HEADER)), *(strangers(target.codec, spi) for spi in (
                    SPI_IN ^ 1, 0, 1, 255, 0xffffffff, wire.SPI_OUT))])
        tap.run(f"{label}: the SPI of an SA that is only reserved, or was removed, or serves the other address family: "
                "passed on, not counted", unready, target)
    else:
        tap.run(f"{label}: garbage on the UDP port is neither counted nor answered", udp_garbage, target)
    tap.run(f"{label}: another destination than the tunnel's local address: not ours", elsewhere, target)
    tap.run(f"{label}: good packets of 1,500, 9,000 and 64,000 octets pass in fragments", lambda: [
        whole(target, octets) for octets in (1500, 9000, 64000)] and None)
    tap.run(f"{label}: {errors_pass.__doc__}", errors_pass, target)
    tap.run(f"{label}: the other pairs of outer and inner ECN give what RFC 6040 says", ecn_pairs, target)
    tap.run(f"{label}: a device that is down drops and counts, and receives again when it is up", device_down, target)
    gateway.clear()
    if kind.get("esn"):
        return
    target = Target(gateway, {"protocol": 17, "port-first": 2222}, {"protocol": 17, "port-first": 1111}, **kind)
    for what, reason, build in PORTS:
        tap.run(f"{label}, selectors with ports: {what}: {reason}", target.attack, build, reason)
    tap.run(f"{label}, selectors with ports: {errors_pass.__doc__}", errors_pass, target)
    gateway.clear()


def unready(target):
    """SPIs that are known and receive nothing."""
    genl, dev, codec = target.gateway.genl, {"ifindex": target.gateway.ifindex}, target.codec
    larval = genl.do("spi-alloc", {**dev, "tunnel": "t"})[0]["spi"]
    target.gateway.sa(IN, 0x1099, key=codec.keymat, alg=codec.alg)
    genl.do("sa-del", {**dev, "dir": IN, "spi": 0x1099})
    other = wire.Codec(SPI_IN, codec.alg, codec.esn, 10 - codec.family)
    passed_on(target, [strangers(codec, larval), strangers(codec, 0x1099), lambda _, seq: other.seal(V4, seq)])
    genl.do("sa-del", {**dev, "dir": IN, "spi": larval})


def elsewhere(target):
    """A second local address is not the tunnel's."""
    sh("ip -n gw address add 192.0.2.66/32 dev lo; ip -n gw address add 2001:db8::66/128 dev lo nodad")
    codec = target.codec
    target.attack(lambda codec, seq: codec.wrap(esp_of(codec, codec.seal(V4, seq)), destination=OTHER[codec.family]),
                  None)
    same(codec.family in OTHER, True)
    sh("ip -n gw address del 192.0.2.66/32 dev lo; ip -n gw address del 2001:db8::66/128 dev lo")


def main():
    """Kinds of tunnels are arguments; without, all."""
    tap, gateway = Tap(), wire.Wire()
    kinds = {"ip4": {}, "ip6": {"family": 6}, "udp4": {"encap": True}, "udp6": {"family": 6, "encap": True},
             "esn": {"esn": True, "alg": "chacha20poly1305"}, "cbc4": {"alg": "aes128-sha256"},
             "cbc6": {"alg": "aes128-sha256", "family": 6, "encap": True}}
    for label in sys.argv[1:] or kinds:
        (attack_cbc if label.startswith("cbc") else attack_all)(tap, gateway, label, **kinds[label])
    tap.run("what ip -s link calls dropped is the sum of all reasons", rtnl_counts, gateway)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
