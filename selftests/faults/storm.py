#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Traffic while allocations fail at random, in softirq above all: what is dropped is counted as no-memory, nothing
leaks, and when the storm is over every packet passes again. On the debug kernel. Topology: packets/wire.py.
"""
import itertools
import os
import sys

import fault

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../packets"))

import wire  # noqa: E402 pylint: disable=wrong-import-position
from wire import inner, rises  # noqa: E402 pylint: disable=wrong-import-position

from tap import Tap, same  # noqa: E402 pylint: disable=wrong-import-position

PACKETS = 400
IDENTIFICATION = itertools.count(1)
PERCENT = {"failslab": 10, "fail_page_alloc": 30}
# where the stack below us has no memory, it says that it could not send
REASONS = {"rx": {"no-memory"}, "tx": {"no-memory", "xmit-error", "no-route"}}


def attempt(function, *args):
    """A call of the test's own that may fail in the storm."""
    try:
        function(*args)
    except OSError:
        pass


def storm(gateway, kind, octets, encap):
    """Packets both ways under one kind of fault."""
    gateway.clear()
    to, out_of = gateway.pair(encap=encap)
    sealed = [pieces(to.seal(inner(octets=octets), seq), next(IDENTIFICATION)) for seq in range(1, PACKETS + 1)]
    plain = inner(octets=octets, far_to_near=False)
    before = gateway.counts()
    with fault.probability(kind, PERCENT[kind]):
        for packets in sealed:
            attempt(gateway.send, *packets)
            attempt(gateway.protect, plain)
    gateway.sent(PACKETS * 60, 0.1)
    gateway.delivered(PACKETS, 0.1)
    rose = rises(before, gateway.counts())
    device = {name: value for (where, name), value in rose.items() if where == "device"}
    drops = {name: value for name, value in device.items() if not name.startswith(("rx-", "tx-"))}
    same(set(drops) <= REASONS["rx"] | REASONS["tx"], True, f"reasons: {drops}")
    same({name: value for (where, name), value in rose.items() if where == "t"}, device, "tunnel and device agree")
    same(device.get("rx-packets", 0) <= PACKETS and device.get("tx-packets", 0) <= PACKETS, True, f"{device}")
    packet = inner(fill=b"after the storm")
    gateway.send(to.seal(packet, PACKETS + 1))
    same(gateway.delivered(1), [packet], "delivered afterwards")
    gateway.protect(inner(far_to_near=False))
    same(bytes(out_of.open(gateway.sent(1)[0]).data), inner(far_to_near=False), "sent afterwards")
    gateway.clear()
    return f"{PACKETS} each way: received {device.get('rx-packets', 0)}, sent {device.get('tx-packets', 0)}, {drops}"


def pieces(packet, number):
    """In fragments where the cable asks for it; their identification differs, since some get lost."""
    if len(packet) <= 1500:
        return [packet]
    whole = wire.IP(packet)
    whole.id = number
    return [wire.raw(piece) for piece in wire.fragment(whole, 1480)]


def main():
    """Each kind of fault, small packets, large ones in fragments, plain and in UDP."""
    tap = Tap()
    if not fault.available():
        print("1..0 # SKIP this kernel cannot make allocations fail")
        return 0
    gateway = wire.Wire()
    fault.everywhere()
    dropped = []
    for kind in fault.KINDS:
        for octets, encap in ((64, False), (1200, True), (20000, False)):
            def point(kind=kind, octets=octets, encap=encap):
                dropped.append(storm(gateway, kind, octets, encap))
                return dropped[-1]
            tap.run(f"{kind} while packets of {octets} octets {'in UDP ' if encap else ''}cross: only lack of memory "
                    "drops them", point)
    tap.run("the storm hit us, too: some were dropped as no-memory", lambda: same(
        any("no-memory" in line for line in dropped), True))
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
