#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Dumps of many objects while others come and go: nothing is listed twice, nothing that stays is missing.

        namespace gw:  sec0 with 2,000 tunnels that stay, among them others that come and go
                       sec1 with three tunnels
"""
import random
import sys

from bench import IN, Bench, addr, ifindex, key, sh, ts
from tap import Tap, same

TUNNELS = 2000
SECRET = key(20, 99)


def network(number):
    """A selector of one's own."""
    return [ts(f"10.{number >> 8}.{number & 255}.0/24")]


class Dumps:
    """A test is a function of the same state."""

    def __init__(self):
        self.bench = Bench()
        self.genl = self.bench.genl
        self.churn = self.bench.open()
        self.dev = {"ifindex": self.bench.ifindex}
        self.random = random.Random(20261123)
        self.guests, self.number = {}, 20000
        for number in range(TUNNELS):
            self.bench.tunnel(f"stay{number}", remote_ts=network(number))
        self.stay = {f"stay{number}" for number in range(TUNNELS)}

    def change(self):
        """One tunnel comes or one of those that came goes: sometimes the last one, or a name is used again."""
        if len(self.guests) < 5 or self.random.random() < 0.5:
            self.number += 1
            name = f"guest{self.random.randrange(30)}"
            if name in self.guests:
                self.churn.do("tunnel-del", {**self.dev, "name": name})
            self.guests[name] = self.number
            self.churn.do("tunnel-new", {**self.dev, "name": name, "local": addr("192.0.2.1"),
                                         "remote": addr("192.0.2.2"), "remote-ts": network(self.number)})
        else:
            name = self.random.choice(list(self.guests))
            self.churn.do("tunnel-del", {**self.dev, "name": name})
            del self.guests[name]

    def busy_dump(self, op, attrs, identity):
        """A dump with changes while it goes on; the identities that it told."""
        told = []
        for count, item in enumerate(self.genl.dumping(op, attrs)):
            told.append(identity(item))
            if count % 40 == 0:
                self.change()
        return told

    def still(self):
        """2,000 tunnels at rest are all told, in the order in which they were added"""
        same([item["name"] for item in self.genl.dump("tunnel-get", self.dev)],
             [f"stay{number}" for number in range(TUNNELS)])

    def busy(self):
        """2,000 tunnels while others come and go: none twice, none missing; five dumps"""
        for _ in range(5):
            told = self.busy_dump("tunnel-get", self.dev, lambda item: item["name"])
            same(len(told) - len(set(name for name in told if name in self.stay)) -
                 len([name for name in told if name not in self.stay]), 0, "tunnels told twice")
            same(sorted(self.stay - set(told)), [], "tunnels not told")

    def busy_sas(self):
        """SAs of 500 tunnels while tunnels come and go: none twice, none missing"""
        want = set()
        for number in range(0, TUNNELS, 4):
            for spi in (0x10000 + number, 0x20000 + number):
                self.bench.sa(IN, spi, f"stay{number}", key=SECRET, replay=32)
                want.add((f"stay{number}", spi))
        self.genl.heard = []
        told = self.busy_dump("sa-get", self.dev, lambda item: (item["tunnel"], item["spi"]))
        same((len(told), set(told)), (len(want), want))
        same(SECRET in b"".join(self.genl.heard), False, "a key in a dump")
        self.genl.heard = None

    def resume_point_goes(self):
        """A dump goes on where it was although the tunnels around its place have gone"""
        told = []
        for count, item in enumerate(self.genl.dumping("tunnel-get", self.dev)):
            told.append(item["name"])
            if count in (300, 900):
                for number in range(count - 60, count + 200):
                    self.churn.do("tunnel-del", {**self.dev, "name": f"stay{number}"})
                    self.stay.discard(f"stay{number}")
        same(len(told), len(set(told)), "tunnels told")
        same(sorted(self.stay - set(told)), [], "tunnels not told")

    def filtered(self):
        """A dump by ifindex tells the tunnels and SAs of that device only; without it, of both"""
        sh("ip -n gw link add sec1 type sectun")
        mine, self.bench.ifindex = self.bench.ifindex, ifindex("sec1", "gw")
        only = {"ifindex": self.bench.ifindex}
        for number in range(3):
            self.bench.tunnel(f"t{number}", remote_ts=network(number))
            self.bench.sa(IN, 0x30000 + number, f"t{number}")
        self.bench.ifindex = mine
        same([item["name"] for item in self.genl.dump("tunnel-get", only)], ["t0", "t1", "t2"])
        same([item["spi"] for item in self.genl.dump("sa-get", only)], [0x30000, 0x30001, 0x30002])
        same([item["name"] for item in self.genl.dump("device-get", only)], ["sec1"])
        same(sorted(item["name"] for item in self.genl.dump("device-get")), ["sec0", "sec1"])
        same(len(self.genl.dump("tunnel-get")), len(self.genl.dump("tunnel-get", self.dev)) + 3)

    def device_goes(self):
        """The device of a dump may go while the dump goes on: it ends, and others are told"""
        dump = self.genl.dumping("tunnel-get")
        first = next(dump)["name"]
        sh("ip -n gw link del sec0")
        rest = [item["name"] for item in dump]
        same(rest[-3:], ["t0", "t1", "t2"], f"after {first}")

    def abandoned(self):
        """Dumps that nobody reads to the end are cleaned up with their sockets"""
        for _ in range(20):
            reader = self.bench.open()
            next(reader.dumping("tunnel-get"))
            reader.sock.close()


def main():
    """In this order: one test leaves to the next what it made."""
    tap, dumps = Tap(), Dumps()
    for test in (Dumps.still, Dumps.busy, Dumps.busy_sas, Dumps.resume_point_goes, Dumps.filtered, Dumps.abandoned,
                 Dumps.device_goes):
        tap.run(test.__doc__, test, dumps)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
