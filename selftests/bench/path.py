# SPDX-License-Identifier: GPL-2.0-only
"""The path that packets take in the benchmarks, and what is sent along it.

    host_a             gw_a                          gw_b             host_b
    10.1.0.2 -------- 10.1.0.1  192.0.2.1 ====== 192.0.2.2  10.2.0.1 -------- 10.2.0.2

Under the instruction clock a nanosecond is an instruction.
"""
import re
import subprocess
import tempfile

UDP_COUNT = 2000
PING_COUNT = 500
PORT = "9"
HERE = {"gw_a": ("192.0.2.1", "192.0.2.2"), "gw_b": ("192.0.2.2", "192.0.2.1")}
BEHIND = {"gw_a": "10.2.0.0/24", "gw_b": "10.1.0.0/24"}  # what each gateway reaches through the tunnel
KEYS = {"gw_a": ("11", "22"), "gw_b": ("22", "11")}  # octets that fill the keys: transmit, receive


def secret(text):
    """The name of a file that holds it."""
    file = tempfile.NamedTemporaryFile("w", delete=False)
    with file:
        file.write(text)
    return file.name


def run(*words, **options):
    return subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def ip(ns, line):
    return run("ip", "-n", ns, *line.split())


def inside(ns, *words, **options):
    return run("ip", "netns", "exec", ns, *words, **options)


def route_into(device):
    for ns, prefix in BEHIND.items():
        ip(ns, f"link set {device} up")
        ip(ns, f"route add {prefix} dev {device}")


def build_path():
    for ns in ("host_a", "gw_a", "gw_b", "host_b"):
        run("ip", "netns", "add", ns)
        inside(ns, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.disable_ipv6=1",
               "net.ipv6.conf.default.disable_ipv6=1")
        ip(ns, "link set lo up")
    for left, left_dev, left_address, right, right_dev, right_address in (
            ("host_a", "lan", "10.1.0.2", "gw_a", "lan", "10.1.0.1"),
            ("gw_a", "wan", "192.0.2.1", "gw_b", "wan", "192.0.2.2"),
            ("gw_b", "lan", "10.2.0.1", "host_b", "lan", "10.2.0.2")):
        run("ip", "link", "add", left_dev, "netns", left, "type", "veth", "peer", "name", right_dev, "netns", right)
        for ns, dev, address in ((left, left_dev, left_address), (right, right_dev, right_address)):
            ip(ns, f"address add {address}/24 dev {dev}")
            ip(ns, f"link set {dev} up")
            # idle time flies, and a neighbour would have to be asked again in the middle of it all
            inside(ns, "sysctl", "-qw", f"net.ipv4.neigh.{dev}.base_reachable_time_ms=86400000")
    ip("host_a", "route add default via 10.1.0.1")
    ip("host_b", "route add default via 10.2.0.1")


def serving(*words):
    """A process in host_b, once it is ready."""
    process = subprocess.Popen(("ip", "netns", "exec", "host_b") + words, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if re.match("ready|Server listening", line):
            return process
    raise RuntimeError(f"{words}: not ready")


def received():
    return int(inside("host_b", "cat", "/sys/class/net/lan/statistics/rx_packets"))


def udp(blast, length):
    """Nanoseconds for one packet of that many octets, from the sender to the receiver's socket."""
    sink = serving(blast, "sink", "10.2.0.2", PORT)
    before = received()
    cost = float(inside("host_a", blast, "send", "10.2.0.2", PORT, str(length), str(UDP_COUNT)))
    arrived = received() - before
    sink.kill()
    sink.wait()
    if arrived < UDP_COUNT:
        raise RuntimeError(f"only {arrived} of {UDP_COUNT} packets arrived")
    return cost


def ping(blast):
    """Nanoseconds for a packet of 64 octets and its answer."""
    echo = serving(blast, "echo", "10.2.0.2", PORT)
    cost = float(inside("host_a", blast, "ping", "10.2.0.2", PORT, "64", str(PING_COUNT)))
    echo.kill()
    echo.wait()
    return cost
