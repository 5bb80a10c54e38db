# SPDX-License-Identifier: GPL-2.0-only
"""In-tree IPsec by its own netlink: states and policies without a process for each."""
import os
import socket
import struct

NETLINK_XFRM, NETLINK_CAP_ACK, SOL_NETLINK = 6, 10, 270
NEWSA, NEWPOLICY, FLUSHSA, FLUSHPOLICY = 0x10, 0x13, 0x1c, 0x1d
ALG_CRYPT, TMPL, ALG_AEAD, ALG_AUTH_TRUNC, REPLAY_ESN_VAL = 2, 5, 18, 20, 23
NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE = 1, 4, 0x400
STATE_ALIGN4, STATE_ESN = 64, 128
TRANSPORT, TUNNEL = 0, 1
IN, OUT = 0, 1  # of policies
ANY_ALGORITHM = (1 << 32) - 1
LIFETIME = struct.pack("=8Q", *4 * [(1 << 64) - 1], *4 * [0])  # four limits, four times
USAGE = bytes(4 * 8)
REQID = 1
WINDOW = 64  # packets


def packed(address):
    """An address as xfrm_address_t, and its family."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.inet_pton(family, address).ljust(16, b"\0"), family


def selector(source="", destination="", family=0):
    """struct xfrm_selector of two prefixes; without them it selects everything."""
    if not source:
        return struct.pack("=32x8xHBBBxxxiI", family, 0, 0, 0, 0, 0)
    (source, source_len), (destination, destination_len) = (text.split("/") for text in (source, destination))
    return packed(destination)[0] + packed(source)[0] + struct.pack(
        "=8xHBBBxxxiI", packed(source)[1], int(destination_len), int(source_len), 0, 0, 0)


def attr(kind, payload):
    """One attribute."""
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def algorithm(kind, name, key, bits=None):
    """struct xfrm_algo, or one that has a length of ICV behind that of the key."""
    lengths = [8 * len(key)] + ([] if bits is None else [bits])
    return attr(kind, struct.pack(f"=64s{len(lengths)}I", name.encode(), *lengths) + key)


def algorithms(crypto_name, encr_key, integ_key, icv_len):
    """The attributes of a name as the crypto API has it: an AEAD, authenc(integrity,cipher), or integrity alone."""
    if not encr_key and not crypto_name.startswith("authenc("):
        return algorithm(ALG_AUTH_TRUNC, crypto_name, integ_key, 8 * icv_len)
    if not crypto_name.startswith("authenc("):
        return algorithm(ALG_AEAD, crypto_name, encr_key, 8 * icv_len)
    integrity, cipher = crypto_name[len("authenc("):-1].split(",", 1)
    return (algorithm(ALG_CRYPT, cipher, encr_key) +
            algorithm(ALG_AUTH_TRUNC, integrity, integ_key, 8 * icv_len))


class Xfrm:
    """A socket in the namespace in which it was opened. A refusal is an OSError."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_XFRM)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        self.sock.bind((0, 0))

    def talk(self, kind, payload, flags=0):
        """One request and its acknowledgement."""
        self.sock.send(struct.pack("=IHHII", 16 + len(payload), kind, NLM_F_REQUEST | NLM_F_ACK | flags, 0, 0) + payload)
        error = -struct.unpack_from("=i", self.sock.recv(1 << 16), 16)[0]
        if error:
            raise OSError(error, os.strerror(error))

    def state(self, source, destination, spi, keys, mode=TUNNEL, proto=socket.IPPROTO_ESP, esn=False, last=0):
        """One direction; keys is what algorithms() returned, last the last sequence number, in both directions."""
        to, family = packed(destination)
        flags = STATE_ESN if esn else 0
        if proto == socket.IPPROTO_AH and family == socket.AF_INET:
            flags |= STATE_ALIGN4  # AH as RFC 4302 section 2.6 has it; in-tree IPsec pads to 8 octets else
        info = (selector(family=family if mode == TRANSPORT else 0) + to + struct.pack("!IBxxx", spi, proto) +
                packed(source)[0] + LIFETIME + USAGE +
                struct.pack("=3I2IHBBB7x", 0, 0, 0, 0, REQID, family, mode, 0 if esn else WINDOW - 32,
                            flags))
        low, high = last & 0xffffffff, last >> 32
        replay = struct.pack("=6I", WINDOW // 32, low, low, high, high, WINDOW) + bytes(WINDOW // 8)
        self.talk(NEWSA, info + keys + (attr(REPLAY_ESN_VAL, replay) if esn else b""), NLM_F_CREATE)

    def policy(self, direction, inner, outer, mode=TUNNEL, proto=socket.IPPROTO_ESP):
        """Source and destination prefix, protected between source and destination address."""
        (source, _), (destination, family) = packed(outer[0]), packed(outer[1])
        info = (selector(*inner) + LIFETIME + USAGE + struct.pack("=IIBBBB4x", 0, 0, direction, 0, 0, 0))
        template = (destination + struct.pack("!IBxxx", 0, proto) + struct.pack("=Hxx", family) + source +
                    struct.pack("=IBBBx3I", REQID, mode, 0, 0, *3 * [ANY_ALGORITHM]))
        self.talk(NEWPOLICY, info + attr(TMPL, template), NLM_F_CREATE)

    def flush(self):
        """Removes every state."""
        self.talk(FLUSHSA, b"\0\0\0\0")

    def flush_policies(self):
        """Removes every policy."""
        self.talk(FLUSHPOLICY, b"")
