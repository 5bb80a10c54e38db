#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Every netlink verb with its first, its second, its third allocation failing, until none is left to fail: it says
so, or does without; nothing is changed by a call that failed. On the debug kernel.

        namespace gw: sec0 with a tunnel and SAs, and in each test what the verb makes
"""
import errno
import socket
import struct
import sys

import fault
from bench import IN, OUT, Bench, addr, in_netns, key, sh, ts
from genl import NLM_F_ACK, NLM_F_DUMP, Refused
from tap import Tap, same

MOST = 2000  # allocations of one call; more is a loop
CLEAN = {errno.ENOMEM, errno.ENOBUFS, errno.E2BIG, errno.EBUSY, errno.EAGAIN,
         errno.ENFILE}  # what the stack says where it has no memory for a socket
RTM_NEWLINK, RTM_DELLINK, NLM_F_CREATE, NLM_F_EXCL = 16, 17, 0x400, 0x200
IFLA_IFNAME, IFLA_LINKINFO, IFLA_INFO_KIND = 3, 18, 1


def attr(kind, payload):
    """One rtnetlink attribute."""
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


class Faults:
    """Calls, and how to undo them."""

    def __init__(self):
        self.bench = Bench()
        self.genl, self.nth = self.bench.genl, fault.Nth()
        self.also = set()
        self.dev = {"ifindex": self.bench.ifindex}
        self.bench.tunnel("t", remote_ts=[ts("10.2.0.0/24")])
        self.bench.sa(IN, 0x1001)
        self.bench.sa(OUT, 0x1002)
        with in_netns("gw"):
            self.route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.route.bind((0, 0))

    def exchange(self, sock, message):
        """Sends under the fault, reads without. Refused: that is the answer. OSError: the answer was lost."""
        with self.current:
            sock.send(message)
        sock.settimeout(5)
        try:
            while True:
                data = sock.recv(1 << 18)
                while data:
                    length, kind, _, _, _ = struct.unpack_from("=IHHII", data)
                    if kind in (2, 3):
                        error = -struct.unpack_from("=i", data, 16)[0]
                        if error:
                            raise Refused(error)
                        return
                    data = data[(length + 3) & ~3:]
        except TimeoutError:
            raise OSError(errno.EAGAIN, "no answer") from None
        finally:
            sock.settimeout(None)

    def generic(self, op, attrs, flags=NLM_F_ACK):
        """A request of the family."""
        self.exchange(self.genl.sock, self.genl.build(op, attrs, flags))

    def link(self, kind, flags, name):
        """ip link add or del."""
        attrs = attr(IFLA_IFNAME, name.encode() + b"\0")
        if kind == RTM_NEWLINK:
            attrs += attr(IFLA_LINKINFO, attr(IFLA_INFO_KIND, b"sectun"))
        body = struct.pack("=BBHiII", 0, 0, 0, 0, 0, 0) + attrs
        try:
            self.exchange(self.route, struct.pack("=IHHII", 16 + len(body), kind, flags | 5, 1, 0) + body)
        except Refused as refusal:
            # device_add() of the driver core says so where there was no memory for the device's name
            if kind == RTM_NEWLINK and refusal.errno == errno.EINVAL:
                raise Refused(errno.ENOMEM) from refusal
            raise

    def each(self, call, undo=None, prepare=None):
        """CALL with its Nth allocation failing, for every N."""
        refused = worked = 0
        if prepare:
            prepare()
        before = self.bench.state()
        for number in range(1, MOST):
            self.current = self.nth.armed(number)
            try:
                call()
            except OSError as refusal:
                refused += 1
                same(refusal.errno in CLEAN | self.also, True, f"allocation {number}: {refusal}")
                if self.bench.state() != before:
                    same(isinstance(refusal, Refused), False, f"allocation {number}: {refusal}, but the state changed")
                    (undo or prepare)()
            else:
                worked += 1
                if undo or prepare:
                    (undo or prepare)()
            same(self.bench.state(), before, f"state after allocation {number}")
            if not self.nth.fired:
                return f"{number - 1} allocations: {refused} refused, {worked - 1} done without"
        raise AssertionError(f"{MOST} allocations and no end")

    def delete_tunnel(self, name="new"):
        """Undoes tunnel-new."""
        self.genl.do("tunnel-del", {**self.dev, "name": name})

    def delete_sa(self, direction, spi):
        """Undoes sa-new."""
        self.genl.do("sa-del", {**self.dev, "dir": direction, "spi": spi})

    def tunnel(self, **change):
        """A tunnel to be made."""
        return {**self.dev, "name": "new", "local": addr("192.0.2.1"), "remote": addr("192.0.2.9"),
                "local-ts": [ts("10.1.0.0/24"), ts("fd01::/64")], "remote-ts": [ts("10.9.0.0/24"), ts("fd09::/64")],
                **change}

    def keep(self, exists, make):
        """Makes what a deletion has taken, if it has."""
        def prepare():
            if not exists():
                make()
        return prepare

    def has_tunnel(self):
        """Is "new" there?"""
        return any(item["name"] == "new" for item in self.genl.dump("tunnel-get", self.dev))

    def has_sa(self):
        """Is the SA that comes and goes there?"""
        return any(item["spi"] == 0x1100 for item in self.genl.dump("sa-get", self.dev))

    def has_link(self):
        """Is sec9 there?"""
        return any(item["name"] == "sec9" for item in self.genl.dump("device-get"))

    def tests(self):
        """Name, call, how to undo it, what must be there before."""
        half = {"spi": 0x1100, "alg": "aes128gcm16", "key": key(20)}
        new_sa = self.bench.sa_attrs(IN, 0x1100)
        limits = {"soft-bytes": 1 << 40, "hard-packets": 1 << 40, "soft-time": 3600, "hard-time": 7200}
        get = {**self.dev, "dir": IN, "spi": 0x1001}
        tunnel = {**self.dev, "name": "t"}
        add_link = lambda: sh("ip -n gw link add sec9 index 77 type sectun")  # noqa: E731
        yield "device-get", lambda: self.generic("device-get", self.dev), None, None
        yield "tunnel-get", lambda: self.generic("tunnel-get", tunnel), None, None
        yield "sa-get", lambda: self.generic("sa-get", get), None, None
        # The drivers of all algorithms are thousands of allocations, the same as those of sa-new.
        for op, attrs in (("device-get", {}), ("tunnel-get", {}), ("sa-get", {}), ("alg-get", {"no-driver": True})):
            yield f"dump of {op}", lambda op=op, attrs=attrs: self.generic(op, attrs, NLM_F_DUMP), None, None
        yield "tunnel-new", lambda: self.generic("tunnel-new", self.tunnel()), self.delete_tunnel, None
        yield ("tunnel-new with a UDP socket", lambda: self.generic("tunnel-new", self.tunnel(encap=1)),
               self.delete_tunnel, None)
        yield ("tunnel-new over IPv6 with a UDP socket", lambda: self.generic("tunnel-new", self.tunnel(
            encap=1, local=addr("2001:db8::1"), remote=addr("2001:db8::2"))), self.delete_tunnel, None)
        yield ("tunnel-set of the header", lambda: self.generic("tunnel-set", {**tunnel, "ttl": 9}),
               lambda: self.genl.do("tunnel-set", {**tunnel, "ttl": 64}), None)
        yield ("tunnel-set of the selectors", lambda: self.generic("tunnel-set", {**tunnel, "remote-ts": [
            ts("10.7.0.0/24"), ts("fd07::/64")]}),
            lambda: self.genl.do("tunnel-set", {**tunnel, "remote-ts": [ts("10.2.0.0/24")]}), None)
        yield ("tunnel-set to UDP", lambda: self.generic("tunnel-set", {**tunnel, "encap": 1, "keepalive": 0}),
               lambda: self.genl.do("tunnel-set", {**tunnel, "encap": 0}), None)
        yield ("tunnel-del", lambda: self.generic("tunnel-del", {**self.dev, "name": "new"}), None,
               self.keep(self.has_tunnel, lambda: self.genl.do("tunnel-new", self.tunnel())))
        yield "sa-new in", lambda: self.generic("sa-new", new_sa), lambda: self.delete_sa(IN, 0x1100), None
        yield ("sa-new in, chacha20poly1305", lambda: self.generic("sa-new", {
            **new_sa, "alg": "chacha20poly1305", "key": key(36)}), lambda: self.delete_sa(IN, 0x1100), None)
        yield ("sa-new in, with a lifetime", lambda: self.generic("sa-new", {**new_sa, **limits, "follow": 1}),
               lambda: self.delete_sa(IN, 0x1100), None)
        yield ("sa-new in, aes256ctr-sha512 with extended numbers", lambda: self.generic("sa-new", {
            **new_sa, "alg": "aes256ctr-sha512", "key": key(100), "esn": 1}), lambda: self.delete_sa(IN, 0x1100), None)
        yield ("sa-set", lambda: self.generic("sa-set", {**get, "seq": 0}), None, None)
        yield ("sa-del", lambda: self.generic("sa-del", {**self.dev, "dir": IN, "spi": 0x1100}), None,
               self.keep(self.has_sa, lambda: self.genl.do("sa-new", new_sa)))
        if self.has_sa():
            self.delete_sa(IN, 0x1100)
        if self.has_tunnel():
            self.delete_tunnel()
        self.bench.tunnel("idle", remote_ts=[ts("10.8.0.0/24")])
        idle = {**self.dev, "tunnel": "idle"}
        flush = lambda: self.genl.do("flush", idle)  # noqa: E731
        yield ("sa-new out", lambda: self.generic("sa-new", {**idle, **half, "dir": OUT, "allow-static": True}),
               flush, None)
        yield "spi-alloc", lambda: self.generic("spi-alloc", idle), flush, None
        yield "rekey", lambda: self.generic("rekey", {**idle, "in": half, "out": half}), flush, None
        yield ("rekey, with lifetimes", lambda: self.generic("rekey", {
            **idle, "in": {**half, **limits}, "out": {**half, **limits}}), flush, None)
        yield ("flush", lambda: self.generic("flush", idle), None,
               self.keep(self.has_sa, lambda: self.genl.do("rekey", {**idle, "in": half})))
        flush()
        self.also = {errno.EINVAL}  # what the driver core says of a device for whose name it has no memory
        yield ("ip link add", lambda: self.link(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "sec9"),
               lambda: sh("ip -n gw link del sec9"), None)
        yield "ip link del", lambda: self.link(RTM_DELLINK, 0, "sec9"), None, self.keep(self.has_link, add_link)
        if self.has_link():
            sh("ip -n gw link del sec9")


def main():
    """Runs every verb; with an argument, only those that begin with it."""
    tap = Tap()
    if not fault.available():
        print("1..0 # SKIP this kernel cannot make allocations fail")
        return 0
    faults = Faults()
    fault.everywhere()
    for name, call, undo, prepare in faults.tests():
        if not sys.argv[1:] or name.startswith(sys.argv[1]):
            tap.run(f"{name}: every allocation fails in its turn, and nothing is left half done", faults.each, call,
                    undo, prepare)
    tap.run("afterwards all is as it was", lambda: same(
        [item["name"] for item in faults.genl.dump("tunnel-get")], ["t", "idle"]))
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
