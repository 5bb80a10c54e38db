#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""What key-management daemons are told, and how often. Topology: wire.py."""
import sys
import time

import wire
from wire import FAR, GATEWAY, IN, NEAR, OTHER, OUT, PEER, SPI_IN, SPI_OUT, addr, inner, key, sh

from scapy.layers.inet import UDP
from scapy.packet import Raw, raw

from tap import Tap, same

LAP = 1 << 32
HELD = 64  # packets that may wait for an SA: SECTUN_HOLD_PACKETS


class Events:
    """A test is a method; its documentation is the behaviour it states."""

    def __init__(self):
        self.gateway = wire.Wire()
        self.listener = self.gateway.open()
        self.listener.heard = []
        self.listener.listen()
        self.dev = {"ifindex": self.gateway.ifindex}

    def told(self, count=1, seconds=3.0):
        """COUNT events, and no other after them."""
        events = self.listener.events(count, seconds) + self.listener.events(1, 0.01)
        same(len(events), count, f"events: {events}")
        return events

    def limited(self, began):
        """The events since a moment: at least one, and one a second; a slow machine may see more than one."""
        events = self.listener.events(1) + self.listener.events(1000, 0.01)
        same(1 <= len(events) <= 1 + (time.monotonic() - began), True, f"events: {events}")
        return events

    def identity(self, **more):
        """What an event says of the tunnel."""
        return {**self.dev, "name": "t", "local": addr(GATEWAY[4]), "remote": addr(PEER[4]), "encap": 0, "sport": 4500,
                "dport": 4500, **more}

    def acquire(self):
        """acquire: the first packet that finds no SA, then one a second; with both ends of the packet"""
        self.gateway.tunnel()
        packets = [inner(fill=b"%d" % number, far_to_near=False) for number in range(HELD + 10)]
        began = time.monotonic()
        self.gateway.protect(*packets)
        event, attrs = self.limited(began)[0]
        ends = [{"address": addr(address), "prefixlen": 32, "protocol": 17, "port-first": port, "port-last": port}
                for address, port in ((NEAR[4], 1111), (FAR[4], 2222))]
        same((event, attrs), ("acquire", {**self.dev, "tunnel": self.identity(), "ts-src": ends[0], "ts-dst": ends[1]}))
        tunnel = self.gateway.genl.do("tunnel-get", {**self.dev, "name": "t"})[0]
        same((tunnel["held"], [(drop["reason"], drop["packets"]) for drop in tunnel["stats"]["drop"]]),
             (HELD, [("hold-full", 10)]))
        self.later(1100)
        self.gateway.protect(inner(family=6, far_to_near=False))
        same([attrs["ts-dst"]["address"] for _, attrs in self.told()], [addr(FAR[6])])

    def released(self):
        """What waited is sent in order when the SA comes"""
        self.gateway.tunnel()
        packets = [inner(fill=b"%d" % number, far_to_near=False) for number in range(5)]
        self.gateway.protect(*packets)
        self.told()
        codec = wire.Codec(SPI_OUT, seed=2)
        self.gateway.sa(OUT, SPI_OUT, key=codec.keymat)
        got = [codec.open(outer) for outer in self.gateway.sent(5)]
        same([(plain.seq, bytes(plain.data)) for plain in got], list(enumerate(packets, 1)))

    def first_receive(self):
        """first-receive: once, with the first packet whose ICV is good"""
        codec, _ = self.gateway.pair()
        self.gateway.send(codec.seal(inner(), 1)[:-1] + b"\0", codec.seal(inner(), 2), codec.seal(inner(), 3))
        self.gateway.delivered(2)
        events = self.told(2)
        same([event for event, _ in events], ["auth-failures", "first-receive"])
        attrs = events[1][1]
        same(attrs["tunnel"], self.identity())
        same({name: attrs["sa"][name] for name in ("dir", "proto", "spi", "state", "alg")},
             {"dir": IN, "proto": 50, "spi": SPI_IN, "state": 1, "alg": "aes128gcm16"})

    def auth_failures(self):
        """auth-failures: at the first bad ICV and then at most one a second, with how many there were so far"""
        codec, _ = self.gateway.pair()
        self.barrier(codec, 6)
        same([event for event, _ in self.told()], ["first-receive"])
        bad = codec.seal(inner(), 7)[:-4] + b"\0\0\0\0"
        began = time.monotonic()
        self.gateway.send(*[bad] * 50)
        self.barrier(codec, 8)
        event, attrs = self.limited(began)[0]
        same((event, attrs["failures"], attrs["sa"]["spi"]), ("auth-failures", 1, SPI_IN))
        self.later(1100)
        self.gateway.send(*[bad] * 3)
        self.barrier(codec, 9)
        same([attrs["failures"] for _, attrs in self.told()], [51])

    def endpoint_change(self):
        """endpoint-change: an authenticated UDP packet from another address or port, once for each"""
        codec, _ = self.gateway.pair(encap=True)
        layer = codec.outer
        forms = [(PEER[4], 4500), (OTHER[4], 4500), (OTHER[4], 4500), (OTHER[4], 5555), (PEER[4], 5555), (PEER[4], 4500)]
        forged = codec.seal(inner(), 50)
        self.gateway.send(raw(layer(src=OTHER[4], dst=GATEWAY[4]) / UDP(sport=9, dport=4500, chksum=0) /
                              Raw(forged[28:-1] + b"\0")))
        for seq, (source, port) in enumerate(forms, 1):
            esp = codec.esp(inner(), seq)
            self.gateway.send(raw(layer(src=source, dst=GATEWAY[4]) / UDP(sport=port, dport=4500, chksum=0) / Raw(esp)))
        same(len(self.gateway.delivered(len(forms))), len(forms))
        events = [(event, attrs) for event, attrs in self.told(5) if event == "endpoint-change"]
        same([(attrs["address"], attrs["port"]) for _, attrs in events],
             [(addr(OTHER[4]), 4500), (addr(OTHER[4]), 5555), (addr(PEER[4]), 5555)])
        same(events[0][1]["tunnel"], self.identity(encap=1))

    def from_place(self, codec, seq, source, port):
        """A packet of scapy's in UDP, from wherever."""
        header = codec.outer(src=source, dst=GATEWAY[4]) / UDP(sport=port, dport=4500, chksum=0)
        self.gateway.send(raw(header / Raw(codec.esp(inner(), seq))))
        return self.gateway.delivered(1, 1.0)

    def place(self, want):
        """Waits until the tunnel's remote is as wanted; returns it."""
        end = time.monotonic() + 5
        while True:
            tunnel = self.gateway.genl.do("tunnel-get", {**self.dev, "name": "t"})[0]
            got = tunnel["remote"], tunnel["dport"]
            if got == want or time.monotonic() > end:
                return got
            self.later(20)

    def moves(self):
        """endpoint-change of an SA that follows: the tunnel goes along, with the newest packet only"""
        codec, out_of = self.gateway.pair(encap=True, follow=1)
        there, here = (addr(OTHER[4]), 5555), (addr(PEER[4]), 4500)
        same(len(self.from_place(codec, 1, PEER[4], 4500)), 1)
        same([event for event, _ in self.told()], ["first-receive"])
        forged = codec.outer(src=OTHER[4], dst=GATEWAY[4]) / UDP(sport=9, dport=4500, chksum=0)
        self.gateway.send(raw(forged / Raw(codec.esp(inner(), 2)[:-1] + b"\0")))
        same(len(self.from_place(codec, 5, OTHER[4], 5555)), 1)
        same([(event, attrs.get("address"), attrs.get("port")) for event, attrs in self.told(2)],
             [("auth-failures", None, None), ("endpoint-change", *there)])
        same(self.place(there), there, "remote")
        self.gateway.protect(inner(far_to_near=False))
        outer = self.gateway.sent(1)[0]
        same((wire.IP(outer).dst, wire.IP(outer)[UDP].dport, wire.IP(outer)[UDP].sport), (OTHER[4], 5555, 4500))
        # late, from where the peer was
        same(len(self.from_place(codec, 3, PEER[4], 4500)), 1)
        # received before, from elsewhere
        same(self.from_place(codec, 5, PEER[4], 77), [])
        self.later(100)
        same(self.place(there), there, "remote after a late packet and a replay")
        same(len(self.from_place(codec, 6, PEER[4], 4500)), 1)
        same([(attrs["address"], attrs["port"]) for _, attrs in self.told()], [here])
        same(self.place(here), here, "remote after the peer has come back")
        same(self.gateway.counts()[("t", "rx-packets")], 4)

    def retired(self):
        """endpoint-change of an SA that has been replaced is told, and moves nothing"""
        codec, _ = self.gateway.pair(encap=True, follow=1)
        half = {"spi": 0x4002, "alg": "aes128gcm16", "key": key(20)}
        self.gateway.genl.do("rekey", {**self.dev, "tunnel": "t", "in": half})
        same(len(self.from_place(codec, 1, OTHER[4], 5555)), 1)
        same([event for event, _ in self.told(2)], ["first-receive", "endpoint-change"])
        self.later(100)
        same(self.place((addr(PEER[4]), 4500)), (addr(PEER[4]), 4500))

    def expire(self):
        """expire: soft when seven eighths of the sequence numbers are used, hard with the last one, once each"""
        self.gateway.pair(seq_out=LAP - LAP // 8 - 2)
        for _ in range(3):
            self.gateway.protect(inner(far_to_near=False))
        event, attrs = self.told()[0]
        same((event, attrs.get("hard"), attrs["sa"]["spi"], attrs["sa"]["state"], attrs["sa"]["seq"]),
             ("expire", None, SPI_OUT, 1, LAP - LAP // 8))
        self.gateway.genl.do("sa-set", {**self.dev, "dir": OUT, "spi": SPI_OUT, "seq": LAP - 3})
        for _ in range(5):
            self.gateway.protect(inner(far_to_near=False))
        event, attrs = self.told()[0]
        same((event, attrs["hard"], attrs["sa"]["spi"], attrs["sa"]["state"], attrs["sa"]["seq"]),
             ("expire", True, SPI_OUT, 3, LAP - 1))

    def sa_deleted(self):
        """sa-deleted: whoever did it: sa-del, replacement, flush, tunnel-del, link del"""
        genl = self.gateway.genl

        def told():
            return [(event, attrs["sa"]["dir"], attrs["sa"]["spi"]) for event, attrs in self.told()]

        self.gateway.tunnel()
        self.gateway.sa(IN, 0x1001)
        genl.do("sa-del", {**self.dev, "dir": IN, "spi": 0x1001})
        same(told(), [("sa-deleted", IN, 0x1001)])
        self.gateway.sa(OUT, 0x1002)
        self.gateway.sa(OUT, 0x1003)
        same(told(), [("sa-deleted", OUT, 0x1002)])
        genl.do("flush", self.dev)
        same(told(), [("sa-deleted", OUT, 0x1003)])
        self.gateway.sa(IN, 0x1004)
        genl.do("tunnel-del", {**self.dev, "name": "t"})
        same(told(), [("sa-deleted", IN, 0x1004)])
        sh("ip -n gw link add sec5 type sectun")
        mine, self.gateway.ifindex = self.gateway.ifindex, wire.ifindex("sec5", "gw")
        self.gateway.tunnel()
        self.gateway.sa(IN, 0x1005)
        self.gateway.ifindex = mine
        sh("ip -n gw link del sec5")
        same(told(), [("sa-deleted", IN, 0x1005)])

    def no_keys(self):
        """No event, nor anything else that was heard, holds a key"""
        heard = b"".join(self.listener.heard)
        same(any(key(20, seed)[start:start + 8] in heard for seed in (1, 2) for start in range(12)), False)
        return f"{len(heard)} octets heard"

    def barrier(self, codec, seq):
        """A good packet after the others."""
        self.gateway.send(codec.seal(inner(), seq))
        same(self.gateway.delivered(1), [inner()])

    def later(self, milliseconds):
        """Lets time pass, by waiting in vain for an event."""
        same(self.listener.events(1, milliseconds / 1000), [])


def main():
    """Runs every test, each with no tunnel to begin with."""
    tap, events = Tap(), Events()
    for test in (Events.acquire, Events.released, Events.first_receive, Events.auth_failures, Events.endpoint_change,
                 Events.moves, Events.retired, Events.expire, Events.sa_deleted, Events.no_keys):
        tap.run(test.__doc__, test, events)
        events.gateway.clear()
        events.listener.events(1000, 0.05)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
