#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Dummy packets (RFC 4303 section 2.6): as many a second as is said, as long as is said, and only while they can be.
Topology: wire.py. Time is skipped on the debug kernel.
"""
import os
import sys
import time

import wire
from wire import GATEWAY, IN, OUT, SPI_OUT, IP, UDP, inner, rises, sh

from scapy.layers.inet6 import IPv6

from tap import Tap, same

NO_NEXT_HEADER, LENGTH = 59, 64


class Dummies:
    """A test is a method; its documentation is the behaviour it states."""

    def __init__(self):
        self.gateway = wire.Wire()
        self.dev = {"ifindex": self.gateway.ifindex}

    def set(self, **change):
        """Changes the tunnel."""
        self.gateway.genl.do("tunnel-set", {**self.dev, "name": "t", **change})

    def none(self, seconds=5.0):
        """Nothing is sent for so long."""
        same(self.gateway.sent(1, seconds), [])

    def rate(self, rate, seconds=4):
        """As many as are due, evenly."""
        _, out_of = self.gateway.pair()
        before = self.gateway.counts()
        began = time.monotonic()
        self.set(dummy=rate)
        outer = self.gateway.sent(rate * seconds, 2 * seconds)
        took = time.monotonic() - began
        self.set(dummy=0)
        self.gateway.sent(1000, 0.5)
        same(len(outer), rate * seconds, "packets")
        same(seconds - 0.1 <= took <= seconds + 0.5, True, f"{rate * seconds} packets took {took:.2f} s")
        plain = [out_of.open(packet) for packet in outer[:50]]
        same([(packet.seq, packet.nh, len(packet.data)) for packet in plain],
             [(seq, NO_NEXT_HEADER, LENGTH) for seq in range(1, len(plain) + 1)])
        rose = rises(before, self.gateway.counts())
        sent = self.gateway.genl.do("sa-get", {**self.dev, "dir": OUT, "spi": SPI_OUT})[0]["seq"]
        same(rose, {(where, "tx-packets"): sent for where in ("device", "t", ("t", SPI_OUT))}, "counters")
        self.none()
        return f"{rate * seconds} packets in {took:.2f} s"

    def length(self):
        """With tfc they are as long as it says, and no longer than the path takes"""
        _, out_of = self.gateway.pair(options={"dummy": 2, "tfc": 300})
        same([len(out_of.open(packet).data) for packet in self.gateway.sent(2)], [300, 300])
        self.gateway.protect(inner(far_to_near=False))
        packets = self.gateway.sent(3)
        same(len({len(packet) for packet in packets}), 1, "lengths of packets with and without payload")
        same({out_of.open(packet).nh for packet in packets}, {4, NO_NEXT_HEADER})
        self.set(tfc=9000, dummy=2)
        self.gateway.sent(1, 0)
        long = self.gateway.sent(2)[-1]
        same((len(long) <= 1500, len(long) > 1490, IP(long).flags.MF, IP(long).frag), (True, True, False, 0))

    def forms(self, family, encap):
        """In every outer header"""
        _, out_of = self.gateway.pair(family=family, encap=encap, options={"dummy": 10})
        packet = self.gateway.sent(1)[0]
        layer = {4: IP, 6: IPv6}[family](packet)
        same((layer.src, UDP in layer), (GATEWAY[family], encap))
        plain = out_of.open(packet)
        same((plain.seq, plain.nh, len(plain.data)), (1, NO_NEXT_HEADER, LENGTH))

    def conditions(self):
        """None without a transmit SA, none while the device is down; then they go on"""
        self.gateway.tunnel(dummy=5)
        codec = wire.Codec(SPI_OUT, seed=2)
        self.gateway.sa(IN, 0x1009)
        self.none()
        self.gateway.sa(OUT, SPI_OUT, key=codec.keymat)
        same([codec.open(packet).seq for packet in self.gateway.sent(3)], [1, 2, 3])
        sh("ip -n gw link set sec0 down")
        self.gateway.sent(10, 0.3)
        self.none()
        sh("ip -n gw link set sec0 up")
        same(len(self.gateway.sent(3)), 3)
        self.gateway.genl.do("sa-del", {**self.dev, "dir": OUT, "spi": SPI_OUT})
        self.gateway.sent(10, 0.3)
        self.none()
        same({name for where, name in self.gateway.counts() if where == "t"}, {"tx-packets"}, "no drop is counted")
        self.gateway.reopen()

    def lifetime(self):
        """They use up a lifetime, and end with it"""
        self.gateway.tunnel(dummy=100)
        codec = wire.Codec(SPI_OUT, seed=2)
        self.gateway.sa(OUT, SPI_OUT, key=codec.keymat, hard_packets=25)
        same([codec.open(packet).seq for packet in self.gateway.sent(26, 3.0)], list(range(1, 26)))
        sa = self.gateway.genl.do("sa-get", {**self.dev, "dir": OUT, "spi": SPI_OUT})[0]
        same((sa["used-packets"], sa["state"], sa["stats"].get("drop")), (25, 3, None))

    def removed(self):
        """A tunnel that goes takes its dummy packets along"""
        for _ in range(20):
            self.gateway.pair(options={"dummy": 10000})
            same(len(self.gateway.sent(1)), 1)
            self.gateway.clear()
        self.gateway.sent(100000, 0.2)
        self.none()


def main():
    """Runs every test, each with no tunnel to begin with."""
    tap, dummies = Tap(), Dummies()

    def run(name, test, *args):
        tap.run(name, test, *args)
        dummies.gateway.clear()
        dummies.gateway.sent(100000, 0.1)

    # the debug kernel, with a cipher in C and everything checked, gets no further
    for rate in (1, 7, 100) if os.environ["SECTUN_KERNEL"] == "um" else (100, 1000):
        run(f"{rate} a second: next header 59, {LENGTH} octets, sent packets of no octets", dummies.rate, rate)
    for family in (4, 6):
        for encap in (False, True):
            run(f"outer IPv{family}{', UDP' if encap else ''}", dummies.forms, family, encap)
    for test in (dummies.length, dummies.conditions, dummies.lifetime, dummies.removed):
        run(test.__doc__, test)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
