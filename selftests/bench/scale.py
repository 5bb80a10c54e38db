#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""How many tunnels a device carries: what it takes to add them, what memory they need, and what a packet costs then.

    scale.py WORK_DIRECTORY [COUNT...]

WORK_DIRECTORY holds blast, and sectun_cipher.ko for what a cipher keeps. In-tree IPsec is beside it with as many states
and policies as it adds in reasonable time. The result is $SECTUN_ARTIFACTS/scale.json.
"""
import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import time

from path import BEHIND, HERE, KEYS, build_path, ip, ping, route_into, run, secret, udp

COUNTS = (1, 10, 1000, 100_000)  # tunnels
XFRM_COUNT = 4000
CIPHER_KEYS = 8000
ALG, KEY_LEN, CIPHER = "aes128gcm16", 20, "rfc4106(gcm(aes))"
PEERS = ipaddress.ip_address("198.18.0.0")  # tunnel N leads to PEERS + N, and to BEYOND + N behind it
BEYOND = ipaddress.ip_address("11.0.0.0")
SPIS = 0x10000  # tunnel N receives on SPIS + N, and sends with the same


def used():
    """Octets of memory that the kernel's objects take, without what its allocators keep at hand."""
    with open("/proc/slabinfo", encoding="ascii") as file:
        rows = [line.split() for line in file if re.match(r"\S+ +\d", line) and not line.startswith("slabinfo")]
    with open("/proc/meminfo", encoding="ascii") as file:
        fields = dict(re.findall(r"(\w+): +(\d+)", file.read()))
    return (sum(int(row[1]) * int(row[3]) for row in rows) +
            sum(int(fields[name]) for name in ("Percpu", "VmallocUsed")) * 1024)


def keys(ns):
    """Files of its keys, transmit and receive."""
    return [secret(octet * KEY_LEN) for octet in KEYS[ns]]


KEY_FILES = {ns: keys(ns) for ns in HERE}


def sectun_lines(ns, name, spi, remote, remote_ts):
    transmit, receive = KEY_FILES[ns]
    return (f"tunnel add {name} dev t0 local {HERE[ns][0]} remote {remote} remote-ts {remote_ts}\n"
            f"sa add dev t0 tunnel {name} dir out proto esp spi {spi} alg {ALG} key-file {transmit} allow-static\n"
            f"sa add dev t0 tunnel {name} dir in proto esp spi {spi} alg {ALG} key-file {receive}\n")


def sectun_batch(count):
    """Tunnels at gateway A. The one in the middle leads to gateway B."""
    lines = []
    for number in range(count):
        if number == count // 2:
            lines.append(sectun_lines("gw_a", "peer", SPIS + number, HERE["gw_a"][1], BEHIND["gw_a"]))
        else:
            lines.append(sectun_lines("gw_a", f"t{number}", SPIS + number, PEERS + number, BEYOND + number))
    return "".join(lines)


def load(command):
    """Brings a program and its libraries into memory: while it waits for the disk, idle time would fly."""
    program = shutil.which(command)
    for path in (program, *re.findall(r"/\S+", run("ldd", program))):
        with open(path, "rb") as file:
            file.read()


def timed(*words, text):
    """Seconds that a command takes which reads the text."""
    file = secret(text)
    load(words[0])
    run(*words, secret(""))
    start = time.monotonic()
    run(*words, file)
    seconds = time.monotonic() - start
    os.unlink(file)
    return seconds


def sectun(blast, count):
    """One device with that many tunnels: a row of the result."""
    for ns in HERE:
        ip(ns, "link add t0 type sectun")
    run("sectun", "-n", "gw_b", "batch", secret(sectun_lines("gw_b", "peer", SPIS + count // 2, HERE["gw_b"][1],
                                                             BEHIND["gw_b"])))
    before = used()
    seconds = timed("sectun", "-n", "gw_a", "batch", text=sectun_batch(count))
    row = {"add per second": count / seconds, "octets per tunnel": (used() - before) / count}
    route_into("t0")
    row["udp"], row["ping"] = udp(blast, 64), ping(blast)
    start = time.monotonic()
    for ns in HERE:
        ip(ns, "link del t0")
    row["delete per second"] = count / (time.monotonic() - start)
    return row


def xfrm():
    """Two states and two policies for each tunnel, by one `ip -batch`."""
    lines = []
    local = HERE["gw_a"][0]
    for number in range(XFRM_COUNT):
        peer, beyond = PEERS + number, BEYOND + number
        for src, dst in ((local, peer), (peer, local)):
            lines.append(f"xfrm state add src {src} dst {dst} proto esp spi {SPIS + number} mode tunnel"
                         f" replay-window 64 aead {CIPHER} 0x{'11' * KEY_LEN} 128\n")
        lines.append(f"xfrm policy add dir out dst {beyond}/32 tmpl src {local} dst {peer} proto esp mode tunnel\n")
        lines.append(f"xfrm policy add dir in src {beyond}/32 tmpl src {peer} dst {local} proto esp mode tunnel\n")
    before = used()
    seconds = timed("ip", "-n", "gw_a", "-batch", text="".join(lines))
    row = {"count": XFRM_COUNT, "add per second": XFRM_COUNT / seconds,
           "octets per tunnel": (used() - before) / XFRM_COUNT}
    ip("gw_a", "xfrm policy flush")
    ip("gw_a", "xfrm state flush")
    return row


def cipher_octets(module):
    """What one key of the bare cipher takes."""
    before = used()
    run("insmod", module, f"keys={CIPHER_KEYS}")
    octets = (used() - before) / CIPHER_KEYS
    run("rmmod", "sectun_cipher")
    return octets


def main(work, *counts):
    for module in ("aesni_intel", "drbg", "seqiv", "esp4", "sectun"):
        subprocess.run(("modprobe", "-q", module), check=False)
    blast = os.path.join(work, "blast")
    build_path()
    result = {"kernel": os.uname().release, "cipher octets": cipher_octets(os.path.join(work, "sectun_cipher.ko")),
              "sectun": {}}
    result["xfrm"] = xfrm()
    print("xfrm", json.dumps(result["xfrm"]), flush=True)
    for count in [int(count) for count in counts] or sorted({*COUNTS, XFRM_COUNT}):
        result["sectun"][count] = sectun(blast, count)
        print("sectun", count, json.dumps(result["sectun"][count]), flush=True)
    with open(os.path.join(os.environ["SECTUN_ARTIFACTS"], "scale.json"), "w", encoding="ascii") as out:
        json.dump(result, out, indent=1)


main(*sys.argv[1:])
