#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Every algorithm of the module's table, in every mode, over IPv4 and IPv6, with and without extended sequence
numbers: packets pass both ways, to in-tree IPsec where it has the algorithm, and to an encoder of its own
(packets/espcodec.py) for all. The table at the end shows every cell.

    matrix.py [brief]           brief: of each row one cell with either peer, another one from row to row

        namespace gw                                       namespace peer
          sec0 10.1.0.1, fd01::1    192.0.2.1  192.0.2.2     lo 10.2.0.1, fd02::1; in-tree IPsec,
          wan ---------------------------------------- wan   or the encoder on a packet socket
                                 2001:db8::1  2001:db8::2
"""
import errno
import itertools
import os
import socket
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../netlink"), os.path.join(HERE, "../packets")]

# pylint: disable=wrong-import-position
import xfrm  # noqa: E402
from bench import IN, OUT, Bench, addr, in_netns, key, sh, ts  # noqa: E402
from espcodec import EspCodec  # noqa: E402
from genl import Refused  # noqa: E402
from tap import Tap, same  # noqa: E402

ESP = 50
GATEWAY, PEER = {4: "192.0.2.1", 6: "2001:db8::1"}, {4: "192.0.2.2", 6: "2001:db8::2"}
NEAR, FAR = {4: "10.1.0.1", 6: "fd01::1"}, {4: "10.2.0.1", 6: "fd02::1"}
NEAR_TS, FAR_TS = {4: "10.1.0.0/24", 6: "fd01::/64"}, {4: "10.2.0.0/24", 6: "fd02::/64"}
PORT = 4444
SPI_IN, SPI_OUT = 0x1002, 0x1001
MODES = ("tunnel",)
PAYLOADS = (0, 1, 6, 15, 64, 1200)  # octets: paddings of every cipher, and more than one page of nothing
LAST = (1 << 32) + 77  # with extended numbers, the last one used: the high half is not 0
ETH_P_ALL, ETH_P = 3, {4: 0x0800, 6: 0x86dd}
ABSENT = {errno.ENOSYS, errno.ENOENT}  # what in-tree IPsec says of an algorithm that it has not
OK, NOT = "ok", "--"


class Cell:
    """A place in the table."""

    def __init__(self, mode, family, esn):
        self.mode, self.family, self.esn = mode, family, esn
        self.name = f"{mode} IPv{family}{' ESN' if esn else ''}"
        self.last = LAST if esn else 0


CELLS = [Cell(*cell) for cell in itertools.product(MODES, (4, 6), (False, True))]


class Matrix(Bench):
    """The two namespaces, and sockets in both."""

    def __init__(self):
        super().__init__()
        sh("modprobe -qa esp4 esp6 aesni_intel || true")
        sh("""ip netns add peer
            ip link add wan netns gw type veth peer name wan netns peer
            ip -n peer link set lo up""")
        for netns, outer, inner, device in (("gw", GATEWAY, NEAR, "sec0"), ("peer", PEER, FAR, "lo")):
            sh(f"""ip netns exec {netns} sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.wan.accept_dad=0
                ip -n {netns} link set wan up
                ip -n {netns} link set {device} up
                ip -n {netns} address add {outer[4]}/24 dev wan
                ip -n {netns} address add {outer[6]}/64 dev wan nodad
                ip -n {netns} address add {inner[4]}/32 dev {device}
                ip -n {netns} address add {inner[6]}/128 dev {device} nodad""")
        for family in (4, 6):
            sh(f"""ip -n gw route add {FAR_TS[family]} dev sec0 src {NEAR[family]}
                ip -n peer route add {NEAR_TS[family]} dev wan via {GATEWAY[family]} src {FAR[family]}""")
            self.tunnel(f"v{family}", local=addr(GATEWAY[family]), remote=addr(PEER[family]),
                        local_ts=[ts(NEAR_TS[family])], remote_ts=[ts(FAR_TS[family])])
        with in_netns("gw"):
            self.near = {family: udp(NEAR[family], FAR[family]) for family in (4, 6)}
        with in_netns("peer"):
            self.far = {family: udp(FAR[family], NEAR[family]) for family in (4, 6)}
            self.cable = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
            self.cable.bind(("wan", ETH_P_ALL))
            self.cable.settimeout(5)
            self.xfrm = xfrm.Xfrm()
        for family in (4, 6):
            self.xfrm.policy(xfrm.OUT, (FAR_TS[family], NEAR_TS[family]), (PEER[family], GATEWAY[family]))
            self.xfrm.policy(xfrm.IN, (NEAR_TS[family], FAR_TS[family]), (GATEWAY[family], PEER[family]))
        with open("/sys/class/net/lo/address", encoding="ascii"), in_netns("gw"):
            self.gateway_mac = bytes.fromhex(sh("ip netns exec gw cat /sys/class/net/wan/address").replace(":", ""))

    def install(self, row, cell, keymat):
        """Both SAs of the gateway."""
        common = {"proto": row["proto"], "alg": row["name"], "esn": int(cell.esn), "seq": cell.last}
        if row.get("legacy"):
            common["legacy"] = True
        name = f"v{cell.family}"
        self.sa(IN, SPI_IN, name, key=keymat[0], **common)
        self.sa(OUT, SPI_OUT, name, key=keymat[1], **common)

    def remove(self):
        """All SAs of both sides."""
        self.genl.do("flush", {"ifindex": self.ifindex})
        self.xfrm.flush()

    def counted(self, cell, row):
        """Exactly the packets that were sent, in both directions, and not one drop."""
        for direction, spi, name in ((IN, SPI_IN, "rx-packets"), (OUT, SPI_OUT, "tx-packets")):
            sa = self.genl.do("sa-get", {"ifindex": self.ifindex, "tunnel": f"v{cell.family}", "dir": direction,
                                         "proto": row["proto"], "spi": spi})[0]
            same((sa["stats"][name], sa["stats"].get("drop", [])), (len(PAYLOADS), []), f"{name}, drops")

    def with_xfrm(self, row, cell, keymat):
        """Datagrams there and back, through in-tree IPsec. Returns why there were none."""
        if row["iv"] == 0 and row["crypto-name"].startswith("rfc"):
            return "in-tree IPsec has no implicit IV"
        encr = row["key"] + row["salt"]
        keys = [xfrm.algorithms(row["crypto-name"], octets[:encr], octets[encr:], row["icv"]) for octets in keymat]
        mode = {"tunnel": xfrm.TUNNEL, "transport": xfrm.TRANSPORT}[cell.mode]
        here, there = GATEWAY[cell.family], PEER[cell.family]
        try:
            self.xfrm.state(there, here, SPI_IN, keys[0], mode, row["proto"], cell.esn, cell.last)
            self.xfrm.state(here, there, SPI_OUT, keys[1], mode, row["proto"], cell.esn, cell.last)
        except OSError as error:
            if error.errno in ABSENT:
                return f"in-tree IPsec has no such algorithm: {error.strerror}"
            raise
        near, far = self.near[cell.family], self.far[cell.family]
        for octets in PAYLOADS:
            payload = os.urandom(octets)
            near.send(payload)
            same(far.recv(1 << 16), payload, f"{octets} octets out")
            far.send(payload[::-1])
            same(near.recv(1 << 16), payload[::-1], f"{octets} octets in")
        self.counted(cell, row)
        return ""

    def with_codec(self, row, cell, keymat):
        """Datagrams there and back, read and written octet by octet."""
        to, out_of = (EspCodec(row["name"], octets, spi, cell.esn)
                      for octets, spi in zip(keymat, (SPI_IN, SPI_OUT)))
        near, high = self.near[cell.family], cell.last >> 32
        next_header = 4 if cell.family == 4 else 41
        for number, octets in enumerate(PAYLOADS, cell.last + 1):
            payload = os.urandom(octets)
            near.send(payload)
            seq, inner, got_header = out_of.open(self.esp(cell.family), high)
            same((seq, got_header), (number, next_header), "sequence number, next header")
            same(inner[len(inner) - octets:], payload, f"{octets} octets out")
            self.send(cell.family, to.seal(number, turned(inner), next_header))
            same(near.recv(1 << 16), payload, f"{octets} octets in")
        self.counted(cell, row)
        return ""

    def esp(self, family):
        """The next ESP packet of the gateway, without its outer header."""
        while True:
            packet, (_, kind, *_) = self.cable.recvfrom(1 << 16)
            if kind == ETH_P[4] and family == 4 and packet[9] == ESP and packet[12:16] == addr(GATEWAY[4]):
                return packet[20:struct.unpack_from("!H", packet, 2)[0]]
            if kind == ETH_P[6] and family == 6 and packet[6] == ESP and packet[8:24] == addr(GATEWAY[6]):
                return packet[40:40 + struct.unpack_from("!H", packet, 4)[0]]

    def send(self, family, esp):
        """Sends an ESP packet to the gateway."""
        if family == 4:
            header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(esp), 0, 0, 64, ESP, 0, addr(PEER[4]),
                                 addr(GATEWAY[4]))
            header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
        else:
            header = struct.pack("!IHBB16s16s", 6 << 28, len(esp), ESP, 64, addr(PEER[6]), addr(GATEWAY[6]))
        self.cable.sendto(header + esp, ("wan", ETH_P[family], 0, 0, self.gateway_mac))

    def refused(self, row, keymat):
        """What this kernel has no driver for, the module refuses, and says what is missing."""
        try:
            self.install(row, CELLS[0], keymat)
        except Refused as refusal:
            same(row["crypto-name"] in refusal.text or "supported" in refusal.text, True, refusal.text)
            return f"this kernel has no {row['crypto-name']}"
        raise AssertionError("alg-get tells no driver, but an SA can be added")

    def run(self, row, cells):
        """One row of the table: what stands in each cell, or why nothing does."""
        keymat = [key(row["keymat"], seed) for seed in (1, 2)]
        if "driver" not in row:
            reason = self.refused(row, keymat)
            return {(cell, peer): (NOT, reason) for cell in CELLS for peer in PEERS}
        entries = {}
        for cell, (peer, method) in itertools.product(cells, PEERS.items()):
            self.install(row, cell, keymat)
            try:
                why = method(self, row, cell, keymat)
            except (AssertionError, OSError, ValueError) as error:
                raise AssertionError(f"{cell.name}, {peer}: {type(error).__name__}: {error}") from error
            finally:
                self.remove()
                self.drain()
            entries[cell, peer] = (NOT, why) if why else (OK, "")
        return entries

    def drain(self):
        """Nothing of one cell is left for the next one."""
        for sock in (self.cable, *self.near.values(), *self.far.values()):
            sock.setblocking(False)
            try:
                while True:
                    sock.recv(1 << 16)
            except BlockingIOError:
                sock.settimeout(5)


PEERS = {"xfrm": Matrix.with_xfrm, "codec": Matrix.with_codec}


def udp(local, remote):
    """A UDP socket between two inner addresses."""
    sock = socket.socket(socket.AF_INET6 if ":" in local else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((local, PORT))
    sock.connect((remote, PORT))
    sock.settimeout(5)
    return sock


def checksum(data):
    """Of an IPv4 header."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def turned(packet):
    """An inner packet on its way back: the checksums do not care which address is which."""
    if packet[0] >> 4 == 4:
        return packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
    return packet[:8] + packet[24:40] + packet[8:24] + packet[40:]


def show(table):
    """The table, and below it the reasons."""
    reasons = []
    columns = [(cell, peer) for peer in PEERS for cell in CELLS]
    width = max(len(name) for name, _ in table)
    print(f"# {'':{width}} " + " ".join(f"{peer:5}" for _, peer in columns))
    for line in ("mode", "family", "esn"):
        words = [str(getattr(cell, line)).replace("True", "ESN").replace("False", "") for cell, _ in columns]
        print(f"# {'':{width}} " + " ".join(f"{word[:5]:5}" for word in words))
    for name, entries in table:
        marks = []
        for column in columns:
            mark, why = entries.get(column, (NOT, "left to the other kernels"))
            if why and why not in reasons:
                reasons.append(why)
            marks.append(f"{mark}{reasons.index(why) + 1 if why else '':<3}")
        print(f"# {name:{width}} " + " ".join(f"{mark:5}" for mark in marks))
    for number, why in enumerate(reasons, 1):
        print(f"# {NOT}{number}: {why}")


def main():
    """Row by row."""
    tap, matrix, table = Tap(), Matrix(), []
    brief = sys.argv[1:] == ["brief"]
    for number, row in enumerate(matrix.genl.dump("alg-get")):
        cells = [CELLS[number % len(CELLS)]] if brief else CELLS
        name = f"{'AH' if row['proto'] == 51 else 'ESP'} {row['name']}"

        def test(row=row, cells=cells, name=name):
            entries = matrix.run(row, cells)
            table.append((name, entries))
            return f"{sum(mark == OK for mark, _ in entries.values())} cells"
        tap.run(f"{name}: packets pass in every cell that there is", test)
    show(table)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
