#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Drives the transforms ah(X) through AF_ALG, against AH in Python (packets/ah_codec.py).

Output is TAP. kmod/ah.h describes the calling convention that is tested here.
"""

import errno
import os
import random
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../packets"))

# pylint: disable=wrong-import-position
from afalg import (DECRYPT, ENCRYPT, UNREAD, Tap, Transform, exists, expect, expect_errno, flip,  # noqa: E402
                   proc_crypto, split)
from ah_codec import (ALGORITHMS, FIXED_LEN, NOTHING, Part, Sa, bits, extension, header4, header6, option4,  # noqa: E402
                      option6)

SPI, UDP = 0x1001, 17
HEAD_MAX = 1280		# octets to the end of the ICV field
HOP, NEXT, HOME = (bytes.fromhex("20010db8") + bytes(11) + bytes([n]) for n in (7, 8, 1))


def ip4(octet):
    return bytes([192, 0, 2, octet])


def join(*parts):
    return sum(parts, NOTHING)


def route6(kind, left, wire, covered):
    """A routing header's data: addresses on the wire, and as the ICV covers them, all visited."""
    return Part(bytes([kind, left]) + bytes(4), bytes([kind, 0]) + bytes(4)) + Part(b"".join(wire), b"".join(covered))


VARIES, STAYS = option6(0x3e, b"\1\2\3\4"), option6(0x1e, b"\1\2\3\4")
RECORD = option4(bytes([7, 7, 4, 0, 0, 0, 0]))
HEADERS = {		# what, and a function that makes it of the length of the rest
    "IPv4": lambda n: header4(n, tos=0xb9, df=True, ttl=17),
    "IPv4, record route, security, time stamp": lambda n: header4(n, join(
        RECORD, option4(bytes([130, 11, *range(9)]), True), option4(bytes([68, 8, 5, *range(5)])), Part(bytes(2)))),
    "IPv4, forty octets of options": lambda n: header4(n, join(option4(bytes([7, 39, 4, *range(36)])), Part(b"\1"))),
    "IPv4, loose source route, as sent": lambda n: header4(n, join(
        Part(bytes([131, 11, 4]) + ip4(8) + ip4(1), bytes(11)), Part(b"\1")), ip4(7), ip4(1)),
    "IPv4, loose source route, as received": lambda n: header4(n, join(
        Part(bytes([131, 11, 12]) + ip4(7) + ip4(8), bytes(11)), Part(b"\1"))),
    "IPv6": lambda n: header6(n, tos=0xb9, label=0x12345, ttl=17),
    "IPv6, hop-by-hop and destination options": lambda n: header6(n, [
        extension(0, VARIES), extension(60, join(STAYS, VARIES, Part(bytes([1, 0]))))]),
    "IPv6, routing header, as sent": lambda n: header6(n, [
        extension(43, route6(0, 2, [NEXT, HOME], [HOP, NEXT]))], HOP, HOME),
    "IPv6, routing header, as received": lambda n: header6(n, [extension(43, route6(0, 0, [HOP, NEXT], [HOP, NEXT]))]),
    "IPv6, routing header of another type, used up": lambda n: header6(n, [
        extension(43, Part(bytes([4, 0, *range(12)])))]),
    "IPv6, 100 extension headers": lambda n: header6(n, [extension(60, VARIES), extension(60, STAYS)] * 50),
}
LENGTHS = [*range(0, 70), 255, 256, 1164, 1165, 1228, 1229, 1300, 1400, 4071, 4096, 8999, 65000]


class Case:
    """A transform, an SA in Python with its key, and packets of theirs."""

    def __init__(self, name, alg, esn=False):
        self.name, self.esn = name, esn
        self.keymat = random.Random(alg).randbytes(ALGORITHMS[alg].key_len)
        self.sa = Sa(alg, self.keymat, SPI, esn)
        self.alg = self.sa.alg
        self.seq = 0x12345678_9abcdef0 if esn else 0x9abcdef0
        self.counter = struct.pack("!Q", self.seq)

    def transform(self):
        return Transform(self.name, self.keymat, self.alg.icv_len)

    def header(self, what, payload_len):
        family = 6 if "6" in what.split(",")[0] else 4
        return HEADERS[what](self.sa.ah_len(family) + payload_len)

    def packet(self, header, payload):
        """Associated data and the ICV."""
        packet = self.sa.seal(header, UDP, payload, self.seq)
        at = len(header) + FIXED_LEN + self.alg.iv_len
        high = struct.pack("!I", self.seq >> 32) if self.esn else b""
        return packet + high, packet[at:at + self.alg.icv_len]

    def blank(self, header, aad):
        """The associated data with anything in place of the ICV field."""
        at = len(header) + FIXED_LEN
        room = self.alg.iv_len + self.alg.icv_len
        return aad[:at] + b"\xa5" * room + aad[at + room:]

    def sealed(self, header, aad, icv):
        """What encryption has to give for blank(): the IV in its place, the ICV at the end."""
        at = len(header) + FIXED_LEN
        blank = self.blank(header, aad)
        return blank[:at] + aad[at:at + self.alg.iv_len] + blank[at + self.alg.iv_len:] + icv


def octets(count):
    return bytes(index & 0xff for index in range(count))


def makes(case, what, payload_len=60):
    header = case.header(what, payload_len)
    aad, icv = case.packet(header, octets(payload_len))
    blank = case.blank(header, aad)
    with case.transform() as t:
        expect(t.crypt(ENCRYPT, case.counter, len(aad), blank), case.sealed(header, aad, icv), "packet")
        expect(t.crypt(DECRYPT, UNREAD, len(aad), aad + icv), aad, "packet, verified")
        if not case.alg.iv_len:
            expect(t.crypt(DECRYPT, UNREAD, len(aad), blank + icv), blank, "packet without its ICV field, verified")


def one_bit_each(case, what):
    """Any bit of the headers, of AH and of the ICV; one bit of each octet behind."""
    header = case.header(what, 20)
    aad, icv = case.packet(header, bytes(range(20)))
    at = len(header) + FIXED_LEN
    field = range(8 * (at + case.alg.iv_len), 8 * (at + case.alg.iv_len + case.alg.icv_len))
    behind = [8 * octet + octet % 8 for octet in range(at, len(aad)) if 8 * octet not in field]
    bad = [*bits(header.immutable), *range(8 * len(header), 8 * at), *behind, *range(8 * len(aad), 8 * len(aad + icv))]
    with case.transform() as t:
        for bit in bits(header.mutable):
            t.crypt(DECRYPT, UNREAD, len(aad), flip(aad + icv, bit))
        for bit in bad:
            # a length that reaches too far, a header that is none: that is no packet at all
            expect_errno([errno.EBADMSG, errno.EINVAL], t.crypt, DECRYPT, UNREAD, len(aad), flip(aad + icv, bit))
        for bit in behind:
            expect_errno([errno.EBADMSG], t.crypt, DECRYPT, UNREAD, len(aad), flip(aad + icv, bit))
    return f"{len(bits(header.mutable))} packets verified, {len(bad)} did not"


def all_sizes(case):
    for length in LENGTHS:
        makes(case, "IPv4" if length % 2 else "IPv6", length)


def cut_anywhere(case, what):
    """Source and destination cut at every place, up to some octets behind AH."""
    header = case.header(what, 40)
    aad, icv = case.packet(header, bytes(40))
    blank, sealed = case.blank(header, aad), case.sealed(header, aad, icv)
    with case.transform() as t:
        for cut in range(0, len(header) + case.sa.ah_len(4) + 8, 3):
            for pieces in ([], [1], [len(header)], [len(aad)], [5, 6, 4, 3, 1], [len(aad) + 1]):
                got = t.crypt(ENCRYPT, case.counter, len(aad), split(blank, [cut, cut + 2]), pieces=pieces)
                expect(got, sealed, f"packet, cut at {cut} and {cut + 2}, received in {pieces}")
                parts = split(aad + icv, [cut, cut + 2, len(aad) + 3])
                t.crypt(DECRYPT, UNREAD, len(aad), parts, pieces=pieces)
        parts = split(aad + icv, [*range(1, 15), *range(len(aad) - 2, len(aad + icv))][-15:])
        t.crypt(DECRYPT, UNREAD, len(aad), parts, pieces=[1] * 15)


def page_cache_survives(case, what):
    """A file's pages are the source: they must not be written, whatever the operation."""
    header = case.header(what, 40)
    aad, icv = case.packet(header, bytes(40))
    for op, content in ((ENCRYPT, case.blank(header, aad)), (DECRYPT, aad + icv), (DECRYPT, flip(aad + icv, 163))):
        file = os.memfd_create("packet")
        try:
            os.write(file, content)
            with case.transform() as t:
                try:
                    t.crypt(op, case.counter, len(aad), [(file, len(content))])
                except OSError as error:
                    assert error.errno == errno.EBADMSG, str(error)
            expect(os.pread(file, len(content) + 1, 0), content, "file")
        finally:
            os.close(file)


def longest_head(case):
    """Headers up to the bound, and one more extension header."""
    room = HEAD_MAX - FIXED_LEN - case.alg.iv_len - case.alg.icv_len - 40
    for more, good in ((0, True), (1, False)):
        header = header6(case.sa.ah_len(6), [extension(60, VARIES)] * (room // 8 + more))
        aad, icv = case.packet(header, b"")
        with case.transform() as t:
            if good:
                expect(t.crypt(DECRYPT, UNREAD, len(aad), aad + icv), aad, "packet")
            else:
                expect_errno([errno.EINVAL], t.crypt, DECRYPT, UNREAD, len(aad), aad + icv)


def no_packet(case):
    """Associated data that ends before the ICV field does, and headers in which there is no AH."""
    header = case.header("IPv4", 0)
    aad, icv = case.packet(header, b"")
    end = len(header) + FIXED_LEN + case.alg.iv_len + case.alg.icv_len
    with case.transform() as t:
        for length in range(0, end):
            if not case.esn:
                expect_errno([errno.EINVAL], t.crypt, ENCRYPT, UNREAD, length, aad[:length])
                expect_errno([errno.EINVAL], t.crypt, DECRYPT, UNREAD, length, aad[:length] + icv, size=length or 1)
        for wrong in (b"\x55" + aad[1:], aad[:9] + bytes([UDP]) + aad[10:], bytes(len(aad)), b"\xff" * len(aad)):
            expect_errno([errno.EINVAL], t.crypt, ENCRYPT, UNREAD, len(aad), wrong)
            expect_errno([errno.EINVAL], t.crypt, DECRYPT, UNREAD, len(aad), wrong + icv)


def text_refused(case):
    """There is no text: to encrypt nothing follows the associated data, to decrypt only the ICV."""
    aad, icv = case.packet(case.header("IPv4", 20), bytes(20))
    with case.transform() as t:
        for more in (1, 4, 16):
            expect_errno([errno.EINVAL], t.crypt, ENCRYPT, UNREAD, len(aad), aad + bytes(more))
            expect_errno([errno.EINVAL], t.crypt, DECRYPT, UNREAD, len(aad), aad + bytes(more) + icv)


def key_lengths(case, good):
    for length in range(0, 80):
        if length in good:
            Transform(case.name, bytes(length), case.alg.icv_len).__exit__()
        else:
            expect_errno([errno.EINVAL], Transform, case.name, bytes(length), case.alg.icv_len)


def needs_key(case):
    aad, _ = case.packet(case.header("IPv4", 0), b"")
    with Transform(case.name, None, case.alg.icv_len) as t:
        expect_errno([errno.ENOKEY], t.crypt, ENCRYPT, UNREAD, len(aad), aad)


def icv_lengths(case, good):
    for length in range(0, 70):
        if length in good:
            Transform(case.name, case.keymat, length).__exit__()
        else:
            expect_errno([errno.EINVAL], Transform, case.name, case.keymat, length)


def listed(name):
    assert exists(name), "it cannot be had"
    entries = proc_crypto(name)
    assert entries, f"no {name} in /proc/crypto"
    assert entries[0]["type"] == "aead", entries[0]["type"]
    assert entries[0]["ivsize"] == "8", f"ivsize {entries[0]['ivsize']}"
    return f"driver {entries[0]['driver']}, async {entries[0]['async']}"


def bind_refused(name):
    expect_errno([errno.EINVAL, errno.ENOENT, errno.ENAMETOOLONG], Transform, name, None, 12)


def forms_of(alg):
    """ah(X) as the kernel chooses it, then on top of a driver that finishes every request later."""
    x = ALGORITHMS[alg].x
    yield f"ah({x})"
    later = f"ah({'pcrypt' if ALGORITHMS[alg].iv_len else 'cryptd'}({proc_crypto(x)[0]['driver']}))"
    if exists(later):
        yield later


KEY_LENGTHS = {"aescmac": [16, 24, 32], "aes128gmac": [20, 28, 36]}
ICV_LENGTHS = {"sha1": range(12, 21, 4), "sha256": range(12, 33, 4), "sha384": range(12, 49, 4),
               "sha512": range(12, 65, 4), "aesxcbc": [12, 16], "aescmac": [12, 16], "aes128gmac": [16]}
CLOSELY = ("sha256", "aes128gmac")	# what does not depend on the algorithm is looked at with one of each kind


def test_algorithm(tap, alg, name):
    """Packets of every kind, with both lengths of sequence numbers."""
    for esn in (False, True):
        case, label = Case(name, alg, esn), f"{alg} by {name}, {64 if esn else 32}-bit numbers"
        for what in HEADERS:
            tap.run(f"{label}: {what}", makes, case, what)
        tap.run(f"{label}: packets of all sizes", all_sizes, case)


def test_interface(tap, alg, name):
    """Lengths, keys, scatterlists, changes."""
    case, label = Case(name, alg), f"{alg} by {name}"
    for what in ("IPv4, record route, security, time stamp", "IPv6, hop-by-hop and destination options"):
        tap.run(f"{label}: any bit flipped of {what}", one_bit_each, case, what)
        tap.run(f"{label}: cut anywhere: {what}", cut_anywhere, case, what)
        tap.run(f"{label}: spliced page cache is not written: {what}", page_cache_survives, case, what)
    tap.run(f"{label}: headers up to {HEAD_MAX} octets", longest_head, case)
    tap.run(f"{label}: what is no packet: EINVAL", no_packet, case)
    tap.run(f"{label}: text: EINVAL", text_refused, case)
    tap.run(f"{label}: no key: ENOKEY", needs_key, case)


def main():
    tap = Tap()
    if not exists("ah(hmac(sha1))"):
        print("Bail out! the kernel does not make ah(hmac(sha1)): is the module there?")
        return 1

    for alg in ALGORITHMS:
        tap.run(f"ah({ALGORITHMS[alg].x}) is in /proc/crypto after first use", listed, f"ah({ALGORITHMS[alg].x})")
        for name in forms_of(alg):
            test_algorithm(tap, alg, name)
            if alg in CLOSELY:
                test_interface(tap, alg, name)
        case = Case(f"ah({ALGORITHMS[alg].x})", alg)
        if alg in KEY_LENGTHS:
            tap.run(f"{alg}: other key lengths: EINVAL", key_lengths, case, KEY_LENGTHS[alg])
        if alg in ICV_LENGTHS:
            tap.run(f"{alg}: ICVs of {[*ICV_LENGTHS[alg]]} octets and no other", icv_lengths, case, ICV_LENGTHS[alg])

    for x in ("sha256", "crc32c", "cbc(aes)", "rfc4106(gcm(aes))", "rfc4543(gcm(aes))", "ccm(aes)",
              "authenc(hmac(sha1),cbc(aes))", "no-such-algorithm", "", "x" * 50, "ah(hmac(sha256))"):
        tap.run(f"ah({x}) cannot be had", bind_refused, f"ah({x})")

    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
