#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends ICMP echo requests of exact lengths and tells what became of each.

    echo.py [--df want|dont|probe] [--tos N,...] [--count N] [--timeout SECONDS] [--window N] [--quiet]
            [--until FILE] [--sizes FIRST[-LAST[/STEP]],...] [SOURCE=]DESTINATION...

A size is that of the whole IP packet. --df: want obeys a known path MTU, dont fragments, probe insists (DF set, or
for IPv6 no fragmentation). --tos: DSCP and ECN, one after the other. --window: requests under way at a time. --until:
goes on, again and again with a breath in between, until there is such a file. One line for each fate of each
destination:

    DESTINATION answered COUNT
    DESTINATION lost SIZES
    DESTINATION mtu MTU SIZES           the answer was that it is too big, and what would fit
    DESTINATION error NAME SIZES

Status 1 unless every request was answered, with what was sent.
"""
import argparse
import collections
import errno
import os
import select
import socket
import struct
import sys
import time

IP_RECVERR, IP_MTU_DISCOVER = 11, 10
IPV6_RECVERR, IPV6_MTU_DISCOVER, IPV6_DONTFRAG, IPV6_TCLASS = 25, 23, 62, 67
PMTUDISC = {"dont": 0, "want": 1, "probe": 3}
HEADERS = {socket.AF_INET: 28, socket.AF_INET6: 48}
REQUEST = {socket.AF_INET: 8, socket.AF_INET6: 128}
REPLY = {socket.AF_INET: 0, socket.AF_INET6: 129}
IDENTITY = 0x5ec0
BREATH = 0.005  # seconds; while something always runs, the clock of user-mode Linux hardly moves


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Target:
    """One destination."""

    def __init__(self, word, args):
        source, _, self.name = word.rpartition("=")
        self.family = socket.AF_INET6 if ":" in self.name else socket.AF_INET
        protocol = socket.IPPROTO_ICMPV6 if self.family == socket.AF_INET6 else socket.IPPROTO_ICMP
        self.sock = sock = socket.socket(self.family, socket.SOCK_RAW, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        if self.family == socket.AF_INET:
            sock.setsockopt(socket.SOL_IP, IP_RECVERR, 1)
            sock.setsockopt(socket.SOL_IP, IP_MTU_DISCOVER, PMTUDISC[args.df])
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC[args.df])
            if args.df == "probe":
                sock.setsockopt(socket.IPPROTO_IPV6, IPV6_DONTFRAG, 1)
        if source:
            sock.bind((source, 0))
        sock.connect((self.name, 0))
        sock.setblocking(False)
        self.answered = 0
        self.fates = collections.defaultdict(list)
        self.waiting = {}  # sequence number: (size, message)

    def send(self, sequence, size, tos):
        level, option = ((socket.SOL_IP, socket.IP_TOS) if self.family == socket.AF_INET else
                         (socket.IPPROTO_IPV6, IPV6_TCLASS))
        self.sock.setsockopt(level, option, tos)
        body = bytes((sequence * 5 + i) & 0xff for i in range(size - HEADERS[self.family]))
        head = struct.pack("!BBHHH", REQUEST[self.family], 0, 0, IDENTITY, sequence)
        if self.family == socket.AF_INET:
            head = struct.pack("!BBHHH", 8, 0, checksum(head + body), IDENTITY, sequence)
        self.waiting[sequence] = (size, body)
        try:
            self.sock.send(head + body)
        except OSError as error:
            if error.errno == errno.EMSGSIZE:
                self.errors()
            self.fail(sequence, errno.errorcode[error.errno])

    def fail(self, sequence, fate):
        if sequence in self.waiting:
            self.fates[fate].append(self.waiting.pop(sequence)[0])

    def receive(self):
        self.errors()
        try:
            data = self.sock.recv(65535)
        except OSError:
            return
        if self.family == socket.AF_INET:
            data = data[(data[0] & 15) * 4:]
        kind, _, _, identity, sequence = struct.unpack("!BBHHH", data[:8])
        if kind == REPLY[self.family] and identity == IDENTITY and sequence in self.waiting:
            _, body = self.waiting.pop(sequence)
            if data[8:] == body:
                self.answered += 1
            else:
                self.fates["changed"].append(len(body))

    def errors(self):
        """What ICMP errors and the local stack say of packets sent."""
        while True:
            try:
                data, control, _, _ = self.sock.recvmsg(65535, 512, socket.MSG_ERRQUEUE)
            except OSError:
                return
            for _, kind, value in control:
                if kind not in (IP_RECVERR, IPV6_RECVERR):
                    continue
                number, origin, _, _, _, info, _ = struct.unpack("=IBBBBII", value[:16])
                fate = f"mtu {info}" if number == errno.EMSGSIZE else errno.errorcode.get(number, number)
                if origin == 1:  # local: there is no packet to look at, and it was the last
                    sequence = max(self.waiting, default=None)
                else:
                    sequence = struct.unpack("!H", data[6:8])[0] if len(data) >= 8 else None
                self.fail(sequence, fate)

    def report(self, quiet):
        for size, _ in self.waiting.values():
            self.fates["lost"].append(size)
        if self.answered and not quiet:
            print(self.name, "answered", self.answered)
        for fate, sizes in sorted(self.fates.items()):
            kind = fate if fate == "lost" or fate.startswith("mtu") else f"error {fate}"
            print(self.name, kind, ",".join(str(size) for size in sorted(set(sizes))))
        return bool(self.fates)


def sizes_of(spec):
    sizes = []
    for part in spec.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        sizes += range(int(first), int(last or first) + 1, int(step or 1))
    return sizes


def drain(targets, window, deadline):
    """Takes what comes until fewer than WINDOW requests are under way, or until DEADLINE."""
    while sum(len(target.waiting) for target in targets) >= max(window, 1):
        left = deadline - time.monotonic()
        if left <= 0:
            return
        by_sock = {target.sock: target for target in targets if target.waiting}
        readable, _, failed = select.select(list(by_sock), [], list(by_sock), left)
        for sock in set(readable) | set(failed):
            by_sock[sock].receive()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--df", choices=PMTUDISC, default="dont")
    parser.add_argument("--tos", type=lambda word: [int(tos, 0) for tos in word.split(",")], default=[0])
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=5)
    parser.add_argument("--window", type=int, default=16)
    parser.add_argument("--sizes", type=sizes_of, default=None)
    parser.add_argument("--until")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("destination", nargs="+")
    args = parser.parse_args()

    targets = [Target(word, args) for word in args.destination]
    sequence = 0
    while True:
        for target in targets:
            for size in args.sizes or [84 if target.family == socket.AF_INET else 104]:
                for _ in range(args.count):
                    drain(targets, args.window, time.monotonic() + args.timeout)
                    target.send(sequence & 0xffff, size, args.tos[sequence % len(args.tos)])
                    sequence += 1
        if not args.until or os.path.exists(args.until):
            break
        time.sleep(BREATH)
    drain(targets, 0, time.monotonic() + args.timeout)
    sys.exit(any([target.report(args.quiet) for target in targets]))


main()
