#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes the crypto API prefer an asynchronous implementation of an algorithm from now on.

    async.py ALGORITHM...       for example "rfc4106(gcm(aes))"

An instance of cryptd has the name of what it wraps and a priority above it; that it is asked for once, through AF_ALG,
makes it and leaves it there. Every transform made later gets it. Where a kernel has no cryptd, pcrypt does the same.
"""
import errno
import socket
import sys

RESTRICT = "/proc/sys/crypto/af_alg_restrict"


def make(name):
    for template in ("cryptd", "pcrypt"):
        with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET, 0) as sock:
            try:
                sock.bind(("aead", f"{template}({name})"))
                return
            except OSError as error:
                # EEXIST: another instance of the same name came first
                if error.errno == errno.EEXIST:
                    return
    sys.exit(f"no asynchronous {name}")


def main(names):
    try:
        with open(RESTRICT, "w", encoding="ascii") as setting:
            setting.write("0")
    except FileNotFoundError:
        pass
    for name in names:
        make(name)


main(sys.argv[1:])
