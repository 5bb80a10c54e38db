#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Two processors send across the soft and the hard limit of one SA, as fast as the kernel makes packets: each event is
told once, as much passes as the limit says and not one packet more, and no sequence number is seen twice.

        namespace gw_a                              namespace gw_b
          lan  two threads of pktgen
          sec0 === wan 192.0.2.1 --------- 192.0.2.2 wan === sec0
                                            a packet ring takes every ESP packet

        lifetime.py [PACKETS]   the capture's size, by default 100,000
"""
import array
import mmap
import os
import socket
import struct
import sys
import time

import fault  # noqa: F401 pylint: disable=unused-import
from bench import IN, OUT, Bench, addr, in_netns, key, sh
from tap import Skip, Tap, same

SPI, ROUNDS, SHORT = 0x1001, 10, 2000
INNER = 46  # octets of an inner packet: pktgen's smallest frame without its Ethernet header
CIPHERED = 48  # octets of it to which the cipher is applied
PGCTRL = "/proc/thread-self/net/pktgen/"

SOL_PACKET, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION, TPACKET_V2 = 263, 5, 6, 10, 1
ETH_P_IP, FRAME, BLOCK = 0x0800, 128, 1 << 20
# TPACKET2_HDRLEN, and where the network header is in a frame, aligned to 16
NETWORK = (52 + 16 + 15) & ~15
SPI_WORD, SEQ_WORD = (NETWORK + 20) // 4, (NETWORK + 24) // 4


def until(done):
    """Waits for what a processor still has in its queues."""
    end = time.monotonic() + 60
    while not done() and time.monotonic() < end:
        time.sleep(0.01)


class Ring:
    """Every IPv4 packet that a device receives, its beginning kept in a frame of memory."""

    def __init__(self, netns, device, packets):
        # In the last quarter the kernel looks for room without a lock, and drops where two processors meet.
        frames = -(-packets * 3 // 2 // (BLOCK // FRAME)) * (BLOCK // FRAME)
        with in_netns(netns):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.sock.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        self.sock.setsockopt(SOL_PACKET, PACKET_RX_RING,
                             struct.pack("=IIII", BLOCK, frames * FRAME // BLOCK, FRAME, frames))
        self.memory = mmap.mmap(self.sock.fileno(), frames * FRAME)
        with in_netns(netns):
            self.sock.bind((device, ETH_P_IP))

    def close(self, packets):
        """Ends the capture once so many have come; returns the SPIs and the sequence numbers of all."""
        until(lambda: struct.unpack_from("=I", self.memory, (packets - 1) * FRAME)[0])
        self.sock.setblocking(False)
        count, missed = struct.unpack("=II", self.sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        same(missed, 0, "packets that the capture missed")
        # One copy: each look at a mapping is a copy of what is looked at.
        words = memoryview(self.memory[:count * FRAME]).cast("I")
        spis, numbers = (array.array("I", words[word::FRAME // 4].tolist()) for word in (SPI_WORD, SEQ_WORD))
        self.memory.close()
        self.sock.close()
        if sys.byteorder == "little":
            spis.byteswap()
            numbers.byteswap()
        return spis, numbers


class Gateways:
    """Both ends, and pktgen on two processors."""

    def __init__(self):
        if os.cpu_count() < 2:
            raise Skip("one processor")
        self.ends = self.sender, self.receiver = Bench("gw_a"), Bench("gw_b")
        # What a processor receives while it sends waits in a queue: nothing may be lost there.
        sh("sysctl -qw net.core.netdev_max_backlog=1000000; modprobe -qa esp4 aesni_intel pktgen")
        sh("""ip link add wan netns gw_a type veth peer name wan netns gw_b
            ip -n gw_a link add lan type dummy
            for ns in gw_a gw_b; do
                ip netns exec $ns sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
                    net.ipv4.conf.default.rp_filter=0 net.ipv6.conf.all.disable_ipv6=1
                ip -n $ns link set wan up
                ip -n $ns link set sec0 up
            done
            ip -n gw_a address add 192.0.2.1/24 dev wan
            ip -n gw_b address add 192.0.2.2/24 dev wan
            ip -n gw_a link set lan up
            ip -n gw_a address add 10.1.0.1/24 dev lan
            ip -n gw_a route add 10.2.0.0/16 dev sec0
            ip -n gw_b address add 10.2.0.2/32 dev lo
            ip netns exec gw_a ping -q -c 1 192.0.2.2""")
        self.sender.tunnel(local=addr("192.0.2.1"), remote=addr("192.0.2.2"))
        self.receiver.tunnel(local=addr("192.0.2.2"), remote=addr("192.0.2.1"))
        self.listeners = []
        for end in self.ends:
            listener = end.open()
            listener.listen()
            self.listeners.append(listener)
        mac = sh("ip netns exec gw_a cat /sys/class/net/lan/address").strip()
        for cpu in range(2):
            self.pktgen(f"kpktgend_{cpu}", "rem_device_all", f"add_device lan@{cpu}")
            self.pktgen(f"lan@{cpu}", "xmit_mode netif_receive", "pkt_size 60", "delay 0", f"dst_mac {mac}",
                        "src_min 10.1.0.2", "src_max 10.1.0.2", "dst 10.2.0.2")

    def pktgen(self, name, *commands):
        """Says something to pktgen."""
        with in_netns("gw_a"):
            for command in commands:
                with open(PGCTRL + name, "w", encoding="ascii") as file:
                    file.write(command + "\n")

    def generate(self, packets):
        """As many packets from two processors at once; returns when all are through."""
        for cpu in range(2):
            self.pktgen(f"lan@{cpu}", f"count {packets // 2}")
        self.pktgen("pgctrl", "start")

    def expired(self, listener, count):
        """COUNT expire events and no other, by limit."""
        events = [attrs for event, attrs in listener.events(count, 5.0) + listener.events(9, 0.05) if event == "expire"]
        return sorted("hard" if attrs.get("hard") else "soft" for attrs in events)

    def replace(self, end, direction, **attrs):
        """A new SA in the place of the old one, with nothing to be told yet."""
        which = {"ifindex": end.ifindex, "dir": direction, "spi": SPI}
        if any(sa["dir"] == direction for sa in end.genl.dump("sa-get")):
            end.genl.do("sa-del", which)
        end.sa(direction, SPI, **attrs)
        for listener in self.listeners:
            listener.events(100, 0.01)

    def sa_of(self, end, direction):
        """What sa-get tells of an SA, and of its drops."""
        sa = end.genl.do("sa-get", {"ifindex": end.ifindex, "dir": direction, "spi": SPI})[0]
        return sa, {drop["reason"]: drop["packets"] for drop in sa["stats"].get("drop", [])}

    def fates(self, end, direction, passed):
        """Of how many packets it is known what became of them."""
        sa, drops = self.sa_of(end, direction)
        return sa["stats"][passed] + sum(drops.values())

    def captured(self, packets, limits, passed, through):
        """Sends PACKETS across LIMITS: THROUGH go out, with the numbers from 1 on, not one of them twice."""
        self.replace(self.sender, OUT, **limits)
        ring = Ring("gw_b", "wan", packets)
        self.generate(packets)
        until(lambda: self.fates(self.sender, OUT, "tx-packets") == packets)
        spis, numbers = ring.close(through)
        same(set(spis) - {SPI}, set(), "SPIs")
        same((len(numbers), len(set(numbers))), (through, through), "packets, different numbers")
        same((min(numbers), max(numbers)) if passed else None, (1, passed) if passed else None, "first and last number")
        sa, drops = self.sa_of(self.sender, OUT)
        same(drops, {"expired": packets - through}, "drops")
        same((sa["stats"]["tx-packets"], sa["stats"]["tx-bytes"], sa["state"]), (through, through * INNER, 3))
        same(self.expired(self.listeners[0], 2), ["hard", "soft"], "events")

    def many(self, packets):
        """The capture"""
        sent = packets + packets // 10 // 2 * 2
        self.captured(sent, {"soft_packets": packets // 2, "hard_packets": packets}, packets, packets)
        return f"{packets} packets captured of {sent} offered; {packets} different numbers, 1 to {packets}"

    def packets(self):
        """Rounds with limits of packets"""
        for number in range(ROUNDS):
            hard = SHORT // 2 + number
            self.captured(SHORT, {"soft_packets": hard - number, "hard_packets": hard + 1}, hard + 1, hard + 1)

    def octets(self):
        """Rounds with limits of octets, some to the octet, some within a packet"""
        for number in range(ROUNDS):
            whole = SHORT // 2
            self.captured(SHORT, {"soft_bytes": whole // 2 * CIPHERED, "hard_bytes": whole * CIPHERED + number}, None,
                          whole)

    def received(self):
        """Rounds with limits of packets and octets to receive"""
        for number in range(ROUNDS):
            limit = SHORT // 2 + number
            limits = ({"soft_packets": limit // 2, "hard_packets": limit} if number % 2 else
                      {"soft_bytes": limit // 2 * CIPHERED, "hard_bytes": (limit + 1) * CIPHERED - 1})
            self.replace(self.sender, OUT)
            self.replace(self.receiver, IN, **limits)
            self.generate(SHORT)
            until(lambda: self.fates(self.receiver, IN, "rx-packets") == SHORT)
            sa, drops = self.sa_of(self.receiver, IN)
            same((sa["stats"]["rx-packets"], drops), (limit, {"expired": SHORT - limit}), "delivered, dropped")
            same(self.expired(self.listeners[1], 2), ["hard", "soft"], "events")
        self.receiver.genl.do("sa-del", {"ifindex": self.receiver.ifindex, "dir": IN, "spi": SPI})


def main():
    """Runs the rounds, and the capture of as many packets as are asked for."""
    tap = Tap()
    try:
        gateways = Gateways()
    except Skip as reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    packets = int(sys.argv[1]) if sys.argv[1:] else 100000
    tap.run("limits of packets: events once each, not one packet past the hard one", gateways.packets)
    tap.run("limits of octets: events once each, not one octet past the hard one", gateways.octets)
    tap.run("limits to receive: events once each, not one packet past the hard one", gateways.received)
    tap.run(f"{packets} packets across both limits: no sequence number twice, none missing", gateways.many, packets)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
