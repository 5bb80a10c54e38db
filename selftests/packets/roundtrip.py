#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Good packets, by scapy's own encoder and decoder. Topology: wire.py.

For each algorithm, with and without extended sequence numbers, over IPv4 and IPv6, plain and in UDP, of both inner
families: what one side encrypts the other decrypts to exactly the same octets.
"""
import itertools
import sys

import wire
from wire import GATEWAY, PEER, SPI_IN, SPI_OUT, inner, rises

from tap import Tap, same

# payloads for every padding, the shortest, and one that is not small
PAYLOADS = (0, 1, 2, 3, 4, 63, 64, 65, 1200)
LAP = 1 << 32


def expected(packets, spi, direction):
    """How the counters rise for these inner packets."""
    return {(where, f"{direction}-{what}"): value for where in ("device", "t", ("t", spi))
            for what, value in (("packets", len(packets)), ("bytes", sum(map(len, packets))))}


def receives(gateway, codec, start):
    """scapy encrypts, sectun decrypts and delivers exactly the inner packet."""
    packets = [inner(family, octets) for octets in PAYLOADS for family in (4, 6)]
    before = gateway.counts()
    for seq, packet in enumerate(packets, start + 1):
        gateway.send(codec.seal(packet, seq))
    got = gateway.delivered(len(packets))
    same([packet.hex() for packet in got], [packet.hex() for packet in packets], "delivered packets")
    same(rises(before, gateway.counts()), expected(packets, SPI_IN, "rx"), "counters")
    gateway.quiet()


def sends(gateway, codec, start):
    """sectun encrypts, scapy decrypts to exactly the inner packet, and nothing else about it is odd."""
    packets = [inner(family, octets, far_to_near=False) for octets in PAYLOADS for family in (4, 6)]
    before = gateway.counts()
    gateway.protect(*packets)
    got = gateway.sent(len(packets))
    same(len(got), len(packets), "packets on the wire")
    ivs = set()
    for seq, (packet, outer) in enumerate(zip(packets, got), start + 1):
        outer_is_sane(codec, outer)
        plain = codec.open(outer, seq >> 32)
        data = bytes(plain.data)
        same((plain.spi, plain.seq), (SPI_OUT, seq & (LAP - 1)), "SPI and sequence number")
        same(data.hex(), packet.hex(), "what was encrypted")
        same(plain.nh, 4 if packet[0] >> 4 == 4 else 41, "next header")
        same((plain.padding, plain.padlen), (bytes(range(1, 1 + -(len(data) + 2) % 4)), len(plain.padding)),
             "padding: as short as can be, and 1, 2, 3, ...")
        ivs.add(plain.iv)
        same(codec.unwrap(outer, seq >> 32).hex(), packet.hex(), "what scapy makes of it")
    same(len(ivs), len(packets), "different IVs")
    same(rises(before, gateway.counts()), expected(packets, SPI_OUT, "tx"), "counters")
    gateway.quiet()


def outer_is_sane(codec, outer):
    """Addresses, lengths, checksums, ports."""
    header = codec.outer(outer)
    same((header.src, header.dst), (GATEWAY[codec.family], PEER[codec.family]), "outer addresses")
    again = header.copy()
    fields = ["len", "chksum"] if codec.family == 4 else ["plen"]
    for field in fields:
        again.delfieldval(field)
    if codec.encap:
        udp = again[wire.UDP]
        same((udp.sport, udp.dport), (4500, 4500), "UDP ports")
        if codec.family == 4:
            same(udp.chksum, 0, "UDP checksum over IPv4")
        else:
            udp.delfieldval("chksum")
        udp.delfieldval("len")
    same(wire.raw(again).hex(), outer.hex(), "lengths and checksums as scapy computes them")


def both_ways(gateway, alg, esn, family, encap):
    """One combination; with extended numbers, across the end of the low half."""
    start = LAP - 5 if esn else 0
    to, out_of = gateway.pair(alg=alg, esn=esn, family=family, encap=encap, seq=start, seq_out=start)
    try:
        receives(gateway, to, start)
        sends(gateway, out_of, start)
    finally:
        gateway.clear()


def numbers_go_on(gateway):
    """5,000 packets: sequence numbers strictly one more, no IV twice."""
    _, out_of = gateway.pair(seq_out=41)
    numbers, ivs = [], set()
    for _ in range(50):
        gateway.protect(*[inner(octets=8, far_to_near=False)] * 100)
        for outer in gateway.sent(100):
            esp = out_of.outer(outer)[wire.ESP]
            numbers.append(esp.seq)
            ivs.add(bytes(esp.data[:8]))
    gateway.clear()
    same(numbers, list(range(42, 42 + 5000)), "sequence numbers")
    same(len(ivs), 5000, "different IVs")


def tfc_out(gateway):
    """tfc N: shorter inner packets look like N octets, or like what fits the path, longer ones as they are."""
    _, out_of = gateway.pair(options={"tfc": 300})
    fits = (1500 - 20 - 8 - 8 - 16) // 4 * 4 - 2
    for size, seen in ((300, 300), (fits, fits), (fits + 1, fits), (65535, fits)):
        gateway.genl.do("tunnel-set", {"ifindex": gateway.ifindex, "name": "t", "tfc": size})
        packets = [inner(octets=octets, far_to_near=False) for octets in (0, 100, 271, 272, 273, 1200)]
        packets.append(inner(6, 50, far_to_near=False))
        gateway.protect(*packets)
        for packet, outer in zip(packets, gateway.sent(len(packets))):
            data = bytes(out_of.open(outer).data)
            same(data, packet + bytes(max(seen - len(packet), 0)), f"payload with TFC padding, tfc {size}")
    gateway.clear()


def tfc_in(gateway):
    """TFC padding of any content is cut off."""
    to, _ = gateway.pair()
    packets = [inner(octets=octets) for octets in (0, 1, 50)]
    for seq, packet in enumerate(packets, 1):
        gateway.send(to.wrap(to.esp(packet + b"\xa5" * (100 + seq), seq)))
    same(gateway.delivered(3), packets, "delivered")
    gateway.clear()


def longest_padding(gateway):
    """Padding of 255 octets is as good as none (RFC 4303 section 2.4)."""
    to, _ = gateway.pair()
    packet = inner(octets=1)
    for seq, length in enumerate((1, 5, 129, 253), 1):
        gateway.send(to.wrap(to.esp(packet, seq, padding=bytes(range(1, 1 + length)))))
    same(gateway.delivered(4), [packet] * 4, "delivered")
    gateway.clear()


def dummies(gateway):
    """Next header 59: received, dropped without a word, and the window moves."""
    to, _ = gateway.pair(replay=64)
    before = gateway.counts()
    for seq, data in ((1, b""), (70, b"anything at all."), (71, bytes(1000))):
        gateway.send(to.wrap(to.esp(data, seq, next_header=59)))
    packet = inner()
    gateway.send(to.seal(packet, 3), to.seal(packet, 8))
    same(gateway.delivered(1), [packet], "delivered")
    rose = rises(before, gateway.counts())
    want = {(where, what): value for where in ("device", "t", ("t", SPI_IN)) for what, value in (
        ("rx-packets", 4), ("rx-bytes", len(packet)), ("replay-old", 1))}
    same(rose, want, "counters")
    gateway.drops_traced()
    gateway.quiet()
    gateway.clear()


def main():
    """Runs everything, or what there is for the algorithms that are arguments."""
    tap, gateway = Tap(), wire.Wire()
    algorithms = sys.argv[1:] or wire.ALGORITHMS
    for alg, esn, family, encap in itertools.product(algorithms, (False, True), (4, 6), (False, True)):
        tap.run(f"{alg}{' ESN' if esn else ''} over {'UDP over ' if encap else ''}IPv{family}: both ways, both inner "
                "families", both_ways, gateway, alg, esn, family, encap)
    for test in (numbers_go_on, tfc_out, tfc_in, longest_padding, dummies):
        tap.run(test.__doc__.rstrip("."), test, gateway)
    tap.run("none of all this dropped a packet for another reason", lambda: same(gateway.drops_traced(), []))
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
