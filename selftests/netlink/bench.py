# SPDX-License-Identifier: GPL-2.0-only
"""What tests of the netlink API share: namespaces, devices, keys, and the state that must not change."""
import contextlib
import ctypes
import ipaddress
import os
import subprocess

from genl import Genl

LIBC = ctypes.CDLL(None, use_errno=True)
VOLATILE = ("age", "idle", "path-mtu")


def sh(command, **options):
    """Runs a command line; returns its output."""
    return subprocess.run(command, shell=True, check=True, text=True, capture_output=True, **options).stdout


def addr(text):
    """Octets of an address."""
    return ipaddress.ip_address(text).packed


def key(octets, seed=1):
    """A key that is easily recognised in a heap of octets."""
    return bytes((seed * 37 + 11 * index) & 0xff for index in range(octets))


def ts(prefix, **more):
    """The attributes of a traffic selector."""
    network = ipaddress.ip_network(prefix)
    return {"address": network.network_address.packed, "prefixlen": network.prefixlen, **more}


@contextlib.contextmanager
def in_netns(name):
    """What is opened inside belongs to the namespace."""
    with open("/proc/thread-self/ns/net", "rb") as old, open(f"/run/netns/{name}", "rb") as new:
        enter(new.fileno())
        try:
            yield
        finally:
            enter(old.fileno())


def enter(namespace):
    """setns(2), which Python learned in 3.12."""
    if LIBC.setns(namespace, 0):
        raise OSError(ctypes.get_errno(), "setns")


def ifindex(name, netns=None):
    """The index of a device."""
    prefix = f"ip netns exec {netns} " if netns else ""
    return int(sh(f"{prefix}cat /sys/class/net/{name}/ifindex"))


def sectun_load():
    """Loads the module; in a guest its tree has it."""
    sh("modprobe sectun")


class Bench:
    """A namespace with a sectun device and a socket there."""

    def __init__(self, netns="gw", device="sec0"):
        sectun_load()
        self.netns = netns
        sh(f"ip netns add {netns} && ip -n {netns} link set lo up && ip -n {netns} link add {device} type sectun")
        self.ifindex = ifindex(device, netns)
        self.genl = self.open()

    def open(self):
        """Another socket in the namespace."""
        with in_netns(self.netns):
            return Genl()

    def tunnel(self, name="t", **attrs):
        """Adds a tunnel between two addresses that need not exist."""
        given = {"ifindex": self.ifindex, "name": name, "local": addr("192.0.2.1"), "remote": addr("192.0.2.2")}
        given.update({word.replace("_", "-"): value for word, value in attrs.items()})
        self.genl.do("tunnel-new", given)

    def sa(self, direction, spi, tunnel="t", **attrs):
        """Adds an SA."""
        self.genl.do("sa-new", self.sa_attrs(direction, spi, tunnel, **attrs))

    def sa_attrs(self, direction, spi, tunnel="t", **attrs):
        """What an SA is made of."""
        given = {"ifindex": self.ifindex, "tunnel": tunnel, "dir": direction, "spi": spi, "alg": "aes128gcm16",
                 "key": key(20)}
        if direction == OUT:
            given["allow-static"] = True
        given.update({word.replace("_", "-"): value for word, value in attrs.items()})
        return given

    def clear(self):
        """Removes every tunnel."""
        for tunnel in self.genl.dump("tunnel-get", {"ifindex": self.ifindex}):
            self.genl.do("tunnel-del", {"ifindex": self.ifindex, "name": tunnel["name"]})

    def state(self):
        """Everything that the API tells, without what changes by itself."""
        return [[{name: value for name, value in item.items() if name not in VOLATILE}
                 for item in self.genl.dump(op)] for op in ("device-get", "tunnel-get", "sa-get")]


IN, OUT = 0, 1


def unprivileged():
    """Drops to a user without any rights, for a child process."""
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
