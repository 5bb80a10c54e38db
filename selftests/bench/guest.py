#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What each kind of tunnel costs, side by side in one boot.

    host_a             gw_a                          gw_b             host_b
    10.1.0.2 -------- 10.1.0.1  192.0.2.1 ====== 192.0.2.2  10.2.0.1 -------- 10.2.0.2

    guest.py WORK_DIRECTORY [CONTENDER...]

WORK_DIRECTORY holds blast, and sectun_cipher.ko for the bare cipher. The result is $SECTUN_ARTIFACTS/bench.json.
Under the instruction clock a nanosecond is an instruction.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

LENGTHS = (64, 512, 1400)  # octets of the inner IPv4 packet
UDP_COUNT = 2000
PING_COUNT = 500
TCP_OCTETS = "24M"
PORT = "9"
HERE = {"gw_a": ("192.0.2.1", "192.0.2.2"), "gw_b": ("192.0.2.2", "192.0.2.1")}
BEHIND = {"gw_a": "10.2.0.0/24", "gw_b": "10.1.0.0/24"}  # what each gateway reaches through the tunnel
KEYS = {"gw_a": ("11", "22"), "gw_b": ("22", "11")}  # octets that fill the keys: transmit, receive
XFRM_IF_ID = "1"


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


# The contenders: each leads the sites to each other, and gives back what takes that away again.

def none():
    for ns, prefix in BEHIND.items():
        ip(ns, f"route add {prefix} via {HERE[ns][1]}")

    def undo():
        for ns, prefix in BEHIND.items():
            ip(ns, f"route del {prefix}")
    return undo


def links_gone(device):
    def undo():
        for ns in HERE:
            ip(ns, f"link del {device}")
    return undo


def ipip():
    for ns, (local, remote) in HERE.items():
        ip(ns, f"link add t0 type ipip local {local} remote {remote} ttl 64")
    route_into("t0")
    return links_gone("t0")


def xfrm():
    run("modprobe", "esp4_offload")
    for ns, (local, remote) in HERE.items():
        ip(ns, f"link add t0 type xfrm dev wan if_id {XFRM_IF_ID}")
        for source, destination, spi, octet in ((local, remote, local[-1], KEYS[ns][0]),
                                                (remote, local, remote[-1], KEYS[ns][1])):
            ip(ns, f"xfrm state add src {source} dst {destination} proto esp spi 0x100{spi} mode tunnel"
                   f" replay-window 64 if_id {XFRM_IF_ID} aead rfc4106(gcm(aes)) 0x{octet * 20} 128")
        for direction in ("out", "in", "fwd"):
            source, destination = (local, remote) if direction == "out" else (remote, local)
            ip(ns, f"xfrm policy add dir {direction} if_id {XFRM_IF_ID} tmpl src {source} dst {destination}"
                   f" proto esp mode tunnel")
    route_into("t0")

    def undo():
        links_gone("t0")()
        for ns in HERE:
            ip(ns, "xfrm policy flush")
            ip(ns, "xfrm state flush")
        # the offload slot of ESP is free again for who comes next
        run("modprobe", "-r", "esp4_offload")
    return undo


def wireguard():
    private = {ns: run("wg", "genkey").strip() for ns in HERE}
    public = {ns: run("wg", "pubkey", input=private[ns]).strip() for ns in HERE}
    for ns, (_, remote) in HERE.items():
        other = "gw_b" if ns == "gw_a" else "gw_a"
        ip(ns, "link add t0 type wireguard")
        inside(ns, "wg", "set", "t0", "listen-port", "51820", "private-key", secret(private[ns]), "peer",
               public[other], "allowed-ips", "0.0.0.0/0", "endpoint", f"{remote}:51820")
    route_into("t0")
    return links_gone("t0")


def sectun(alg, octets, *words):
    def contender():
        for ns, (local, remote) in HERE.items():
            ip(ns, "link add t0 type sectun")
            run("sectun", "-n", ns, "tunnel", "add", "t", "dev", "t0", "local", local, "remote", remote, *words)
            for direction, spi, octet, fixed in (("out", local[-1], KEYS[ns][0], ["allow-static"]),
                                                 ("in", remote[-1], KEYS[ns][1], [])):
                run("sectun", "-n", ns, "sa", "add", "dev", "t0", "tunnel", "t", "dir", direction, "proto", "esp",
                    "spi", f"0x100{spi}", "alg", alg, "key-file", secret(octet * octets), *fixed)
        route_into("t0")
        return links_gone("t0")
    return contender


CONTENDERS = {
    "no tunnel": none,
    "IPIP": ipip,
    "xfrm": xfrm,
    "WireGuard": wireguard,
    "sectun": sectun("aes128gcm16", 20),
    "sectun UDP": sectun("aes128gcm16", 20, "encap", "udp"),
    "sectun ChaCha20": sectun("chacha20poly1305", 36),
}


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
    """Nanoseconds for one packet, from the sender to the receiver's socket."""
    before = received()
    cost = float(inside("host_a", blast, "send", "10.2.0.2", PORT, str(length), str(UDP_COUNT)))
    arrived = received() - before
    if arrived < UDP_COUNT:
        raise RuntimeError(f"only {arrived} of {UDP_COUNT} packets arrived")
    return cost


def tcp():
    """Bits per second."""
    report = json.loads(inside("host_a", "iperf3", "-J", "-c", "10.2.0.2", "-n", TCP_OCTETS))
    return report["end"]["sum_received"]["bits_per_second"]


def measure(blast):
    result = {"tcp": tcp()}
    sink = serving(blast, "sink", "10.2.0.2", PORT)
    result["udp"] = {length: udp(blast, length) for length in LENGTHS}
    sink.kill()
    sink.wait()
    echo = serving(blast, "echo", "10.2.0.2", PORT)
    result["ping"] = float(inside("host_a", blast, "ping", "10.2.0.2", PORT, "64", str(PING_COUNT)))
    echo.kill()
    echo.wait()
    return result


def ciphers(module):
    """Of the bare cipher: name -> length of the inner packet -> nanoseconds for encryption plus decryption."""
    subprocess.run(("insmod", module), check=False, stderr=subprocess.DEVNULL)
    result = {}
    for line in run("dmesg").splitlines():
        found = re.search(r"sectun_cipher: (\S+) (\S+) (\d+) (\d+) (\d+)$", line)
        if found:
            costs = result.setdefault(found[1], {"driver": found[2], "cost": {}})["cost"]
            costs[LENGTHS[len(costs)]] = int(found[4]) + int(found[5])
    if not result or any(len(cipher["cost"]) < len(LENGTHS) for cipher in result.values()):
        raise RuntimeError("the bare cipher was not measured")
    return result


def main(work, *names):
    # loaded by hand: while the kernel waits for modprobe, idle time flies, and it does not wait for ever
    for module in ("aesni_intel", "chacha_x86_64", "poly1305_x86_64", "chacha20poly1305", "drbg", "seqiv", "esp4",
                   "xfrm_interface", "wireguard", "sectun"):
        subprocess.run(("modprobe", "-q", module), check=False)
    blast = os.path.join(work, "blast")
    build_path()
    server = serving("iperf3", "-s", "--forceflush")
    result = {"kernel": os.uname().release, "contenders": {}, "cipher": ciphers(os.path.join(work, "sectun_cipher.ko"))}
    for name, contender in CONTENDERS.items():
        if names and name not in names:
            continue
        undo = contender()
        result["contenders"][name] = measure(blast)
        undo()
        print(name, json.dumps(result["contenders"][name]), flush=True)
    server.kill()
    with open(os.path.join(os.environ["SECTUN_ARTIFACTS"], "bench.json"), "w", encoding="ascii") as out:
        json.dump(result, out, indent=1)


main(*sys.argv[1:])
