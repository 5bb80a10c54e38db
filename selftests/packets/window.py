#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""The replay window over the real wire. Topology: wire.py.

A case is a receive SA and a list of sequence numbers, each with what becomes of its packet: "." it is delivered,
"=" replay, "<" replay-old, "e" replay-esn, "0" replay-zero, "!" bad-icv. Counters must agree in the end, and what the
window tells of loss.
"""
import sys

import wire
from wire import IN, OUT, SPI_IN, inner, rises

from tap import Tap, same

REASONS = {"=": "replay", "<": "replay-old", "e": "replay-esn", "0": "replay-zero", "!": "bad-icv"}
LAP, HALF = 1 << 32, 1 << 31


def window_of(size):
    """For a window of SIZE: its edges, out of order inside, and what a leap forgets."""
    top = 3 * size
    return [(1, "."), (1, "="), (top, "."), (top, "="), (top - size + 1, "."), (top - size + 1, "="),
            (top - size, "<"), (top - 1, "."), (top - size + 2, "."), (top - 1, "="), (1, "<"), (0, "0"),
            (top + size, "."), (top + 1, "."), (top + 1, "="), (top, "<"), (top + 5 * size, "."), (top + size, "<"),
            (top + 5 * size - 1, "."), (top + 5 * size, "=")]


# name, attributes of the SA, packets
CASES = [
    *((f"window of {size}: edges, out of order, leaps", {"replay": size}, window_of(size))
      for size in (32, 33, 63, 64, 65, 1000, 4096, 65536)),
    ("window of 4096 is the default", {}, [(9000, "."), (4905, "."), (4904, "<"), (4905, "=")]),
    ("window of 1 takes rising numbers only", {"replay": 1},
     [(5, "."), (5, "="), (4, "<"), (6, "."), (9, "."), (8, "<")]),
    ("no window: every number as often as it comes", {"replay": 0},
     [(5, "."), (5, "."), (1, "."), (100000, "."), (2, "."), (LAP - 1, "."), (7, ".")]),
    ("backwards through a whole window", {"replay": 64}, [(seq, ".") for seq in range(164, 100, -1)] + [(100, "<")]),
    ("every second number, then the others", {"replay": 256},
     [(seq, ".") for seq in range(2, 202, 2)] + [(seq, ".") for seq in range(1, 201, 2)] + [(77, "="), (78, "=")]),
    ("seq N: all up to N count as received", {"replay": 64, "seq": 1000},
     [(1000, "="), (999, "="), (937, "="), (936, "<"), (1001, "."), (1, "<")]),
    ("the last number without ESN; none after it", {"replay": 64, "seq": LAP - 3},
     [(LAP - 2, "."), (LAP - 1, "."), (LAP - 1, "="), (0, "0"), (1, "<")]),
    ("ESN: across the end of the low half", {"esn": 1, "replay": 64, "seq": LAP - 4},
     [(LAP - 3, "."), (LAP, "."), (LAP + 1, "."), (LAP - 1, "."), (LAP - 2, "."), (LAP, "="), (LAP - 1, "="),
      (LAP + 62, "."), (LAP - 2, "e"), (LAP + 61, ".")]),
    ("ESN: left of the window its ICV fails, and has a reason of its own", {"esn": 1, "replay": 64, "seq": 5 * LAP + 100},
     [(5 * LAP + 101, "."), (5 * LAP + 37, "e"), (5 * LAP + 38, "="), (4 * LAP + 90, "="), (5 * LAP + 102, ".")]),
    ("ESN: a wrong high half fails the ICV", {"esn": 1, "replay": 64, "seq": 5 * LAP + 100},
     [(6 * LAP + 105, "!"), (4 * LAP + 105, "!"), (5 * LAP + 105, ".")]),
    ("ESN: almost half a lap ahead is new", {"esn": 1, "replay": 64, "seq": 100},
     [(HALF, "."), (LAP - 1, "."), (LAP + HALF - 2, ".")]),
    ("ESN: seq N of 64 bits, almost the last", {"esn": 1, "replay": 64, "seq": (1 << 64) - 3},
     [((1 << 64) - 2, "."), ((1 << 64) - 1, "."), ((1 << 64) - 1, "=")]),
    ("ESN without a window", {"esn": 1, "replay": 0, "seq": LAP + 10},
     [(LAP + 20, "."), (LAP + 20, "."), (LAP + 5, ".")]),
]


def loss_of(attrs, good):
    """What the window has to tell of numbers that were accepted in this order."""
    window, top = attrs.get("replay", 4096), attrs.get("seq", 0)
    if not window:
        return {}
    begin, behind = top, []
    for seq in good:
        behind += [top - seq] if seq < top else []
        top = max(top, seq)
    edge = max(top - window, begin)
    steps = sorted({1 << gap.bit_length() - 1 for gap in behind})
    loss = {"lost": edge - begin - len([seq for seq in good if begin < seq <= edge]), "late": len(behind)}
    if behind:
        loss["late-max"] = max(behind)
        loss["late-by"] = [{"behind": step, "packets": len([gap for gap in behind if step <= gap < 2 * step])}
                           for step in steps]
    return loss


def run(gateway, attrs, packets):
    """One case."""
    codec, _ = gateway.pair(**attrs)
    try:
        before, want, got = gateway.counts(), "", ""
        for seq, fate in packets:
            gateway.drops_traced()
            packet = inner(fill=b"number %d" % seq)
            if seq & 0xffffffff:
                gateway.send(codec.seal(packet, seq))
            else:
                gateway.send(codec.wrap(codec.esp(packet, seq)))
            want += fate
            delivered = gateway.delivered(1, 2.0 if fate == "." else 0)
            reasons = [reason for _, _, reason in gateway.drops_traced()]
            got += "." if delivered == [packet] else next(
                (mark for mark, reason in REASONS.items() if [reason] == reasons), "?")
        same(got, want, "what became of the packets")
        fates = [fate for _, fate in packets]
        counted = {("t", SPI_IN): {reason: fates.count(mark) for mark, reason in REASONS.items() if mark in fates}}
        rose = rises(before, gateway.counts())
        same({name: value for (where, name), value in rose.items() if where == ("t", SPI_IN) and name in
              REASONS.values()}, counted[("t", SPI_IN)], "drops of the SA")
        same(rose.get(("t", "rx-packets"), 0), fates.count("."), "packets received")
        good = [seq for seq, fate in packets if fate == "."]
        sa = gateway.genl.do("sa-get", {"ifindex": gateway.ifindex, "dir": IN, "spi": SPI_IN})[0]
        same(sa["seq"], max(good + [attrs.get("seq", 0)]), "top of the window as sa-get tells it")
        same({name: sa[name] for name in ("lost", "late", "late-max", "late-by") if name in sa}, loss_of(attrs, good),
             "loss as sa-get tells it")
    finally:
        gateway.clear()


def moved(gateway):
    """sa-set moves the window of an SA in use, and the numbers of the transmit SA."""
    to, out_of = gateway.pair(replay=64)
    which = {"ifindex": gateway.ifindex}
    gateway.send(to.seal(inner(), 10))
    gateway.genl.do("sa-set", {**which, "dir": IN, "spi": SPI_IN, "seq": 500})
    gateway.genl.do("sa-set", {**which, "dir": OUT, "spi": wire.SPI_OUT, "seq": 700})
    for seq in (499, 500, 436, 501):
        gateway.send(to.seal(inner(fill=b"%d" % seq), seq))
    same(gateway.delivered(2), [inner(), inner(fill=b"501")], "delivered")
    gateway.protect(inner(far_to_near=False))
    same(out_of.open(gateway.sent(1)[0]).seq, 701, "next number")
    gateway.clear()


def exhausted(gateway, esn=False):
    """After the last number nothing is sent, and the SA says that it is at its end."""
    last = (1 << 64 if esn else LAP) - 1
    _, out_of = gateway.pair(seq_out=last - 2, esn=esn)
    packets = [inner(fill=b"%d" % number, far_to_near=False) for number in range(4)]
    before = gateway.counts()
    gateway.protect(*packets)
    same([out_of.open(outer, last >> 32).seq for outer in gateway.sent(3, 1.0)], [LAP - 2, LAP - 1], "numbers sent")
    same({name: value for (where, name), value in rises(before, gateway.counts()).items() if where == "t"},
         {"tx-packets": 2, "tx-bytes": sum(map(len, packets[:2])), "seq-exhausted": 2}, "counters of the tunnel")
    sa = gateway.genl.do("sa-get", {"ifindex": gateway.ifindex, "dir": OUT, "spi": wire.SPI_OUT})[0]
    same((sa["seq"], sa["state"]), (last, 3), "last number, state: expired")
    gateway.clear()


def main():
    """Runs every case."""
    tap, gateway = Tap(), wire.Wire()
    for name, attrs, packets in CASES:
        tap.run(name, run, gateway, attrs, packets)
    tap.run(moved.__doc__.rstrip("."), moved, gateway)
    for esn in (False, True):
        tap.run(f"{exhausted.__doc__.rstrip('.')}: {'ESN' if esn else 'no ESN'}", exhausted, gateway, esn)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
