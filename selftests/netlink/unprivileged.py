#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""What somebody without privileges may do, by verbs.py: nothing. Exit status 0 if it was refused.

A child makes a user namespace and a network namespace of its own; the parent moves a device there that was created
outside. The child is root where the device is, but not where it was created.
"""
import ctypes
import errno
import os
import sys

from bench import LIBC, addr, key, sh, unprivileged
from genl import Genl, Refused

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
REQUESTS = [("device-get", {}), ("tunnel-new", {"name": "x", "local": addr("192.0.2.1"), "remote": addr("192.0.2.3")}),
            ("tunnel-set", {"name": "t", "ttl": 1}), ("tunnel-get", {"name": "t"}), ("tunnel-del", {"name": "t"}),
            ("sa-new", {"tunnel": "t", "dir": 0, "spi": 0x1100, "alg": "aes128gcm16", "key": key(20)}),
            ("sa-get", {"dir": 0, "spi": 0x1001}), ("sa-set", {"dir": 0, "spi": 0x1001, "seq": 9}),
            ("sa-del", {"dir": 0, "spi": 0x1001}), ("spi-alloc", {"tunnel": "t"}),
            ("rekey", {"tunnel": "t", "out": {"spi": 0x1100, "alg": "aes128gcm16", "key": key(20)}}), ("flush", {})]


def refused(genl, index):
    """Every verb answers EPERM; a dump tells nothing of the device."""
    for op, attrs in REQUESTS:
        try:
            genl.do(op, {"ifindex": index, **attrs})
        except Refused as refusal:
            if refusal.errno == errno.EPERM:
                continue
            raise
        raise AssertionError(f"{op} was not refused")
    for op in ("device-get", "tunnel-get", "sa-get"):
        try:
            told = genl.dump(op)
        except Refused as refusal:
            if refusal.errno != errno.EPERM:
                raise
            told = []
        if told:
            raise AssertionError(f"a dump of {op} told {told}")


def child(ready, go):
    """Root of its own namespaces, and nobody outside."""
    unprivileged()
    if LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    os.write(ready, b"1")
    os.read(go, 1)
    refused(Genl(), index_of("sec7"))


def index_of(name):
    """The index of a device of this namespace, whatever sysfs shows."""
    index = LIBC.if_nametoindex(name.encode())
    if not index:
        raise OSError(errno.ENODEV, name)
    return index


def main():
    """Exit status 0 if everything was refused."""
    Genl()  # reads the specification, which may lie where only root looks

    # somebody without any capability, in the namespace of the device
    pid = os.fork()
    if not pid:
        sh_fd = os.open("/run/netns/gw", os.O_RDONLY)
        LIBC.setns(sh_fd, CLONE_NEWNET)
        index = index_of("sec0")
        unprivileged()
        refused(Genl(), index)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    print(f"a user without capabilities: {'refused' if not status else 'FAILED'}")

    ready, go = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:
        child(ready[1], go[0])
        os._exit(0)
    os.close(ready[1])
    if os.read(ready[0], 1) == b"1":
        sh(f"ip -n gw link set sec7 netns {pid}")
    os.write(go[1], b"1")
    status |= os.waitpid(pid, 0)[1]
    print(f"root of another user namespace, with a device that was moved there: {'refused' if not status else 'FAILED'}")
    sys.exit(bool(status))


if __name__ == "__main__":
    main()
