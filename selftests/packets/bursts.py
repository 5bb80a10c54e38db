#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Packets that GRO hands over as one list are judged one by one, and delivered in order. Topology: wire.py.

What arrives waits for a while, so that GRO gets it all at once: wan's NAPI is told to let it. That lists were made shows
in what the stack counts: one packet is delivered for all.

With the word "taken" another module has the stack's place for offloads of ESP: no list is made of plain ESP then.
"""
import os
import socket
import sys

import wire
from wire import IN, SPI_IN, Codec, inner, rises, take

from bench import in_netns, sh
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.packet import Raw, raw
from scapy.utils import checksum
from tap import Tap, same

KINDS = {"IPv4": {}, "IPv6": {"family": 6}, "UDP over IPv4": {"encap": True}, "UDP over IPv6": {
    "family": 6, "encap": True}, "extended sequence numbers": {"esn": True}}
COUNT = 60
HOLD = 1_000_000_000  # nanoseconds for which GRO may keep a packet
REASON_OLD = {False: "replay-old", True: "replay-esn"}  # by ESN, which makes the ICV wrong
TAKEN = "taken" in sys.argv[1:]


def handled(family):
    """Packets and lists that IP in the gateway has delivered to a protocol: those from outside only, inner ones go on."""
    with in_netns("gw"):
        if family == 6:
            with open("/proc/thread-self/net/snmp6", encoding="ascii") as file:
                return int(dict(line.split() for line in file)["Ip6InDelivers"])
        with open("/proc/thread-self/net/snmp", encoding="ascii") as file:
            names, numbers = [line.split()[1:] for line in file if line.startswith("Ip:")]
    return int(dict(zip(names, numbers))["InDelivers"])


def pass_through(gateway, kind, outer, count):
    """Puts outer packets on the cable, looks whether lists were made of them, and returns what was delivered."""
    family = kind.get("family", 4)
    before = handled(family)
    gateway.send(*outer)
    got = gateway.delivered(count)
    lists = handled(family) - before
    if TAKEN and not kind.get("encap"):
        same(lists, len(outer), "packets that the ESP handler was called for")
    elif lists > 10:
        raise AssertionError(f"{len(outer)} packets came as {lists} lists")
    return got


class Held(wire.Wire):
    """A gateway that has GRO, patient at that."""

    def __init__(self):
        super().__init__()
        # what a sender could have segmented is none of GRO's business
        sh(f"""ethtool -K peer tso off
            ip netns exec gw ethtool -K wan gro on
            ip netns exec gw sh -c 'echo {HOLD} >/sys/class/net/wan/gro_flush_timeout
                echo 1 >/sys/class/net/wan/napi_defer_hard_irqs'""")


def numbered(to, numbers):
    """Inner packets that say their number, and the outer ones."""
    packets = [inner(fill=b"number %d" % seq) for seq in numbers]
    return packets, [to.seal(packet, seq) for packet, seq in zip(packets, numbers)]


def whole(gateway, kind):
    """Everything arrives, and is counted."""
    to, _ = gateway.pair(**kind)
    before = gateway.counts()
    packets, outer = numbered(to, range(1, COUNT + 1))
    same(pass_through(gateway, kind, outer, COUNT), packets, "delivered")
    rose = rises(before, gateway.counts())
    for where in ("device", "t", ("t", SPI_IN)):
        same((rose[(where, "rx-packets")], rose[(where, "rx-bytes")]), (COUNT, sum(map(len, packets))),
             f"packets and octets of {where}")
    same([name for name in rose if not name[1].startswith("rx-")], [], "what else was counted")


def listen():
    """A packet socket that keeps clones of what arrives."""
    with in_netns("gw"):
        capture = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(wire.ETH_P_ALL))
        capture.bind(("wan", wire.ETH_P_ALL))
    return capture


def captured(gateway, kind):
    """Somebody captures the list: nothing is changed where it is."""
    capture = listen()
    whole(gateway, kind)
    seen = b"".join(take(capture, COUNT, 0.2, lambda packet, kind: None if kind == wire.PACKET_OUTGOING else packet))
    capture.close()
    same(b"number " in seen, False, "decrypted text in what was captured")


def spoilt(gateway, kind):
    """One is forged, one comes twice: these are dropped, no other."""
    to, _ = gateway.pair(**kind)
    before = gateway.counts()
    packets, outer = numbered(to, range(1, COUNT + 1))
    outer[20] = outer[20][:-1] + bytes([outer[20][-1] ^ 1])
    outer[40] = outer[39]
    del packets[40], packets[20]
    same(pass_through(gateway, kind, outer, COUNT - 2), packets, "delivered")
    rose = rises(before, gateway.counts())
    same({name: value for (where, name), value in rose.items() if where == ("t", SPI_IN)},
         {"rx-packets": COUNT - 2, "rx-bytes": sum(map(len, packets)), "bad-icv": 1, "replay": 1}, "of the SA")


def leaps(gateway, kind):
    """The window moves inside of a list, past packets that follow."""
    to, _ = gateway.pair(replay=64, **kind)
    before = gateway.counts()
    numbers = [*range(1, 20), 200, 136, 137, 136, 19, *range(201, 220), 156, 155, 1000, 936, 937]
    good = [*range(1, 20), 200, 137, *range(201, 220), 156, 1000, 937]
    same(pass_through(gateway, kind, numbered(to, numbers)[1], len(good)), numbered(to, good)[0], "delivered")
    rose = rises(before, gateway.counts())
    same({name: value for (where, name), value in rose.items() if where == ("t", SPI_IN) and name != "rx-bytes"},
         {"rx-packets": len(good), REASON_OLD[kind.get("esn", False)]: len(numbers) - len(good)}, "of the SA")


def mingled(gateway, kind):
    """Two SAs of one tunnel take turns, and one that nobody has comes in between."""
    to, _ = gateway.pair(**kind)
    other = Codec(SPI_IN + 16, family=kind.get("family", 4), encap=kind.get("encap", False), esn=kind.get("esn", False),
                  seed=5)
    gateway.sa(IN, SPI_IN + 16, "t", key=other.keymat, esn=int(kind.get("esn", False)))
    stranger = Codec(SPI_IN + 32, family=kind.get("family", 4), encap=kind.get("encap", False))
    before = gateway.counts()
    packets, outer = [], []
    for seq in range(1, COUNT // 2 + 1):
        for codec, mark in ((to, b"one %d"), (other, b"two %d")):
            packets.append(inner(fill=mark % seq))
            outer.append(codec.seal(packets[-1], seq))
    outer.insert(COUNT // 2, stranger.seal(inner(), 1))
    got = pass_through(gateway, kind, outer, COUNT)
    for mark in (b"one ", b"two "):
        same([packet for packet in got if mark in packet], [packet for packet in packets if mark in packet],
             f"delivered, {mark.decode()}")
    rose = rises(before, gateway.counts())
    same([rose[(("t", spi), "rx-packets")] for spi in (SPI_IN, SPI_IN + 16)], [COUNT // 2] * 2, "packets of the SAs")
    gateway.sent(5, 0.2)  # somebody may be told that there is no such SA


def segment(number, text, layer=IP, port=1000, flags="A", **fields):
    """One of a TCP flow, whose text is numbered by octets."""
    if layer is IP:
        header = IP(src=wire.FAR[4], dst=wire.NEAR[4], id=number, flags="DF", **fields)
    else:
        header = IPv6(src=wire.FAR[6], dst=wire.NEAR[6], **fields)
    return raw(header / TCP(sport=port, dport=2000, flags=flags, seq=1 + number * len(text), ack=1,
                            options=[("Timestamp", (5, 6))]) / Raw(text))


def texts(count, octets=400):
    """Of the segments of a flow."""
    return [b"%04d" % number * (octets // 4) for number in range(count)]


def flow(gateway, kind, segments):
    """Sends TCP segments; returns what came out: IP header, TCP header and text of each packet."""
    to, _ = gateway.pair(**kind)
    before = gateway.counts()
    gateway.send(*[to.seal(packet, number + 1) for number, packet in enumerate(segments)])
    got, octets, header = [], 0, (20 if segments[0][0] >> 4 == 4 else 40) + 32
    while octets < sum(len(packet) - header for packet in segments):
        packets = gateway.delivered(1)
        if not packets:
            break
        octets += len(packets[0]) - header
        got.append(packets[0])
    rose = rises(before, gateway.counts())
    same((rose[("t", "rx-packets")], rose[("t", "rx-bytes")]), (len(segments), sum(map(len, segments))), "packets, octets")
    return [(packet[:header - 32], packet[header - 32:header], packet[header:]) for packet in got]


def merged(gateway, kind):
    """Segments of one TCP flow come out as one packet."""
    for layer, octets, copied in ((IP, 400, False), (IPv6, 400, False), (IP, 1200, False), (IP, 1200, True),
                                  (IPv6, 1200, True)):
        # who captures has clones, so what is merged is in other memory
        capture = listen() if copied else None
        parts = texts(40, octets)
        segments = [segment(number, text, layer, flags="A" if number < 39 else "PA") for number, text in enumerate(parts)]
        got = flow(gateway, kind, segments)
        if capture:
            capture.close()
        same(b"".join(text for _, _, text in got), b"".join(parts), "text of the flow")
        if not (TAKEN and not kind.get("encap")) and len(got) > 3:
            raise AssertionError(f"40 segments came out as {len(got)}")
        for header, _, text in got:
            length = int.from_bytes(header[2:4] if layer is IP else header[4:6], "big")
            same(length, len(text) + 32 + (20 if layer is IP else 0), "length in the header")
            same(layer is IPv6 or checksum(header) == 0, True, "checksum of the header")
        same(got[-1][1][13] & 8, 8, "PSH of the last")
        gateway.clear()


def apart(gateway, kind):
    """What does not belong together is not merged, and stays in order."""
    parts = texts(30)
    wrong = bytearray(segment(10, parts[10]))
    wrong[36] ^= 1  # the TCP checksum
    segments = [segment(number, part) for number, part in enumerate(parts[:10])]
    segments += [bytes(wrong)]
    segments += [segment(number, parts[number], tos=8) for number in range(11, 15)]
    segments += [segment(15, parts[15], flags="FA"), segment(16, parts[16], flags="A", ttl=9)]
    segments += [segment(number, parts[number], flags="UA") for number in range(17, 20)]
    segments += [packet for number in range(20, 25) for packet in (
        segment(number, parts[number]), segment(number, parts[number], port=1001))]
    segments += [segment(26, parts[26]), segment(25, parts[25]), segment(27, parts[27]), segment(27, parts[27])]
    got = flow(gateway, kind, segments)
    # the stack's GRO lets a segment with a wrong checksum overtake those that it holds
    ordered = [packet for packet in got if not TAKEN or b"".join(packet) != wrong]
    wanted = [packet for packet in segments if not TAKEN or packet != wrong]
    for port in (1000, 1001):
        same(b"".join(text for _, tcp, text in ordered if tcp[:2] == port.to_bytes(2, "big")),
             b"".join(packet[52:] for packet in wanted if packet[20:22] == port.to_bytes(2, "big")),
             f"text from port {port}")
    for packet in (bytes(wrong), segments[15], segments[16], *segments[17:20]):
        same(packet in map(b"".join, got), True, "a packet that stays what it is")
    gateway.clear()


def case(function, gateway, kind):
    """One case; nothing is left of it."""
    try:
        function(gateway, kind)
    finally:
        gateway.clear()
        gateway.delivered(2 * COUNT, 0)


def main():
    tap, gateway = Tap(), Held()
    for name, kind in KINDS.items():
        for function in (whole, captured, spoilt, leaps, mingled, merged, apart):
            tap.run(f"{name}: {function.__doc__.rstrip('.')}", case, function, gateway, kind)
    tap.done()


if __name__ == "__main__":
    if TAKEN and os.system("modprobe -a esp4_offload esp6_offload"):
        print("1..0 # SKIP this kernel has no esp4_offload")
        sys.exit()
    sys.exit(main())
