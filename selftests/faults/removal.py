#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""The module is removed while everything is in use. Topology: packets/wire.py, with more devices and tunnels."""
import os
import subprocess
import sys
import threading

import fault  # noqa: F401 pylint: disable=unused-import

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../packets"))

import wire  # noqa: E402 pylint: disable=wrong-import-position
from wire import IN, OUT, addr, ifindex, inner, key, sh  # noqa: E402 pylint: disable=wrong-import-position

from bench import in_netns, ts  # noqa: E402 pylint: disable=wrong-import-position
from genl import Genl  # noqa: E402 pylint: disable=wrong-import-position
from tap import Tap, same  # noqa: E402 pylint: disable=wrong-import-position


def rmmod():
    """Exit status and text."""
    done = subprocess.run(["rmmod", "sectun"], check=False, capture_output=True, text=True)
    return done.returncode, done.stderr


def again(gateway):
    """The module and a device, once more."""
    os.close(gateway.pipe)
    sh("modprobe sectun && ip -n gw link add sec0 type sectun && ip -n gw link set sec0 up")
    gateway.ifindex = ifindex("sec0", "gw")
    with in_netns("gw"):
        gateway.genl = Genl()
    gateway.reopen()
    gateway.pipe = os.open(wire.TRACE + "trace_pipe", os.O_RDONLY | os.O_NONBLOCK)


def under_traffic(gateway):
    """rmmod takes devices, tunnels and SAs away while packets go both ways"""
    to, _ = gateway.pair()
    for number in range(50):
        gateway.tunnel(f"more{number}", encap=1, remote_ts=[ts(f"10.77.{number}.0/24")])
        gateway.sa(IN, 0x10000 + number, f"more{number}")
    packets = [to.seal(inner(), seq) for seq in range(1, 300)]
    stop, passed = threading.Event(), [0]

    def traffic():
        while not stop.is_set():
            for packet in packets:
                try:
                    gateway.send(packet)
                    passed[0] += 1
                    gateway.protect(inner(far_to_near=False))
                except OSError:  # the device has gone
                    pass

    thread = threading.Thread(target=traffic)
    thread.start()
    while passed[0] < 1000:
        gateway.delivered(1, 0.1)
    status = rmmod()
    stop.set()
    thread.join()
    same(status, (0, ""))
    again(gateway)


def timers_pending(gateway):
    """rmmod with packets that wait, reserved SPIs, retiring SAs and keepalives"""
    gateway.tunnel("held", remote_ts=[ts("10.2.0.0/16")], encap=1, keepalive=1)
    dev = {"ifindex": gateway.ifindex}
    for _ in range(20):
        gateway.protect(inner(far_to_near=False))
    same(gateway.genl.do("tunnel-get", {**dev, "name": "held"})[0]["held"], 20)
    gateway.genl.do("spi-alloc", {**dev, "tunnel": "held"})
    gateway.tunnel("t", remote_ts=[ts("10.3.0.0/16")])
    for spi in (0x5000, 0x5001):
        gateway.genl.do("rekey", {**dev, "tunnel": "t", **{
            half: {"spi": spi, "alg": "aes128gcm16", "key": key(20)} for half in ("in", "out")}})
    same(rmmod(), (0, ""))
    again(gateway)


def listener(gateway):
    """rmmod while somebody listens, and again with the same socket still open"""
    ear = gateway.open()
    ear.listen()
    gateway.tunnel()
    gateway.sa(IN, 0x1001)
    gateway.sa(OUT, 0x1002)
    same(rmmod(), (0, ""))
    again(gateway)
    same(rmmod(), (0, ""))
    ear.sock.close()
    again(gateway)


def dump_open(gateway):
    """A dump that is not read to its end keeps the module; when its socket closes, rmmod works"""
    for number in range(300):
        gateway.tunnel(f"t{number}", remote_ts=[ts(f"10.{number >> 8}.{number & 255}.0/24")])
    reader = gateway.open()
    next(reader.dumping("tunnel-get"))
    status, text = rmmod()
    same((status, "in use" in text), (1, True), text)
    reader.sock.close()
    same(rmmod(), (0, ""))
    again(gateway)


def device_elsewhere(gateway):
    """rmmod with a device that lives in another namespace, and namespaces that go with their devices"""
    sh("""ip netns add inner && ip -n gw link set sec0 netns inner
        ip netns add short && ip -n short link add sec0 type sectun && ip -n short link set sec0 up
        ip netns del short""")
    same(rmmod(), (0, ""))
    sh("ip netns del inner")
    again(gateway)


def ten_times(gateway):
    """Loaded and removed ten times, each with a tunnel"""
    for _ in range(10):
        gateway.tunnel(local=addr("192.0.2.1"))
        gateway.sa(IN, 0x1001)
        same(rmmod(), (0, ""))
        again(gateway)


def main():
    """Runs every test, or those that are named."""
    tap, gateway = Tap(), wire.Wire()
    for test in (under_traffic, timers_pending, listener, dump_open, device_elsewhere, ten_times):
        if sys.argv[1:] and test.__name__ not in sys.argv:
            continue
        tap.run(test.__doc__, test, gateway)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
