#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""What routers change in front of AH verifies, and what nobody may change does not. Topology: wire.py.

A table: each row takes a good packet, changes one thing on its way, and says what comes of it: it is delivered, or it
is dropped for a reason, counted exactly once; or it is not for the SA any more, and counts nothing. In IPv4 a router
that changes something makes the header checksum right again. RFC 4302 section 3.3.3.1 and appendix A.
"""
import struct
import sys

import wire
from ah_codec import NOTHING, Part, bits, extension, option4, option6
from ah_peer import TRANSPORT, TUNNEL, UDP, Peer, checksummed, set_octets
from wire import GATEWAY, OTHER, PEER, SPI_IN, inner, rises

from bench import addr, sh
from tap import Tap, same

PASSES, NOT_OURS = "passes", None
FILL = Part(b"\1")
HOP = {4: "192.0.2.77", 6: "2001:db8::77"}


def join(*parts):
    return sum(parts, NOTHING)


def flip(offset, bit=0):
    """Changes a bit; a negative offset counts from the end."""
    return lambda packet: set_octets(packet, offset % len(packet), bytes([packet[offset] ^ 1 << bit]))


def put(offset, *octets):
    return lambda packet: set_octets(packet, offset, bytes(octets))


def all_of(*changes):
    """One change after the other."""
    def change(packet):
        for one in changes:
            packet = one(packet)
        return packet
    return change


def insert(offset, octets, words=0):
    """More octets, which the lengths in the header know of; WORDS more in the IPv4 header."""
    def change(packet):
        packet = packet[:offset] + octets + packet[offset:]
        if packet[0] >> 4 == 6:
            return set_octets(packet, 4, struct.pack("!H", len(packet) - 40))
        return set_octets(set_octets(packet, 0, bytes([packet[0] + words])), 2, struct.pack("!H", len(packet)))
    return change


def cut(octets):
    """Fewer octets at the end."""
    return lambda packet: insert(len(packet), b"")(packet[:-octets])


def ah_rows(at, padded):
    """What the rows of both families share: AH behind so many octets, and the payload."""
    return [
        ("AH: next header", flip(at), "bad-icv"),
        ("AH: length", flip(at + 1), "ah-length"),
        ("AH: first reserved octet", flip(at + 2, 7), "bad-icv"),
        ("AH: second reserved octet", flip(at + 3), "bad-icv"),
        ("AH: SPI", flip(at + 6), NOT_OURS),
        ("AH: sequence number, low bit", flip(at + 11, 1), "bad-icv"),
        ("AH: sequence number, high bit", flip(at + 8, 6), "bad-icv"),
        ("AH: first octet of the ICV", flip(at + 12), "bad-icv"),
        ("AH: last octet of the ICV", flip(at + 27, 7), "bad-icv"),
        *([("AH: first octet of padding", flip(at + 28), "bad-icv"),
           ("AH: last octet of padding", flip(at + 31, 7), "bad-icv")] if padded else []),
        ("payload: first octet", flip(at + (32 if padded else 28)), "bad-icv"),
        ("payload: last octet", flip(-1, 7), "bad-icv"),
        ("payload: an octet more", insert(1 << 16, b"\0"), "bad-icv"),
        ("payload: an octet less", cut(1), "bad-icv"),
    ]


# The IPv4 header: octets 0 version and IHL, 1 DSCP and ECN, 2 length, 4 ID, 6 flags and fragment offset, 8 TTL,
# 9 protocol, 10 checksum, 12 source, 16 destination, 20 options.

IP4 = [
    *((f"DSCP, bit {bit}", flip(1, bit), PASSES) for bit in range(2, 8)),
    ("ECN: congestion experienced", put(1, 0xb8 | 3), PASSES),
    ("DF set by a router", put(6, 0x40), PASSES),
    ("reserved flag", put(6, 0x80), PASSES),
    ("TTL: one hop", put(8, 63), PASSES),
    ("TTL: 1 left", put(8, 1), PASSES),
    ("TTL: more", put(8, 255), PASSES),
    ("all that may change at once", all_of(put(1, 0x47), put(6, 0x40), put(8, 3)), PASSES),
    ("ID", flip(5), "bad-icv"),
    ("source address", flip(15, 6), "bad-icv"),
    ("destination address, another one of ours", lambda packet: set_octets(packet, 16, addr(OTHER_OWN[4])), NOT_OURS),
    ("protocol", put(9, 50), NOT_OURS),
    ("an option inserted: router alert", insert(20, bytes([148, 4, 0, 0]), 1), "bad-icv"),
    ("an option inserted: record route", insert(20, bytes([7, 7, 8, 192, 0, 2, 9, 1]), 2), "bad-icv"),
]
OTHER_OWN = {4: "192.0.2.3", 6: "2001:db8::3"}

# Options: what it is, the option as sent, and rows with offsets from its start. Lengths are filled up by NOPs.
OPTIONS = [
    ("record route", option4(bytes([7, 11, 4] + [0] * 8)), [
        ("a router writes itself", all_of(put(2, 8), put(3, 192, 0, 2, 77)), PASSES),
        ("all of it full", all_of(put(2, 12), put(3, *range(1, 9))), PASSES)]),
    ("time stamp", option4(bytes([68, 12, 5, 0] + [0] * 8)), [
        ("a router stamps", all_of(put(2, 9), put(4, 1, 2, 3, 4)), PASSES),
        ("overflow counted", all_of(put(2, 13), put(3, 0x10)), PASSES)]),
    ("traceroute", option4(bytes([82, 12, 0, 1, 0, 0, 0, 0, 192, 0, 2, 2])), [
        ("hops counted", all_of(put(4, 0, 5), put(6, 0, 7)), PASSES)]),
    ("stream identifier", option4(bytes([136, 4, 1, 2])), [("identifier", put(2, 9), PASSES)]),
    ("MTU probe", option4(bytes([11, 4, 5, 220])), [("lowered", put(2, 2), PASSES)]),
    ("an option of tomorrow", option4(bytes([0x9e, 4, 1, 2])), [("its data", flip(3), PASSES)]),
    ("security", option4(bytes([130, 11, *range(9)]), True), [
        ("level", flip(2), "bad-icv"), ("last octet", flip(10, 7), "bad-icv")]),
    ("extended security", option4(bytes([133, 3, 7]), True), [("its data", flip(2), "bad-icv")]),
    ("router alert", option4(bytes([148, 4, 0, 0]), True), [
        ("value", flip(3), "bad-icv"), ("made no operations", put(0, 1, 1, 1, 1), "bad-icv")]),
    ("sender directed delivery", option4(bytes([149, 6, 192, 0, 2, 1]), True), [("an address", flip(5), "bad-icv")]),
    ("no operation", Part(b"\1\1\1\1"), [("the end of the list", put(3, 0), "bad-icv")]),
    ("end of the list", Part(bytes(4)), [
        ("made no operation", put(0, 1), "bad-icv"),
        ("an octet behind it, which the stack makes 0 again", flip(3), PASSES)]),
    ("loose source route, used up", option4(bytes([131, 7, 8, 192, 0, 2, 77])), [
        ("the address recorded", flip(6), PASSES)]),
]

# IPv6: octets 0 to 3 version, traffic class, flow label, 4 payload length, 6 next header, 7 hop limit, 8 source,
# 24 destination, 40 extension headers.

IP6 = [
    *((f"traffic class, bit {bit}", flip(*where), PASSES) for bit, where in enumerate(
        ((1, 6), (1, 7), (0, 0), (0, 1), (0, 2), (0, 3)), 2)),
    ("ECN: congestion experienced", lambda packet: set_octets(packet, 1, bytes([packet[1] | 0x30])), PASSES),
    *((f"flow label, bit {bit}", flip(3 - bit // 8, bit % 8), PASSES) for bit in range(20)),
    ("hop limit: one hop", put(7, 63), PASSES),
    ("hop limit: 1 left", put(7, 1), PASSES),
    ("all that may change at once", all_of(put(0, 0x64, 0x7a, 0xbc, 0xde), put(7, 3)), PASSES),
    ("source address", flip(23, 6), "bad-icv"),
    ("destination address, another one of ours", lambda packet: set_octets(packet, 24, addr(OTHER_OWN[6])), NOT_OURS),
    ("next header", put(6, 50), NOT_OURS),
    ("a header inserted: destination options", all_of(insert(40, bytes([51, 0, 1, 4, 0, 0, 0, 0])), put(6, 60)),
     "bad-icv"),
    ("a header inserted: hop-by-hop options", all_of(insert(40, bytes([51, 0, 0x3e, 4, 0, 0, 0, 0])), put(6, 0)),
     "bad-icv"),
]

VARIES, STAYS, PAD = option6(0x3e, b"\1\2\3\4"), option6(0x1e, b"\1\2\3\4"), Part(bytes([1, 0]))
ROUTE = Part(bytes([0, 0]) + bytes(4)) + Part(addr(HOP[6]))
# Extension headers: what they are, the headers as sent, and rows with offsets from the first one's start.
EXTENSIONS = [
    ("hop-by-hop options", [extension(0, join(VARIES, STAYS, PAD))], [
        ("data that may change", put(4, 9, 9, 9, 9), PASSES),
        ("data that may not", flip(10), "bad-icv"),
        ("type of what may change, its low bit", flip(2), "bad-icv"),
        ("type of what may not: made one that may", flip(8, 5), "bad-icv"),
        ("padding of another kind", put(14, 0, 0), "bad-icv")]),
    ("destination options", [extension(60, join(STAYS, VARIES, PAD))], [
        ("data that may change", put(10, 9, 9, 9, 9), PASSES),
        ("data that may not", flip(4), "bad-icv"),
        ("type of what may change, its low bit", flip(8), "bad-icv")]),
    ("routing header, used up", [extension(43, ROUTE)], [
        ("an address", flip(23), "bad-icv"),
        ("a reserved octet", flip(4), "bad-icv"),
        ("type", put(2, 253), "bad-icv")]),
    ("hop-by-hop, destination, routing, destination", [
        extension(0, VARIES), extension(60, VARIES), extension(43, ROUTE), extension(60, STAYS)], [
            ("both data that may change", all_of(put(4, 9, 9, 9, 9), put(12, 8, 8, 8, 8)), PASSES),
            ("an address of the route", flip(16 + 8), "bad-icv"),
            ("data of the last, which may not", flip(16 + 24 + 4), "bad-icv")]),
]


def source_route4(peer, payload):
    """As the peer sends it, with one router left, and how it arrives."""
    option = Part(bytes([131, 7, 4]) + addr(GATEWAY[4]), bytes(7)) + FILL
    sent = peer.seal(payload, UDP, option, destination=addr(HOP[4]), final=addr(GATEWAY[4]))
    return set_octets(set_octets(sent, 22, bytes([8]) + addr(HOP[4])), 16, addr(GATEWAY[4]))


def source_route6(peer, payload):
    """Likewise with a routing header of type 0 that has two routers left."""
    wired, covered = [addr(HOP[6]), addr(GATEWAY[6])], [addr(OTHER[6]), addr(HOP[6])]
    body = Part(bytes([0, 2]) + bytes(4), bytes(6)) + Part(b"".join(wired), b"".join(covered))
    sent = peer.seal(payload, UDP, [extension(43, body)], destination=addr(OTHER[6]), final=addr(GATEWAY[6]))
    arrived = set_octets(set_octets(sent, 43, b"\0"), 48, b"".join(covered))
    return set_octets(arrived, 24, addr(GATEWAY[6]))


class Gateway(wire.Wire):
    """With a second address, which no SA is for, and source routes let through."""

    def __init__(self):
        super().__init__()
        sh(f"""modprobe -qa ah4 ah6 || true
            ip -n gw address add {OTHER_OWN[4]}/24 dev wan
            ip -n gw address add {OTHER_OWN[6]}/64 dev wan nodad
            ip netns exec gw sysctl -qw net.ipv4.conf.all.accept_source_route=1 net.ipv4.conf.wan.accept_source_route=1 \
                net.ipv6.conf.all.accept_source_route=1 net.ipv6.conf.wan.accept_source_route=1""")


class Target:
    """A tunnel, good packets of one kind for it, and a good one to follow each."""

    def __init__(self, gateway, family, mode, *parts, esn=False):
        gateway.clear()
        self.gateway, self.mode, self.parts = gateway, mode, parts
        self.peer = Peer(gateway, "sha256", family, mode, esn, seq=100 + (esn << 32), ecn=1)

    def payload(self):
        """What is protected, told from others by the sequence number."""
        packet = inner(4, fill=b"number %d" % self.peer.seq, tos=2)  # ECN-capable, or a router must drop it
        return (packet, 4) if self.mode == TUNNEL else (packet[20:], UDP)

    def seal(self):
        """A good packet as it is sent."""
        payload, number = self.payload()
        return self.peer.seal(payload, number, *self.parts), payload

    def delivers(self, payload):
        """The next one that is delivered has this payload; its IP header has its ECN from the outer one, or is that."""
        got = self.gateway.delivered(1)
        assert got, "nothing was delivered"
        end = payload[20:] if self.mode == TUNNEL else payload
        same(got[0][-len(end):].hex(), end.hex(), "end of what is delivered")
        return len(got[0])

    def row(self, change, outcome):
        """One row of the table."""
        gateway = self.gateway
        before = gateway.counts()
        gateway.drops_traced()
        packet, payload = self.seal()
        gateway.send(checksummed(change(packet)))
        octets = [self.delivers(payload)] if outcome == PASSES else []
        packet, payload = self.seal()
        gateway.send(packet)
        octets.append(self.delivers(payload))
        want = {"rx-packets": len(octets), "rx-bytes": sum(octets)}
        reason = None if outcome in (PASSES, NOT_OURS) else outcome
        if reason:
            want[reason] = 1
        same(rises(before, gateway.counts()), {(where, name): value for name, value in want.items()
                                               for where in ("device", "t", ("t", SPI_IN))}, "counters")
        same(gateway.drops_traced(), [("in", SPI_IN, reason)] if reason else [], "drops traced")


def shifted(change, offset):
    """A change whose offsets count from somewhere in the packet."""
    return lambda packet: packet[:offset] + change(packet[offset:])


def table(tap, gateway, label, family, mode, rows, *parts, **more):
    """Rows about one kind of packet."""
    target = Target(gateway, family, mode, *parts, **more)
    for what, change, outcome in rows:
        verb = {PASSES: "verifies", NOT_OURS: "is for somebody else"}.get(outcome, f"is dropped: {outcome}")
        tap.run(f"{label}: {what}: {verb}", target.row, change, outcome)


def every_bit(gateway, family, mode):
    """Each bit of the fixed header that may change, one by one."""
    target = Target(gateway, family, mode)
    mutable = bits(target.peer.header(0).mutable)
    mutable = [bit for bit in mutable if bit // 8 not in ((6, 7, 10, 11) if family == 4 else ())]
    for bit in mutable:
        packet, payload = target.seal()
        packet = set_octets(packet, bit // 8, bytes([packet[bit // 8] ^ 1 << bit % 8]))
        if not packet[8 if family == 4 else 7]:
            continue  # TTL 0
        gateway.send(checksummed(packet))
        target.delivers(payload)
    return f"{len(mutable)} packets"


def arrives(gateway, family, build):
    """A packet that was authenticated as it would arrive, sent another way."""
    target = Target(gateway, family, TRANSPORT)
    payload, _ = target.payload()
    before = gateway.counts()
    gateway.send(checksummed(build(target.peer, payload)))
    octets = target.delivers(payload)
    same(rises(before, gateway.counts()), {(where, name): value for name, value in (
        ("rx-packets", 1), ("rx-bytes", octets)) for where in ("device", "t", ("t", SPI_IN))}, "counters")


def fill4(option):
    """An option filled up to 32 bits."""
    return option + Part(b"\1" * (-len(option) % 4))


def main():
    tap = Tap()
    gateway = Gateway()
    for mode, name in ((TUNNEL, "tunnel mode"), (TRANSPORT, "transport mode")):
        table(tap, gateway, f"IPv4, {name}", 4, mode, [*IP4, *ah_rows(20, False)])
        table(tap, gateway, f"IPv6, {name}", 6, mode, [*IP6, *ah_rows(40, True)])
    table(tap, gateway, "IPv4, 64-bit sequence numbers", 4, TUNNEL, [*IP4, *(
        row for row in ah_rows(20, False) if "sequence number" not in row[0])], esn=True)
    for family in (4, 6):
        for mode in (TUNNEL, TRANSPORT):
            tap.run(f"IPv{family}, {'tunnel' if mode == TUNNEL else 'transport'} mode: every bit that may change", every_bit,
                    gateway, family, mode)
    for mode, name in ((TUNNEL, "tunnel mode"), (TRANSPORT, "transport mode")):
        for what, option, rows in OPTIONS:
            table(tap, gateway, f"IPv4, {name}, {what}", 4, mode, [
                (row, shifted(change, 20), outcome) for row, change, outcome in rows], fill4(option))
        for what, headers, rows in EXTENSIONS:
            table(tap, gateway, f"IPv6, {name}, {what}", 6, mode, [
                (row, shifted(change, 40), outcome) for row, change, outcome in rows], headers)
    tap.run("IPv4: a loose source route arrives as it was foreseen", arrives, gateway, 4, source_route4)
    tap.run("IPv6: a routing header arrives as it was foreseen", arrives, gateway, 6, source_route6)
    tap.done()


if __name__ == "__main__":
    main()
