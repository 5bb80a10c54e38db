#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""What a listener on the wire sees: with the keys, tshark checks the ICV and reads every inner packet; without them,
nothing of what was sent. Topology: wire.py.
"""
import os
import shutil
import sys

import wire
from wire import ALGORITHMS, inner, sh

from scapy.utils import wrpcap
from scapy.layers.l2 import Ether

from tap import Skip, Tap, same

MARKER = b"sectun-selftest-plaintext-marker-0123456789"
FILE = "/run/wire.pcap"
# where the ICV belongs to the cipher, tshark wants NULL as authentication
TSHARK_ALGORITHMS = {"AES-GCM": "AES-GCM with 16 octet ICV [RFC4106]"}


def captured(gateway, alg, family, encap):
    """Packets with the marker, on their way out, in a file."""
    _, out_of = gateway.pair(alg=alg, family=family, encap=encap)
    packets = [inner(kind, fill=MARKER * times, far_to_near=False) for kind in (4, 6) for times in (1, 3, 20)]
    gateway.protect(*packets)
    outer = gateway.sent(len(packets))
    gateway.clear()
    same(len(outer), len(packets))
    layer = out_of.outer
    wrpcap(FILE, [Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / layer(packet) for packet in outer])
    return packets, out_of


def secret(gateway, alg, family, encap):
    """No marker in the capture, in whatever direction its octets are read; it is in what was sent."""
    packets, _ = captured(gateway, alg, family, encap)
    with open(FILE, "rb") as file:
        octets = file.read()
    same(all(MARKER in packet for packet in packets), True, "the marker is in what was sent")
    for start in range(len(MARKER) - 8):
        same(MARKER[start:start + 8] in octets, False, "a part of the marker on the wire")


def dissected(codec, keymat):
    """What tshark says of the captured packets: (ICV bad, octets of the inner packet)."""
    association = (f'uat:esp_sa:"IPv{codec.family}","*","*","0x{codec.spi:08x}",'
                   f'"{TSHARK_ALGORITHMS[ALGORITHMS[codec.alg][1]]}","0x{keymat.hex()}","NULL",""')
    out = sh('tshark -r "$FILE" -o esp.enable_encryption_decode:TRUE -o esp.enable_authentication_check:TRUE '
             '-o "$SA" -T fields -E separator=, -e esp.icv_bad -e esp.contained_data',
             env={**os.environ, "SA": association, "FILE": FILE, "HOME": "/run"})
    return [tuple(line.split(",")) for line in out.splitlines()]


def read(gateway, alg, family, encap):
    """tshark with the key: no ICV bad, every inner packet as it was sent. With another key: every ICV bad."""
    if not shutil.which("tshark"):
        raise Skip("no tshark")
    if ALGORITHMS[alg][1] not in TSHARK_ALGORITHMS:
        raise Skip("tshark does not know it")
    packets, codec = captured(gateway, alg, family, encap)
    same(dissected(codec, codec.keymat), [("", packet.hex()) for packet in packets], "ICV bad, inner packet")
    wrong = bytes([codec.keymat[0] ^ 1]) + codec.keymat[1:]
    same([bad for bad, _ in dissected(codec, wrong)], ["1"] * len(packets), "ICV bad, with another key")


def main():
    """Runs everything."""
    tap, gateway = Tap(), wire.Wire()
    for family, encap in ((4, False), (6, False), (4, True)):
        where = f"{'UDP over ' if encap else ''}IPv{family}"
        for alg in ALGORITHMS:
            tap.run(f"{alg} over {where}: nothing of the plaintext is on the wire", secret, gateway, alg, family, encap)
        for alg in ALGORITHMS:
            tap.run(f"{alg} over {where}: tshark finds the ICVs good and reads the inner packets", read, gateway, alg,
                    family, encap)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
