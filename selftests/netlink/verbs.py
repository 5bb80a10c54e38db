#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Every verb of the netlink API at its work, and what it leaves behind.

        namespace gw, with the device sec0; its outer addresses need not exist
"""
import socket
import subprocess
import sys
import time

from bench import IN, OUT, Bench, addr, ifindex, in_netns, key, sh, ts
from genl import Refused
from tap import Tap, same

SOL_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP = 17, 100, 2
LARVAL, ACTIVE, RETIRING = 0, 1, 2
ALGORITHMS = {  # keyword: octets of KEYMAT, key, salt, IV, ICV, block; IANA's numbers
    "aes128gcm16": (20, 16, 4, 8, 16, 4, 20, None), "aes192gcm16": (28, 24, 4, 8, 16, 4, 20, None),
    "aes256gcm8": (36, 32, 4, 8, 8, 4, 18, None), "chacha20poly1305": (36, 32, 4, 8, 16, 4, 28, None),
    "aes128ccm12": (19, 16, 3, 8, 12, 4, 15, None), "aes192ccm8-iiv": (27, 24, 3, 0, 8, 4, 29, None),
    "aes256gmac": (36, 32, 4, 8, 16, 4, 21, None), "aes256-sha384": (80, 32, 0, 16, 24, 16, 12, 13),
    "aes192ctr-aesxcbc": (44, 24, 4, 8, 12, 4, 13, 5), "null-aescmac": (16, 0, 0, 0, 12, 4, 11, 8)}
LEGACY = {"3des-sha512": (88, 24, 0, 8, 32, 8, 3, 14), "aes128-sha1": (36, 16, 0, 16, 12, 16, 12, 2)}
LIMITS = {"bytes": (1 << 40, 1 << 50), "packets": (1000, (1 << 64) - 2), "time": (86400, (1 << 32) - 1)}


class Verbs:
    """A test is a method; its documentation is the behaviour it states."""

    def __init__(self):
        self.bench = Bench()
        self.genl = self.bench.genl
        self.dev = {"ifindex": self.bench.ifindex}

    def get(self, name="t"):
        """A tunnel."""
        return self.genl.do("tunnel-get", {**self.dev, "name": name})[0]

    def sas(self, tunnel="t"):
        """The SAs of a tunnel as (direction, SPI, state)."""
        return [(sa["dir"], sa["spi"], sa["state"]) for sa in self.genl.dump("sa-get", self.dev)
                if sa["tunnel"] == tunnel]

    def device_get(self):
        """device-get tells index, name, number of tunnels and counters, as do and as dump"""
        self.bench.tunnel("a", remote_ts=[ts("10.1.0.0/24")])
        self.bench.tunnel("b", remote_ts=[ts("10.2.0.0/24")])
        zeroes = {f"{direction}-{what}": 0 for direction in ("rx", "tx") for what in ("packets", "bytes")}
        want = {**self.dev, "name": "sec0", "tunnels": 2, "stats": zeroes}
        same(self.genl.do("device-get", self.dev), [want])
        same(self.genl.dump("device-get"), [want])

    def defaults(self):
        """tunnel-new without options has the documented defaults"""
        self.bench.tunnel()
        got = self.get()
        same({name: got[name] for name in got if name not in ("stats", "ifindex", "name", "local", "remote")},
             {"mode": 0, "encap": 0, "sport": 4500, "dport": 4500, "df": 0, "dscp": 64, "ecn": 1, "ttl": 64, "tfc": 0, "dummy": 0,
              "mss": 65535, "link": 0, "mark": 0, "keepalive": 0, "held": 0, "flow-label": 0})

    def everything(self):
        """tunnel-get tells every attribute as tunnel-new gave it"""
        given = {"local": addr("2001:db8::1"), "remote": addr("2001:db8::2"), "mode": 0, "encap": 1, "sport": 4501,
                 "dport": 4502, "df": 2, "dscp": 65, "dscp-map": bytes(63) + b"\x3f", "ecn": 0, "ttl": 0, "flow-label": 2,
                 "tfc": 500, "dummy": 3, "mss": 1200, "link": 1, "mark": 0x80000001, "keepalive": 65535,
                 "local-ts": [ts("10.1.0.0/16"), ts("fd01::/48", protocol=6, **{"port-first": 22, "port-last": 80})],
                 "remote-ts": [ts("0.0.0.0/0"), ts("fd02::1/128", protocol=58, **{"port-first": 0x8000,
                                                                                 "port-last": 0x8000})]}
        self.bench.tunnel(**{name.replace("-", "_"): value for name, value in given.items()})
        got = self.get()
        same({name: got[name] for name in given}, given)

    def dscp_maps(self):
        """A map of DSCPs is told as what it does, and replaced whole"""
        self.bench.tunnel(dscp_map=bytes(64))
        copied, mapped = bytes(range(64)), bytes(range(63)) + b"\0"
        for change, want in (({}, (0, None)), ({"dscp-map": copied}, (64, None)), ({"dscp": 65, "dscp-map": mapped},
                             (65, mapped)), ({"ttl": 9}, (65, mapped)), ({"dscp": 7}, (7, None)),
                             ({"dscp-map": mapped}, (65, mapped)), ({"dscp": 64}, (64, None))):
            self.genl.do("tunnel-set", {**self.dev, "name": "t", **change})
            got = self.get()
            same((got["dscp"], got.get("dscp-map")), want, f"after {change}")

    def set_one(self):
        """tunnel-set changes what is given and leaves the rest, counters and SAs included"""
        self.bench.tunnel(ttl=9, remote_ts=[ts("10.2.0.0/24")], local_ts=[ts("10.1.0.0/24")])
        self.bench.sa(IN, 0x1001)
        self.bench.sa(OUT, 0x1002)
        before, sas = self.get(), self.sas()
        for change in ({"ttl": 10}, {"dscp": 3, "ecn": 0}, {"remote": addr("192.0.2.9")}, {"mark": 5}, {"df": 1},
                       {"remote-ts": [ts("10.3.0.0/24"), ts("10.4.0.0/24")]}, {"local-ts": [ts("10.5.0.0/24")]},
                       {"local": addr("192.0.2.8")}, {"local": addr("2001:db8::1"), "remote": addr("2001:db8::2")},
                       {"encap": 1, "keepalive": 33}, {"sport": 1234}, {"encap": 0}):
            self.genl.do("tunnel-set", {**self.dev, "name": "t", **change})
            before.update(change)
            got = self.get()
            got.pop("path-mtu", None)
            before.pop("path-mtu", None)
            same(got, before, str(change))
            same(self.sas(), sas)

    def udp_default(self):
        """A tunnel that turns to UDP gets a keepalive of 20 s unless it has one"""
        self.bench.tunnel()
        self.genl.do("tunnel-set", {**self.dev, "name": "t", "encap": 1})
        same(self.get()["keepalive"], 20)

    def sockets(self):
        """One UDP socket serves all tunnels of a port, and closes with the last"""
        def ports():
            with in_netns("gw"):
                return sorted(line.split()[3] for line in sh("ss -Huan").splitlines())

        self.bench.tunnel("a", encap=1, remote_ts=[ts("10.1.0.0/24")])
        self.bench.tunnel("b", encap=1, remote_ts=[ts("10.2.0.0/24")])
        self.bench.tunnel("c", encap=1, sport=4600, remote_ts=[ts("10.3.0.0/24")])
        same(ports(), ["0.0.0.0:4500", "0.0.0.0:4600"])
        self.genl.do("tunnel-set", {**self.dev, "name": "c", "sport": 4500})
        same(ports(), ["0.0.0.0:4500"])
        self.genl.do("tunnel-del", {**self.dev, "name": "a"})
        self.genl.do("tunnel-set", {**self.dev, "name": "b", "encap": 0})
        same(ports(), ["0.0.0.0:4500"])
        self.genl.do("tunnel-del", {**self.dev, "name": "c"})
        same(ports(), [])

    def daemons_socket(self):
        """A process that holds the port with UDP_ENCAP serves it, and its socket is let go of"""
        for _ in range(3):
            with in_netns("gw"):
                holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                holder.setsockopt(SOL_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)
                holder.bind(("", 4500))
            self.bench.tunnel(encap=1)
            holder.close()
            self.bench.clear()
        with in_netns("gw"):
            same(sh("ss -Huan"), "", "sockets left")

    def sa_get(self):
        """sa-get tells what sa-new gave, but never the key"""
        self.bench.tunnel()
        for number, (alg, (octets, *_)) in enumerate(ALGORITHMS.items()):
            self.genl.heard = []
            limits = {f"{limit}-{what}": value for what, pair in LIMITS.items()
                      for limit, value in zip(("soft", "hard"), pair)}
            given = {"esn": 1, "replay": 77, "seq": 1 << 40, "follow": number & 1, **limits}
            self.bench.sa(IN, 0x1000 + number, alg=alg, key=key(octets), **given)
            got = self.genl.do("sa-get", {**self.dev, "dir": IN, "spi": 0x1000 + number})[0]
            driver = got.pop("driver")
            same({name: value for name, value in got.items() if name not in ("age", "stats", "lost", "late")},
                 {**self.dev, "tunnel": "t", "dir": IN, "proto": 50, "spi": 0x1000 + number, "alg": alg,
                  **given, "state": ACTIVE, "used-bytes": 0, "used-packets": 0})
            same(driver.startswith("esp-iiv(" if alg.endswith("-iiv") else "esp("), True, driver)
            same(key(octets) in b"".join(self.genl.heard), False, "the key came back")
            self.genl.do("flush", self.dev)

    def keys_wiped(self):
        """An answer that quotes a refused request does not quote its keys"""
        self.bench.tunnel()
        self.bench.sa(IN, 0x1001)
        good = self.half(0x1002)
        self.genl.heard = []
        for op, attrs in (("sa-new", self.bench.sa_attrs(IN, 0x1001)), ("sa-new", self.bench.sa_attrs(IN, 9)),
                          ("sa-new", self.bench.sa_attrs(IN, 0x1002, "none")),
                          ("rekey", {**self.dev, "tunnel": "t", "in": good, "out": {**good, "alg": "rot13"}}),
                          ("rekey", {**self.dev, "tunnel": "none", "in": good, "out": good})):
            try:
                self.genl.do(op, attrs)
            except Refused:
                continue
            raise AssertionError(f"{op} was not refused")
        heard = b"".join(self.genl.heard)
        same((len(heard) > 400, key(20) in heard), (True, False), "requests are quoted, a key came back")

    def replace_out(self):
        """A second transmit SA replaces the first in one step"""
        self.bench.tunnel()
        self.bench.sa(OUT, 0x1001, seq=5)
        self.bench.sa(OUT, 0x1002)
        same(self.sas(), [(OUT, 0x1002, ACTIVE)])

    def sa_set(self):
        """sa-set moves numbers forward, and to where they are already"""
        self.bench.tunnel()
        self.bench.sa(OUT, 0x1001, seq=5)
        self.bench.sa(IN, 0x1002, esn=1)
        for direction, spi, top in ((OUT, 0x1001, 6), (OUT, 0x1001, 6), (OUT, 0x1001, 0xffffffff),
                                    (IN, 0x1002, 1 << 50)):
            self.genl.do("sa-set", {**self.dev, "dir": direction, "spi": spi, "seq": top})
            same(self.genl.do("sa-get", {**self.dev, "dir": direction, "spi": spi})[0]["seq"], top)

    def spi_alloc(self):
        """spi-alloc answers a larval SA of the range; sa-new with its SPI makes it active in its place"""
        self.bench.tunnel()
        reply = self.genl.do("spi-alloc", {**self.dev, "tunnel": "t", "spi-min": 0x5000, "spi-max": 0x5003})[0]
        spi = reply.pop("spi")
        same(reply, {**self.dev, "tunnel": "t", "dir": IN, "proto": 50, "state": LARVAL})
        same(0x5000 <= spi <= 0x5003, True, f"{spi:#x} in the range")
        same(self.sas(), [(IN, spi, LARVAL)])
        self.bench.sa(IN, spi)
        same(self.sas(), [(IN, spi, ACTIVE)])

    def spi_range(self):
        """spi-alloc takes every SPI of a small range, none twice, then has none left"""
        for name in "ab":
            self.bench.tunnel(name, remote_ts=[ts(f"10.{ord(name)}.0.0/24")])
        got = {self.genl.do("spi-alloc", {**self.dev, "tunnel": "ab"[number // 4], "spi-min": 0x100, "spi-max": 0x107})
               [0]["spi"] for number in range(7)}
        same(len(got), 7)
        same(got <= set(range(0x100, 0x108)), True, f"{got}")

    def larval_ends(self):
        """An unused reservation is dropped after its larval-timeout, a used one stays"""
        self.bench.tunnel()
        request = {**self.dev, "tunnel": "t", "larval-timeout": 1}
        spi = [self.genl.do("spi-alloc", request)[0]["spi"] for _ in range(2)]
        self.bench.sa(IN, spi[1])
        listener = self.bench.open()
        listener.listen()
        event, attrs = listener.events(1, 10)[0]
        same((event, attrs["sa"]["spi"]), ("sa-deleted", spi[0]))
        same(self.sas(), [(IN, spi[1], ACTIVE)])

    def rekey(self):
        """rekey installs both SAs, retires the older receive SAs, and removes them when their time is over"""
        self.bench.tunnel()
        self.bench.sa(IN, 0x1001)
        self.bench.sa(OUT, 0x2001)
        listener = self.bench.open()
        listener.listen()
        self.genl.do("rekey", {**self.dev, "tunnel": "t", "retire-after": 700, "in": self.half(0x1002),
                               "out": self.half(0x2002)})
        same(sorted(self.sas()), [(IN, 0x1001, RETIRING), (IN, 0x1002, ACTIVE), (OUT, 0x2002, ACTIVE)])
        same([attrs["sa"]["spi"] for _, attrs in listener.events(1)], [0x2001], "removed at once")
        began = time.monotonic()
        same([attrs["sa"]["spi"] for _, attrs in listener.events(1, 10)], [0x1001], "removed later")
        same(time.monotonic() - began > 0.3, True, "not before its time")
        same(sorted(self.sas()), [(IN, 0x1002, ACTIVE), (OUT, 0x2002, ACTIVE)])

    def rekey_reserved(self):
        """rekey uses a reserved SPI, and in or out alone is a rekey, too"""
        self.bench.tunnel()
        spi = self.genl.do("spi-alloc", {**self.dev, "tunnel": "t"})[0]["spi"]
        self.genl.do("rekey", {**self.dev, "tunnel": "t", "in": self.half(spi)})
        same(self.sas(), [(IN, spi, ACTIVE)])
        self.genl.do("rekey", {**self.dev, "tunnel": "t", "out": self.half(0x2002)})
        same(self.sas(), [(IN, spi, ACTIVE), (OUT, 0x2002, ACTIVE)])

    def rekey_often(self):
        """A fifth rekey within the retirement time removes the oldest that retires"""
        self.bench.tunnel()
        for spi in range(0x1000, 0x1008):
            self.genl.do("rekey", {**self.dev, "tunnel": "t", "retire-after": 3600000, "in": self.half(spi)})
        same(self.sas(), [(IN, 0x1004 + number, RETIRING) for number in range(3)] + [(IN, 0x1007, ACTIVE)])

    def nothing_by_half(self):
        """A rekey whose other half fails leaves no SA and no reservation behind: both SPIs are free"""
        self.bench.tunnel()
        self.bench.tunnel("other", remote_ts=[ts("10.2.0.0/24")])
        self.bench.sa(IN, 0x3001, "other")
        for _ in range(3):
            try:
                self.genl.do("rekey", {**self.dev, "tunnel": "t", "in": self.half(0x3001), "out": self.half(0x2001)})
            except Refused:
                pass
        same(self.sas(), [])
        self.genl.do("rekey", {**self.dev, "tunnel": "t", "in": self.half(0x3002), "out": self.half(0x2001)})

    def same_spi_elsewhere(self):
        """The same SPI is good at another local address, and to transmit"""
        self.bench.tunnel("a", remote_ts=[ts("10.1.0.0/24")])
        self.bench.tunnel("b", local=addr("192.0.2.77"), remote_ts=[ts("10.2.0.0/24")])
        self.bench.tunnel("c", local=addr("2001:db8::1"), remote=addr("2001:db8::2"), remote_ts=[ts("10.3.0.0/24")])
        for name in "abc":
            self.bench.sa(IN, 0x1001, name)
            self.bench.sa(OUT, 0x1001, name)

    def two_sas_one_spi(self):
        """sa-del and sa-get by tunnel name find theirs among equal SPIs"""
        self.same_spi_elsewhere()
        self.genl.do("sa-del", {**self.dev, "tunnel": "b", "dir": IN, "spi": 0x1001})
        same([self.sas(name) for name in "abc"], [[(IN, 0x1001, 1), (OUT, 0x1001, 1)], [(OUT, 0x1001, 1)],
                                                  [(IN, 0x1001, 1), (OUT, 0x1001, 1)]])

    def flush(self):
        """flush removes the SAs of one tunnel, or of all, reserved ones included, and no tunnel"""
        for name in "ab":
            self.bench.tunnel(name, remote_ts=[ts(f"10.{ord(name)}.0.0/24")])
            self.bench.sa(IN, 0x1000 + ord(name), name)
            self.bench.sa(OUT, 0x2000, name)
            self.genl.do("spi-alloc", {**self.dev, "tunnel": name})
        self.genl.do("flush", {**self.dev, "tunnel": "a"})
        same((self.sas("a"), len(self.sas("b"))), ([], 3))
        self.genl.do("flush", self.dev)
        same(self.genl.dump("sa-get"), [])
        same(len(self.genl.dump("tunnel-get")), 2)

    def alg_get(self):
        """alg-get tells every algorithm with its sizes and the driver"""
        algorithms = {(alg["proto"], alg["name"]): alg for alg in self.genl.dump("alg-get")}
        for name, sizes in {**ALGORITHMS, **LEGACY}.items():
            alg = algorithms[50, name]
            same((*(alg[size] for size in ("keymat", "key", "salt", "iv", "icv", "block")), alg.get("id"),
                  alg.get("integ-id")), sizes, name)
            same(("driver" in alg, alg.get("legacy", False)), (True, name in LEGACY), f"{name} has a driver, is legacy")

    def alg_table(self):
        """alg-get with no-driver tells the same without the drivers"""
        whole = [{name: value for name, value in alg.items() if name != "driver"} for alg in self.genl.dump("alg-get")]
        same(self.genl.dump("alg-get", {"no-driver": True}), whole)

    def legacy(self):
        """What should not be chosen can be had by its name and legacy, and by rekey, too"""
        self.bench.tunnel()
        for alg, (octets, *_) in LEGACY.items():
            self.bench.sa(IN, 0x1001, alg=alg, key=key(octets), legacy=True)
            half = {"alg": alg, "key": key(octets), "legacy": True}
            self.genl.do("rekey", {**self.dev, "tunnel": "t", "in": {"spi": 0x1002, **half},
                                   "out": {"spi": 0x1003, **half}})
            same([sa["alg"] for sa in self.genl.dump("sa-get", self.dev)], [alg] * 3)
            self.genl.do("flush", self.dev)

    def selectors_64(self):
        """64 selectors on each side are told in order"""
        given = [ts(f"10.{number}.0.0/16") for number in range(64)]
        self.bench.tunnel(local_ts=given, remote_ts=given)
        got = self.get()
        same((got["local-ts"], got["remote-ts"]), (given, given))
        same(self.genl.dump("tunnel-get")[0]["remote-ts"], given)

    def moved_device(self):
        """A device moved to another namespace is configured there, and its index is that of the request"""
        sh("ip netns add inner; ip -n gw link add sec9 type sectun; ip -n gw link set sec9 netns inner")
        with in_netns("inner"):
            other = type(self.genl)()
        index = ifindex("sec9", "inner")
        other.do("tunnel-new", {"ifindex": index, "name": "t", "local": addr("192.0.2.1"), "remote": addr("192.0.2.2")})
        same([item["ifindex"] for item in other.dump("tunnel-get")], [index])
        same(self.genl.dump("tunnel-get"), [])
        sh("ip netns del inner")

    def link_del(self):
        """ip link del takes tunnels, SAs and reservations along, and their SPIs are free again"""
        sh("ip -n gw link add sec8 type sectun")
        mine, self.bench.ifindex = self.bench.ifindex, ifindex("sec8", "gw")
        self.bench.tunnel()
        self.bench.sa(IN, 0x1001)
        self.genl.do("spi-alloc", {"ifindex": self.bench.ifindex, "tunnel": "t"})
        self.bench.ifindex = mine
        sh("ip -n gw link del sec8")
        self.bench.tunnel()
        self.bench.sa(IN, 0x1001)
        same(len(self.genl.dump("sa-get")), 1)

    def not_permitted(self):
        """Without CAP_NET_ADMIN in the namespace of creation: every verb EPERM, every dump empty"""
        self.bench.tunnel()
        self.bench.sa(IN, 0x1001)
        sh("ip -n gw link add sec7 type sectun")
        out = subprocess.run([sys.executable, "-B", __file__.replace("verbs", "unprivileged")], check=False, text=True,
                             capture_output=True)
        same((out.returncode, out.stderr), (0, ""), out.stdout)
        return out.stdout

    @staticmethod
    def half(spi):
        """One half of a rekey."""
        return {"spi": spi, "alg": "aes128gcm16", "key": key(20)}


def main():
    """Runs every test, each with no tunnel to begin with."""
    tap, verbs = Tap(), Verbs()
    for name, test in vars(Verbs).items():
        if name.startswith("_") or name in ("get", "sas", "half"):
            continue
        tap.run(test.__doc__, test, verbs)
        verbs.bench.clear()
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
