#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""AH in the data path, octet for octet, with AH in Python as the peer. Topology: wire.py.

Every algorithm in both modes over both families and with both lengths of sequence numbers; headers of a packet's own
in transport mode; sizes and the path; sequence numbers; what is malformed, whose it is, and what is refused. With the
argument `later` the hash finishes every request later.
"""
import errno
import itertools
import socket
import struct
import sys

import wire
from ah_codec import ALGORITHMS, NOTHING, Part, extension, header4, header6, option4, option6
from ah_peer import AH, TRANSPORT, TUNNEL, UDP, Peer, set_octets, shortened
from genl import Refused
from wire import GATEWAY, PEER, SPI_IN, SPI_OUT, inner, rises

from scapy.layers.inet import ICMP, IP, fragment
from scapy.layers.inet6 import ICMPv6PacketTooBig, IPv6, IPv6ExtHdrFragment, fragment6
from scapy.packet import Raw, raw

from bench import IN, OUT, addr, in_netns, key, sh
from tap import Tap, same

MODES = {"tunnel": TUNNEL, "transport": TRANSPORT}
PATH = 1500
HOP = {4: "192.0.2.66", 6: "2001:db8::66"}
VARIES, STAYS = option6(0x3e, b"\1\2\3\4"), option6(0x1e, b"\1\2\3\4")
RECORD, ALERT = option4(bytes([7, 7, 4, 0, 0, 0, 0])), option4(bytes([148, 4, 0, 0]), True)
FILL4, FILL6 = Part(b"\1"), Part(bytes([1, 0]))


def join(*parts):
    return sum(parts, NOTHING)


def own(family, payload, *parts, **fields):
    """The header of a packet of the gateway itself to the peer."""
    make, ends = (header4, header6)[family == 6], (addr(end[family]) for end in (GATEWAY, PEER))
    return make(len(payload), *parts, **{"protocol": UDP, **dict(zip(("source", "destination"), ends)), **fields})


def counted(gateway, before, spi, **want):
    """What rose since BEFORE at the SA, in the tunnel and at the device, and nowhere else."""
    same(rises(before, gateway.counts()), {(where, name.replace("_", "-")): value for name, value in want.items()
                                           for where in ("device", "t", ("t", spi))}, "counters")


def both_ways(gateway, alg, mode, family, esn):
    """A packet each way, of exactly these octets, counted exactly."""
    gateway.clear()
    peer = Peer(gateway, alg, family, mode, esn, seq=0x1_0000_0041 if esn else 0x41)
    packet, delivered = peer.good()
    before = gateway.counts()
    gateway.send(packet)
    same([got.hex() for got in gateway.delivered(1)], [delivered.hex()], "delivered")
    counted(gateway, before, SPI_IN, rx_packets=1, rx_bytes=len(delivered))
    if mode == TUNNEL:
        payload, next_header = inner(6, far_to_near=False), 41
        sent = payload
    else:
        payload, next_header = inner(4)[20:], UDP
        sent = own(family, payload).wire + payload
    before = gateway.counts()
    gateway.protect(sent)
    got, = gateway.sent(1)
    same(peer.opens(got, peer.seq), (next_header, payload), "next header and payload")
    counted(gateway, before, SPI_OUT, tx_packets=1, tx_bytes=len(sent))
    gateway.quiet()


# Headers of a packet's own.

def route4(destination):
    """A loose source route with one router left."""
    return Part(bytes([131, 7, 4]) + addr(destination), bytes(7)) + FILL4


def route6(destination):
    """A routing header with one router left: on the wire, and as it will be received."""
    return extension(43, Part(bytes([0, 1]) + bytes(4), bytes(6)) + Part(addr(destination), addr(HOP[6])))


OWN_HEADERS = {  # in front of AH; where a router is left to pass, the gateway sends to it
    "IPv4": (4, {"tos": 0xb8, "ttl": 33, "df": True}, None),
    "IPv4, record route and router alert": (4, {"options": join(RECORD, FILL4, ALERT)}, None),
    "IPv4, forty octets of options": (4, {"options": join(option4(bytes([7, 39, 4] + [0] * 36)), FILL4)}, None),
    "IPv4, loose source route": (4, {"options": route4(PEER[4])}, HOP[4]),
    "IPv6": (6, {"tos": 0xb8, "ttl": 33, "label": 0x12345}, None),
    "IPv6, hop-by-hop options": (6, {"extensions": [extension(0, join(STAYS, VARIES, FILL6))]}, None),
    "IPv6, destination options and routing header": (6, {"extensions": [
        extension(60, VARIES), route6(PEER[6])]}, HOP[6]),
    "IPv6, hop-by-hop options and routing header": (6, {"extensions": [extension(0, VARIES), route6(PEER[6])]}, HOP[6]),
}


def sends_own_header(gateway, what):
    """A packet keeps its headers; what the ICV covers of them is what the peer will see."""
    family, fields, hop = OWN_HEADERS[what]
    gateway.clear()
    peer = Peer(gateway, "sha256", family, TRANSPORT, remote=hop)
    payload = inner(4)[20:]
    ends = {"destination": addr(hop or PEER[family]), "final": addr(PEER[family]), "source": addr(GATEWAY[family])}
    gateway.protect(own(family, payload, **fields, **ends).wire + payload)
    got, = gateway.sent_ah(1)
    header = peer.header(len(payload), **fields, **ends)
    same(peer.opens(got, 1, header), (UDP, payload), "next header and payload")


def cannot_predict(gateway):
    """Of a routing header of another type nobody knows what becomes of it: such a packet is not sent."""
    gateway.clear()
    Peer(gateway, "sha256", 6, TRANSPORT)
    payload = inner(4)[20:]
    header = own(6, payload, [extension(43, Part(bytes([4, 1]) + bytes(4) + addr(PEER[6])))])
    before = gateway.counts()
    gateway.drops_traced()
    gateway.protect(header.wire + payload)
    counted(gateway, before, SPI_OUT, **{"ah-header": 1})
    same(gateway.drops_traced(), [("out", SPI_OUT, "ah-header")], "drops traced")
    gateway.quiet()


# Sizes and the path.

def path_mtu(gateway):
    """What tunnel-get says that fits."""
    return gateway.genl.do("tunnel-get", {"ifindex": gateway.ifindex, "name": "t"})[0]["path-mtu"]


def largest(gateway, alg, mode, family):
    """The largest packet is as large as the path takes; one octet more is too big."""
    gateway.clear()
    gateway.plug()  # in transport mode what the sender was told is about the path to the peer
    peer = Peer(gateway, alg, family, mode)
    overhead = peer.to.ah_len(family) + (0 if mode == TRANSPORT else {4: 20, 6: 40}[family])
    same(path_mtu(gateway), PATH - overhead, "path-mtu")
    for more in (0, 1):
        if mode == TUNNEL:
            packet = inner(4, octets=PATH - overhead - 28 + more, far_to_near=False, flags="DF")
        else:
            payload = bytes(PATH - overhead - {4: 20, 6: 40}[family] + more)
            packet = own(family, payload, **({"df": True} if family == 4 else {})).wire + payload
        before = gateway.counts()
        gateway.protect(packet)
        if more:
            counted(gateway, before, SPI_OUT, **{"too-big": 1})
        else:
            same([len(got) for got in gateway.sent(1)], [PATH], "octets sent")
    gateway.delivered(1, 0.1)
    return f"AH of {peer.to.ah_len(family)} octets"


def icmp_lowers(gateway, family):
    """An ICMP error that quotes a packet with AH lowers the path MTU; a wrong SPI or address does not."""
    gateway.clear()
    gateway.plug()
    peer = Peer(gateway, "sha256", family)
    gateway.protect(inner(4, far_to_near=False))
    got, = gateway.sent(1)
    at = {4: 20, 6: 40}[family]
    high = path_mtu(gateway)
    for wrong in (set_octets(got, at + 7, b"\xee"), set_octets(got, at - 1, b"\xee")):
        gateway.send(too_big(family, wrong))
        gateway.good_one(peer)
        same(path_mtu(gateway), high, "path-mtu after an error about a packet that we did not send")
    gateway.send(too_big(family, got))
    gateway.good_one(peer)
    same(path_mtu(gateway), 1400 - at - peer.to.ah_len(family), "path-mtu")


def too_big(family, packet):
    """What a router says of a packet that is too big for 1,400 octets."""
    if family == 4:
        return raw(IP(src=PEER[4], dst=GATEWAY[4]) / ICMP(type=3, code=4, nexthopmtu=1400) / Raw(packet[:28]))
    return raw(IPv6(src=PEER[6], dst=GATEWAY[6]) / ICMPv6PacketTooBig(mtu=1400) / Raw(packet[:1200]))


def fragments(gateway, family):
    """Outer fragments are put together before AH looks at them, and AH comes before a packet is fragmented."""
    gateway.clear()
    gateway.plug()
    peer = Peer(gateway, "sha256", family, df=2)  # clear
    text = inner(4, octets=3000)
    packet, delivered = peer.good(text)
    gateway.send(*split(packet))
    same([got.hex() for got in gateway.delivered(1)], [delivered.hex()], "delivered")
    if family == 4:
        sent = inner(4, octets=1480, far_to_near=False)
        gateway.protect(sent)
        pieces = gateway.sent(2)
        same([bool(piece[6] & 0x20) for piece in pieces], [True, False], "more fragments")
        whole = pieces[0][20:] + pieces[1][20:]
        head = set_octets(set_octets(pieces[0][:20], 6, b"\0\0"), 2, struct.pack("!H", 20 + len(whole)))
        same(peer.opens(head + whole, 1), (4, sent), "next header and payload")


def split(packet):
    """A packet in fragments."""
    if packet[0] >> 4 == 4:
        return [raw(piece) for piece in fragment(IP(packet), 1400)]
    header = IPv6(packet)
    with_fragment_header = (IPv6(src=header.src, dst=header.dst) / IPv6ExtHdrFragment(id=7, nh=header.nh) /
                            Raw(packet[40:]))
    return [raw(piece) for piece in fragment6(with_fragment_header, 1400)]


# Sequence numbers.

def half_turn(gateway):
    """The low half turns over, in both directions."""
    gateway.clear()
    peer = Peer(gateway, "sha256", esn=True, seq=0xffff_fffe)
    for seq in (0xffff_ffff, 0x1_0000_0000, 0x1_0000_0001):
        gateway.good_one(peer)
        gateway.protect(inner(4, far_to_near=False))
        got, = gateway.sent(1)
        same(peer.opens(got, seq)[0], 4, "next header")


def last_number(gateway):
    """Without ESN the number 2^32 - 1 is the last."""
    gateway.clear()
    peer = Peer(gateway, "sha256", seq=0xffff_fffe)
    packet = inner(4, far_to_near=False)
    gateway.protect(packet)
    got, = gateway.sent(1)
    peer.opens(got, 0xffff_ffff)
    before = gateway.counts()
    gateway.protect(packet)
    counted(gateway, before, SPI_OUT, **{"seq-exhausted": 1})
    gateway.quiet()


def replays(gateway, esn):
    """Each number once; not 0; not what is left of the window."""
    gateway.clear()
    peer = Peer(gateway, "sha256", esn=esn, seq=5000 + (esn << 32))
    packet, delivered = peer.good()
    old, zero = (peer.to.seal(peer.header(len(delivered)), 4, delivered, seq + (esn << 32)) for seq in (800, 0))
    gateway.send(packet)
    same(gateway.delivered(1), [delivered], "delivered")
    for again, reason in ((packet, "replay"), (old, "replay-old"), (zero, "replay-zero")):
        if esn and reason != "replay":
            continue  # with ESN it is a number of the next turn: the ICV is wrong
        dropped(gateway, peer, again, reason)


# What is malformed, and whose it is.

def dropped(gateway, peer, packet, reason):
    """A packet is dropped for this reason, counted and traced once; a good one passes behind it."""
    before = gateway.counts()
    gateway.drops_traced()
    gateway.send(packet)
    octets = gateway.good_one(peer)
    counted(gateway, before, SPI_IN, **{reason: 1}, rx_packets=1, rx_bytes=octets)
    same(gateway.drops_traced(), [("in", SPI_IN, reason)], "drops traced")
    gateway.quiet()


def malformed(gateway, family):
    """Too short, of another length than the SA's, with the wrong thing inside."""
    gateway.clear()
    peer = Peer(gateway, "sha256", family)
    at, ah_len = {4: 20, 6: 40}[family], peer.to.ah_len(family)
    for length in range(8, ah_len):
        dropped(gateway, peer, shortened(peer.good()[0], at + length), "truncated")
    for words in (0, 1, ah_len // 4 - 3, ah_len // 4 - 1, ah_len // 4, 255):
        dropped(gateway, peer, set_octets(peer.good()[0], at + 1, bytes([words])), "ah-length")
    for number in (0, 6, 17, 50, 51, 59, 255):
        dropped(gateway, peer, peer.seal(inner(4), number), "bad-next-header")
    dropped(gateway, peer, peer.seal(inner(4), 41), "bad-inner-header")
    dropped(gateway, peer, peer.seal(b"", 4), "bad-inner-header")
    dropped(gateway, peer, peer.seal(inner(4)[:30], 4), "bad-inner-header")
    dropped(gateway, peer, peer.seal(inner(4), 4, tos=3), "ecn-invalid")


def somebody_elses(gateway, family):
    """AH with another SPI is for in-tree IPsec, and we count nothing."""
    gateway.clear()
    peer = Peer(gateway, "sha256", family)
    packet = peer.good()[0]
    before, errors = gateway.counts(), in_tree_errors()
    gateway.send(set_octets(packet, {4: 20, 6: 40}[family] + 7, b"\xee"))
    octets = gateway.good_one(peer)
    counted(gateway, before, SPI_IN, rx_packets=1, rx_bytes=octets)
    same(in_tree_errors() - errors, 1, "packets that in-tree IPsec counted")


def in_tree_errors():
    """What in-tree IPsec counted of packets that found no state."""
    with in_netns("gw"):
        text = sh("cat /proc/net/xfrm_stat")
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("XfrmInNoStates"))


def spi_taken(gateway):
    """An SPI of in-tree IPsec at this address is not taken, but only if it is AH's."""
    gateway.clear()
    gateway.tunnel("t")
    state = "src 192.0.2.2 dst 192.0.2.1 proto {} spi 0x1002 mode tunnel auth-trunc 'hmac(sha256)' 0x{} 128 {}"
    sh("ip -n gw xfrm state add " + state.format("ah", "11" * 32, ""))
    refuses(errno.EEXIST, "in-tree", "spi", gateway.sa, IN, SPI_IN, proto=AH, alg="sha256", key=key(32))
    gateway.sa(IN, SPI_IN)
    sh("ip -n gw xfrm state flush")


def refuses(number, words, blamed, function, *args, **kwargs):
    """A request fails, says these words, and blames this attribute."""
    try:
        function(*args, **kwargs)
    except Refused as error:
        same((error.errno, words in error.text, error.blamed), (number, True, blamed), error.text)
    else:
        raise AssertionError("not refused")


def refused_in_udp(gateway):
    """AH cannot be UDP-encapsulated: whichever comes second is refused, and why is said."""
    gateway.clear()
    gateway.tunnel("t", encap=1)
    sa = gateway.sa_attrs(IN, SPI_IN, proto=AH, alg="sha256", key=key(32))
    for direction in (IN, OUT):
        refuses(errno.EINVAL, "UDP carries ESP only", "proto", gateway.sa, direction, 0x2000, proto=AH, alg="sha256",
                key=key(32))
    half = {name: sa[name] for name in ("proto", "spi", "alg", "key")}
    refuses(errno.EINVAL, "UDP carries ESP only", "in.proto", gateway.genl.do, "rekey",
            {"ifindex": gateway.ifindex, "tunnel": "t", "in": half})
    refuses(errno.EINVAL, "UDP carries ESP only", "proto", gateway.genl.do, "spi-alloc",
            {"ifindex": gateway.ifindex, "tunnel": "t", "proto": AH})
    gateway.clear()
    gateway.tunnel("t")
    gateway.sa(IN, SPI_IN, proto=AH, alg="sha256", key=key(32))
    refuses(errno.EINVAL, "has an SA of AH", "encap", gateway.genl.do, "tunnel-set",
            {"ifindex": gateway.ifindex, "name": "t", "encap": 1})


def either_protocol(gateway):
    """A tunnel's SAs are AH or ESP as each says, with the same SPI; the last transmit SA is used."""
    gateway.clear()
    peer = Peer(gateway, "sha256")
    gateway.sa(IN, SPI_IN)
    gateway.good_one(peer)
    packet = inner(4, fill=b"by ESP")
    gateway.send(wire.Codec(SPI_IN).seal(packet, 1))
    same(gateway.delivered(1), [packet], "delivered")
    gateway.sa(OUT, SPI_OUT)
    gateway.protect(inner(4, far_to_near=False))
    same([got[9] for got in gateway.sent(1)], [50], "protocol sent")
    gateway.sa(OUT, SPI_OUT, proto=AH, alg="sha256", key=key(32, 2))
    gateway.protect(inner(4, far_to_near=False))
    same([got[9] for got in gateway.sent(1)], [AH], "protocol sent")


class Gateway(wire.Wire):
    """With good packets, and room for large ones."""

    def __init__(self):
        super().__init__()
        sh("ip -n gw link set sec0 mtu 8000")

    def sent_ah(self, count):
        """Packets that were sent to one host, whatever extension headers they have."""
        def choose(frame, _):
            packet = frame[14:]
            return packet if packet[0] >> 4 == 4 or packet[0] >> 4 == 6 and 58 != packet[6] and packet[24] != 0xff else None
        return wire.take(self.cable, count, 5.0, choose)

    def good_one(self, peer):
        """A packet passes; whatever was sent before it has been dealt with then. Returns its octets."""
        packet, delivered = peer.good()
        self.send(packet)
        got = self.delivered(1)
        while got and got[-1] != delivered:
            got += self.delivered(1)
        same([one.hex() for one in got], [delivered.hex()], "delivered")
        return len(delivered)


def finish_later(alg):
    """Makes the kernel's best driver of an algorithm one that finishes every request later."""
    with open("/proc/crypto", encoding="ascii") as file:
        entries = [dict(map(str.strip, line.split(":", 1)) for line in entry.splitlines())
                   for entry in file.read().split("\n\n") if entry.strip()]
    drivers = [entry for entry in entries if entry["name"] == ALGORITHMS[alg].x]
    driver = max(drivers, key=lambda entry: int(entry["priority"]))["driver"]
    with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET) as hold:
        hold.bind(("hash", f"cryptd({driver})"))


def burst(gateway, mode, family):
    """Many at once, each way, come out in order, all of them."""
    gateway.clear()
    peer = Peer(gateway, "sha256", family, mode)
    pairs = [peer.good() for _ in range(50)]
    gateway.send(*(packet for packet, _ in pairs))
    same(gateway.delivered(50), [delivered for _, delivered in pairs], "delivered")
    payloads = [bytes([number]) * 40 for number in range(50)]
    if mode == TUNNEL:
        payloads = [inner(4, far_to_near=False, fill=payload) for payload in payloads]
        gateway.protect(*payloads)
    else:
        gateway.protect(*(own(family, payload).wire + payload for payload in payloads))
    same([peer.opens(got, number + 1)[1] for number, got in enumerate(gateway.sent(50))], payloads, "sent")


def main():
    tap = Tap()
    gateway = Gateway()
    sh("modprobe -qa ah4 ah6 || true")
    if "later" in sys.argv[1:]:
        gateway.tunnel("t")
        gateway.sa(IN, SPI_IN, proto=AH, alg="sha256", key=key(32))
        finish_later("sha256")
        for (mode, number), family in itertools.product(MODES.items(), (4, 6)):
            tap.run(f"the hash finishes later: {mode} mode, IPv{family}: 50 packets each way, in order", burst, gateway,
                    number, family)
        tap.done()
    for alg, (mode, number), family, esn in itertools.product(ALGORITHMS, MODES.items(), (4, 6), (False, True)):
        tap.run(f"{alg}, {mode} mode, IPv{family}, {64 if esn else 32}-bit numbers: a packet each way", both_ways, gateway,
                alg, number, family, esn)
    for what in OWN_HEADERS:
        tap.run(f"transport mode: a packet keeps its headers: {what}", sends_own_header, gateway, what)
    tap.run("a routing header of another type with routers left is not sent: ah-header", cannot_predict, gateway)
    for alg, (mode, number), family in itertools.product(("sha1", "sha256", "sha384", "sha512", "aes128gmac"),
                                                         MODES.items(), (4, 6)):
        tap.run(f"{alg}, {mode} mode, IPv{family}: the largest packet fits, one octet more does not", largest, gateway,
                alg, number, family)
    for family in (4, 6):
        tap.run(f"IPv{family}: fragments", fragments, gateway, family)
        tap.run(f"IPv{family}: malformed packets, each with its reason", malformed, gateway, family)
        tap.run(f"IPv{family}: another SPI is in-tree IPsec's", somebody_elses, gateway, family)
    for family in (4,):
        tap.run(f"IPv{family}: an ICMP error lowers the path MTU", icmp_lowers, gateway, family)
    tap.run("ESN: the low half of the number turns over", half_turn, gateway)
    tap.run("without ESN 2^32 - 1 is the last number", last_number, gateway)
    for esn in (False, True):
        tap.run(f"replays, {64 if esn else 32}-bit numbers", replays, gateway, esn)
    tap.run("an SPI that in-tree IPsec has as AH is refused, as ESP it is free", spi_taken, gateway)
    tap.run("AH and UDP encapsulation exclude each other, in any order", refused_in_udp, gateway)
    tap.run("a tunnel has AH and ESP as each SA says", either_protocol, gateway)
    tap.done()


if __name__ == "__main__":
    main()
