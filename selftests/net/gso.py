#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends UDP datagrams that the kernel gets as one (UDP_SEGMENT), and says how many arrive as they were, in order.

    gso.py ADDRESS NAMESPACE OCTETS COUNT LAST      COUNT datagrams of OCTETS, and one more of LAST, to that namespace
"""
import ctypes
import os
import socket
import sys

PORT = 5003
SOL_UDP, UDP_SEGMENT = 17, 103


def sink(address, family, netns):
    """A socket in another namespace; setns(2) is for the whole thread, so this one changes back."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{netns}", "rb") as away:
        libc.setns(away.fileno(), 0)
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.bind((address, PORT))
        libc.setns(home.fileno(), 0)
    sock.settimeout(5)
    return sock


def main(address, netns, octets, count, last):
    octets, count, last = int(octets), int(count), int(last)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    there = sink(address, family, netns)
    here = socket.socket(family, socket.SOCK_DGRAM)
    here.connect((address, PORT))
    here.setsockopt(SOL_UDP, UDP_SEGMENT, octets)
    data = os.urandom(octets * count + last)
    here.send(data)
    arrived = 0
    try:
        for at in range(0, len(data), octets):
            arrived += there.recv(65535) == data[at:at + octets]
    except TimeoutError:
        pass
    print("arrived", arrived)


main(*sys.argv[1:])
