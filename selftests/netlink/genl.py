# SPDX-License-Identifier: GPL-2.0-only
"""A generic netlink client of its own, driven by the specification: it shares no line with libsectun.

Attributes are given as a dictionary, or as a list of (name, value) where names repeat, the order matters, or
the message shall be wrong: a name may be a number, and a value of type Raw is put as it is.
"""
import os
import socket
import struct

import yaml

SPEC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Documentation/netlink/specs/sectun.yaml")

SOL_NETLINK, NETLINK_GENERIC, GENL_ID_CTRL = 270, 16, 16
NETLINK_ADD_MEMBERSHIP, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK = 1, 11, 12
NLM_F_REQUEST, NLM_F_MULTI, NLM_F_ACK, NLM_F_DUMP_INTR, NLM_F_DUMP = 1, 2, 4, 0x10, 0x300
NLM_F_CAPPED, NLM_F_ACK_TLVS = 0x100, 0x200
NLMSG_ERROR, NLMSG_DONE, NLMSG_OVERRUN = 2, 3, 4
NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS, NLMSGERR_ATTR_MISS_TYPE, NLMSGERR_ATTR_MISS_NEST = 1, 2, 5, 6
NLMSGERR_NUMBERS = (NLMSGERR_ATTR_OFFS, NLMSGERR_ATTR_MISS_TYPE, NLMSGERR_ATTR_MISS_NEST)
NLA_F_NESTED, NLA_TYPE_MASK = 0x8000, 0x3fff
NLMSG_HEADER, GENL_HEADER, NLA_HEADER = 16, 4, 4
CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_MCAST_GROUPS = 3, 1, 2, 7
CTRL_ATTR_MCAST_GRP_NAME, CTRL_ATTR_MCAST_GRP_ID = 1, 2

NUMBERS = {"u8": "=B", "u16": "=H", "u32": "=I", "u64": "=Q"}


class Raw(bytes):
    """A payload that is put as it is."""


class Nest(list):
    """Attributes of a nest that is put without NLA_F_NESTED, as strict kernels refuse it."""


class Refused(OSError):
    """A request that failed: the errno, the extended ack, and of the attribute it blames the path."""

    def __init__(self, error, text="", blamed=None, missing=None):
        super().__init__(error, os.strerror(error))
        self.text, self.blamed, self.missing = text, blamed, missing

    def __str__(self):
        return f"{self.strerror}: {self.text or 'no text'} (blames {self.blamed}, misses {self.missing})"


def align(length):
    """Octets up to the next multiple of four."""
    return (length + 3) & ~3


def split(data):
    """The attributes in a run of octets, as (type with its flags, payload)."""
    while len(data) >= NLA_HEADER:
        length, kind = struct.unpack_from("=HH", data)
        if not NLA_HEADER <= length <= len(data):
            raise ValueError(f"attribute of {length} octets in {len(data)}")
        yield kind, data[NLA_HEADER:length]
        data = data[align(length):]


class Spec:
    """The specification: commands by name, attributes of each set by name and by number."""

    def __init__(self, path=SPEC):
        with open(path, encoding="utf-8") as file:
            tree = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.name = tree["name"]
        self.sets = {}
        for entry in tree["attribute-sets"]:
            if "subset-of" in entry:
                whole = self.sets[entry["subset-of"]]
                self.sets[entry["name"]] = {item["name"]: whole[item["name"]] for item in entry["attributes"]}
                continue
            self.sets[entry["name"]] = {
                item["name"]: {**item, "number": number} for number, item in enumerate(entry["attributes"], 1)}
        self.ops = {op["name"]: {**op, "number": number}
                    for number, op in enumerate(tree["operations"]["list"], 1)}
        self.events = {op["number"]: op for op in self.ops.values() if "event" in op}

    def encode(self, set_name, attrs, at, where, path=""):
        """Octets of attributes; where[offset from the message's start] becomes the path of each."""
        out = b""
        for name, value in attrs.items() if isinstance(attrs, dict) else attrs:
            if isinstance(value, list) and not isinstance(value, Nest) and value and not isinstance(value[0], tuple):
                for element in value:
                    out += self.encode(set_name, [(name, element)], at + len(out), where, path)
                continue
            spec = self.sets[set_name].get(name, {})
            kind = spec.get("number", name)
            where[at + len(out)] = path + str(name)
            if isinstance(value, (dict, list)):
                flag = 0 if isinstance(value, Nest) else NLA_F_NESTED
                payload = self.encode(spec["nested-attributes"], value, at + len(out) + NLA_HEADER, where,
                                      f"{path}{name}.")
                kind |= flag
            else:
                payload = encode_value(spec.get("type"), value)
            out += struct.pack("=HH", NLA_HEADER + len(payload), kind) + payload
            out += bytes(align(len(out)) - len(out))
        return out

    def decode(self, set_name, data):
        """A dictionary; what may repeat is a list."""
        names = {item["number"]: item for item in self.sets[set_name].values()}
        attrs = {}
        for kind, payload in split(data):
            spec = names.get(kind & NLA_TYPE_MASK)
            if not spec:
                raise ValueError(f"attribute {kind} is not in {set_name}")
            if spec["type"] == "pad":
                continue
            value = (self.decode(spec["nested-attributes"], payload) if spec["type"] == "nest" else
                     decode_value(spec["type"], payload))
            if spec.get("multi-attr"):
                attrs.setdefault(spec["name"], []).append(value)
            elif spec["name"] in attrs:
                raise ValueError(f"{spec['name']} comes twice")
            else:
                attrs[spec["name"]] = value
        return attrs


def encode_value(kind, value):
    """Octets of one value."""
    if isinstance(value, bytes):
        return value
    if value is True and kind == "flag":
        return b""
    if isinstance(value, str):
        return value.encode() + b"\0"
    return struct.pack(NUMBERS[kind], value)


def decode_value(kind, payload):
    """What a payload says; a wrong length is a fault of the kernel."""
    if kind == "flag":
        if payload:
            raise ValueError("a flag with a payload")
        return True
    if kind == "string":
        if payload[-1:] != b"\0":
            raise ValueError("a string without its NUL")
        return payload[:-1].decode()
    if kind == "binary":
        return payload
    return struct.unpack(NUMBERS[kind], payload)[0]


class Genl:
    """A socket in the namespace in which it was opened. Everything that was received is kept in .heard."""

    spec = None

    def __init__(self):
        Genl.spec = Genl.spec or Spec()
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.sock.bind((0, 0))
        self.sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)
        self.sequence, self.heard, self.where = 0, None, {}
        self.family = self.find_family()

    def find_family(self):
        """The family's number and its multicast groups."""
        name = self.spec.name.encode() + b"\0"
        attr = struct.pack("=HH", NLA_HEADER + len(name), CTRL_ATTR_FAMILY_NAME) + name
        reply = self.talk(self.message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, attr + bytes(align(len(attr)) - len(attr))))
        attrs = {kind & NLA_TYPE_MASK: payload for kind, payload in split(reply[0][GENL_HEADER:])}
        self.groups = {}
        for _, group in split(attrs[CTRL_ATTR_MCAST_GROUPS]):
            entry = {kind & NLA_TYPE_MASK: payload for kind, payload in split(group)}
            self.groups[entry[CTRL_ATTR_MCAST_GRP_NAME].rstrip(b"\0").decode()] = struct.unpack(
                "=I", entry[CTRL_ATTR_MCAST_GRP_ID])[0]
        return struct.unpack("=H", attrs[CTRL_ATTR_FAMILY_ID])[0]

    def message(self, kind, command, payload, flags=NLM_F_ACK):
        """A whole message, with the next sequence number."""
        self.sequence += 1
        return struct.pack("=IHHIIBBH", NLMSG_HEADER + GENL_HEADER + len(payload), kind, flags | NLM_F_REQUEST,
                           self.sequence, 0, command, 1, 0) + payload

    def build(self, op, attrs=(), flags=NLM_F_ACK):
        """The message of a request; where its attributes stand is remembered for refusals."""
        self.where = {}
        payload = self.spec.encode(self.spec.ops[op]["attribute-set"], attrs, NLMSG_HEADER + GENL_HEADER, self.where)
        return self.message(self.family, self.spec.ops[op]["number"], payload, flags)

    def receive(self):
        """Messages of one datagram, as (type, flags, sequence, payload)."""
        data = self.sock.recv(1 << 20)
        if self.heard is not None:
            self.heard.append(data)
        while data:
            length, kind, flags, sequence, _ = struct.unpack_from("=IHHII", data)
            yield kind, flags, sequence, data[NLMSG_HEADER:length]
            data = data[align(length):]

    def talk(self, message, set_name=None):
        """Sends a request and returns the payloads of its answers; raises Refused."""
        self.sock.send(message)
        return list(self.answers(set_name))

    def answers(self, set_name=None):
        """The payloads of the answers to the last request, one by one."""
        while True:
            for kind, flags, sequence, payload in self.receive():
                if sequence != self.sequence:
                    continue
                if kind not in (NLMSG_ERROR, NLMSG_DONE):
                    yield payload
                    continue
                error = -struct.unpack_from("=i", payload)[0]
                if error:
                    raise self.refusal(error, kind, flags, payload, set_name)
                return

    def refusal(self, error, kind, flags, payload, set_name):
        """The exception for an error message."""
        attrs = {}
        if flags & NLM_F_ACK_TLVS:
            start = 4
            if kind == NLMSG_ERROR:
                length = struct.unpack_from("=I", payload, 4)[0]
                start += NLMSG_HEADER if flags & NLM_F_CAPPED else align(length)
            attrs = {attr & NLA_TYPE_MASK: value for attr, value in split(payload[start:])}
        number = {attr: struct.unpack("=I", attrs[attr])[0] for attr in attrs if attr in NLMSGERR_NUMBERS}
        offset = number.get(NLMSGERR_ATTR_OFFS)
        blamed = None if offset is None else self.where.get(offset, f"offset {offset}")
        missing = None
        if NLMSGERR_ATTR_MISS_TYPE in number:
            nest = number.get(NLMSGERR_ATTR_MISS_NEST)
            path = self.where.get(nest, f"offset {nest}") + "." if nest else ""
            missing = path + self.missing_name(set_name, path.rstrip("."), number[NLMSGERR_ATTR_MISS_TYPE])
        return Refused(error, attrs.get(NLMSGERR_ATTR_MSG, b"").rstrip(b"\0").decode(), blamed, missing)

    def missing_name(self, set_name, nest, number):
        """The name of the attribute that is missing in a set, or in a nest of it."""
        attrs = self.spec.sets.get(set_name, {})
        if nest:
            attrs = self.spec.sets.get(attrs.get(nest, {}).get("nested-attributes"), {})
        return next((name for name, item in attrs.items() if item["number"] == number), str(number))

    def do(self, op, attrs=()):
        """One request; returns its answers, decoded."""
        set_name = self.spec.ops[op]["attribute-set"]
        replies = self.talk(self.build(op, attrs), set_name)
        return [self.spec.decode(set_name, reply[GENL_HEADER:]) for reply in replies]

    def dump(self, op, attrs=()):
        """A whole dump, decoded."""
        return list(self.dumping(op, attrs))

    def dumping(self, op, attrs=()):
        """A dump that the caller may interrupt between any two objects."""
        set_name = self.spec.ops[op]["attribute-set"]
        self.sock.send(self.build(op, attrs, NLM_F_DUMP))
        for reply in self.answers(set_name):
            yield self.spec.decode(set_name, reply[GENL_HEADER:])

    def listen(self, group="events"):
        """Joins a multicast group."""
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, self.groups[group])

    def events(self, count, seconds=5.0):
        """The next COUNT events as (name, attributes); fewer when no more came in time."""
        got = []
        self.sock.settimeout(seconds)
        try:
            while len(got) < count:
                for kind, _, _, payload in self.receive():
                    if kind != self.family:
                        continue
                    op = self.spec.events[payload[0]]
                    got.append((op["name"].removesuffix("-ntf"),
                                self.spec.decode(op["attribute-set"], payload[GENL_HEADER:])))
        except TimeoutError:
            pass
        finally:
            self.sock.settimeout(None)
        return got
