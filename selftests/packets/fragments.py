#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Fragments of outer packets are put together before decryption, fragments inside pass as they are, and both kinds are
made where that is asked for; with exact counters of the tunnel and of the stack. Topology: wire.py.
"""
import socket
import sys

import wire
from wire import FAR, NEAR, SPI_IN, SPI_OUT, inner, rises

from scapy.layers.inet import IP, UDP, defragment, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, defragment6, fragment6
from scapy.packet import Raw, raw

from bench import in_netns, sh
from tap import Tap, same

KINDS = {"IPv4": {}, "IPv6": {"family": 6}, "UDP over IPv4": {"encap": True}, "UDP over IPv6": {
    "family": 6, "encap": True}}
MTU = 1500
COPY, SET, CLEAR = range(3)  # enum sectun_df
HEADERS = {4: 20, 6: 40}
OWN = {4: "10.1.0.9", 6: "fd01::9"}  # what the gateway itself sends from
FRAGMENT_HEADER = 8
IPV6_MTU_DISCOVER, IP_MTU_DISCOVER, DONT = 23, 10, 0


def octets(count, seed):
    """A payload in which every place is different from its neighbours."""
    return bytes((index * 7 + seed + (index >> 8)) & 0xff for index in range(count))


def cut(packet, identity, mtu=MTU):
    """The fragments of a packet, by scapy; the packet itself where it fits."""
    if len(packet) <= mtu:
        return [packet]
    if packet[0] >> 4 == 4:
        header = IP(packet)
        header.id = identity
        del header.chksum
        return [raw(piece) for piece in fragment(header, mtu - HEADERS[4])]
    header = IPv6(packet)
    return [raw(piece) for piece in fragment6(
        IPv6(src=header.src, dst=header.dst) / IPv6ExtHdrFragment(id=identity, nh=header.nh) /
        Raw(raw(header.payload)), mtu)]


def joined(pieces):
    """The packet that fragments are of, by scapy."""
    if pieces[0][0] >> 4 == 4:
        return raw(defragment([IP(piece) for piece in pieces])[0])
    return raw(defragment6([IPv6(piece) for piece in pieces]))


class Tunnel:
    """One kind of tunnel, with what the stack counts beside it."""

    def __init__(self, gateway, family=4, encap=False):
        self.gateway, self.family, self.encap, self.seq = gateway, family, encap, 0
        self.to, self.out_of = gateway.pair(family=family, encap=encap)

    def set(self, **policy):
        """Changes the policy."""
        self.gateway.genl.do("tunnel-set", {"ifindex": self.gateway.ifindex, "name": "t", **policy})

    def sealed(self, packet):
        """An outer packet on its way in."""
        self.seq += 1
        return self.to.wrap(self.to.esp(packet, self.seq, 4 if packet[0] >> 4 == 4 else 41))

    def counts(self):
        """Counters of tunnel and device, and what the stack's IP did with fragments."""
        counts = self.gateway.counts()
        with in_netns("gw"):
            with open("/proc/thread-self/net/snmp", encoding="ascii") as file:
                names, values = [line.split()[1:] for line in file if line.startswith("Ip:")]
            with open("/proc/thread-self/net/snmp6", encoding="ascii") as file:
                names6, values6 = zip(*(line.split() for line in file if line.startswith("Ip6")))
        for prefix, pairs in ((4, zip(names, values)), (6, zip((name[3:] for name in names6), values6))):
            counts.update({(prefix, name): int(value) for name, value in pairs
                           if name.startswith(("Reasm", "Frag")) and int(value)})
        return counts

    def outer_len(self, inner_len):
        """Octets of the outer packet in one piece."""
        return HEADERS[self.family] + 8 * self.encap + 8 + 8 + (inner_len + 2 + 3) // 4 * 4 + 16

    def pieces(self, inner_len, mtu=MTU):
        """Fragments that the outer packet is sent in."""
        room = (mtu - HEADERS[self.family] - (FRAGMENT_HEADER if self.family == 6 else 0)) // 8 * 8
        length = self.outer_len(inner_len)
        return 1 if length <= mtu else -(-(length - HEADERS[self.family]) // room)


def tunnel_rise(spi, way, packets):
    """How the tunnel's counters rise for these inner packets."""
    return {(where, f"{way}-{what}"): value for where in ("device", "t", ("t", spi))
            for what, value in (("packets", len(packets)), ("bytes", sum(map(len, packets))))}


def reassembled(tunnel):
    """Outer fragments, forwards, backwards and two packets among each other, are one packet each to the SA"""
    packets = [inner(family, fill=octets(size, size)) for size in (1500, 3000, 9000) for family in (4, 6)]
    before, fragments = tunnel.counts(), 0
    for number, packet in enumerate(packets):
        other = packets[number - 1]
        first, second = (cut(tunnel.sealed(each), 2 * number + place) for place, each in enumerate((packet, other)))
        if number % 3 == 0:
            order = first + second
        elif number % 3 == 1:
            order = first[::-1] + second[::-1]
        else:
            order = [piece for pair in zip(first[:-1], second[:-1]) for piece in pair]
            order = [*first[len(order) // 2:], *order, *second[len(order) // 2:]]
        tunnel.gateway.send(*order)
        fragments += len(order)
        same(sorted(tunnel.gateway.delivered(2)), sorted((packet, other)), "delivered")
    same(rises(before, tunnel.counts()), {
        **tunnel_rise(SPI_IN, "rx", packets * 2), (tunnel.family, "ReasmReqds"): fragments,
        (tunnel.family, "ReasmOKs"): 2 * len(packets)}, "counters")
    return f"{2 * len(packets)} packets in {fragments} fragments"


def passed(tunnel):
    """Fragments inside, in one piece outside or in many, come out as they went in; nothing puts them together"""
    inside = [*cut(inner(4, fill=octets(4000, 1)), 77), *cut(inner(6, fill=octets(4000, 2)), 78)]
    before = tunnel.counts()
    tunnel.gateway.send(*(piece for number, each in enumerate(inside)
                          for piece in cut(tunnel.sealed(each), 100 + number)))
    same([piece.hex() for piece in tunnel.gateway.delivered(len(inside))], [piece.hex() for piece in inside],
         "delivered")
    in_pieces = [each for each in inside if tunnel.pieces(len(each)) > 1]
    want = {**tunnel_rise(SPI_IN, "rx", inside), (tunnel.family, "ReasmOKs"): len(in_pieces),
            (tunnel.family, "ReasmReqds"): sum(tunnel.pieces(len(each)) for each in in_pieces)}
    same(rises(before, tunnel.counts()), want, "counters")
    return f"{len(inside)} fragments inside, {len(in_pieces)} of them in several outside"


def made_outside(tunnel):
    """df clear, or no DF to copy: what is too large goes in fragments of one outer packet, whatever is inside"""
    comment = ""
    for df, fields in ((CLEAR, {"flags": "DF"}), (CLEAR, {}), (COPY, {})):
        tunnel.set(df=df)
        packets = [inner(4, fill=octets(size, size), far_to_near=False, **fields) for size in (1400, 1472, 4000, 9000)]
        if df == CLEAR:
            packets += [inner(6, fill=octets(size, size), far_to_near=False) for size in (1400, 4000)]
        before, pieces, fragmented = tunnel.counts(), [], []
        for packet in packets:
            count = tunnel.pieces(len(packet))
            tunnel.gateway.protect(packet)
            got = tunnel.gateway.sent(count)
            same(len(got), count, f"outer packets for {len(packet)} octets")
            same(max(map(len, got)) <= MTU, True, "none is larger than the path")
            whole = joined(got) if count > 1 else got[0]
            same(bytes(tunnel.out_of.open(whole).data), packet, "inner packet")
            pieces.append(count)
            fragmented += [count] if count > 1 else []
        same(rises(before, tunnel.counts()), {
            **tunnel_rise(SPI_OUT, "tx", packets), (tunnel.family, "FragOKs"): len(fragmented),
            (tunnel.family, "FragCreates"): sum(fragmented)}, "counters")
        comment += f"df {('copy', 'set', 'clear')[df]}: {list(map(len, packets))} octets in {pieces} pieces\n"
    tunnel.set(df=COPY)
    return comment


def refused(tunnel):
    """df set, or a DF to copy: what is too large is dropped and counted, nothing is fragmented"""
    for df, fields in ((SET, {}), (SET, {"flags": "DF"}), (COPY, {"flags": "DF"})):
        tunnel.set(df=df)
        before = tunnel.counts()
        tunnel.gateway.protect(inner(4, fill=octets(1472, 1), far_to_near=False, **fields))
        good = inner(4, far_to_near=False)
        tunnel.gateway.protect(good)
        same(bytes(tunnel.out_of.open(tunnel.gateway.sent(1)[0]).data), good, "the packet that follows")
        same(rises(before, tunnel.counts()), {**tunnel_rise(SPI_OUT, "tx", [good]), **{
            (where, "too-big"): 1 for where in ("device", "t", ("t", SPI_OUT))}}, "counters")
    tunnel.set(df=COPY)


def made_inside(tunnel):
    """A device narrower than the tunnel: the stack fragments in front of it, each fragment is an outer packet"""
    sh("ip -n gw link set sec0 mtu 1300")
    payload, comment = octets(4000, 9), ""
    for family, (net, level, option) in {4: (socket.AF_INET, socket.SOL_IP, IP_MTU_DISCOVER),
                                         6: (socket.AF_INET6, socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER)}.items():
        with in_netns("gw"):
            sock = socket.socket(net, socket.SOCK_DGRAM)
        sock.setsockopt(level, option, DONT)
        sock.bind((OWN[family], 1111))
        before = tunnel.counts()
        sock.sendto(payload, (FAR[family], 2222))
        sock.close()
        count = -(-(8 + len(payload)) // ((1300 - HEADERS[family] - (FRAGMENT_HEADER if family == 6 else 0)) // 8 * 8))
        got = [bytes(tunnel.out_of.open(outer).data) for outer in tunnel.gateway.sent(count)]
        layer = {4: IP, 6: IPv6}[family]
        same(bytes(layer(joined(got))[UDP].payload), payload, "payload")
        want = tunnel_rise(SPI_OUT, "tx", got)
        want.update({(family, "FragOKs"): 1, (family, "FragCreates"): count})
        same(rises(before, tunnel.counts()), want, "counters")
        comment += f"IPv{family}: 4,000 octets in {count} fragments, each an outer packet\n"
    sh("ip -n gw link set sec0 mtu 65535")
    return comment


def main():
    """Runs everything over each kind of outer packet."""
    tap, gateway = Tap(), wire.Wire()
    sh(f"""ip -n gw link set sec0 mtu 65535
        ip -n gw route add blackhole {NEAR[4]}/32; ip -n gw route add blackhole {NEAR[6]}/128
        ip -n gw address add {OWN[4]}/32 dev lo; ip -n gw address add {OWN[6]}/128 dev lo nodad
        ip -n gw route add {FAR[4]}/32 dev sec0; ip -n gw route add {FAR[6]}/128 dev sec0""")
    for label, kind in KINDS.items():
        tunnel = Tunnel(gateway, **kind)
        for test in (reassembled, passed, made_outside, refused, made_inside):
            tap.run(f"{label}: {test.__doc__}", test, tunnel)
            gateway.sent(100, 0)
        gateway.clear()
        gateway.plug()
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
