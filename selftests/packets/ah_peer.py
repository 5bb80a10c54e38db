# SPDX-License-Identifier: GPL-2.0-only
"""A tunnel of the gateway whose SAs are AH, and AH in Python at its other end. Topology: wire.py."""
import struct

from ah_codec import ALGORITHMS, Sa, header4, header6, sum16
from bench import IN, OUT, addr, key
from wire import GATEWAY, PEER, SPI_IN, SPI_OUT, inner

AH, UDP = 51, 17
TUNNEL, TRANSPORT = 0, 1


def set_octets(packet, offset, octets):
    """A packet with octets replaced."""
    return packet[:offset] + octets + packet[offset + len(octets):]


def checksummed(packet):
    """A packet whose IPv4 header checksum is right, as behind a router."""
    if packet[0] >> 4 != 4:
        return packet
    header_len = (packet[0] & 15) * 4
    header = set_octets(packet[:header_len], 10, b"\0\0")
    return set_octets(header, 10, struct.pack("!H", sum16(header))) + packet[header_len:]


def shortened(packet, length):
    """The first octets of a packet, whose header knows how many there are."""
    rest = packet[:length]
    if packet[0] >> 4 == 4:
        return checksummed(set_octets(rest, 2, struct.pack("!H", length)))
    return set_octets(rest, 4, struct.pack("!H", length - 40))


class Peer:
    """The tunnel, and both its SAs as the peer has them."""

    def __init__(self, gateway, alg="sha256", family=4, mode=TUNNEL, esn=False, seq=0, remote=None, **options):
        self.gateway, self.family, self.mode, self.seq = gateway, family, mode, seq
        name = "t"
        keys = [key(ALGORITHMS[alg].key_len, seed) for seed in (1, 2)]
        legacy = {"legacy": True} if alg == "sha1" else {}
        gateway.tunnel(name, local=addr(GATEWAY[family]), remote=addr(remote or PEER[family]), mode=mode, **options)
        for direction, spi, keymat in ((IN, SPI_IN, keys[0]), (OUT, SPI_OUT, keys[1])):
            gateway.sa(direction, spi, name, proto=AH, alg=alg, key=keymat, esn=int(esn), seq=seq, **legacy)
        self.to, self.out_of = Sa(alg, keys[0], SPI_IN, esn), Sa(alg, keys[1], SPI_OUT, esn)

    def header(self, payload_len, *parts, **fields):
        """The header of a packet to the gateway, in front of AH and so many octets."""
        make = header4 if self.family == 4 else header6
        return make(self.to.ah_len(self.family) + payload_len, *parts, **fields)

    def seal(self, payload, next_header, *parts, **fields):
        """The next packet to the gateway."""
        self.seq += 1
        return self.to.seal(self.header(len(payload), *parts, **fields), next_header, payload, self.seq)

    def good(self, text=None):
        """A packet that passes and what is delivered of it: in tunnel mode the inner one, else it without AH."""
        payload = inner(4, fill=b"good %d" % (self.seq + 1) if text is None else text)
        if self.mode == TUNNEL:
            return self.seal(payload, 4), payload
        packet = self.seal(payload[20:], UDP)
        return packet, self.stripped(packet)

    def stripped(self, packet, header_len=None, protocol_at=None):
        """A packet in transport mode without its AH."""
        header_len = header_len or {4: 20, 6: 40}[self.family]
        header, ah_len = packet[:header_len], self.to.ah_len(self.family)
        header = set_octets(header, protocol_at or {4: 9, 6: 6}[self.family], packet[header_len:header_len + 1])
        length = len(packet) - ah_len - (0 if self.family == 4 else 40)
        header = set_octets(header, 2 if self.family == 4 else 4, struct.pack("!H", length))
        return checksummed(header) + packet[header_len + ah_len:]

    def opens(self, packet, seq, header=None):
        """As Sa.opens()."""
        return self.out_of.opens(packet, seq, header)
