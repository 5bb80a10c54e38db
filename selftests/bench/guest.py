#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What each kind of tunnel costs, side by side in one boot.

    guest.py WORK_DIRECTORY [CONTENDER...]

WORK_DIRECTORY holds blast, and sectun_cipher.ko for the bare cipher. The result is $SECTUN_ARTIFACTS/bench.json.
"""
import json
import os
import re
import subprocess
import sys

from path import BEHIND, HERE, KEYS, build_path, inside, ip, ping, route_into, run, secret, serving, udp

LENGTHS = (64, 512, 1400)  # octets of the inner IPv4 packet
TCP_OCTETS = "24M"
XFRM_IF_ID = "1"


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


def tcp():
    """Bits per second."""
    report = json.loads(inside("host_a", "iperf3", "-J", "-c", "10.2.0.2", "-n", TCP_OCTETS))
    return report["end"]["sum_received"]["bits_per_second"]


def measure(blast):
    return {"tcp": tcp(), "udp": {length: udp(blast, length) for length in LENGTHS}, "ping": ping(blast)}


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
