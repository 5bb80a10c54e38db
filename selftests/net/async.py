#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes the crypto API prefer an asynchronous implementation of an algorithm from now on.

    async.py ALGORITHM...       for example "rfc4106(gcm(aes))"

An instance of pcrypt or cryptd has the name of what it wraps and a priority above it; that it is asked for once,
through AF_ALG, makes it and leaves it there. Every transform made later gets it. Not every kernel has both: pcrypt wants
two processors, at least in its configuration, and cryptd has gone from 7.x.
"""
import socket
import sys

RESTRICT = "/proc/sys/crypto/af_alg_restrict"


def exists(name):
    """An answer that cannot be relied on for pcrypt: 7.3 makes it, and then says EEXIST."""
    with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET, 0) as sock:
        try:
            sock.bind(("aead", name))
        except OSError:
            return False
        return True


def best_driver(name):
    """Of what /proc/crypto has under this name, the driver with the highest priority."""
    with open("/proc/crypto", encoding="ascii") as text:
        records = [dict(line.replace(" ", "").split(":", 1) for line in record.splitlines() if ":" in line)
                   for record in text.read().split("\n\n")]
    found = [record for record in records if record.get("name") == name and record["internal"] == "no"]
    return max(found, key=lambda record: int(record["priority"]))["driver"]


def main(names):
    try:
        with open(RESTRICT, "w", encoding="ascii") as setting:
            setting.write("0")
    except FileNotFoundError:
        pass
    for name in names:
        if not exists(name):
            sys.exit(f"no {name}")
        plain = best_driver(name)
        for template in ("pcrypt", "cryptd"):
            exists(f"{template}({plain})")
            if best_driver(name) != plain:
                break
        else:
            sys.exit(f"nothing makes {plain} asynchronous")
        print(f"{name}: {best_driver(name)}")


main(sys.argv[1:])
