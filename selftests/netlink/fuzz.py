#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""fuzz.py [COUNT] [SEED]: requests that are almost right. No crash, no report, every answer well-formed, and what is
not refused is undone again.

        namespace gw: sec0, with whatever the requests make of it
"""
import random
import socket
import struct
import sys

from bench import IN, OUT, Bench, addr, key, ts
from genl import NLM_F_ACK, NLM_F_DUMP, Raw, Refused
from tap import Tap, same

COUNT, SEED = 3000, 1


def good(bench, chance):
    """A request of every verb that could be right."""
    dev = {"ifindex": bench.ifindex}
    name = chance.choice(["t", "t", "t", "u", "v" * 31])
    sa = {**dev, "tunnel": name, "dir": chance.choice([IN, OUT]),
          "spi": chance.choice([256, 0x1001, 0x1002, 0xffffffff]), "alg": chance.choice(["aes128gcm16", "aes256gcm16"]), "key": key(20), "esn": 1, "replay": 4096, "seq": 9,
          "allow-static": True}
    half = {name: sa[name] for name in ("spi", "alg", "key", "esn")}
    tunnel = {**dev, "name": name, "local": addr("192.0.2.1"), "remote": addr("192.0.2.2"), "mode": 0,
              "encap": chance.choice([0, 0, 1]), "sport": 4500, "dport": 4500,
              "local-ts": [ts("10.1.0.0/16"), ts("fd01::/64")],
              "remote-ts": [ts(f"10.{chance.randrange(4)}.0.0/16", protocol=17, **{"port-first": 5, "port-last": 9})],
              "df": 1, "dscp": 65, "ecn": 1, "ttl": 64, "tfc": 9, "mss": 9, "link": 1, "mark": 1, "keepalive": 1,
              "dscp-map": chance.randbytes(64), "flow-label": 1}
    return {"device-get": dev, "tunnel-new": tunnel, "tunnel-set": tunnel, "tunnel-del": {**dev, "name": name},
            "tunnel-get": {**dev, "name": name}, "sa-new": sa,
            "sa-set": {**dev, "dir": sa["dir"], "spi": sa["spi"], "seq": 9},
            "sa-del": {**dev, "tunnel": name, "dir": sa["dir"], "spi": sa["spi"]},
            "sa-get": {**dev, "dir": sa["dir"], "spi": sa["spi"]},
            "spi-alloc": {**dev, "tunnel": name, "spi-min": 256, "spi-max": 300, "larval-timeout": 1},
            "rekey": {**dev, "tunnel": name, "in": half, "out": half, "retire-after": 1},
            "flush": {**dev, "tunnel": name},
            "alg-get": {}}


def mutate_attrs(attrs, chance):
    """Attributes that are missing, doubled, in another order, of another size or another type."""
    items = list(attrs.items())
    for _ in range(chance.choice([0, 0, 0, 1, 1, 2, 4])):
        if not items:
            break
        where = chance.randrange(len(items))
        name, value = items[where]
        action = chance.randrange(8)
        if action == 0:
            del items[where]
        elif action == 1:
            items.insert(where, items[where])
        elif action == 2:
            chance.shuffle(items)
        elif action == 3:
            items[where] = (name, Raw(chance.randbytes(chance.choice([0, 1, 2, 3, 4, 5, 8, 16, 17, 300]))))
        elif action == 4:
            items[where] = (chance.randrange(40), Raw(chance.randbytes(4)))
        elif action == 5 and isinstance(value, int):
            items[where] = (name, Raw(struct.pack("=Q", chance.getrandbits(64))[:chance.choice([1, 2, 4, 8])]))
        elif action == 6 and isinstance(value, dict):
            items[where] = (name, dict(mutate_attrs(value, chance)) or Raw(b""))
        elif action == 7 and isinstance(value, list):
            items[where] = (name, value * chance.choice([2, 40]))
    return items


def mutate_octets(message, chance):
    """Octets of the finished message, its length included."""
    octets = bytearray(message)
    for _ in range(chance.choice([0] * 8 + [1, 3])):
        octets[chance.randrange(16, len(octets))] = chance.getrandbits(8)
    if chance.random() < 0.03:
        octets = octets[:chance.randrange(20, len(octets) + 1)]
    if chance.random() < 0.03:
        octets += chance.randbytes(chance.randrange(1, 9))
    octets[:4] = struct.pack("=I", len(octets))
    return bytes(octets)


def request(bench, chance, tally):
    """One message and all of its answers."""
    genl = bench.genl
    op, attrs = chance.choice(list(good(bench, chance).items()))
    dump = op == "alg-get" or (op.endswith("-get") and chance.random() < 0.5)
    message = mutate_octets(genl.build(op, mutate_attrs(attrs, chance), NLM_F_DUMP if dump else NLM_F_ACK), chance)
    try:
        genl.talk(message, genl.spec.ops[op]["attribute-set"])
        tally["accepted"] += 1
    except Refused as refusal:
        tally[refusal.strerror] = tally.get(refusal.strerror, 0) + 1
        same(0 < refusal.errno < 133, True, f"errno {refusal.errno}")


def main():
    """COUNT requests in ten portions, each a point; the state begins anew with each."""
    count, seed = (int(word) for word in (sys.argv[1:] + [str(COUNT), str(SEED)][len(sys.argv) - 1:]))
    tap, bench = Tap(), Bench()
    bench.genl.sock.settimeout(20)
    for portion in range(10):
        chance, tally = random.Random(f"{seed}/{portion}"), {"accepted": 0}
        bench.tunnel("t", remote_ts=[ts("10.0.0.0/24")])

        def some(chance=chance, tally=tally):
            for _ in range(count // 10):
                request(bench, chance, tally)
            same(tally["accepted"] > 0, True, "something was accepted")
            return ", ".join(f"{what} {number}" for what, number in sorted(tally.items()))

        tap.run(f"{count // 10} requests that are almost right, seed {seed}/{portion}: every one is answered", some)
        bench.clear()
    tap.run("afterwards all is as it was", lambda: same(bench.state()[1:], [[], []]))
    tap.done()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (socket.timeout, KeyboardInterrupt):
        print("Bail out! no answer")
        sys.exit(1)
