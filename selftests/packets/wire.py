# SPDX-License-Identifier: GPL-2.0-only
"""A gateway, and scapy at the other end of its cable: no kernel between the test and the octets.

        namespace gw                                         the test
          sec0 (inner packets) --- wan 192.0.2.1/24 --------- peer, a packet socket without any address,
                                       2001:db8::1/64               which is 192.0.2.2 and 2001:db8::2
"""
import errno
import os
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SCAPY = os.path.join(HERE, "../../build/scapy")
if not os.path.isdir(SCAPY):
    print("Bail out! no scapy: selftests/packets/scapy.sh fetches it")
    sys.exit(1)
sys.path[:0] = [os.path.realpath(SCAPY), os.path.join(HERE, "../netlink")]

# pylint: disable=wrong-import-position
from scapy.layers.inet import IP, UDP, fragment  # noqa: E402
from scapy.layers.inet6 import IPv6  # noqa: E402
from scapy.layers.ipsec import ESP, SecurityAssociation, _ESPPlain  # noqa: E402
from scapy.packet import Raw, raw  # noqa: E402

from bench import IN, OUT, Bench, addr, ifindex, in_netns, key, sh  # noqa: E402
from tap import same  # noqa: E402

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 3, 0x0800, 0x86DD
PACKET_OUTGOING = 4
ICMP6_HOUSEKEEPING = range(130, 144)  # multicast listeners, neighbours, routers
TRACE = "/sys/kernel/tracing/"
GATEWAY, PEER = {4: "192.0.2.1", 6: "2001:db8::1"}, {4: "192.0.2.2", 6: "2001:db8::2"}
OTHER = {4: "192.0.2.66", 6: "2001:db8::66"}
# behind the peer and behind the gateway
FAR, NEAR = {4: "10.2.0.2", 6: "fd02::2"}, {4: "10.1.0.2", 6: "fd01::2"}
SPI_IN, SPI_OUT = 0x1002, 0x1001
ALGORITHMS = {  # keyword: octets of KEYMAT, scapy's name
    "aes128gcm16": (20, "AES-GCM"), "aes192gcm16": (28, "AES-GCM"), "aes256gcm16": (36, "AES-GCM"),
    "chacha20poly1305": (36, "CHACHA20-POLY1305")}
CBC = {"aes128-sha256": (48, "AES-CBC", 16, 16, "SHA2-256-128")}  # and octets of cipher key and block; integrity
OFF, MIN_ESP = 0, 8 + 8 + 4 + 16


def inner(family=4, octets=40, far_to_near=True, fill=None, **fields):
    """An inner UDP packet as bytes; OCTETS is its payload."""
    source, destination = (FAR, NEAR) if far_to_near else (NEAR, FAR)
    layer = {4: IP, 6: IPv6}[family]
    payload = fill if fill is not None else bytes(index & 0xff for index in range(octets))
    return raw(layer(src=source[family], dst=destination[family], **fields) / UDP(sport=1111, dport=2222) /
               Raw(payload))


class Codec:
    """ESP by scapy, for one SA."""

    def __init__(self, spi, alg="aes128gcm16", esn=False, family=4, encap=False, seed=1):
        octets, crypt, *cbc = ALGORITHMS.get(alg) or CBC[alg]
        key_len, self.block, auth = cbc or (octets, 4, None)
        self.keymat, self.alg, self.iv_len = key(octets, seed), alg, self.block if cbc else 8
        self.family, self.encap, self.spi, self.esn = family, encap, spi, esn
        self.outer = {4: IP, 6: IPv6}[family]
        header = self.outer(src=PEER[family], dst=GATEWAY[family])
        self.sa = SecurityAssociation(
            ESP, spi=spi, crypt_algo=crypt, crypt_key=self.keymat[:key_len], auth_algo=auth,
            auth_key=self.keymat[key_len:] or None, esn_en=esn, tunnel_header=header,
            nat_t_header=UDP(sport=4500, dport=4500) if encap else None)

    def seal(self, packet, seq):
        """A packet as scapy would send it, padding and next header its own."""
        layer, next_header = (IP, 4) if packet[0] >> 4 == 4 else (IPv6, 41)
        if not seq & 0xffffffff:  # scapy would make it 1
            return self.wrap(self.esp(packet, seq, next_header))
        self.sa.esn = seq >> 32
        return raw(self.sa.encrypt(layer(packet), seq_num=seq & 0xffffffff))

    def esp(self, data, seq, next_header=4, padding=None, pad_len=None, iv=None):
        """An ESP packet that may be wrong in everything but its ICV."""
        if padding is None:
            padding = bytes(range(1, 1 + -(len(data) + 2) % self.block))
        plain = _ESPPlain(spi=self.spi, seq=seq & 0xffffffff, iv=iv or os.urandom(self.iv_len), data=Raw(data), padding=padding,
                          padlen=len(padding) if pad_len is None else pad_len, nh=next_header)
        esp = self.sa.crypt_algo.encrypt(self.sa, plain, self.sa.crypt_key, esn_en=self.esn, esn=seq >> 32)
        self.sa.auth_algo.sign(esp, self.sa.auth_key, esn_en=self.esn, esn=seq >> 32)
        return raw(esp)

    def wrap(self, esp, source=None, destination=None, **fields):
        """Outer headers in front of whatever octets."""
        header = self.outer(src=source or PEER[self.family], dst=destination or GATEWAY[self.family], **fields)
        if self.encap:
            return raw(header / UDP(sport=4500, dport=4500, chksum=0) / Raw(esp))
        if self.family == 4:
            header.proto = socket.IPPROTO_ESP
        else:
            header.nh = socket.IPPROTO_ESP
        return raw(header / Raw(esp))

    def open(self, packet, high=0):
        """The ESP fields of a packet, decrypted; scapy raises if the ICV is wrong."""
        esp = self.outer(packet)[ESP]
        return self.sa.crypt_algo.decrypt(self.sa, esp, self.sa.crypt_key, esn_en=self.esn, esn=high)

    def unwrap(self, packet, high=0):
        """The inner packet, all by scapy."""
        self.sa.esn = high
        return raw(self.sa.decrypt(self.outer(packet)))


class Wire(Bench):
    """The gateway, its cable and its counters."""

    def __init__(self):
        super().__init__()
        sh("modprobe -qa esp4 esp6 aesni_intel || true")
        sh("""ip link add peer type veth peer name wan netns gw
            sysctl -qw net.ipv6.conf.peer.disable_ipv6=1
            ip netns exec gw sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.wan.router_solicitations=0 \
                net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.wan.rp_filter=0
            ip link set peer address 02:00:00:00:00:02 up
            ip netns exec gw ethtool -K wan tx off
            ip -n gw link set sec0 up""")
        self.plug()
        self.cable = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.cable.bind(("peer", ETH_P_ALL))
        self.reopen()
        for name in ("events/sectun/drop/enable", "tracing_on"):
            with open(TRACE + name, "w", encoding="ascii") as file:
                file.write("1")
        self.pipe = os.open(TRACE + "trace_pipe", os.O_RDONLY | os.O_NONBLOCK)

    def plug(self):
        """The gateway's outer addresses and routes, all new: nothing is remembered of any path."""
        sh("""ip -n gw link set wan down address 02:00:00:00:00:01
            ip -n gw address flush dev wan
            ip -n gw link set wan up
            ip -n gw address add 192.0.2.1/24 dev wan
            ip -n gw address add 2001:db8::1/64 dev wan nodad""")
        for address in (PEER[4], OTHER[4], PEER[6], OTHER[6]):
            sh(f"ip -n gw neighbour replace {address} lladdr 02:00:00:00:00:02 dev wan nud permanent")

    def reopen(self):
        """A packet socket on the device; one that was down stays deaf."""
        with in_netns("gw"):
            self.tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.tap.bind(("sec0", ETH_P_ALL))

    def send(self, *packets):
        """Puts outer packets on the cable."""
        for packet in packets:
            kind = ETH_P_IP if packet[0] >> 4 == 4 else ETH_P_IPV6
            self.cable.send(bytes.fromhex("020000000001 020000000002") + kind.to_bytes(2, "big") + packet)

    def protect(self, *packets):
        """Routes inner packets into the device."""
        for packet in packets:
            kind = ETH_P_IP if packet[0] >> 4 == 4 else ETH_P_IPV6
            self.tap.sendto(packet, ("sec0", kind))

    def sent(self, count, seconds=5.0):
        """COUNT outer packets that the gateway sent; fewer when no more came."""
        return take(self.cable, count, seconds, lambda frame, _: None if housekeeping(frame[14:]) else frame[14:])

    def delivered(self, count, seconds=5.0):
        """COUNT inner packets that came out of the device."""
        return take(self.tap, count, seconds, lambda packet, kind: None if kind == PACKET_OUTGOING else packet)

    def quiet(self):
        """Fails unless the gateway said and delivered nothing that was not looked at yet."""
        same((self.sent(1, 0), self.delivered(1, 0)), ([], []), "unexpected packets on the wire, delivered")

    def drops_traced(self):
        """The drops that were traced since the last call, as (direction, SPI, reason)."""
        text = b""
        while True:
            try:
                text += os.read(self.pipe, 1 << 16)
            except OSError as error:
                if error.errno == errno.EAGAIN:
                    break
                raise
        lines = [dict(word.split("=", 1) for word in line.split() if "=" in word)
                 for line in text.decode().splitlines() if " drop: " in line]
        return [(line["dir"], int(line["spi"], 16), line["reason"]) for line in lines]

    def counts(self):
        """Every counter that is not 0, by where it is: device, tunnel name, (tunnel name, SPI)."""
        found = {}
        for where, stats in [
                *(("device", item["stats"]) for item in self.genl.dump("device-get")),
                *((item["name"], item["stats"]) for item in self.genl.dump("tunnel-get")),
                *(((item["tunnel"], item["spi"]), item["stats"]) for item in self.genl.dump("sa-get"))]:
            found.update({(where, name): value for name, value in stats.items() if name != "drop" and value})
            found.update({(where, drop["reason"]): drop["packets"] for drop in stats.get("drop", [])})
        return found

    def pair(self, name="t", alg="aes128gcm16", esn=False, family=4, encap=False, options=None, **sa_in):
        """A tunnel with both SAs; returns scapy's codecs to send to it and to read from it."""
        self.tunnel(name, local=addr(GATEWAY[family]), remote=addr(PEER[family]), encap=int(encap),
                    **(options or {}))
        to, out_of = (Codec(spi, alg, esn, family, encap, seed) for spi, seed in ((SPI_IN, 1), (SPI_OUT, 2)))
        seq_out = sa_in.pop("seq_out", 0)
        self.sa(IN, SPI_IN, name, alg=alg, key=to.keymat, esn=int(esn), **sa_in)
        self.sa(OUT, SPI_OUT, name, alg=alg, key=out_of.keymat, esn=int(esn), seq=seq_out)
        return to, out_of


def housekeeping(packet):
    """What a stack says about itself: ARP, neighbours, multicast listeners."""
    if packet[0] >> 4 == 6:
        layer = IPv6(packet)
        return (layer.nh == 0 and packet[40] == 58) or (layer.nh == 58 and packet[40] in ICMP6_HOUSEKEEPING)
    return packet[0] >> 4 != 4


def take(sock, count, seconds, choose):
    """COUNT packets of a packet socket that CHOOSE lets through."""
    got, end = [], time.monotonic() + seconds
    while len(got) < count:
        sock.settimeout(max(end - time.monotonic(), 0) if seconds else 0)
        try:
            frame, source = sock.recvfrom(1 << 17)
        except (TimeoutError, BlockingIOError):
            break
        packet = choose(frame, source[2])
        if packet is not None:
            got.append(packet)
    sock.settimeout(None)
    return got


def rises(before, after):
    """By how much counters rose."""
    return {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
