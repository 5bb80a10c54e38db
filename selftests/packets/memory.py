#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Decryption never shows in memory that somebody else can see: not to who captures the packets, not in a file of which
the packet is made. Topology: wire.py.
"""
import os
import socket
import sys
import tempfile

import wire
from wire import GATEWAY, SPI_IN, inner, rises, take

from bench import in_netns
from tap import Tap, same

KINDS = {"IPv4": {}, "IPv6": {"family": 6}, "UDP over IPv4": {"encap": True}, "UDP over IPv6": {
    "family": 6, "encap": True}, "extended sequence numbers": {"esn": True}}
COUNT = 20


def captured(gateway, kind):
    """A packet socket keeps clones of what arrives: they say what was on the wire."""
    to, _ = gateway.pair(**kind)
    with in_netns("gw"):
        capture = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(wire.ETH_P_ALL))
        capture.bind(("wan", wire.ETH_P_ALL))
    packets = [inner(fill=b"to be kept secret: %d" % seq) for seq in range(COUNT)]
    outer = [to.seal(packet, seq + 1) for seq, packet in enumerate(packets)]
    gateway.send(*outer)
    same(gateway.delivered(COUNT), packets, "what was delivered while somebody captured")
    seen = take(capture, COUNT, 5.0, lambda packet, kind: None if kind == wire.PACKET_OUTGOING else packet)
    capture.close()
    same(seen, outer, "what was captured")
    gateway.clear()


def filed(gateway):
    """A datagram is made of a file's pages, without a copy, by whoever may open a UDP socket."""
    to, _ = gateway.pair(encap=True)
    with in_netns("gw"):
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.connect((GATEWAY[4], 4500))
    headers = 20 + 8
    good = to.seal(inner(octets=900), 1)[headers:]
    forged = good[:4] + (2).to_bytes(4, "big") + bytes(len(good) - 8)
    before = gateway.counts()
    for content in (good, forged):
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            same(os.sendfile(sender.fileno(), file.fileno(), 0, len(content)), len(content), "octets sent")
            gateway.delivered(1, 0.5)
            with open(file.name, "rb") as again:
                same(again.read(), content, "the file afterwards")
    rose = rises(before, gateway.counts())
    same((rose.get(("t", "rx-packets")), rose.get((("t", SPI_IN), "bad-icv"))), (1, 1), "delivered, forged")
    sender.close()
    gateway.clear()


def main():
    tap, gateway = Tap(), wire.Wire()
    for name, kind in KINDS.items():
        tap.run(f"{name}: who captures packets sees them as they were on the wire", captured, gateway, kind)
    tap.run("a file whose pages are a packet stays as it was", filed, gateway)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
