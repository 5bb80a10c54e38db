#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Drives the transforms esp(X) and esp-iiv(X) through AF_ALG: published packets, forged packets, hostile lengths.

Output is TAP. kmod/esp.h describes the calling convention that is tested here.
"""

import errno
import hashlib
import hmac
import os
import random
import socket
import struct
import sys

COUNTER_LEN = 8			# octets in ALG_SET_IV
ROOM = b"\xa5"			# what stands where the IV will be
UNREAD = b"\x5a" * COUNTER_LEN	# the counter that decryption must not look at
ENCRYPT = socket.ALG_OP_ENCRYPT
DECRYPT = socket.ALG_OP_DECRYPT
CRYPTO_AUTHENC_KEYA_PARAM = 1

GCM, CCM, GMAC = "rfc4106(gcm(aes))", "rfc4309(ccm(aes))", "rfc4543(gcm(aes))"
CHACHA = "rfc7539esp(chacha20,poly1305)"
VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "esp.vectors")


class Kind:
    """What there is to know of a transform: X, and the sizes of its packets."""

    def __init__(self, x, keys, icvs, template="esp", iv_len=8, block=1, integ_len=0):
        self.x, self.template, self.keys, self.icvs = x, template, keys, icvs
        self.iv_len, self.block, self.integ_len = iv_len, block, integ_len
        self.implicit = template == "esp-iiv"
        self.random = block > 1		# a CBC mode: its IV cannot be foretold
        self.pair = x.startswith("authenc")
        self.aad_lens = {"authenc": [8], "authencesn": [12]}.get(x.split("(", maxsplit=1)[0], [8, 12])
        self.name = f"{template}({x})"
        self.icv_len = max(icvs)

    @property
    def packet_iv_len(self):
        """Octets of IV in the packet."""
        return 0 if self.implicit else self.iv_len

    def some_key(self, chance):
        """A key as the kernel takes it."""
        keymat = chance.randbytes(chance.choice(self.keys))
        return pair_key(chance.randbytes(self.integ_len), keymat) if self.pair else keymat

    def rounded(self, length):
        """The next length that the cipher can encrypt."""
        return -(-length // self.block) * self.block

    def vector(self):
        """A packet of its own, where none was published."""
        chance = random.Random(self.name)
        v = {"name": "a packet of its own", "raw_key": self.some_key(chance),
             "aad": chance.randbytes(self.aad_lens[-1]), "plaintext": chance.randbytes(self.rounded(60)),
             "counter": chance.randbytes(COUNTER_LEN)}
        with Transform(self, v["raw_key"]) as t:
            packet = t.encrypt(v["aad"], v["counter"], v["plaintext"])
        text = len(v["aad"]) + self.packet_iv_len
        return {**v, "iv": packet[len(v["aad"]):text], "ciphertext": packet[text:-self.icv_len],
                "icv": packet[-self.icv_len:]}


def listing(numbers):
    """In words."""
    return f"{numbers[0]} to {numbers[-1]}" if isinstance(numbers, range) else ", ".join(map(str, numbers))


def pair_key(integrity, encryption):
    """Both keys as authenc() takes them: include/crypto/authenc.h."""
    return struct.pack("=HH", 8, CRYPTO_AUTHENC_KEYA_PARAM) + struct.pack("!I", len(encryption)) + integrity + encryption


class Tap:
    """Numbered results; a test is a function whose exception is its failure."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def run(self, description, function, *args):
        self.count += 1
        try:
            comment = function(*args)
        except (AssertionError, OSError, TypeError, ValueError) as error:
            self.failed += 1
            print(f"not ok {self.count} - {description}\n# {error}", flush=True)
        else:
            print(f"ok {self.count} - {description}" + (f" # {comment}" if comment else ""), flush=True)

    def end(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0


def read_vectors(path):
    """The records of esp.vectors, each a dictionary."""
    vectors, record, last = [], {}, None
    with open(path, encoding="ascii") as lines:
        for line in [*lines, ""]:
            line = line.rstrip("\n")
            if line.startswith("#"):
                continue
            if not line:
                if record:
                    vectors.append(record)
                record, last = {}, None
            elif line.startswith(" "):
                record[last] += line.strip()
            else:
                last, value = (word.strip() for word in line.split("=", 1))
                record[last] = value
    for record in vectors:
        for field in record.keys() - {"name", "transform"}:
            record[field] = bytes.fromhex(record[field])
        record.setdefault("salt", b"")
        record.setdefault("counter", record["iv"][:COUNTER_LEN])
        record["raw_key"] = record["key"] + record["salt"]
        if "integrity" in record:
            record["raw_key"] = pair_key(record["integrity"], record["raw_key"])
            record["icv"] = hmac_icv(record, record["aad"])
    return vectors + [extended(record) for record in vectors if "integrity" in record]


def hmac_icv(v, front, back=b""):
    """HMAC-SHA-256-128, by Python."""
    return hmac.digest(v["integrity"], front + v["iv"] + v["ciphertext"] + back, hashlib.sha256)[:16]


def extended(v):
    """The packet with an extended sequence number: the cipher does not care, the ICV does."""
    high, spi, low = b"\1\2\3\4", v["aad"][:4], v["aad"][4:]
    return {**v, "name": v["name"] + ", and a high half", "aad": spi + high + low,
            "transform": v["transform"].replace("authenc(", "authencesn("), "icv": hmac_icv(v, spi + low, high)}


class Transform:
    """An AEAD of the kernel with a key: a kind, or X itself by its name."""

    def __init__(self, kind, keymat, icv_len=None, name=None):
        name = name or (kind if isinstance(kind, str) else kind.name)
        self.iv_len = 0 if isinstance(kind, str) else kind.packet_iv_len
        icv_len = kind.icv_len if icv_len is None else icv_len
        self.socket = socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)
        try:
            self.socket.bind(("aead", name))
            if keymat is not None:
                self.socket.setsockopt(socket.SOL_ALG, socket.ALG_SET_KEY, keymat)
            self.socket.setsockopt(socket.SOL_ALG, socket.ALG_SET_AEAD_AUTHSIZE, None, icv_len)
        except OSError:
            self.socket.close()
            raise
        self.icv_len = icv_len

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def crypt(self, op, counter, aad_len, source, pieces=None, size=None):
        """One operation; returns what the kernel wrote, the associated data included.

        source is octets, or a list of octets or file descriptors with a length: then every one of
        them becomes a scatterlist entry of its own, spliced and not copied. pieces are the lengths of
        the buffers to receive into; size replaces the length that the result should have.
        """
        parameters = {"op": op, "assoclen": aad_len, **({"iv": counter} if counter else {})}
        with self.socket.accept()[0] as request:
            if isinstance(source, bytes):
                length = len(source)
                request.sendmsg_afalg([source], **parameters)
            else:
                length = splice_in(request, parameters, source)
            if size is None:
                size = length + (self.icv_len if op == ENCRYPT else -self.icv_len)
            buffers = [bytearray(n) for n in split_length(size, pieces or [])]
            # All is sent: a kernel that would wait for more has another opinion of the lengths.
            got = request.recvmsg_into(buffers, 0, socket.MSG_DONTWAIT)[0]
            return b"".join(buffers)[:got]

    def encrypt(self, aad, counter, plaintext, **how):
        return self.crypt(ENCRYPT, counter, len(aad), aad + ROOM * self.iv_len + plaintext, **how)

    def decrypt(self, packet, aad_len, **how):
        return self.crypt(DECRYPT, UNREAD, aad_len, packet, **how)


def split_length(total, pieces):
    """pieces, cut off or filled up to total, without empty ones."""
    lengths = []
    for piece in pieces:
        lengths.append(min(piece, total - sum(lengths)))
    lengths.append(total - sum(lengths))
    return [n for n in lengths if n]


def split(octets, cuts):
    """octets in pieces that end at cuts."""
    edges = [0, *sorted(set(cuts)), len(octets)]
    return [octets[a:b] for a, b in zip(edges, edges[1:]) if a < b]


def splice_in(request, parameters, parts):
    """Gives parts to a request, each as a page (or more) of its own; returns their length."""
    request.sendmsg_afalg([], flags=socket.MSG_MORE, **parameters)
    total = 0
    for number, part in enumerate(parts):
        out, into = os.pipe()
        try:
            if isinstance(part, bytes):
                length = os.write(into, part)
            else:
                file, length = part
                assert os.splice(file, into, length, offset_src=0) == length, "short splice from a file"
            more = 4 if number < len(parts) - 1 else 0	# SPLICE_F_MORE
            assert os.splice(out, request.fileno(), length, flags=more) == length, "short splice"
        finally:
            os.close(out)
            os.close(into)
        total += length
    return total


def expect_errno(wanted, function, *args, **kwargs):
    names = "/".join(errno.errorcode[number] for number in wanted)
    try:
        function(*args, **kwargs)
    except OSError as error:
        assert error.errno in wanted, f"{errno.errorcode[error.errno]} instead of {names}"
    else:
        raise AssertionError(f"succeeded instead of {names}")


def expect(got, wanted, what):
    assert got == wanted, f"{what}:\n#   got      {got.hex()}\n#   expected {wanted.hex()}"


def flip(octets, bit):
    changed = bytearray(octets)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# Tests of one published packet. v is the record, t what makes its transform.

def packet_of(v):
    return v["aad"] + v["iv"] + v["ciphertext"] + v["icv"]


def head_of(v):
    """Octets in front of the text."""
    return len(v["aad"]) + len(v["iv"])


def plain_of(v):
    """What is to be encrypted, with room for the IV."""
    return v["aad"] + ROOM * len(v["iv"]) + v["plaintext"]


class Made:
    """Transforms of one kind, with the key and the ICV of a packet; name says what is asked of the kernel for it."""

    def __init__(self, kind, name=None):
        self.kind, self.name = kind, name or kind.name

    def of(self, v):
        return Transform(self.kind, v["raw_key"], len(v["icv"]), self.name)

    def check(self, t, got, v, what="packet"):
        """Is this v encrypted? A random IV makes another packet of it, which has to be a good one."""
        if not self.kind.random:
            expect(got, packet_of(v), what)
            return
        expect(got[:len(v["aad"])], v["aad"], f"associated data of {what}")
        assert got[len(v["aad"]):head_of(v)] not in (v["iv"], ROOM * len(v["iv"])), "the IV can be foretold"
        expect(t.decrypt(got, len(v["aad"]))[head_of(v):], v["plaintext"], f"decrypted {what}")


def encrypts(v, made):
    with made.of(v) as t:
        made.check(t, t.encrypt(v["aad"], v["counter"], v["plaintext"]), v)


def decrypts(v, made):
    with made.of(v) as t:
        got = t.decrypt(packet_of(v), len(v["aad"]))
        expect(got[:len(v["aad"])], v["aad"], "associated data")
        expect(got[head_of(v):], v["plaintext"], "plaintext")


def refuses_flips(v, made):
    """One bit in the middle of each field."""
    packet, edge = packet_of(v), 0
    with made.of(v) as t:
        for field in ("aad", "iv", "ciphertext", "icv"):
            octet = edge + len(v[field]) // 2
            edge += len(v[field])
            if v[field]:
                expect_errno([errno.EBADMSG], t.decrypt, flip(packet, 8 * octet + octet % 8), len(v["aad"]))


# Tests of one transform. v is one of its packets.

def refuses_any_flip(v, made):
    """Each bit in front of the text and of the ICV, one bit of each octet of the text."""
    packet = packet_of(v)
    text = head_of(v)
    icv = len(packet) - len(v["icv"])
    bits = [*range(8 * text), *(8 * octet + octet % 8 for octet in range(text, icv)),
            *range(8 * icv, 8 * len(packet))]
    with made.of(v) as t:
        for bit in bits:
            expect_errno([errno.EBADMSG], t.decrypt, flip(packet, bit), len(v["aad"]))
    return f"{len(bits)} packets"


def any_split(v, made):
    """src and dst cut at every two places up to some octets into the text."""
    packet, head, aad_len = packet_of(v), head_of(v), len(v["aad"])
    count = 0
    with made.of(v) as t:
        for cut in range(0, head + 3):
            for pieces in ([], [1], [aad_len], [head], [head + 1], [5, 6, 4, 3, 1], [head - 1, 2]):
                parts = split(plain_of(v), [cut, cut + 2])
                got = t.crypt(ENCRYPT, v["counter"], aad_len, parts, pieces=pieces)
                made.check(t, got, v, f"packet, cut at {cut} and {cut + 2}, received in {pieces}")
                parts = split(packet, [cut, cut + 2, len(packet) - 3])
                got = t.crypt(DECRYPT, UNREAD, aad_len, parts, pieces=pieces)
                expect(got[head:], v["plaintext"], f"plaintext, cut at {cut}, received in {pieces}")
                count += 2
    assert count > 150, f"only {count} operations"


def octet_entries(v, made):
    """Every octet in front of the text a scatterlist entry, as far as AF_ALG has memory for them."""
    packet, head = packet_of(v), head_of(v)
    first = max(head - 19, 1)
    pieces = [first] + [1] * (head - first)
    with made.of(v) as t:
        parts = split(packet, range(first, head))
        got = t.crypt(DECRYPT, UNREAD, len(v["aad"]), parts, pieces=pieces)
        expect(got[head:], v["plaintext"], "plaintext")
        parts = split(plain_of(v), range(first, head))
        got = t.crypt(ENCRYPT, v["counter"], len(v["aad"]), parts, pieces=pieces)
        made.check(t, got, v)


def page_cache_survives(v, made):
    """A file's pages are the source: they must not be written, whatever the operation."""
    for op, content in ((ENCRYPT, plain_of(v)), (DECRYPT, packet_of(v)),
                        (DECRYPT, flip(packet_of(v), 8 * len(packet_of(v)) - 1))):
        file = os.memfd_create("packet")
        try:
            os.write(file, content)
            with made.of(v) as t:
                try:
                    t.crypt(op, v["counter"], len(v["aad"]), [(file, len(content))])
                except OSError as error:
                    assert error.errno == errno.EBADMSG, str(error)
            expect(os.pread(file, len(content) + 1, 0), content, "file")
        finally:
            os.close(file)


def as_x_itself(made):
    """Random packets of all sizes: what X makes of the same IV and associated data."""
    kind, chance = made.kind, random.Random(4303)
    for length in [*range(0, 70), 255, 256, 1400, 1500, 4071, 4096, 8999, 65000]:
        raw_key, aad = kind.some_key(chance), chance.randbytes(chance.choice(kind.aad_lens))
        counter, plaintext = chance.randbytes(COUNTER_LEN), chance.randbytes(kind.rounded(length))
        with Transform(kind, raw_key, name=made.name) as t, Transform(kind.x, raw_key, kind.icv_len) as reference:
            packet = t.encrypt(aad, counter, plaintext)
            iv = packet[len(aad):len(aad) + kind.packet_iv_len]
            if kind.implicit:
                iv = aad[4:].rjust(COUNTER_LEN, b"\0")	# RFC 8750 section 4
            elif not kind.random:
                expect(iv, counter[:kind.iv_len], "IV")
            wanted = reference.crypt(ENCRYPT, iv, len(aad) + len(iv), aad + iv + plaintext)
            if kind.implicit:
                wanted = aad + wanted[len(aad) + len(iv):]
            expect(packet, wanted, f"packet of {length} octets")
            got = t.decrypt(wanted, len(aad))
            expect(got[len(aad) + kind.packet_iv_len:], plaintext, f"plaintext of {length} octets")


def other_assoclens(v, made):
    with made.of(v) as t:
        for length in {*range(0, 33), 48} - set(made.kind.aad_lens):
            for op in (ENCRYPT, DECRYPT):
                expect_errno([errno.EINVAL], t.crypt, op, UNREAD, length, bytes(96))
        for length in (97, 4096, 0x10000, 0x7ffffff8, 0x7fffffff):
            for op in (ENCRYPT, DECRYPT):
                expect_errno([errno.EINVAL, errno.EMSGSIZE, errno.ENOMEM], t.crypt, op, UNREAD, length,
                             bytes(96), size=96)


def short_of_iv(v, made):
    with made.of(v) as t:
        for aad_len in made.kind.aad_lens:
            for length in range(0, t.iv_len):
                expect_errno([errno.EINVAL], t.crypt, ENCRYPT, UNREAD, aad_len, bytes(aad_len + length))


def short_of_icv(v, made):
    with made.of(v) as t:
        for aad_len in made.kind.aad_lens:
            for length in range(0, t.iv_len + t.icv_len):
                expect_errno([errno.EINVAL], t.crypt, DECRYPT, UNREAD, aad_len, bytes(aad_len + length),
                             size=aad_len + length + 1)


def short_buffers(v, made):
    """A buffer to receive that is too short makes AF_ALG shorten the request, down to any length."""
    plain, packet = plain_of(v), packet_of(v)
    done = 0
    with made.of(v) as t:
        for size in range(1, len(packet)):
            for op, source in ((ENCRYPT, plain), (DECRYPT, packet)):
                try:
                    t.crypt(op, v["counter"], len(v["aad"]), source, size=size)
                    done += 1
                except OSError as error:
                    assert error.errno in (errno.EINVAL, errno.EBADMSG, errno.EAGAIN), str(error)
    return f"{done} shortened requests ran"


def key_lengths_checked(made):
    kind = made.kind
    for length in range(0, 72):
        raw_key = pair_key(bytes(kind.integ_len), bytes(range(length))) if kind.pair else bytes(length)
        if length in kind.keys:
            Transform(kind, raw_key, name=made.name).__exit__()
        else:
            expect_errno([errno.EINVAL], Transform, kind, raw_key, None, made.name)


def needs_key(made):
    with Transform(made.kind, None, name=made.name) as t:
        expect_errno([errno.ENOKEY], t.encrypt, bytes(made.kind.aad_lens[0]), UNREAD, bytes(16))


def icv_lengths_checked(v, made):
    kind, aad = made.kind, bytes(made.kind.aad_lens[0])
    text = bytes(kind.rounded(4))
    for length in range(0, 34):
        if length in kind.icvs:
            with Transform(kind, v["raw_key"], length, made.name) as t:
                packet = t.encrypt(aad, UNREAD, text)
                assert len(packet) == len(aad) + t.iv_len + len(text) + length, f"{len(packet)} octets"
                expect(t.decrypt(packet, len(aad))[len(aad) + t.iv_len:], text, "plaintext")
        else:
            expect_errno([errno.EINVAL], Transform, kind, v["raw_key"], length, made.name)


def random_ivs(v, made):
    """Two packets of one counter have nothing in common."""
    with made.of(v) as t:
        ivs = {t.encrypt(v["aad"], v["counter"], v["plaintext"])[len(v["aad"]):head_of(v)] for _ in range(500)}
    assert len(ivs) == 500, f"{len(ivs)} IVs in 500 packets"
    for octet in range(len(v["iv"])):
        assert len({iv[octet] for iv in ivs}) > 100, f"octet {octet} of the IVs is hardly random"


def bind_refused(name):
    expect_errno([errno.EINVAL, errno.ENOENT, errno.ENAMETOOLONG], Transform, name, None, 16)


def nested_is_harmless():
    with Transform(f"esp(esp({GCM}))", bytes(20), 16) as t:
        t.iv_len = 8
        expect_errno([errno.EINVAL], t.encrypt, bytes(8), UNREAD, bytes(32))
        expect_errno([errno.EINVAL], t.decrypt, bytes(96), 8)


def proc_crypto(name):
    """What /proc/crypto tells of an algorithm, the implementation with the highest priority first."""
    with open("/proc/crypto", encoding="ascii") as lines:
        entries = [dict(map(str.strip, line.split(":", 1)) for line in entry.splitlines())
                   for entry in lines.read().split("\n\n") if entry.strip()]
    return sorted((entry for entry in entries if entry["name"] == name),
                  key=lambda entry: -int(entry["priority"]))


def listed(kind):
    Transform(kind, None).__exit__()
    entries = proc_crypto(kind.name)
    assert entries, f"no {kind.name} in /proc/crypto"
    assert entries[0]["type"] == "aead", entries[0]["type"]
    assert entries[0]["ivsize"] == str(COUNTER_LEN), f"ivsize {entries[0]['ivsize']}"
    return f"driver {entries[0]['driver']}, async {entries[0]['async']}"


def exists(name):
    try:
        Transform(name, None, 16).__exit__()
        return True
    except (OSError, ValueError):	# Python takes names of 64 octets
        return False


def forms_of(kind):
    """The kind as the kernel chooses it, then on top of a driver that finishes every request later.

    A driver's name has to be spelled out, or the result is not what was asked for. From 7.3 on AF_ALG
    gives nobody an asynchronous driver.
    """
    yield Made(kind)
    later = f"{kind.template}(pcrypt({proc_crypto(kind.x)[0]['driver']}))"
    if exists(later):
        yield Made(kind, later)


def kinds():
    """One of every sort."""
    gcm, chacha = [20, 28, 36], [36]
    yield Kind(GCM, gcm, [8, 12, 16])
    yield Kind(CCM, [19, 27, 35], [8, 12, 16])
    yield Kind(GMAC, gcm, [16])
    yield Kind(CHACHA, chacha, [16])
    yield Kind(GCM, gcm, [8, 12, 16], "esp-iiv")
    yield Kind(CCM, [19, 27, 35], [8, 12, 16], "esp-iiv")
    yield Kind(CHACHA, chacha, [16], "esp-iiv")
    # authenc() makes what ICV it is asked for; authencesn() needs 4 octets to shuffle
    for template, icvs in (("authenc", range(1, 33)), ("authencesn", range(4, 33))):
        yield Kind(f"{template}(hmac(sha256),cbc(aes))", [16, 24, 32], icvs, iv_len=16, block=16, integ_len=32)
        yield Kind(f"{template}(hmac(sha256),rfc3686(ctr(aes)))", [20, 28, 36], icvs, integ_len=32)
        yield Kind(f"{template}(hmac(sha256),cbc(des3_ede))", [24], icvs, block=8, integ_len=32)
        yield Kind(f"{template}(hmac(sha256),ecb(cipher_null))", [0], icvs, iv_len=0, integ_len=32)


def main():
    tap = Tap()
    vectors = read_vectors(VECTORS)

    if not exists(f"esp({GCM})"):
        print(f"Bail out! the kernel does not make esp({GCM}): is the module there?")
        return 1

    for kind in kinds():
        tap.run(f"{kind.name} is in /proc/crypto after first use", listed, kind)
        mine = [v for v in vectors if v["transform"] == kind.x and not kind.implicit] or [kind.vector()]
        for made in forms_of(kind):
            name = made.name
            for v in mine:
                tap.run(f"{name} encrypts {v['name']}", encrypts, v, made)
                tap.run(f"{name} decrypts {v['name']}", decrypts, v, made)
                tap.run(f"{name} refuses {v['name']} with a bit flipped", refuses_flips, v, made)
            v = mine[0]
            tap.run(f"{name} refuses a packet with any bit flipped", refuses_any_flip, v, made)
            tap.run(f"{name}: source and destination cut anywhere", any_split, v, made)
            tap.run(f"{name}: an entry for each octet of the header", octet_entries, v, made)
            tap.run(f"{name}: spliced page cache is not written", page_cache_survives, v, made)
            tap.run(f"{name}: packets of all sizes as {kind.x} makes them", as_x_itself, made)
            tap.run(f"{name}: associated data of other lengths: EINVAL", other_assoclens, v, made)
            tap.run(f"{name}: to encrypt, shorter than the IV: EINVAL", short_of_iv, v, made)
            tap.run(f"{name}: to decrypt, shorter than IV and ICV: EINVAL", short_of_icv, v, made)
            tap.run(f"{name}: short buffers to receive", short_buffers, v, made)
            tap.run(f"{name}: other key lengths: EINVAL", key_lengths_checked, made)
            tap.run(f"{name}: no key: ENOKEY", needs_key, made)
            tap.run(f"{name}: ICVs of {listing(kind.icvs)} octets and no other", icv_lengths_checked, v, made)
            if kind.random:
                tap.run(f"{name}: nobody can foretell an IV", random_ivs, v, made)

    for name in (*(f"esp({x})" for x in ("gcm(aes)", "ccm(aes)", "authenc(hmac(sha256),ctr(aes))", "cbc(aes)",
                                         "authenc(hmac(sha256),ecb(aes))", "sha256", "no-such-algorithm", "",
                                         "x" * 50)),
                 *(f"esp-iiv({x})" for x in ("gcm(aes)", "authenc(hmac(sha256),rfc3686(ctr(aes)))",
                                             "authencesn(hmac(sha256),cbc(aes))", "cbc(aes)"))):
        tap.run(f"{name} cannot be had", bind_refused, name)
    tap.run("esp(esp(X)) refuses every packet", nested_is_harmless)

    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
