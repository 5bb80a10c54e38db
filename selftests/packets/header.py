#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""The outer header is what the tunnel's policy says, octet for octet, and the inner one keeps what it has to keep.
Topology: wire.py. Rows are printed with what came out.
"""
import itertools
import sys

import wire
from wire import FAR, GATEWAY, NEAR, PEER, SPI_IN, inner, rises

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop
from scapy.packet import Raw, raw

from tap import Tap, same

NOT_ECT, ECT1, ECT0, CE = range(4)
NAMES = ("Not-ECT", "ECT(1)", "ECT(0)", "CE")
DROPPED = "dropped"
# RFC 6040 section 4.2, figure 4: a row for each inner field, a column for each outer one, in the order of NAMES
DECAPSULATION = {
    NOT_ECT: (NOT_ECT, NOT_ECT, NOT_ECT, DROPPED),
    ECT1: (ECT1, ECT1, ECT1, CE),
    ECT0: (ECT0, ECT1, ECT0, CE),
    CE: (CE, CE, CE, CE),
}
DSCP, DSCP_OUTSIDE = 46, 10
REVERSED = bytes(range(63, -1, -1))
KINDS = {"IPv4": {}, "IPv6": {"family": 6}, "UDP over IPv4": {"encap": True}, "UDP over IPv6": {
    "family": 6, "encap": True}}
SEEN = 1460  # the MSS of a host on Ethernet, or 1440 over IPv6: what the SYNs here say is larger than any tunnel


def traffic_class(family, octet):
    """The field that IPv4 calls TOS."""
    return {"tos" if family == 4 else "tc": octet}


class Tunnel:
    """A tunnel over one kind of outer packet, whose policy changes."""

    def __init__(self, gateway, family=4, encap=False, transport=0):
        self.gateway, self.family, self.encap, self.seq = gateway, family, encap, 0
        self.to, self.out_of = gateway.pair(family=family, encap=encap, options={"mode": transport})

    def set(self, **policy):
        """Changes the policy."""
        self.gateway.genl.do("tunnel-set", {"ifindex": self.gateway.ifindex, "name": "t", **{
            name.replace("_", "-"): value for name, value in policy.items()}})

    def outer(self, *packets):
        """The outer headers of inner packets that are sent; what the first and the last carry is what was given."""
        self.gateway.protect(*packets)
        got = self.gateway.sent(len(packets))
        same(len(got), len(packets), "outer packets")
        same([bytes(self.out_of.open(got[end]).data) for end in (0, -1)], [packets[0], packets[-1]], "inner packets")
        return [self.out_of.outer(packet) for packet in got]

    def field(self, header, name):
        """DSCP and ECN, TTL, flow label, whatever the family calls them."""
        names = {"tos": ("tos", "tc"), "ttl": ("ttl", "hlim"), "label": (None, "fl")}[name]
        return getattr(header, names[self.family == 6]) if names[self.family == 6] else 0

    def fields(self, name, *packets):
        """One field of the outer header of each packet."""
        return [self.field(header, name) for header in self.outer(*packets)]

    def receive(self, packet, **outer):
        """Sends an inner packet in an outer one with these fields."""
        self.seq += 1
        self.gateway.send(self.to.wrap(self.to.esp(packet, self.seq, 4 if packet[0] >> 4 == 4 else 41), **outer))


def out(family=4, octets=40, **fields):
    """An inner packet on its way out."""
    return inner(family, octets, far_to_near=False, **fields)


def dscp_sent(tunnel):
    """DSCP: copied, fixed, by a map, each for all 64 values and both inner families"""
    packets = [out(family, **traffic_class(family, dscp << 2)) for family in (4, 6) for dscp in range(64)]
    for policy, expected in (({"dscp": 64}, bytes(range(64))), ({"dscp": 0}, bytes(64)), ({"dscp": 63}, b"\x3f" * 64),
                             ({"dscp_map": REVERSED}, REVERSED), ({"dscp": 64}, bytes(range(64)))):
        tunnel.set(**policy)
        same(tunnel.fields("tos", *packets), [dscp << 2 for dscp in expected] * 2, f"outer field with {policy}")
    return f"{len(packets)} packets with each policy"


def ttl_sent(tunnel):
    """TTL: fixed, and copied from either inner family"""
    packets = [out(family, **{"ttl" if family == 4 else "hlim": ttl}) for family in (4, 6) for ttl in (1, 2, 63, 255)]
    for ttl, expected in ((64, [64] * 8), (1, [1] * 8), (255, [255] * 8), (0, [1, 2, 63, 255] * 2), (64, [64] * 8)):
        tunnel.set(ttl=ttl)
        same(tunnel.fields("ttl", *packets), expected, f"outer TTL with ttl {ttl or 'copy'}")


def label_sent(tunnel):
    """Flow label: none, copied, by a hash of the inner flow; over IPv4 there is none to write"""
    off, copy, hashed = range(3)
    four, six = out(), out(6, fl=0xabcde)
    tunnel.set(flow_label=off)
    same(tunnel.fields("label", four, six), [0, 0], "off")
    tunnel.set(flow_label=copy)
    same(tunnel.fields("label", four, six), [0, 0xabcde if tunnel.family == 6 else 0], "copy")
    tunnel.set(flow_label=hashed)
    comment = ""
    for family in (4, 6):
        flows = [flow(family, port) for port in range(1, 65)]
        labels = tunnel.fields("label", *flows)
        if tunnel.family == 4:
            same(labels, [0] * 64, "labels over IPv4")
            continue
        same(tunnel.fields("label", *(flow(family, port, b"other octets") for port in range(1, 65))), labels,
             "labels of the same flows")
        same((0 in labels, max(labels) < 1 << 20, len(set(labels)) > 60), (False, True, True), f"labels {labels}")
        comment += f"inner IPv{family}: {len(set(labels))} labels for 64 flows\n"
    tunnel.set(flow_label=off)
    return comment


def flow(family, port, payload=b"octets"):
    """A packet of a flow."""
    layer = {4: IP, 6: IPv6}[family]
    return raw(layer(src=NEAR[family], dst=FAR[family]) / UDP(sport=port, dport=53) / Raw(payload))


def ecn_sent(tunnel):
    """RFC 6040 section 4.1: copied in normal mode, Not-ECT in compatibility mode (ecn off)"""
    packets = [out(family, **traffic_class(family, DSCP << 2 | ecn)) for family in (4, 6) for ecn in range(4)]
    for on, expected in ((1, [NOT_ECT, ECT1, ECT0, CE]), (0, [NOT_ECT] * 4)):
        tunnel.set(ecn=on)
        same(tunnel.fields("tos", *packets), [DSCP << 2 | ecn for ecn in expected * 2], f"outer fields with ecn {on}")
    tunnel.set(ecn=1)
    return "inner:   " + "  ".join(NAMES) + "\nnormal:  copied\ncompat.: Not-ECT"


def ecn_received(tunnel, family, on):
    """All 16 pairs of inner and outer ECN, one by one, with what is counted."""
    tunnel.set(ecn=on)
    rows = []
    for inside in range(4):
        row = []
        for outside in range(4):
            expected = DECAPSULATION[inside][outside] if on else inside
            row.append(one_pair(tunnel, family, outside, inside, expected))
        rows.append(f"inner {NAMES[inside]:8}" + "".join(f"{result:10}" for result in row))
    tunnel.set(ecn=1)
    return "outer         " + "".join(f"{name:10}" for name in NAMES) + "\n" + "\n".join(rows)


def one_pair(tunnel, family, outside, inside, expected):
    """One pair: what comes out, or that it was dropped for the right reason, once; the inner DSCP stays (RFC 2983)."""
    gateway, before = tunnel.gateway, tunnel.gateway.counts()
    gateway.drops_traced()
    packet = inner(family, **traffic_class(family, DSCP << 2 | inside))
    tunnel.receive(packet, **traffic_class(tunnel.family, DSCP_OUTSIDE << 2 | outside))
    good = inner(fill=b"next")
    tunnel.receive(good)
    came = [good]
    if expected != DROPPED:
        came.insert(0, inner(family, **traffic_class(family, DSCP << 2 | expected)))
    same(gateway.delivered(len(came)), came, f"outer {NAMES[outside]}, inner {NAMES[inside]}")
    counted = {"rx-packets": len(came), "rx-bytes": sum(map(len, came))}
    if expected == DROPPED:
        counted["ecn-invalid"] = 1
    same(rises(before, gateway.counts()), {(where, what): value for where in ("device", "t", ("t", SPI_IN))
                                           for what, value in counted.items()}, "counters")
    same(gateway.drops_traced(), [("in", SPI_IN, "ecn-invalid")] * (expected == DROPPED), "drops traced")
    return DROPPED if expected == DROPPED else NAMES[expected]


def syn(family, mss, far_to_near, flags="S", options=None, fill=b"", **fields):
    """A TCP segment with an MSS."""
    source, destination = (FAR, NEAR) if far_to_near else (NEAR, FAR)
    layer = {4: IP, 6: IPv6}[family]
    if options is None:
        options = [("NOP", None), ("NOP", None), ("MSS", mss), ("SAckOK", b"")]
    return raw(layer(src=source[family], dst=destination[family], **fields) /
               TCP(sport=1, dport=2, flags=flags, options=options) / Raw(fill))


def fits(tunnel, path=1500):
    """The largest inner packet: what is left after headers, IV and ICV, down to a multiple of 4, less the trailer."""
    return (path - {4: 20, 6: 40}[tunnel.family] - 8 * tunnel.encap - 8 - 8 - 16) // 4 * 4 - 2


def clamped(tunnel, far_to_near, before, after, what):
    """A segment that goes through the tunnel, one way, and what it is afterwards."""
    if far_to_near:
        tunnel.receive(before)
        got = tunnel.gateway.delivered(1)
    else:
        tunnel.gateway.protect(before)
        got = [bytes(tunnel.out_of.open(packet).data) for packet in tunnel.gateway.sent(1)]
    same([packet.hex() for packet in got], [after.hex()], what)


def mss(tunnel, far_to_near):
    """The MSS of SYNs fits the tunnel, to the octet, their checksum good; nothing else changes."""
    size = fits(tunnel)
    limits = {4: size - 40, 6: size - 60}
    for family, flags in itertools.product((4, 6), ("S", "SA", "SEC")):
        limit = limits[family]
        for given, wanted in ((SEEN, limit), (limit + 1, limit), (limit, limit), (limit - 1, limit - 1), (65535, limit),
                              (536, 536), (0, 0)):
            clamped(tunnel, far_to_near, syn(family, given, far_to_near, flags),
                    syn(family, wanted, far_to_near, flags), f"{flags} over inner IPv{family} with MSS {given}")
    for what, options, wanted in same_or_clamped(limits[4]):
        clamped(tunnel, far_to_near, syn(4, SEEN, far_to_near, options=options),
                syn(4, SEEN, far_to_near, options=wanted), what)
    for what, chain in (("hop-by-hop options", IPv6ExtHdrHopByHop()), ("destination options twice",
                        IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt())):
        clamped(tunnel, far_to_near, behind(chain, far_to_near, SEEN),
                behind(chain, far_to_near, limits[6] - len(chain)), what)
    for what, packet in untouched(far_to_near):
        clamped(tunnel, far_to_near, packet, packet, what)
    for setting, wanted in ((0, SEEN), (1000, 1000), (9000, SEEN), (65535, limits[4])):
        tunnel.set(mss=setting)
        clamped(tunnel, far_to_near, syn(4, SEEN, far_to_near), syn(4, wanted, far_to_near), f"mss {setting}")
    return f"path 1500, inner packets of {size}: MSS {limits[4]} over IPv4, {limits[6]} over IPv6"


def same_or_clamped(limit):
    """Options that hold an MSS in odd places: what, before, after."""
    wide = [("WScale", 7), ("Timestamp", (1, 0))]
    for what, before, after in (("MSS first", [], wide), ("MSS last", wide, []),
                                ("MSS at an odd offset", [("NOP", None)], wide)):
        yield what, [*before, ("MSS", SEEN), *after], [*before, ("MSS", limit), *after]
    yield "MSS behind the end of options", [("EOL", None), ("MSS", SEEN)], [("EOL", None), ("MSS", SEEN)]
    yield "no MSS", wide, wide


def untouched(far_to_near):
    """Segments that stay as they are."""
    yield "no SYN", syn(4, SEEN, far_to_near, "A", fill=b"data")
    yield "a reset", syn(4, SEEN, far_to_near, "R")
    yield "the first fragment of a SYN", fragment_of(syn(4, SEEN, far_to_near, fill=bytes(16)), 0x2000)
    yield "a later fragment that looks like a SYN", fragment_of(syn(4, SEEN, far_to_near, fill=bytes(16)), 0x0007)
    yield "a fragment of IPv6", syn6_fragment(far_to_near)
    yield "options that are cut off", cut_options(far_to_near, b"\2")
    yield "an MSS of length 3", cut_options(far_to_near, b"\2\3\5\xb4")
    yield "an option of length 0", cut_options(far_to_near, b"\5\0\2\4\5\xb4\0\0")
    yield "an option longer than the header", cut_options(far_to_near, b"\5\x28\2\4\5\xb4\0\0")
    yield "a header that says it is longer than the packet", longer_header(far_to_near)


def fragment_of(packet, flags_and_offset):
    """The same packet with these flags and offset."""
    header = IP(packet)
    header.flags, header.frag = flags_and_offset >> 13, flags_and_offset & 0x1fff
    del header.chksum
    return raw(header)


def syn6_fragment(far_to_near):
    """A SYN behind a fragment header."""
    whole = IPv6(syn(6, SEEN, far_to_near, fill=bytes(16)))
    header = IPv6(src=whole.src, dst=whole.dst) / IPv6ExtHdrFragment(nh=6, m=1, id=9)
    return raw(header / Raw(raw(whole.payload)))


def behind(chain, far_to_near, given):
    """A SYN behind IPv6 extension headers: they are room that a segment may lack as well."""
    whole = IPv6(syn(6, given, far_to_near))
    return raw(IPv6(src=whole.src, dst=whole.dst) / chain / whole.payload)


def cut_options(far_to_near, octets):
    """A SYN whose options end with these octets."""
    head = IP(syn(4, SEEN, far_to_near, options=[]))
    octets = b"\1" * (-len(octets) % 4) + octets
    segment = bytearray(raw(head.payload))
    segment[12] = (20 + len(octets)) // 4 << 4
    return raw(IP(src=head.src, dst=head.dst, proto=6) / Raw(bytes(segment) + octets))


def longer_header(far_to_near):
    """A SYN whose data offset leads beyond the packet."""
    packet = bytearray(syn(4, SEEN, far_to_near, options=[]))
    packet[32] = 0xf0
    return bytes(packet)


def mss_transport(tunnel):
    """MSS in transport mode, both ways: the header that is not there twice is room"""
    family, ends, comment = tunnel.family, (GATEWAY[tunnel.family], PEER[tunnel.family]), ""
    header = {4: 20, 6: 40}[family]
    # what is encrypted begins behind the IP header
    limit = (1500 - header - 8 * tunnel.encap - 8 - 8 - 16) // 4 * 4 - 2 - 20
    for far_to_near, (source, destination) in ((False, ends), (True, ends[::-1])):
        for given, wanted in ((SEEN, min(SEEN, limit)), (limit + 1, limit), (limit, limit), (536, 536)):
            before, after = ({4: IP, 6: IPv6}[family](src=source, dst=destination) /
                             TCP(sport=1, dport=2, flags="S", options=[("MSS", value)]) for value in (given, wanted))
            if far_to_near:
                tunnel.seq += 1
                tunnel.gateway.send(tunnel.to.wrap(tunnel.to.esp(raw(before)[header:], tunnel.seq, 6)))
                got = [packet[header:] for packet in tunnel.gateway.delivered(1)]
                tunnel.gateway.sent(1, 0.2)  # the gateway itself answers: nobody listens
            else:
                tunnel.gateway.protect(raw(before))
                got = [bytes(tunnel.out_of.open(packet).data) for packet in tunnel.gateway.sent(1)]
            same([packet.hex() for packet in got], [raw(after)[header:].hex()], f"MSS {given}")
            comment = f"path 1500: MSS {limit}"
    return comment


def narrower(tunnel):
    """mss auto follows the path: a link of 1,300 octets, then of 1,500 again"""
    for mtu in (1300, 1500):
        wire.sh(f"ip -n gw link set wan mtu {mtu}")
        for far_to_near in (False, True):
            clamped(tunnel, far_to_near, syn(4, SEEN, far_to_near), syn(4, fits(tunnel, mtu) - 40, far_to_near),
                    f"a path of {mtu}")


def main():
    """Runs everything over each kind of outer packet."""
    tap, gateway = Tap(), wire.Wire()
    for label, kind in KINDS.items():
        tunnel = Tunnel(gateway, **kind)
        for test in (dscp_sent, ttl_sent, label_sent, ecn_sent):
            tap.run(f"{label}: {test.__doc__}", test, tunnel)
        for family, on in itertools.product((4, 6), (1, 0)):
            tap.run(f"{label}: inner IPv{family}, ecn {'on: RFC 6040 section 4.2' if on else 'off: as it is'}, inner "
                    "DSCP kept", ecn_received, tunnel, family, on)
        for far_to_near in (False, True):
            tap.run(f"{label}: MSS {'inbound' if far_to_near else 'outbound'}: SYNs are clamped to the tunnel's true "
                    "size, all else stays", mss, tunnel, far_to_near)
        tap.run(f"{label}: {narrower.__doc__}", narrower, tunnel)
        gateway.quiet()
        gateway.clear()
        gateway.plug()
        tap.run(f"{label}: {mss_transport.__doc__}", mss_transport, Tunnel(gateway, transport=1, **kind))
        gateway.clear()
        gateway.plug()
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
