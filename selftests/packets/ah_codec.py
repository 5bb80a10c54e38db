# SPDX-License-Identifier: GPL-2.0-only
"""AH (RFC 4302) in Python, to compare the kernel's with.

Nothing here looks for mutable fields: whoever builds a header says of each part both what is on the wire and what
the ICV covers, so that a misreading of the one cannot hide in the other.
"""
import functools
import hashlib
import hmac
import os
import socket
import struct
import sys

SCAPY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/scapy")
if os.path.isdir(SCAPY):  # brings the package below, of this machine's own release
    sys.path.insert(0, os.path.realpath(SCAPY))

# pylint: disable=wrong-import-position
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402
from cryptography.hazmat.primitives.cmac import CMAC  # noqa: E402

IPPROTO_AH = 51
FIXED_LEN = 12  # octets of AH in front of its ICV field
GMAC_IV_LEN = 8
ADDRESS = {4: ("192.0.2.2", "192.0.2.1"), 6: ("2001:db8::2", "2001:db8::1")}


def xor(left, right):
    return bytes(a ^ b for a, b in zip(left, right))


def xcbc(key, data):
    """AES-XCBC-MAC, RFC 3566 section 4."""
    def block(key, data):
        return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(data)  # nosec: this is the definition
    first, whole, padded = (block(key, bytes([n]) * 16) for n in (1, 2, 3))
    last = len(data) % 16 or (16 if data else 0)
    head, tail = data[:len(data) - last], data[len(data) - last:]
    tail = xor(tail, whole) if last == 16 else xor(tail + b"\x80" + bytes(15 - last), padded)
    return Cipher(algorithms.AES(first), modes.CBC(bytes(16))).encryptor().update(head + tail)[-16:]


def cmac(key, data):
    """AES-CMAC, RFC 4493."""
    mac = CMAC(algorithms.AES(key))
    mac.update(data)
    return mac.finalize()


def digest(name):
    """HMAC of a hash, RFC 2104."""
    return lambda key, data: hmac.new(key, data, getattr(hashlib, name)).digest()


def gmac(key, iv, data):
    """AES-GMAC, RFC 4543: the key ends with the salt."""
    return AESGCM(key[:-4]).encrypt(key[-4:] + iv, b"", data)


class Algorithm:
    """KEYMAT and ICV in octets; MAC(key, data), or with an IV MAC(key, iv, data)."""

    def __init__(self, x, key_len, icv_len, mac, iv_len=0):
        self.x, self.key_len, self.icv_len, self.mac, self.iv_len = x, key_len, icv_len, mac, iv_len

    def icv(self, key, data, iv=b""):
        """The ICV field without its padding: with GMAC the IV begins it."""
        mac = functools.partial(self.mac, key, iv) if self.iv_len else functools.partial(self.mac, key)
        return iv + mac(data)[:self.icv_len]


ALGORITHMS = {  # the command's keywords
    "sha1": Algorithm("hmac(sha1)", 20, 12, digest("sha1")),
    "sha256": Algorithm("hmac(sha256)", 32, 16, digest("sha256")),
    "sha384": Algorithm("hmac(sha384)", 48, 24, digest("sha384")),
    "sha512": Algorithm("hmac(sha512)", 64, 32, digest("sha512")),
    "aesxcbc": Algorithm("xcbc(aes)", 16, 12, xcbc),
    "aescmac": Algorithm("cmac(aes)", 16, 12, cmac),
    "aes128gmac": Algorithm("gcm(aes)", 20, 16, gmac, GMAC_IV_LEN),
    "aes192gmac": Algorithm("gcm(aes)", 28, 16, gmac, GMAC_IV_LEN),
    "aes256gmac": Algorithm("gcm(aes)", 36, 16, gmac, GMAC_IV_LEN),
}


class Part:
    """Octets on the wire, what the ICV covers in their place, and masks of the bits whose change must not be noticed,
    and must be noticed. Most are one or the other."""

    def __init__(self, wire, covered=None, mutable=None, immutable=None):
        self.wire, self.covered = wire, wire if covered is None else covered
        self.mutable = bytes(len(wire)) if mutable is None else mutable
        self.immutable = xor(self.mutable, b"\xff" * len(wire)) if immutable is None else immutable
        assert len({len(self.wire), len(self.covered), len(self.mutable), len(self.immutable)}) == 1, "lengths"

    def __add__(self, other):
        return Part(*(getattr(self, what) + getattr(other, what)
                      for what in ("wire", "covered", "mutable", "immutable")))

    def __len__(self):
        return len(self.wire)


def bits(mask):
    """The numbers of the bits that a mask has, from the lowest of the first octet on."""
    return [bit for bit in range(8 * len(mask)) if mask[bit // 8] >> bit % 8 & 1]


NOTHING = Part(b"")


def zeroed(wire):
    """A part that counts as zero."""
    return Part(wire, bytes(len(wire)), b"\xff" * len(wire))


def option4(wire, immutable=False):
    """An IPv4 option: all of it counts, or nothing. What a change of the type or length of one that does not count
    means depends on what it becomes."""
    if immutable:
        return Part(wire)
    return Part(wire, bytes(len(wire)), bytes(2) + b"\xff" * (len(wire) - 2), bytes(len(wire)))


def option6(kind, data):
    """An IPv6 option, whose type says whether its data may change."""
    return Part(bytes([kind, len(data)])) + (zeroed(data) if kind & 0x20 else Part(data))


def header4(length, options=NOTHING, destination=None, final=None, source=None, protocol=IPPROTO_AH, tos=0, df=False,
            ttl=64, ident=0x1234):
    """The IPv4 header of a packet with LENGTH octets behind it; FINAL is the destination that the ICV covers."""
    assert len(options) % 4 == 0, "options are padded by whoever gives them"
    source, destination = (given or socket.inet_aton(address)
                           for given, address in zip((source, destination), ADDRESS[4]))
    words = 5 + len(options) // 4
    start = struct.pack("!BBHHHBB", 0x40 | words, tos, 4 * words + length, ident, 0x4000 if df else 0, ttl, protocol)
    checksum = struct.pack("!H", sum16(start + b"\0\0" + source + destination + options.wire))
    return (Part(start[:1]) + zeroed(start[1:2]) + Part(start[2:6]) + zeroed(start[6:9]) + Part(start[9:10]) +
            zeroed(checksum) + Part(source) + Part(destination, final) + options)


def sum16(octets):
    """The Internet checksum."""
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def extension(kind, body):
    """An extension header without its next header, for header6(); it is padded by whoever gives it."""
    assert (2 + len(body)) % 8 == 0
    return kind, Part(bytes([(2 + len(body)) // 8 - 1])) + body


def header6(length, extensions=(), destination=None, final=None, source=None, protocol=IPPROTO_AH, tos=0, label=0,
            ttl=64):
    """The IPv6 headers, likewise."""
    source, destination = (given or socket.inet_pton(socket.AF_INET6, address)
                           for given, address in zip((source, destination), ADDRESS[6]))
    first = struct.pack("!I", 6 << 28 | tos << 20 | label)
    kinds = [*(kind for kind, _ in extensions), protocol]
    chain = NOTHING
    for (_, body), following in zip(extensions, kinds[1:]):
        chain += Part(bytes([following])) + body
    return (Part(first, b"\x60\0\0\0", b"\x0f\xff\xff\xff") + Part(struct.pack("!HB", len(chain) + length, kinds[0])) +
            zeroed(bytes([ttl])) + Part(source) + Part(destination, final) + chain)


class Sa:
    """One direction of AH."""

    def __init__(self, alg, keymat, spi, esn=False):
        self.alg, self.keymat, self.spi, self.esn = ALGORITHMS[alg], keymat, spi, esn

    def ah_len(self, family):
        """Octets of AH: a multiple of 4 over IPv4, of 8 over IPv6."""
        unit = 4 if family == 4 else 8
        return -(-(FIXED_LEN + self.alg.iv_len + self.alg.icv_len) // unit) * unit

    def fixed(self, family, next_header, seq):
        """What stands in front of the ICV field."""
        return struct.pack("!BBHII", next_header, self.ah_len(family) // 4 - 2, 0, self.spi, seq & 0xffffffff)

    def icv(self, covered, seq, iv=b""):
        """The ICV field of octets that have zeroes in its place."""
        high = struct.pack("!I", seq >> 32) if self.esn else b""
        return self.alg.icv(self.keymat, covered + high, iv)

    def seal(self, header, next_header, payload, seq, iv=None, padding=b"\0"):
        """A packet; HEADER is the Part in front of AH."""
        family = header.wire[0] >> 4
        fixed, field = self.fixed(family, next_header, seq), self.alg.iv_len + self.alg.icv_len
        padding = padding * (self.ah_len(family) - FIXED_LEN - field)
        iv = (struct.pack("!Q", seq) if iv is None else iv)[:self.alg.iv_len]
        icv = self.icv(header.covered + fixed + bytes(field) + padding + payload, seq, iv)
        return header.wire + fixed + icv + padding + payload

    def opens(self, packet, seq, header=None):
        """Next header and payload of a packet, all of whose octets must be what they should; HEADER is the Part in
        front of AH, by default one without options."""
        family = packet[0] >> 4
        header = header or plain(packet[:{4: 20, 6: 40}[family]])
        at, end = len(header), len(header) + self.ah_len(family)
        fixed, field, payload = packet[at:at + FIXED_LEN], packet[at + FIXED_LEN:end], packet[end:]
        wanted = self.icv(header.covered + fixed + bytes(len(field)) + payload, seq, struct.pack("!Q", seq)[:self.alg.iv_len])
        for what, got, want in (
                ("headers in front of AH", packet[:at], header.wire),
                ("AH in front of its ICV field", fixed, self.fixed(family, fixed[0], seq)),
                ("ICV field", field, wanted.ljust(len(field), b"\0"))):
            assert got == want, f"{what}:\ngot  {got.hex()}\nwant {want.hex()}"
        return fixed[0], payload


def plain(wire):
    """A header without options as a Part."""
    if wire[0] >> 4 == 4:
        return (Part(wire[:1]) + zeroed(wire[1:2]) + Part(wire[2:6]) + zeroed(wire[6:9]) + Part(wire[9:10]) +
                zeroed(wire[10:12]) + Part(wire[12:]))
    return Part(wire[:4], b"\x60\0\0\0", b"\x0f\xff\xff\xff") + Part(wire[4:7]) + zeroed(wire[7:8]) + Part(wire[8:])
