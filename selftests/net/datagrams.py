#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends UDP datagrams to an echo service that it starts in another namespace, and says which came back as they were.

    datagrams.py ADDRESS NAMESPACE OCTETS...
"""
import ctypes
import os
import socket
import sys
import threading

PORT = 5002


def service(address, family, netns):
    """An echo service; setns(2) is for the whole thread, so the socket is made and the thread changes back."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{netns}", "rb") as away:
        libc.setns(away.fileno(), 0)
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.bind((address, PORT))
        libc.setns(home.fileno(), 0)
    return sock


def echo(sock):
    """Answers for ever."""
    while True:
        data, source = sock.recvfrom(65535)
        sock.sendto(data, source)


def main(address, netns, *sizes):
    """One datagram of each size."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    threading.Thread(target=echo, args=(service(address, family, netns),), daemon=True).start()
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.connect((address, PORT))
    sock.settimeout(5)
    good = []
    for size in map(int, sizes):
        data = os.urandom(size)
        sock.send(data)
        try:
            good += [str(size)] if sock.recv(65535) == data else []
        except TimeoutError:
            pass
    print("answered", *good)


main(*sys.argv[1:])
