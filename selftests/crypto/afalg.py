#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Drives the transforms esp(X) through AF_ALG: published packets, forged packets, hostile lengths.

Output is TAP. kmod/esp.h describes the calling convention that is tested here.
"""

import errno
import os
import random
import socket
import struct
import sys

COUNTER_LEN = 8			# octets in ALG_SET_IV
IV_LEN = 8			# octets of IV in a packet
ICV_LEN = 16
ROOM = b"\xa5" * IV_LEN		# what stands where the IV will be
UNREAD = b"\x5a" * COUNTER_LEN	# the counter that decryption must not look at
ENCRYPT = socket.ALG_OP_ENCRYPT
DECRYPT = socket.ALG_OP_DECRYPT

GCM = "rfc4106(gcm(aes))"
CHACHA = "rfc7539esp(chacha20,poly1305)"
VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "esp.vectors")


class Tap:
    """Numbered results; a test is a function whose AssertionError or OSError is its failure."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def run(self, description, function, *args):
        self.count += 1
        try:
            comment = function(*args)
        except (AssertionError, OSError) as error:
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
    return vectors


class Transform:
    """An AEAD of the kernel with a key."""

    def __init__(self, name, keymat, icv_len=ICV_LEN):
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
        with self.socket.accept()[0] as request:
            if isinstance(source, bytes):
                length = len(source)
                request.sendmsg_afalg([source], op=op, iv=counter, assoclen=aad_len)
            else:
                length = splice_in(request, op, counter, aad_len, source)
            if size is None:
                size = length + (self.icv_len if op == ENCRYPT else -self.icv_len)
            buffers = [bytearray(n) for n in split_length(size, pieces or [])]
            # All is sent: a kernel that would wait for more has another opinion of the lengths.
            got = request.recvmsg_into(buffers, 0, socket.MSG_DONTWAIT)[0]
            return b"".join(buffers)[:got]

    def encrypt(self, aad, counter, plaintext, **how):
        return self.crypt(ENCRYPT, counter, len(aad), aad + ROOM + plaintext, **how)

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


def splice_in(request, op, counter, aad_len, parts):
    """Gives parts to a request, each as a page (or more) of its own; returns their length."""
    request.sendmsg_afalg([], op=op, iv=counter, assoclen=aad_len, flags=socket.MSG_MORE)
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


# Tests of one published packet. v is the record, name the transform.

def packet_of(v):
    return v["aad"] + v["iv"] + v["ciphertext"] + v["icv"]


def transform_of(v, name):
    return Transform(name, v["key"] + v["salt"], len(v["icv"]))


def encrypts(v, name):
    with transform_of(v, name) as t:
        expect(t.encrypt(v["aad"], v["iv"], v["plaintext"]), packet_of(v), "packet")


def decrypts(v, name):
    with transform_of(v, name) as t:
        got = t.decrypt(packet_of(v), len(v["aad"]))
        expect(got[:len(v["aad"])], v["aad"], "associated data")
        expect(got[len(v["aad"]) + IV_LEN:], v["plaintext"], "plaintext")


def refuses_flips(v, name):
    """One bit in the middle of each field."""
    packet, edge = packet_of(v), 0
    with transform_of(v, name) as t:
        for field in ("aad", "iv", "ciphertext", "icv"):
            octet = edge + len(v[field]) // 2
            edge += len(v[field])
            expect_errno([errno.EBADMSG], t.decrypt, flip(packet, 8 * octet + octet % 8), len(v["aad"]))


# Tests of one transform. v is one of its published packets.

def refuses_any_flip(v, name):
    """Each bit in front of the text and of the ICV, one bit of each octet of the text."""
    packet = packet_of(v)
    text = len(v["aad"]) + IV_LEN
    icv = len(packet) - len(v["icv"])
    bits = [*range(8 * text), *(8 * octet + octet % 8 for octet in range(text, icv)),
            *range(8 * icv, 8 * len(packet))]
    with transform_of(v, name) as t:
        for bit in bits:
            expect_errno([errno.EBADMSG], t.decrypt, flip(packet, bit), len(v["aad"]))
    return f"{len(bits)} packets"


def any_split(v, name):
    """src and dst cut at every two places up to some octets into the text."""
    packet, head = packet_of(v), len(v["aad"]) + IV_LEN
    plain = v["aad"] + ROOM + v["plaintext"]
    count = 0
    with transform_of(v, name) as t:
        for cut in range(0, head + 3):
            for pieces in ([], [1], [len(v["aad"])], [head], [head + 1], [5, 6, 4, 3, 1], [head - 1, 2]):
                parts = split(plain, [cut, cut + 2])
                got = t.crypt(ENCRYPT, v["iv"], len(v["aad"]), parts, pieces=pieces)
                expect(got, packet, f"packet, cut at {cut} and {cut + 2}, received in {pieces}")
                parts = split(packet, [cut, cut + 2, len(packet) - 3])
                got = t.crypt(DECRYPT, UNREAD, len(v["aad"]), parts, pieces=pieces)
                expect(got[head:], v["plaintext"], f"plaintext, cut at {cut}, received in {pieces}")
                count += 2
    assert count > 200, f"only {count} operations"


def octet_entries(v, name):
    """Every octet in front of the text a scatterlist entry."""
    packet, head = packet_of(v), len(v["aad"]) + IV_LEN
    plain = v["aad"] + ROOM + v["plaintext"]
    with transform_of(v, name) as t:
        parts = split(packet, range(1, head))
        got = t.crypt(DECRYPT, UNREAD, len(v["aad"]), parts, pieces=[1] * head)
        expect(got[head:], v["plaintext"], "plaintext")
        parts = split(plain, range(1, head))
        got = t.crypt(ENCRYPT, v["iv"], len(v["aad"]), parts, pieces=[1] * head)
        expect(got, packet, "packet")


def page_cache_survives(v, name):
    """A file's pages are the source: they must not be written, whatever the operation."""
    for op, content in ((ENCRYPT, v["aad"] + ROOM + v["plaintext"]), (DECRYPT, packet_of(v)),
                        (DECRYPT, flip(packet_of(v), 8 * len(packet_of(v)) - 1))):
        file = os.memfd_create("packet")
        try:
            os.write(file, content)
            with transform_of(v, name) as t:
                try:
                    t.crypt(op, v["iv"], len(v["aad"]), [(file, len(content))])
                except OSError as error:
                    assert error.errno == errno.EBADMSG, str(error)
            expect(os.pread(file, len(content) + 1, 0), content, "file")
        finally:
            os.close(file)


def as_x_itself(name, x, key_lengths):
    """Random packets of all sizes: what X makes of the same IV and associated data."""
    chance = random.Random(4303)
    for length in [*range(0, 70), 255, 256, 1400, 1500, 4071, 4096, 8999, 65000]:
        keymat = chance.randbytes(chance.choice(key_lengths))
        aad = chance.randbytes(chance.choice([8, 12]))
        iv, plaintext = chance.randbytes(IV_LEN), chance.randbytes(length)
        with Transform(name, keymat) as t, Transform(x, keymat) as reference:
            wanted = reference.crypt(ENCRYPT, iv, len(aad) + IV_LEN, aad + iv + plaintext)
            expect(t.encrypt(aad, iv, plaintext), wanted, f"packet of {length} octets")
            got = t.decrypt(wanted, len(aad))
            expect(got[len(aad) + IV_LEN:], plaintext, f"plaintext of {length} octets")


def other_assoclens(name, keymat):
    with Transform(name, keymat) as t:
        for length in [*range(0, 8), 9, 10, 11, *range(13, 33), 48]:
            for op in (ENCRYPT, DECRYPT):
                expect_errno([errno.EINVAL], t.crypt, op, UNREAD, length, bytes(96))
        for length in (97, 4096, 0x10000, 0x7ffffff8, 0x7fffffff):
            for op in (ENCRYPT, DECRYPT):
                expect_errno([errno.EINVAL, errno.EMSGSIZE, errno.ENOMEM], t.crypt, op, UNREAD, length,
                             bytes(96), size=96)


def short_of_iv(name, keymat):
    with Transform(name, keymat) as t:
        for aad_len in (8, 12):
            for length in range(0, IV_LEN):
                expect_errno([errno.EINVAL], t.crypt, ENCRYPT, UNREAD, aad_len, bytes(aad_len + length))


def short_of_icv(name, keymat):
    with Transform(name, keymat) as t:
        for aad_len in (8, 12):
            for length in range(0, IV_LEN + ICV_LEN):
                expect_errno([errno.EINVAL], t.crypt, DECRYPT, UNREAD, aad_len, bytes(aad_len + length),
                             size=aad_len + length + 1)


def short_buffers(v, name):
    """A buffer to receive that is too short makes AF_ALG shorten the request, down to any length."""
    plain, packet = v["aad"] + ROOM + v["plaintext"], packet_of(v)
    done = 0
    with transform_of(v, name) as t:
        for size in range(1, len(packet)):
            for op, source in ((ENCRYPT, plain), (DECRYPT, packet)):
                try:
                    t.crypt(op, v["iv"], len(v["aad"]), source, size=size)
                    done += 1
                except OSError as error:
                    assert error.errno in (errno.EINVAL, errno.EBADMSG, errno.EAGAIN), str(error)
    return f"{done} shortened requests ran"


def key_lengths_checked(name, good):
    for length in range(0, 72):
        if length in good:
            Transform(name, bytes(length)).__exit__()
        else:
            expect_errno([errno.EINVAL], Transform, name, bytes(length))


def needs_key(name):
    with Transform(name, None) as t:
        expect_errno([errno.ENOKEY], t.encrypt, bytes(8), UNREAD, bytes(4))


def icv_lengths_checked(name, keymat, good):
    for length in range(0, 33):
        if length in good:
            with Transform(name, keymat, length) as t:
                packet = t.encrypt(bytes(8), UNREAD, b"text")
                assert len(packet) == 8 + IV_LEN + 4 + length, f"{len(packet)} octets"
                expect(t.decrypt(packet, 8)[8 + IV_LEN:], b"text", "plaintext")
        else:
            expect_errno([errno.EINVAL], Transform, name, keymat, length)


def bind_refused(name):
    expect_errno([errno.EINVAL, errno.ENOENT, errno.ENAMETOOLONG], Transform, name, None)


def nested_is_harmless():
    with Transform(f"esp(esp({GCM}))", bytes(20)) as t:
        expect_errno([errno.EINVAL], t.encrypt, bytes(8), UNREAD, bytes(32))
        expect_errno([errno.EINVAL], t.decrypt, bytes(96), 8)


def proc_crypto(name):
    """What /proc/crypto tells of an algorithm, the implementation with the highest priority first."""
    with open("/proc/crypto", encoding="ascii") as lines:
        entries = [dict(map(str.strip, line.split(":", 1)) for line in entry.splitlines())
                   for entry in lines.read().split("\n\n") if entry.strip()]
    return sorted((entry for entry in entries if entry["name"] == name),
                  key=lambda entry: -int(entry["priority"]))


def listed(name):
    Transform(name, None).__exit__()
    entries = proc_crypto(name)
    assert entries, f"no {name} in /proc/crypto"
    assert entries[0]["type"] == "aead", entries[0]["type"]
    assert entries[0]["ivsize"] == str(COUNTER_LEN), f"ivsize {entries[0]['ivsize']}"
    return f"driver {entries[0]['driver']}, async {entries[0]['async']}"


def exists(name):
    try:
        Transform(name, None).__exit__()
        return True
    except OSError:
        return False


def forms_of(x):
    """esp(X) as the kernel chooses it, then on top of a driver that finishes every request later.

    A driver's name has to be spelled out, or the result is not what was asked for. From 7.3 on AF_ALG
    gives nobody an asynchronous driver.
    """
    yield f"esp({x})"
    later = f"esp(pcrypt({proc_crypto(x)[0]['driver']}))"
    if exists(later):
        yield later


def main():
    tap = Tap()
    vectors = read_vectors(VECTORS)

    if not exists(f"esp({GCM})"):
        print(f"Bail out! the kernel does not make esp({GCM}): is the module there?")
        return 1

    for x, keymat_lengths, icv_lengths in ((GCM, [20, 28, 36], [8, 12, 16]), (CHACHA, [36], [16])):
        mine = [v for v in vectors if v["transform"] == x]
        keymat = mine[0]["key"] + mine[0]["salt"]
        tap.run(f"esp({x}) is in /proc/crypto after first use", listed, f"esp({x})")
        for name in forms_of(x):
            for v in mine:
                tap.run(f"{name} encrypts {v['name']}", encrypts, v, name)
                tap.run(f"{name} decrypts {v['name']}", decrypts, v, name)
                tap.run(f"{name} refuses {v['name']} with a bit flipped", refuses_flips, v, name)
            tap.run(f"{name} refuses a packet with any bit flipped", refuses_any_flip, mine[0], name)
            tap.run(f"{name}: source and destination cut anywhere", any_split, mine[0], name)
            tap.run(f"{name}: an entry for each octet of the header", octet_entries, mine[0], name)
            tap.run(f"{name}: spliced page cache is not written", page_cache_survives, mine[0], name)
            tap.run(f"{name}: packets of all sizes as {x} makes them", as_x_itself, name, x, keymat_lengths)
            tap.run(f"{name}: associated data of other lengths: EINVAL", other_assoclens, name, keymat)
            tap.run(f"{name}: to encrypt, shorter than the IV: EINVAL", short_of_iv, name, keymat)
            tap.run(f"{name}: to decrypt, shorter than IV and ICV: EINVAL", short_of_icv, name, keymat)
            tap.run(f"{name}: short buffers to receive", short_buffers, mine[0], name)
            tap.run(f"{name}: other key lengths: EINVAL", key_lengths_checked, name, keymat_lengths)
            tap.run(f"{name}: no key: ENOKEY", needs_key, name)
            tap.run(f"{name}: ICVs of {icv_lengths} octets and no other", icv_lengths_checked, name, keymat,
                    icv_lengths)

    # Of the same family; rfc4543 authenticates the IV from where esp(X) has to put it.
    for x, keymat_lengths in (("rfc4543(gcm(aes))", [20, 28, 36]), ("rfc4309(ccm(aes))", [19, 27, 35])):
        tap.run(f"esp({x}): packets of all sizes as {x} makes them", as_x_itself, f"esp({x})", x,
                keymat_lengths)

    for x in ("gcm(aes)", "authenc(hmac(sha1),cbc(des3_ede))", "authenc(hmac(sha256),cbc(aes))", "cbc(aes)",
              "sha256", "no-such-algorithm", "", "x" * 50):
        tap.run(f"esp({x}) cannot be had", bind_refused, f"esp({x})")
    tap.run("esp(esp(X)) refuses every packet", nested_is_harmless)

    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
