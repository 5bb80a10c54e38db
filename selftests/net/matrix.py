#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Every algorithm of the module's table, in every mode, over IPv4 and IPv6, with and without extended sequence
numbers: packets pass both ways, to in-tree IPsec where it has the algorithm, and to an encoder of its own
(packets/espcodec.py, ah_codec.py) for all. The table at the end shows every cell.

    matrix.py [brief]           brief: of each row one cell with either peer, another one from row to row

        namespace gw                                       namespace peer
          sec0 10.1.0.1, fd01::1                             lo 10.2.0.1, fd02::1; in-tree IPsec,
          wan 192.0.2.1      ------------      192.0.2.2 wan    or the encoder on a packet socket
              2001:db8::1                    2001:db8::2
              192.0.3.1                        192.0.3.2     in transport mode, where what is protected
              2001:db8:3::1                2001:db8:3::2        has the outer addresses
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
from ah_codec import Sa, header4, header6  # noqa: E402
from bench import IN, OUT, Bench, addr, in_netns, key, sh, ts  # noqa: E402
from espcodec import EspCodec  # noqa: E402
from genl import Refused  # noqa: E402
from tap import Tap, same  # noqa: E402

ESP, AH = 50, 51
TUNNEL, TRANSPORT = "tunnel", "transport"
MODES = (TUNNEL, TRANSPORT)
GATEWAY = {TUNNEL: {4: "192.0.2.1", 6: "2001:db8::1"}, TRANSPORT: {4: "192.0.3.1", 6: "2001:db8:3::1"}}
PEER = {TUNNEL: {4: "192.0.2.2", 6: "2001:db8::2"}, TRANSPORT: {4: "192.0.3.2", 6: "2001:db8:3::2"}}
NEAR = {TUNNEL: {4: "10.1.0.1", 6: "fd01::1"}, TRANSPORT: GATEWAY[TRANSPORT]}
FAR = {TUNNEL: {4: "10.2.0.1", 6: "fd02::1"}, TRANSPORT: PEER[TRANSPORT]}
NEAR_TS, FAR_TS = {4: "10.1.0.0/24", 6: "fd01::/64"}, {4: "10.2.0.0/24", 6: "fd02::/64"}
HOST, NET = {4: 32, 6: 128}, {4: 24, 6: 64}
PORT = 4444
SPI_IN, SPI_OUT = 0x1002, 0x1001
PAYLOADS = (0, 7, 1100)  # octets
GATEWAY_MAC = bytes.fromhex("020000000001")
LAST = (1 << 32) + 77  # with extended numbers, the last one used: the high half is not 0
ETH_P_ALL, ETH_P = 3, {4: 0x0800, 6: 0x86dd}
ABSENT = {errno.ENOSYS, errno.ENOENT}  # what in-tree IPsec says of an algorithm that it has not
OK, NOT = "ok", "--"
HEADINGS = {TUNNEL: "tun", TRANSPORT: "trans", 4: "IPv4", 6: "IPv6", False: "", True: "ESN"}


class Cell:
    """A place in the table, but for the peer."""

    def __init__(self, mode, family, esn):
        self.mode, self.family, self.esn = mode, family, esn
        self.name = f"{mode} mode, IPv{family}{', ESN' if esn else ''}"
        self.tunnel = f"{mode}{family}"
        self.here, self.there = GATEWAY[mode][family], PEER[mode][family]
        self.last = LAST if esn else 0


CELLS = [Cell(*cell) for cell in itertools.product(MODES, (4, 6), (False, True))]


class Matrix(Bench):
    """The two namespaces, and sockets in both."""

    def __init__(self):
        super().__init__()
        sh("modprobe -qa esp4 esp6 ah4 ah6 aesni_intel || true")
        sh("""ip netns add peer
            ip link add wan netns gw address 02:00:00:00:00:01 type veth peer name wan netns peer \
                address 02:00:00:00:00:02
            ip -n peer link set lo up""")
        for netns, outer, inner, device in (("gw", GATEWAY, NEAR, "sec0"), ("peer", PEER, FAR, "lo")):
            sh(f"""ip netns exec {netns} sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.wan.accept_dad=0
                ip -n {netns} link set wan up
                ip -n {netns} link set {device} up""")
            for mode, family in itertools.product(MODES, (4, 6)):
                sh(f"ip -n {netns} address add {outer[mode][family]}/{NET[family]} dev wan {'nodad' * (family == 6)}")
            for family in (4, 6):
                sh(f"ip -n {netns} address add {inner[TUNNEL][family]}/{HOST[family]} dev {device}")
        for mode, family in itertools.product(MODES, (4, 6)):
            here, there = GATEWAY[mode][family], PEER[mode][family]
            sh(f"""ip -n gw neighbour replace {there} lladdr 02:00:00:00:00:02 dev wan nud permanent
                ip -n peer neighbour replace {here} lladdr 02:00:00:00:00:01 dev wan nud permanent""")
        with in_netns("peer"):
            self.cable = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
            self.cable.bind(("wan", ETH_P_ALL))
            self.cable.settimeout(5)
            self.xfrm = xfrm.Xfrm()
        for family in (4, 6):
            self.tunnels(family)
        self.near, self.far = {}, {}
        for mode, family in itertools.product(MODES, (4, 6)):
            with in_netns("gw"):
                self.near[mode, family] = udp(NEAR[mode][family], FAR[mode][family])
            with in_netns("peer"):
                self.far[mode, family] = udp(FAR[mode][family], NEAR[mode][family])

    def tunnels(self, family):
        """One in either mode; SAs come and go."""
        here, there = GATEWAY[TUNNEL][family], PEER[TUNNEL][family]
        sh(f"""ip -n gw route add {FAR_TS[family]} dev sec0 src {NEAR[TUNNEL][family]}
            ip -n gw route add {PEER[TRANSPORT][family]} dev sec0
            ip -n peer route add {NEAR_TS[family]} dev wan via {here} src {FAR[TUNNEL][family]}""")
        self.tunnel(f"{TUNNEL}{family}", local=addr(here), remote=addr(there), local_ts=[ts(NEAR_TS[family])],
                    remote_ts=[ts(FAR_TS[family])])
        self.tunnel(f"{TRANSPORT}{family}", local=addr(GATEWAY[TRANSPORT][family]),
                    remote=addr(PEER[TRANSPORT][family]), mode=1)

    def policies(self, cell, proto):
        """What in-tree IPsec protects, and how."""
        mode = {TUNNEL: xfrm.TUNNEL, TRANSPORT: xfrm.TRANSPORT}[cell.mode]
        near, far = NEAR_TS[cell.family], FAR_TS[cell.family]
        if cell.mode == TRANSPORT:
            near, far = (f"{address}/{HOST[cell.family]}" for address in (cell.here, cell.there))
        self.xfrm.policy(xfrm.OUT, (far, near), (cell.there, cell.here), mode, proto)
        self.xfrm.policy(xfrm.IN, (near, far), (cell.here, cell.there), mode, proto)
        return mode

    def install(self, row, cell, keymat):
        """Both SAs of the gateway."""
        common = {"proto": row["proto"], "alg": row["name"], "esn": int(cell.esn), "seq": cell.last}
        if row.get("legacy"):
            common["legacy"] = True
        self.sa(IN, SPI_IN, cell.tunnel, key=keymat[0], **common)
        self.sa(OUT, SPI_OUT, cell.tunnel, key=keymat[1], **common)

    def remove(self):
        """All SAs of both sides."""
        self.genl.do("flush", {"ifindex": self.ifindex})
        self.xfrm.flush()
        self.xfrm.flush_policies()

    def counted(self, cell, row):
        """Exactly the packets that were sent, in both directions, and not one drop."""
        for direction, spi, name in ((IN, SPI_IN, "rx-packets"), (OUT, SPI_OUT, "tx-packets")):
            sa = self.genl.do("sa-get", {"ifindex": self.ifindex, "tunnel": cell.tunnel, "dir": direction,
                                         "proto": row["proto"], "spi": spi})[0]
            same((sa["stats"][name], sa["stats"].get("drop", [])), (len(PAYLOADS), []), f"{name}, drops")

    def with_xfrm(self, row, cell, keymat):
        """Datagrams there and back, through in-tree IPsec. Returns why there were none."""
        if row["iv"] == 0 and row["crypto-name"].startswith("rfc"):
            return "in-tree IPsec has no implicit IV"
        if row["proto"] == AH and row["iv"]:
            return "in-tree IPsec has no GMAC in AH"
        encr = row["key"] + row["salt"]
        keys = [xfrm.algorithms(row["crypto-name"], octets[:encr], octets[encr:], row["icv"]) for octets in keymat]
        mode = self.policies(cell, row["proto"])
        try:
            for octets, source, destination, spi in zip(keys, (cell.there, cell.here), (cell.here, cell.there),
                                                        (SPI_IN, SPI_OUT)):
                self.xfrm.state(source, destination, spi, octets, mode, row["proto"], cell.esn, cell.last)
        except OSError as error:
            if error.errno in ABSENT:
                return f"in-tree IPsec has no such algorithm: {error.strerror}"
            raise
        near, far = self.near[cell.mode, cell.family], self.far[cell.mode, cell.family]
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
        if row["proto"] == AH:
            return self.with_ah_codec(row, cell, keymat)
        to, out_of = (EspCodec(row["name"], octets, spi, cell.esn)
                      for octets, spi in zip(keymat, (SPI_IN, SPI_OUT)))
        near, high = self.near[cell.mode, cell.family], cell.last >> 32
        next_header = {TUNNEL: {4: 4, 6: 41}[cell.family], TRANSPORT: socket.IPPROTO_UDP}[cell.mode]
        for number, octets in enumerate(PAYLOADS, cell.last + 1):
            payload = os.urandom(octets)
            near.send(payload)
            seq, inner, got_header = out_of.open(self.esp(cell), high)
            same((seq, got_header), (number, next_header), "sequence number, next header")
            same(inner[len(inner) - octets:], payload, f"{octets} octets out")
            self.send(cell, to.seal(number, turned(inner) if cell.mode == TUNNEL else inner, next_header))
            same(near.recv(1 << 16), payload, f"{octets} octets in")
        self.counted(cell, row)
        return ""

    def with_ah_codec(self, row, cell, keymat):
        """Likewise in AH."""
        to, out_of = (Sa(row["name"], octets, spi, cell.esn) for octets, spi in zip(keymat, (SPI_IN, SPI_OUT)))
        near, header = self.near[cell.mode, cell.family], {4: header4, 6: header6}[cell.family]
        wanted = {TUNNEL: {4: 4, 6: 41}[cell.family], TRANSPORT: socket.IPPROTO_UDP}[cell.mode]
        for number, octets in enumerate(PAYLOADS, cell.last + 1):
            payload = os.urandom(octets)
            near.send(payload)
            next_header, inner = out_of.opens(self.packet(cell, AH), number)
            same((next_header, inner[len(inner) - octets:]), (wanted, payload), f"{octets} octets out")
            inner = turned(inner) if cell.mode == TUNNEL else inner
            front = header(to.ah_len(cell.family) + len(inner), source=addr(cell.there), destination=addr(cell.here))
            self.cable.sendto(to.seal(front, next_header, inner, number), ("wan", ETH_P[cell.family], 0, 0, GATEWAY_MAC))
            same(near.recv(1 << 16), payload, f"{octets} octets in")
        self.counted(cell, row)
        return ""

    def packet(self, cell, proto):
        """The next packet of the gateway with ESP or AH."""
        here = addr(cell.here)
        while True:
            packet, (_, kind, *_) = self.cable.recvfrom(1 << 16)
            if kind == ETH_P[4] and cell.family == 4 and packet[9] == proto and packet[12:16] == here:
                return packet[:struct.unpack_from("!H", packet, 2)[0]]
            if kind == ETH_P[6] and cell.family == 6 and packet[6] == proto and packet[8:24] == here:
                return packet[:40 + struct.unpack_from("!H", packet, 4)[0]]

    def esp(self, cell):
        """The next ESP packet of the gateway, without its outer header."""
        return self.packet(cell, ESP)[{4: 20, 6: 40}[cell.family]:]

    def send(self, cell, esp):
        """Sends an ESP packet to the gateway."""
        source, destination = addr(cell.there), addr(cell.here)
        if cell.family == 4:
            header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(esp), 0, 0, 64, ESP, 0, source, destination)
            header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
        else:
            header = struct.pack("!IHBB16s16s", 6 << 28, len(esp), ESP, 64, source, destination)
        self.cable.sendto(header + esp, ("wan", ETH_P[cell.family], 0, 0, GATEWAY_MAC))

    def refused(self, row, keymat):
        """What this kernel has no driver for, the module refuses, and says what is missing."""
        try:
            self.install(row, CELLS[0], keymat)
        except Refused as refusal:
            same(row["crypto-name"] in refusal.text, True, refusal.text)
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
            try:
                self.install(row, cell, keymat)
                why = method(self, row, cell, keymat)
            except Refused as refusal:
                if refusal.errno != errno.EOPNOTSUPP:
                    raise
                why = refusal.text
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
        print(f"# {'':{width}} " + " ".join(f"{HEADINGS[getattr(cell, line)]:5}" for cell, _ in columns))
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
