#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends octets over TCP and proves that they arrive as they left.

    flow.py serve ADDRESS PORT          prints "ready", then serves for ever
    flow.py send ADDRESS PORT OCTETS [FLOWS]
    flow.py fetch ADDRESS PORT OCTETS [FLOWS]

Each flow carries other octets; the sides compare SHA-256. send and fetch print "FLOWS flows, N octets, intact".
"""
import hashlib
import random
import socket
import sys
import threading

CHUNK = 1 << 16


def octets(seed, total):
    source = random.Random(seed)
    block = source.randbytes(CHUNK)
    while total > 0:
        yield block[:total]
        total -= len(block)
        block = block[1:] + block[:1]


def put(sock, seed, total):
    digest = hashlib.sha256()
    for block in octets(seed, total):
        digest.update(block)
        sock.sendall(block)
    return digest.hexdigest()


def take(stream, total):
    digest = hashlib.sha256()
    while total > 0:
        block = stream.read(min(total, CHUNK))
        if not block:
            raise EOFError(f"{total} octets are missing")
        digest.update(block)
        total -= len(block)
    return digest.hexdigest()


def serve_one(sock):
    stream = sock.makefile("rb")
    verb, seed, total = stream.readline().split()
    digest = put(sock, int(seed), int(total)) if verb == b"fetch" else take(stream, int(total))
    sock.sendall(f"{digest}\n".encode())
    sock.close()


def ask(verb, address, port, seed, total, results):
    with socket.create_connection((address, port), timeout=60) as sock:
        stream = sock.makefile("rb")
        sock.sendall(f"{verb} {seed} {total}\n".encode())
        mine = take(stream, total) if verb == "fetch" else put(sock, seed, total)
        results.append(stream.readline().decode().strip() == mine)


def main(verb, address, port, total="0", flows="1"):
    if verb == "serve":
        listener = socket.create_server((address, int(port)), family=socket.AF_INET6 if ":" in address
                                        else socket.AF_INET, backlog=64)
        print("ready", flush=True)
        while True:
            threading.Thread(target=serve_one, args=(listener.accept()[0],), daemon=True).start()
    results = []
    threads = [threading.Thread(target=ask, args=(verb, address, int(port), seed, int(total), results))
               for seed in range(int(flows))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    intact = results == [True] * int(flows)
    print(f"{flows} flows, {int(total) * int(flows)} octets, {'intact' if intact else 'NOT intact'}")
    return not intact


sys.exit(main(*sys.argv[1:]))
