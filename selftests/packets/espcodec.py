# SPDX-License-Identifier: GPL-2.0-only
"""ESP by python3-cryptography: every row of the algorithm table, from the RFCs and not from the kernel.

scapy 2.6 lacks GMAC, implicit IVs, and 8- and 12-octet ICVs of GCM; this has them all and nothing else of a packet.
"""
import hashlib
import hmac
import os
import re
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SCAPY = os.path.join(HERE, "../../build/scapy")
if not os.path.isdir(SCAPY):
    print("Bail out! no python3-cryptography: selftests/packets/scapy.sh fetches it")
    sys.exit(1)
sys.path.insert(0, os.path.realpath(SCAPY))

# pylint: disable=wrong-import-position
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, ChaCha20Poly1305  # noqa: E402
from cryptography.hazmat.primitives.cmac import CMAC  # noqa: E402

KEYWORD = re.compile(r"(?P<cipher>aes\d+(?:ctr|gmac|gcm|ccm)?|3des|null|chacha20poly1305)(?P<icv>8|12|16)?"
                     r"(?P<iiv>-iiv)?(?:-(?P<integrity>\w+))?$")
KEY_LEN = {"3des": 24, "null": 0, "chacha20poly1305": 32}
SALT_LEN = {"gcm": 4, "gmac": 4, "ccm": 3, "chacha20poly1305": 4, "ctr": 4}
# octets of ICV, and the MAC
INTEGRITY = {
    "sha1": (12, lambda key, data: hmac.digest(key, data, hashlib.sha1)),
    "sha256": (16, lambda key, data: hmac.digest(key, data, hashlib.sha256)),
    "sha384": (24, lambda key, data: hmac.digest(key, data, hashlib.sha384)),
    "sha512": (32, lambda key, data: hmac.digest(key, data, hashlib.sha512)),
    "aesxcbc": (12, lambda key, data: xcbc(key, data)),
    "aescmac": (12, lambda key, data: cmac(key, data)),
}


class Forged(Exception):
    """A packet whose ICV is not that of its octets."""


def aes(key):
    """What encrypts one block."""
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update


def xor(left, right):
    """Of two strings of one length."""
    return bytes(a ^ b for a, b in zip(left, right))


def xcbc(key, data):
    """AES-XCBC-MAC, RFC 3566 section 4."""
    first, whole, padded = (aes(key)(bytes([number]) * 16) for number in (1, 2, 3))
    encrypt = aes(first)
    blocks = [data[at:at + 16] for at in range(0, len(data), 16)] or [b""]
    last, mask = (blocks[-1], whole) if len(blocks[-1]) == 16 else (blocks[-1] + b"\x80", padded)
    state = bytes(16)
    for block in blocks[:-1]:
        state = encrypt(xor(state, block))
    return encrypt(xor(xor(state, last.ljust(16, b"\0")), mask))


def cmac(key, data):
    """AES-CMAC, RFC 4493."""
    mac = CMAC(algorithms.AES(key))
    mac.update(data)
    return mac.finalize()


class EspCodec:
    """One SA, by the keyword of its algorithm."""

    def __init__(self, keyword, keymat, spi, esn=False):
        word = KEYWORD.match(keyword).groupdict()
        cipher = word["cipher"]
        self.mode = re.sub(r"^aes\d+", "", cipher) or "cbc"
        bits = re.match(r"aes(\d+)", cipher)
        self.mode = "cbc" if cipher == "3des" else self.mode
        key_len = int(bits[1]) // 8 if bits else KEY_LEN[cipher]
        salt_len = SALT_LEN.get(self.mode, 0)
        self.key, self.salt = keymat[:key_len], keymat[key_len:key_len + salt_len]
        self.integ_key = keymat[key_len + salt_len:]
        self.block = algorithms.TripleDES if cipher == "3des" else algorithms.AES
        self.block_len = self.block.block_size // 8 if self.mode == "cbc" else 4
        self.iiv = bool(word["iiv"])
        self.iv_len = 0 if self.iiv or self.mode == "null" else self.block_len if self.mode == "cbc" else 8
        self.icv_len, self.mac = INTEGRITY.get(word["integrity"], (int(word["icv"] or 16), None))
        self.spi, self.esn = spi, esn

    def aad(self, seq):
        """SPI and sequence number as a cipher with integrity of its own wants them."""
        return struct.pack("!IQ" if self.esn else "!II", self.spi, seq)

    def iv(self, seq, packet_iv):
        """What the nonce ends with: RFC 8750 section 4, or what the packet says."""
        return struct.pack("!Q", seq) if self.iiv else packet_iv

    def gcm(self, iv, aad, text):
        """Ciphertext and ICV."""
        encryptor = Cipher(algorithms.AES(self.key), modes.GCM(self.salt + iv)).encryptor()
        encryptor.authenticate_additional_data(aad)
        return encryptor.update(text) + encryptor.finalize() + encryptor.tag[:self.icv_len]

    def crypt(self, iv, text, decrypt=False):
        """A cipher without integrity."""
        if self.mode == "null":
            return text
        if self.mode == "ctr":  # RFC 3686 section 4
            cipher = Cipher(algorithms.AES(self.key), modes.CTR(self.salt + iv + struct.pack("!I", 1)))
        else:
            cipher = Cipher(self.block(self.key), modes.CBC(iv))
        return (cipher.decryptor() if decrypt else cipher.encryptor()).update(text)

    def icv(self, seq, body):
        """Over the packet, and the high half behind it (RFC 4303 section 2.2.1)."""
        data = struct.pack("!II", self.spi, seq & 0xffffffff) + body
        if self.esn:
            data += struct.pack("!I", seq >> 32)
        return self.mac(self.integ_key, data)[:self.icv_len]

    def protect(self, seq, packet_iv, text):
        """What stands behind the sequence number."""
        iv, aad = self.iv(seq, packet_iv), self.aad(seq)
        if self.mode == "gcm":
            return packet_iv + self.gcm(iv, aad, text)
        if self.mode == "gmac":  # RFC 4543 section 3.3
            return packet_iv + text + self.gcm(iv, aad + iv + text, b"")
        if self.mode == "ccm":
            return packet_iv + AESCCM(self.key, self.icv_len).encrypt(self.salt + iv, text, aad)
        if self.mode == "chacha20poly1305":
            return packet_iv + ChaCha20Poly1305(self.key).encrypt(self.salt + iv, text, aad)
        body = packet_iv + self.crypt(iv, text)
        return body + self.icv(seq, body)

    def unprotect(self, seq, packet_iv, text):
        """The plaintext, ICV unverified."""
        iv, aad = self.iv(seq, packet_iv), self.aad(seq)
        ciphertext = text[:-self.icv_len]
        if self.mode == "gcm":
            return Cipher(algorithms.AES(self.key), modes.CTR(self.salt + iv + struct.pack("!I", 2))).decryptor().update(
                ciphertext)
        if self.mode == "gmac":
            return ciphertext
        if self.mode == "ccm":
            return AESCCM(self.key, self.icv_len).decrypt(self.salt + iv, text, aad)
        if self.mode == "chacha20poly1305":
            return ChaCha20Poly1305(self.key).decrypt(self.salt + iv, text, aad)
        return self.crypt(iv, ciphertext, decrypt=True)

    def seal(self, seq, payload, next_header):
        """An ESP packet."""
        pad = -(len(payload) + 2) % self.block_len
        text = payload + bytes(range(1, pad + 1)) + bytes([pad, next_header])
        return struct.pack("!II", self.spi, seq & 0xffffffff) + self.protect(seq, os.urandom(self.iv_len), text)

    def open(self, packet, high=0):
        """Sequence number, payload and next header of a packet that is right in every octet."""
        spi, low = struct.unpack_from("!II", packet)
        seq = (high << 32) + low
        iv, text = packet[8:8 + self.iv_len], packet[8 + self.iv_len:]
        if spi != self.spi or (len(text) - self.icv_len) % self.block_len:
            raise Forged(f"SPI {spi:#x}, {len(text)} octets of text and ICV")
        plain = self.unprotect(seq, iv, text)
        if self.protect(seq, iv, plain) != packet[8:]:
            raise Forged("ICV")
        pad, next_header = plain[-2:]
        if plain[len(plain) - 2 - pad:-2] != bytes(range(1, pad + 1)) or pad >= self.block_len:
            raise Forged("padding: as short as can be, and 1, 2, 3, ...")
        return seq, plain[:-2 - pad], next_header
