#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Soft and hard limits of an SA: told once each, and nothing passes a hard one. Topology: wire.py.

Time is skipped on the debug kernel: an hour that nothing happens in takes no time.
"""
import os
import socket
import sys

import wire
from wire import IN, OUT, SPI_IN, SPI_OUT, in_netns, inner, rises, sh

from tap import Skip, Tap, same

ACTIVE, EXPIRED = 1, 3
LAP = 1 << 32
HOUR = 3600
UDP_SEGMENT = 103
SMALL, LARGE = inner(octets=8, far_to_near=False), inner(octets=100, far_to_near=False)


def ciphered(packet):
    """Octets to which the cipher is applied: padding to four octets, pad length and next header included."""
    return (len(packet) + 2 + 3) & ~3


class Lifetimes:
    """A test is a method; its documentation is the behaviour it states."""

    def __init__(self):
        self.gateway = wire.Wire()
        self.genl = self.gateway.genl
        self.listener = self.gateway.open()
        self.listener.listen()
        self.dev = {"ifindex": self.gateway.ifindex}

    def pair(self, out=None, into=None):
        """A tunnel whose SAs have these attributes; scapy's codecs for them."""
        to, out_of = wire.Codec(SPI_IN, seed=1), wire.Codec(SPI_OUT, seed=2)
        self.gateway.tunnel()
        self.gateway.sa(IN, SPI_IN, key=to.keymat, **(into or {}))
        self.gateway.sa(OUT, SPI_OUT, key=out_of.keymat, **(out or {}))
        return to, out_of

    def told(self, count, seconds=3.0):
        """COUNT expire events and no other after them, as (spi, soft or hard, seq)."""
        events = [(event, attrs) for event, attrs in self.listener.events(count, seconds) +
                  self.listener.events(1, 0.01) if event != "first-receive"]
        same({event for event, _ in events} - {"expire"}, set(), f"events: {events}")
        return [(attrs["sa"]["spi"], "hard" if attrs.get("hard") else "soft", attrs["sa"]["seq"])
                for _, attrs in events]

    def sa_of(self, direction):
        """What sa-get tells."""
        return self.genl.do("sa-get", {**self.dev, "dir": direction, "spi": (SPI_IN, SPI_OUT)[direction]})[0]

    def out(self, packets, sent, events, **limits):
        """Sends PACKETS: as many as SENT go out, with these events, and the rest is dropped as expired."""
        _, out_of = self.pair(out=limits)
        before = self.gateway.counts()
        self.gateway.protect(*packets)
        outer = self.gateway.sent(sent)
        first = limits.get("seq", 0) + 1
        same([out_of.open(packet).seq for packet in outer], list(range(first, first + sent)), "numbers sent")
        same(self.told(len(events)), [(SPI_OUT, *event) for event in events], "events")
        rose = rises(before, self.gateway.counts())
        same({name: rose.get((("t", SPI_OUT), name), 0) for name in ("tx-packets", "tx-bytes", "expired")},
             {"tx-packets": sent, "tx-bytes": sum(map(len, packets[:sent])), "expired": len(packets) - sent},
             "counters of the SA")
        same(self.sa_of(OUT)["state"], EXPIRED if any(event[0] == "hard" for event in events) else ACTIVE, "state")
        self.gateway.quiet()
        return self.sa_of(OUT)

    def into(self, packets, passed, events, **limits):
        """Receives PACKETS: as many as PASSED are delivered, with these events, and the rest is dropped as expired."""
        to, _ = self.pair(into=limits)
        before = self.gateway.counts()
        self.gateway.send(*(to.seal(packet, seq) for seq, packet in enumerate(packets, 1)))
        same(self.gateway.delivered(passed), packets[:passed], "delivered")
        same(self.told(len(events) + 1), [(SPI_IN, *event) for event in events], "events")
        rose = rises(before, self.gateway.counts())
        same({name: rose.get((("t", SPI_IN), name), 0) for name in ("rx-packets", "expired")},
             {"rx-packets": passed, "expired": len(packets) - passed}, "counters of the SA")
        same(self.sa_of(IN)["state"], EXPIRED if any(event[0] == "hard" for event in events) else ACTIVE, "state")
        self.gateway.quiet()
        return self.sa_of(IN)

    def packets_out(self):
        """Packets sent: soft with the one that reaches it, hard with the last that passes"""
        sa = self.out([SMALL] * 8, 5, [("soft", 3), ("hard", 5)], soft_packets=3, hard_packets=5)
        same((sa["soft-packets"], sa["hard-packets"], sa["used-packets"], sa["seq"]), (3, 5, 5, 5))

    def packets_out_from(self):
        """Packets are counted from the number with which the SA was installed"""
        sa = self.out([SMALL] * 4, 2, [("soft", 1001), ("hard", 1002)], seq=1000, soft_packets=1, hard_packets=2)
        same(sa["used-packets"], 2)

    def packets_skipped(self):
        """Numbers that sa-set skips count as packets; past the limit nothing is sent"""
        self.pair(out={"hard_packets": 100})
        self.genl.do("sa-set", {**self.dev, "dir": OUT, "spi": SPI_OUT, "seq": 98})
        self.gateway.protect(SMALL)
        same(len(self.gateway.sent(1)), 1)
        self.genl.do("sa-set", {**self.dev, "dir": OUT, "spi": SPI_OUT, "seq": 5000})
        self.gateway.protect(SMALL, SMALL)
        same(self.told(1), [(SPI_OUT, "hard", 5000)])
        self.gateway.quiet()
        same(self.sa_of(OUT)["used-packets"], 5000)

    def soft_only(self):
        """A soft limit alone is told, and everything goes on"""
        self.out([SMALL] * 4, 4, [("soft", 2)], soft_packets=2)

    def hard_only(self):
        """A hard limit alone is not told as a soft one"""
        self.out([SMALL] * 3, 2, [("hard", 2)], hard_packets=2)

    def beyond_numbers(self):
        """A limit beyond the sequence numbers ends with them, as seq-exhausted"""
        self.pair(out={"hard_packets": 1 << 40, "seq": LAP - 2})
        before = self.gateway.counts()
        self.gateway.protect(SMALL, SMALL, SMALL)
        same(self.told(2), [(SPI_OUT, "soft", LAP - 1), (SPI_OUT, "hard", LAP - 1)])
        same(len(self.gateway.sent(1)), 1)
        same(rises(before, self.gateway.counts()).get((("t", SPI_OUT), "seq-exhausted")), 2)
        self.gateway.quiet()

    def bytes_out(self):
        """Octets sent: to the octet where they fit it, and less where the next packet does not"""
        size = ciphered(SMALL)
        sa = self.out([SMALL] * 6, 4, [("soft", 2), ("hard", 4)], soft_bytes=2 * size, hard_bytes=4 * size)
        same((sa["soft-bytes"], sa["hard-bytes"], sa["used-bytes"]), (2 * size, 4 * size, 4 * size))
        self.gateway.clear()
        self.listener.events(10, 0.05)
        sa = self.out([SMALL] * 6, 3, [("soft", 3), ("hard", 4)], soft_bytes=2 * size + 1, hard_bytes=4 * size - 1)
        same(sa["used-bytes"], 3 * size)

    def too_large(self):
        """The first packet that is too large for what is left ends the SA, small as the next may be"""
        size = ciphered(SMALL)
        self.out([SMALL, LARGE, SMALL], 1, [("hard", 2)], hard_bytes=size + ciphered(LARGE) - 1)

    def batch(self):
        """A batch is cut at the limit of packets"""
        _, out_of = self.pair(out={"soft_packets": 3, "hard_packets": 7})
        sh("ip -n gw address replace 10.1.0.2/32 dev lo; ip -n gw route replace 10.2.0.0/16 dev sec0 src 10.1.0.2")
        before = self.gateway.counts()
        with in_netns("gw"), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((wire.NEAR[4], 0))
            sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 100)
            sock.sendto(bytes(1000), (wire.FAR[4], 9))
        same([out_of.open(packet).seq for packet in self.gateway.sent(7)], list(range(1, 8)), "numbers sent")
        same(self.told(2), [(SPI_OUT, "soft", 7), (SPI_OUT, "hard", 7)])
        same(rises(before, self.gateway.counts()).get((("t", SPI_OUT), "expired")), 3)
        self.gateway.quiet()

    def packets_in(self):
        """Packets received: counted once their ICV is good, not before"""
        sa = self.into([SMALL] * 6, 4, [("soft", 2), ("hard", 4)], soft_packets=2, hard_packets=4)
        same((sa["soft-packets"], sa["hard-packets"], sa["used-packets"]), (2, 4, 4))
        self.gateway.clear()
        self.listener.events(10, 0.05)
        to, _ = self.pair(into={"hard_packets": 3})
        bad = to.seal(SMALL, 9)[:-4] + bytes(4)
        self.gateway.send(to.seal(SMALL, 1), *[bad] * 5, *[to.seal(SMALL, 1)] * 5, to.seal(SMALL, 2))
        same(len(self.gateway.delivered(2)), 2)
        same(self.sa_of(IN)["used-packets"], 2)

    def dummies_in(self):
        """A dummy packet counts as one"""
        to, _ = self.pair(into={"hard_packets": 2})
        self.gateway.send(to.wrap(to.esp(b"anything", 1, next_header=59)), to.seal(SMALL, 2), to.seal(SMALL, 3))
        same(self.gateway.delivered(1), [SMALL])
        same(self.told(2), [(SPI_IN, "hard", 2)])
        self.gateway.quiet()

    def bytes_in(self):
        """Octets received: to the octet"""
        size = ciphered(SMALL)
        sa = self.into([SMALL] * 6, 3, [("soft", 1), ("hard", 4)], soft_bytes=size, hard_bytes=4 * size - 1)
        same(sa["used-bytes"], 3 * size)

    def time_out(self):
        """Seconds: told at the time, and nothing passes after the hard limit, in either direction"""
        if os.environ["SECTUN_KERNEL"] != "um":
            raise Skip("an hour takes an hour here")
        limits = {"soft_time": HOUR, "hard_time": 2 * HOUR}
        to, _ = self.pair(out=limits, into=limits)
        same(self.listener.events(1, HOUR - 60), [], "nothing is told before the time")
        same(sorted(self.told(2, 120)), [(SPI_OUT, "soft", 0), (SPI_IN, "soft", 0)], "soft")
        self.gateway.protect(SMALL)
        self.gateway.send(to.seal(SMALL, 1))
        same((len(self.gateway.sent(1)), self.gateway.delivered(1)), (1, [SMALL]))
        same(self.listener.events(2, HOUR - 120)[1:], [], "nothing between the limits but first-receive")
        same(sorted(self.told(2, 240)), [(SPI_OUT, "hard", 1), (SPI_IN, "hard", 1)], "hard")
        before = self.gateway.counts()
        self.gateway.protect(SMALL)
        self.gateway.send(to.seal(SMALL, 2))
        same(self.gateway.sent(1, 0.1) + self.gateway.delivered(1, 0.1), [])
        rose = rises(before, self.gateway.counts())
        same((rose[(("t", SPI_OUT), "expired")], rose[(("t", SPI_IN), "expired")]), (1, 1))
        sa = self.sa_of(OUT)
        same((sa["state"], sa["soft-time"], sa["hard-time"], 2 * HOUR <= sa["age"] < 2 * HOUR + 60),
             (EXPIRED, HOUR, 2 * HOUR, True))

    def time_removed(self):
        """An SA that is gone expires no more"""
        self.pair(out={"soft_time": 1, "hard_time": 2}, into={"hard_time": 1})
        self.genl.do("flush", self.dev)
        same([event for event, _ in self.listener.events(10, 4.0)], ["sa-deleted", "sa-deleted"])

    def replaced(self):
        """A new transmit SA goes on where the old one ended; while that is there, nothing is held"""
        self.pair(out={"hard_packets": 1})
        self.gateway.protect(SMALL, SMALL)
        same(len(self.gateway.sent(1)), 1)
        same(self.told(1), [(SPI_OUT, "hard", 1)])
        same(self.genl.do("tunnel-get", {**self.dev, "name": "t"})[0]["held"], 0)
        self.gateway.sa(OUT, SPI_OUT + 1)
        self.gateway.protect(SMALL)
        same(len(self.gateway.sent(1)), 1)
        self.genl.do("sa-del", {**self.dev, "dir": OUT, "spi": SPI_OUT + 1})
        self.gateway.protect(SMALL)
        same([event for event, _ in self.listener.events(3, 1.0)], ["sa-deleted", "sa-deleted", "acquire"])

    def gives_way(self):
        """A receive SA that has expired gives way to a fifth one"""
        to, _ = self.pair(into={"hard_packets": 1})
        for spi in range(0x2000, 0x2003):
            self.gateway.sa(IN, spi)
        self.gateway.send(to.seal(SMALL, 1))
        same(self.gateway.delivered(1), [SMALL])
        self.gateway.sa(IN, 0x2003)
        same([sa["spi"] for sa in self.genl.dump("sa-get", self.dev) if sa["dir"] == IN], list(range(0x2000, 0x2004)))

    def rekeyed(self):
        """rekey takes limits too"""
        self.pair()
        half = {"alg": "aes128gcm16", "key": wire.key(20, 2), "soft-packets": 1, "hard-packets": 2}
        self.genl.do("rekey", {**self.dev, "tunnel": "t", "in": {**half, "spi": 0x3002, "hard-bytes": 1 << 40},
                               "out": {**half, "spi": 0x3001}})
        self.gateway.protect(SMALL, SMALL, SMALL)
        same(len(self.gateway.sent(2)), 2)
        same(len([event for event, _ in self.listener.events(3, 1.0) if event == "expire"]), 2)
        sas = {sa["spi"]: sa for sa in self.genl.dump("sa-get", self.dev)}
        same((sas[0x3001]["used-packets"], sas[0x3002]["used-bytes"], sas[0x3002]["hard-bytes"]), (2, 0, 1 << 40))
        self.gateway.quiet()

    def exhausted_esn(self):
        """With ESN the numbers end as well: soft at seven eighths"""
        edge = (1 << 64) - (1 << 61)
        _, out_of = self.pair(out={"esn": 1, "seq": edge - 2})
        out_of.esn = True
        self.gateway.protect(SMALL, SMALL, SMALL)
        same(self.told(1), [(SPI_OUT, "soft", edge)])
        same(len(self.gateway.sent(3)), 3)


TESTS = (Lifetimes.packets_out, Lifetimes.packets_out_from, Lifetimes.packets_skipped, Lifetimes.soft_only,
         Lifetimes.hard_only, Lifetimes.beyond_numbers, Lifetimes.bytes_out, Lifetimes.too_large, Lifetimes.batch,
         Lifetimes.packets_in, Lifetimes.dummies_in, Lifetimes.bytes_in, Lifetimes.time_out, Lifetimes.time_removed,
         Lifetimes.replaced, Lifetimes.gives_way, Lifetimes.rekeyed, Lifetimes.exhausted_esn)


def main():
    """Runs every test, each with no tunnel to begin with."""
    tap, lifetimes = Tap(), Lifetimes()
    for test in TESTS:
        tap.run(test.__doc__, test, lifetimes)
        lifetimes.gateway.clear()
        lifetimes.listener.events(1000, 0.05)
        lifetimes.gateway.sent(1000, 0)
        lifetimes.gateway.delivered(1000, 0)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
