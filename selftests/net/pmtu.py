#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""No path MTU black hole: wherever the smallest link is, the inner sender at either end learns the exact length that
fits, and nothing hangs. ICMP, UDP and TCP without clamping, each inside each kind of tunnel; a table is printed.

    host_a --- door === gw_a --- router === gw_b === yard --- host_b
      10.1.0.0/16    sec0   198.51.100.1    sec0           10.2.0.0/16
      fd01::/64             2001:db8:a::1   192.0.2.N      fd02::/64
                                            2001:db8:c::N
              in front            between       behind

Links drawn === are narrow, one at a time. Each cell of the table has an outer address N and inner addresses of its
own: nothing that one has learned helps another. No cell has a process of its own: sockets are opened in the namespaces.
Where tunnels have selectors, for the two sites and nothing else, what the gateways themselves say of a link reaches the
sender as well (RFC 4301 section 6.2).
"""
import errno
import itertools
import os
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../netlink"))
# pylint: disable=wrong-import-position
from bench import IN, OUT, addr, in_netns, key, sectun_load, sh, ts  # noqa: E402
from genl import Genl  # noqa: E402
from tap import Tap, same  # noqa: E402

NAMESPACES = ("host_a", "door", "gw_a", "router", "gw_b", "yard", "host_b")
SEC0 = 100  # interface index
WIDE = 1500
LINKS = {  # the narrow ones, by both ends
    "in front of": (("door", "out"), ("gw_a", "lan")), "between": (("router", "east"), ("gw_b", "wan")),
    "behind": (("gw_b", "lan"), ("yard", "in"))}
TOO_BIG, TOO_BIG_TWICE = {"too-big": 1}, {"too-big": 2}
# Of what a host sends without knowing, gateways a and b refuse: a packet of 1,500 octets, where it gets that far; and
# what was small enough for the wide path, once the router has told gateway a. Gateway b has the narrow link itself.
TOLD = {"in front of": [{}, TOO_BIG], "between": [TOO_BIG_TWICE, TOO_BIG], "behind": [TOO_BIG, {}]}
IPV6_LEAST = 1280
PLACES = (("in front of", 1400), ("between", 1400), ("behind", 1400), ("between", IPV6_LEAST))
SITES = [[ts(f"10.{site}.0.0/16"), ts(f"fd0{site}::/64")] for site in (1, 2)]
SPI_AB, SPI_BA = 0x1001, 0x1002
OCTETS = 150000  # of a TCP flow, each way
PATIENCE = 20  # seconds until something hangs
LOST = 1  # seconds after which a packet is lost
TRIES = 6  # packets until a sender has learned: too big, lost, too big again, through; and two more

IP_MTU_DISCOVER, IP_RECVERR, IP_FREEBIND, PMTUDISC_DO = 10, 11, 15, 2
IPV6_MTU_DISCOVER, IPV6_RECVERR, IPV6_FREEBIND, IPV6_DONTFRAG = 23, 25, 78, 62
SOL_RAW, ICMP_FILTER = 255, 1
TCP_INFO_PMTU = 60  # offset in struct tcp_info
HEADERS = {4: 20, 6: 40}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
ECHO = {4: (8, 0), 6: (128, 129)}  # request, reply


def topology():
    """Seven namespaces in a row."""
    for name in NAMESPACES:
        sh(f"ip netns add {name}")
        with in_netns(name):
            for path, value in (("ipv4/ip_forward", 1), ("ipv6/conf/all/forwarding", 1),
                                ("ipv6/conf/all/accept_dad", 0), ("ipv6/conf/default/accept_dad", 0), ("ipv4/conf/all/rp_filter", 0),
                                ("ipv4/conf/default/rp_filter", 0), ("ipv4/icmp_ratelimit", 0),
                                ("ipv6/icmp/ratelimit", 0)):
                with open(f"/proc/sys/net/{path}", "w", encoding="ascii") as file:
                    file.write(str(value))
    outside = (("gw_a", "wan", "router", "west"), ("router", "east", "gw_b", "wan"))
    links = (("host_a", "lan", "door", "in", 10), ("door", "out", "gw_a", "lan", 11), ("gw_b", "lan", "yard", "in", 12),
             ("yard", "out", "host_b", "lan", 13))
    sh("ip -batch -", input="\n".join(
        f"link add {one} netns {left} type veth peer name {other} netns {right}" for left, one, right, other in (
            *(link[:4] for link in links), *outside)))
    commands = {name: ["link set lo up"] for name in NAMESPACES}
    for left, one, right, other, number in links:
        for name, device, host in ((left, one, 1), (right, other, 2)):
            commands[name] += [f"address add 10.{number}.0.{host}/24 dev {device}",
                               f"address add fd{number}::{host}/64 dev {device} nodad", f"link set {device} up"]
    for name, device, four, six in (
            ("gw_a", "wan", "198.51.100.1/24", "2001:db8:a::1/64"),
            ("router", "west", "198.51.100.2/24", "2001:db8:a::2/64"),
            ("router", "east", "203.0.113.1/24", "2001:db8:b::1/64"),
            ("gw_b", "wan", "203.0.113.2/24", "2001:db8:b::2/64")):
        commands[name] += [f"address add {four} dev {device}", f"address add {six} dev {device} nodad",
                           f"link set {device} up"]
    local, sec0 = "route add local {} dev lo", ("link add sec0 index 100 type sectun", "link set sec0 mtu 65535 up")
    commands["host_a"] += [local.format("10.1.0.0/16"), local.format("fd01::/64"),
                           *via("default", "10.10.0.2", "fd10::2")]
    commands["door"] += [*via("10.1.0.0/16", "10.10.0.1", "fd10::1", "fd01::/64"),
                         *via("default", "10.11.0.2", "fd11::2")]
    commands["gw_a"] += [*sec0, "address add 10.11.255.1/32 dev sec0", "address add fd11:ffff::1/128 dev sec0 nodad",
                         *via("10.1.0.0/16", "10.11.0.1", "fd11::1", "fd01::/64"), "route add 10.2.0.0/16 dev sec0",
                         "route add fd02::/64 dev sec0", *via("default", "198.51.100.2", "2001:db8:a::2")]
    commands["router"] += [*via("192.0.2.0/24", "203.0.113.2", "2001:db8:b::2", "2001:db8:c::/64")]
    commands["gw_b"] += [*sec0, "address add 10.12.255.1/32 dev sec0", "address add fd12:ffff::1/128 dev sec0 nodad",
                         local.format("192.0.2.0/24"), local.format("2001:db8:c::/64"),
                         *via("10.2.0.0/16", "10.12.0.2", "fd12::2", "fd02::/64"), "route add 10.1.0.0/16 dev sec0",
                         "route add fd01::/64 dev sec0", *via("default", "203.0.113.1", "2001:db8:b::1")]
    commands["yard"] += [*via("10.2.0.0/16", "10.13.0.2", "fd13::2", "fd02::/64"),
                         *via("default", "10.12.0.1", "fd12::1")]
    commands["host_b"] += [local.format("10.2.0.0/16"), local.format("fd02::/64"),
                           *via("default", "10.13.0.1", "fd13::1")]
    for name, lines in commands.items():
        sh(f"ip -n {name} -batch -", input="\n".join(lines))


def via(to, four, six, to_six=None):
    """Routes of both families."""
    return [f"route add {to} via {four}", f"route add {to_six or to} via {six}"]


def narrow(place, mtu):
    """One narrow link; the others are wide."""
    lines = [(name, f"link set {device} mtu {mtu if where == place else WIDE}")
             for where, ends in LINKS.items() for name, device in ends]
    for name in {name for name, _ in lines}:
        sh(f"ip -n {name} -batch -", input="\n".join(line for owner, line in lines if owner == name))


def fits(outer, encap, path):
    """The largest inner packet: what is left after headers, IV and ICV, down to a multiple of 4, less the trailer."""
    return (path - HEADERS[outer] - 8 * encap - 8 - 8 - 16) // 4 * 4 - 2


class Cell:
    """One inner protocol and family through one kind of tunnel, which is there for this."""

    def __init__(self, gateways, number, outer, encap, family, sites):
        self.gateways, self.number, self.outer, self.encap, self.family = gateways, number, outer, encap, family
        self.selectors = [{"local-ts": SITES[side], "remote-ts": SITES[1 - side]} if sites else {} for side in (0, 1)]
        self.ends = {4: (f"10.1.0.{number}", f"10.2.0.{number}"), 6: (f"fd01::{number}", f"fd02::{number}")}[family]

    def __enter__(self):
        ends = {4: ("198.51.100.1", f"192.0.2.{self.number}"), 6: ("2001:db8:a::1", f"2001:db8:c::{self.number}")}
        local, remote = map(addr, ends[self.outer])
        for side, here, there, out, into in ((0, local, remote, SPI_AB, SPI_BA), (1, remote, local, SPI_BA, SPI_AB)):
            genl = self.gateways[side]
            genl.do("tunnel-new", {"ifindex": SEC0, "name": "t", "local": here, "remote": there,
                                   "encap": int(self.encap), "mss": 0, **self.selectors[side]})
            for direction, spi in ((OUT, out), (IN, into)):
                genl.do("sa-new", {"ifindex": SEC0, "tunnel": "t", "dir": direction, "spi": spi, "alg": "aes128gcm16",
                                   "key": key(20, spi & 3), **({"allow-static": True} if direction == OUT else {})})
        return self

    def __exit__(self, *_):
        for genl in self.gateways:
            genl.do("tunnel-del", {"ifindex": SEC0, "name": "t"})

    def told(self):
        """What the two gateways dropped, by reason, and the largest inner packet that they know of."""
        tunnels = [genl.do("tunnel-get", {"ifindex": SEC0, "name": "t"})[0] for genl in self.gateways]
        return ([{drop["reason"]: drop["packets"] for drop in tunnel["stats"].get("drop", [])} for tunnel in tunnels],
                [tunnel["path-mtu"] for tunnel in tunnels])

    def socket(self, end, kind, protocol=0):
        """A socket at one end, bound to its address; what it sends is never fragmented."""
        with in_netns(("host_a", "host_b")[end]):
            sock = socket.socket(FAMILY[self.family], kind, protocol)
        sock.setblocking(False)
        if self.family == 4:
            for option, value in ((IP_MTU_DISCOVER, PMTUDISC_DO), (IP_RECVERR, 1), (IP_FREEBIND, 1)):
                sock.setsockopt(socket.SOL_IP, option, value)
        else:
            for option, value in ((IPV6_MTU_DISCOVER, PMTUDISC_DO), (IPV6_RECVERR, 1), (IPV6_FREEBIND, 1),
                                  (IPV6_DONTFRAG, 1)):
                sock.setsockopt(socket.IPPROTO_IPV6, option, value)
        return sock


def told(sock):
    """What came of errors: the MTU of the last one that told of one, or None."""
    mtu = None
    while True:
        try:
            _, control, _, _ = sock.recvmsg(65535, 512, socket.MSG_ERRQUEUE)
        except BlockingIOError:
            return mtu
        for _, kind, value in control:
            if kind in (IP_RECVERR, IPV6_RECVERR):
                number, _, _, _, _, info, _ = struct.unpack("=IBBBBII", value[:16])
                same(number, errno.EMSGSIZE, "error")
                mtu = info


def learn(sock, receiver, send):
    """Sends, as large as is known to fit, until one arrives; returns its length, that of the whole inner packet. From
    then on the sender's own stack refuses one octet more."""
    size = WIDE
    for _ in range(TRIES):
        try:
            send(size)
        except OSError as error:
            same(error.errno, errno.EMSGSIZE, "error")
            size = told(sock)
            continue
        readable, _, _ = select.select([receiver, sock], [], [sock], LOST)
        if sock in readable:
            size = told(sock) or size
        elif receiver in readable:
            receiver.recv(65535)
            return size if too_big(sock, send, size + 1) == size else 0
    raise AssertionError(f"nothing of {size} octets arrives")


def too_big(sock, send, size):
    """What the stack says would fit instead."""
    try:
        send(size)
    except OSError as error:
        same(error.errno, errno.EMSGSIZE, "error")
    return told(sock)


def udp(cell):
    """What each end learns by UDP."""
    ends = [cell.socket(end, socket.SOCK_DGRAM) for end in (0, 1)]
    for sock, address in zip(ends, cell.ends):
        sock.bind((address, 7000))
    for sock, address in zip(ends, reversed(cell.ends)):
        sock.connect((address, 7000))
    return [learn(ends[end], ends[1 - end], lambda size, end=end: ends[end].send(
        bytes(size - HEADERS[cell.family] - 8))) for end in (0, 1)]


def icmp(cell):
    """What each end learns by echo requests; the other one answers."""
    results = []
    for end in (0, 1):
        protocol = socket.IPPROTO_ICMP if cell.family == 4 else socket.IPPROTO_ICMPV6
        asks, hears = (cell.socket(end, socket.SOCK_RAW, protocol) for _ in (0, 1))
        hears.setsockopt(*((socket.SOL_IP, IP_RECVERR) if cell.family == 4 else (socket.IPPROTO_IPV6, IPV6_RECVERR)), 0)
        for sock in (asks, hears):
            sock.bind((cell.ends[end], 0))
        asks.connect((cell.ends[1 - end], 0))
        only(hears, cell.family, ECHO[cell.family][1])
        only(asks, cell.family, None)
        results.append(learn(asks, hears, lambda size, asks=asks: asks.send(echo(cell.family, size))))
    return results


def only(sock, family, kind):
    """Takes ICMP messages of this type alone, or none."""
    allowed = [] if kind is None else [kind]
    if family == 4:
        sock.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("=I", ~sum(1 << number for number in allowed) & 0xffffffff))
        return
    words = [0xffffffff] * 8
    for number in allowed:
        words[number >> 5] &= ~(1 << (number & 31))
    sock.setsockopt(socket.IPPROTO_ICMPV6, ICMP_FILTER, struct.pack("=8I", *words))


def echo(family, size):
    """An echo request that makes a packet of this size."""
    body = struct.pack("!BBHHH", ECHO[family][0], 0, 0, 1, 1) + bytes(size - HEADERS[family] - 8)
    if family == 6:
        return body
    total = sum(struct.unpack(f"!{len(body[:8]) // 2}H", body[:8]))
    return body[:2] + struct.pack("!H", ~((total & 0xffff) + (total >> 16)) & 0xffff) + body[4:]


def tcp(cell):
    """What each end knows after a flow in both directions."""
    listener, client = (cell.socket(end, socket.SOCK_STREAM) for end in (1, 0))
    listener.bind((cell.ends[1], 7001))
    listener.listen()
    client.bind((cell.ends[0], 0))
    client.connect_ex((cell.ends[1], 7001))
    same(bool(select.select([listener], [], [], PATIENCE)[0]), True, "connected")
    server, _ = listener.accept()
    server.setblocking(False)
    left = {sock: [OCTETS, OCTETS] for sock in (client, server)}  # to send, to receive
    end = time.monotonic() + PATIENCE
    while any(any(counts) for counts in left.values()):
        if time.monotonic() > end:
            raise AssertionError(f"hangs: octets left to send and to receive {list(left.values())}")
        readable, writable, _ = select.select([sock for sock in left if left[sock][1]],
                                              [sock for sock in left if left[sock][0]], [], 1)
        for sock in readable:
            left[sock][1] -= len(sock.recv(1 << 16))
        for sock in writable:
            left[sock][0] -= sock.send(bytes(min(left[sock][0], 1 << 16)))
    return [struct.unpack_from("=I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), TCP_INFO_PMTU)[0]
            for sock in (client, server)]


PROTOCOLS = {"ICMP": icmp, "UDP": udp, "TCP": tcp}


def row(gateways, numbers, place, mtu, outer, encap, sites):  # pylint: disable=too-many-arguments
    """Every inner protocol and family through one kind of tunnel."""
    cells, wrong, outside = [], [], [fits(outer, encap, mtu if place == "between" else WIDE)] * 2
    for family, (protocol, run) in itertools.product((4, 6), PROTOCOLS.items()):
        expected = mtu if place != "between" else fits(outer, encap, mtu)
        if family == 6:
            expected = max(expected, IPV6_LEAST)
        with Cell(gateways, next(numbers), outer, encap, family, sites) as cell:
            try:
                learned = run(cell)
            except (AssertionError, OSError) as error:
                wrong.append(f"{protocol} in IPv{family}: {error}")
                continue
            drops, known = cell.told()
        cells.append("{:>7} {:>5}".format(*learned))
        if protocol == "TCP" and {reason for reasons in drops for reason in reasons} <= {"too-big"}:
            drops = TOLD[place]  # how many segments are under way is its own business
        if (learned, known, drops) != ([expected] * 2, outside, TOLD[place]):
            wrong.append(f"{protocol} in IPv{family}: learned {learned}, not {expected}; gateways know {known}, not "
                         f"{outside}; dropped {drops}, not {TOLD[place]}")
    if wrong:
        raise AssertionError("\n".join(wrong))
    return "".join(cells)


def main():
    """The whole table."""
    sectun_load()
    topology()
    gateways = []
    for name in ("gw_a", "gw_b"):
        with in_netns(name):
            gateways.append(Genl())
    tap, numbers, began = Tap(), itertools.count(1), time.monotonic()
    print("# learned by host a, host b\n#" + "".join(
        f"{protocol + ' in IPv' + str(family):>13}" for family, protocol in itertools.product((4, 6), PROTOCOLS)))
    for place, mtu in PLACES:
        narrow(place, mtu)
        for outer, encap, sites in ((4, False, False), (4, True, False), (6, False, False), (6, True, False),
                                    (4, False, True), (6, True, True)):
            if sites and place == "between":
                continue  # the gateways say nothing of it that an inner packet would carry
            kind = f"{'UDP over ' if encap else ''}IPv{outer}{', with selectors' if sites else ''}"
            tap.run(f"a link of {mtu} {place} the gateways, {kind}: both ends of every flow learn what fits", row,
                    gateways, numbers, place, mtu, outer, encap, sites)
    print(f"# {next(numbers) - 1} cells in {time.monotonic() - began:.0f} s")
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
