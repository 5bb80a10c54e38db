#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Processes that add, change and delete the same objects at once, while others dump and listen, and devices come and
go under them. Every request is answered by success or by a refusal that makes sense.

        namespace gw: sec0 stays, sec1 comes and goes; four processes
"""
import errno
import os
import random
import sys
import traceback

import fault  # noqa: F401 pylint: disable=unused-import
from bench import IN, OUT, Bench, addr, in_netns, key, sh, ts
from genl import Genl, Refused
from tap import Tap, same

PROCESSES, REQUESTS = 4, 400
SENSIBLE = {errno.EEXIST, errno.ENOENT, errno.ENODEV, errno.ENOSPC, errno.ERANGE, errno.EBUSY, errno.EINVAL}


def verbs(chance, index):
    """A request that collides with those of the others."""
    dev = {"ifindex": index}
    name = f"t{chance.randrange(3)}"
    spi = 0x1000 + chance.randrange(4)
    sa = {"spi": spi, "alg": "aes128gcm16", "key": key(20)}
    return chance.choice([
        ("tunnel-new", {**dev, "name": name, "local": addr("192.0.2.1"), "remote": addr("192.0.2.2"),
                        "encap": chance.randrange(2), "remote-ts": [ts(f"10.{name[1]}.{chance.randrange(2)}.0/24")]}),
        ("tunnel-set", {**dev, "name": name, "encap": chance.randrange(2), "ttl": 1 + chance.randrange(255),
                        "remote-ts": [ts(f"10.{name[1]}.{chance.randrange(2)}.0/24")]}),
        ("tunnel-set", {**dev, "name": name, "local": addr(f"192.0.2.{1 + chance.randrange(2)}")}),
        ("tunnel-del", {**dev, "name": name}), ("tunnel-get", {**dev, "name": name}),
        ("sa-new", {**dev, "tunnel": name, "dir": IN, **sa}),
        ("sa-new", {**dev, "tunnel": name, "dir": OUT, "allow-static": True, **sa}),
        ("sa-del", {**dev, "tunnel": name, "dir": chance.randrange(2), "spi": spi}),
        ("sa-set", {**dev, "dir": chance.randrange(2), "spi": spi, "seq": chance.randrange(99)}),
        ("rekey", {**dev, "tunnel": name, "in": sa, "out": sa, "retire-after": chance.randrange(3)}),
        ("spi-alloc", {**dev, "tunnel": name, "spi-min": 0x1000, "spi-max": 0x1003, "larval-timeout": 1}),
        ("flush", {**dev, "tunnel": name}), ("flush", dev)])


def contender(number, index):
    """One process; true if every answer made sense."""
    chance = random.Random(number)
    with in_netns("gw"):
        genl = Genl()
    if number == 0:
        genl.listen()
    done = 0
    for count in range(REQUESTS):
        try:
            if number == 1 and count % 40 == 0:
                sh("ip -n gw link del sec1 || true; ip -n gw link add sec1 index 99 type sectun || true")
            if number == 2 and count % 10 == 0:
                for op in ("tunnel-get", "sa-get", "device-get"):
                    genl.dump(op)
                continue
            genl.do(*verbs(chance, chance.choice([index, index, 99])))
            done += 1
        except Refused as refusal:
            if refusal.errno not in SENSIBLE and not (refusal.errno == errno.ENOTUNIQ):
                print(f"# {refusal}")
                return False
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # events that came faster than they were read
                raise
    return done > 0


def fight(bench):
    """All of them at once."""
    children = {}
    for number in range(PROCESSES):
        pid = os.fork()
        if not pid:
            good = False
            try:
                good = contender(number, bench.ifindex)
            except BaseException:  # pylint: disable=broad-except
                traceback.print_exc()
            os._exit(not good)
        children[pid] = number
    failed = [number for pid, number in children.items() if os.waitpid(pid, 0)[1]]
    same(failed, [], "processes that failed")


def main():
    """Three rounds, and then everything can be removed."""
    tap, bench = Tap(), Bench()
    for number in range(3):
        tap.run(f"{PROCESSES} processes, {REQUESTS} requests each, for the same objects: every answer makes sense, "
                f"round {number + 1}", fight, bench)
        bench.clear()
    sh("ip -n gw link del sec1 || true")
    tap.run("afterwards nothing is left", lambda: same(bench.state()[1:], [[], []]))
    bench.genl.sock.close()
    tap.run("and the module can be removed", lambda: sh("ip -n gw link del sec0; rmmod sectun") and None)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
