#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds a UDP port as a key-management daemon does: with UDP_ENCAP_ESPINUDP, on IPv4 and IPv6.

    espinudp.py [--plain] [PORT]        --plain: without UDP_ENCAP

Prints "ready", and then what reaches it, in hexadecimal, a line each: ESP should not.
"""
import select
import socket
import sys

UDP_ENCAP = 100
UDP_ENCAP_ESPINUDP = 2


def port_socket(family, port, plain):
    sock = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if not plain:
        sock.setsockopt(socket.IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)
    sock.bind(("", port))
    return sock


def main(words):
    plain = "--plain" in words
    ports = [int(word) for word in words if word != "--plain"] or [4500]
    sockets = [port_socket(family, ports[0], plain) for family in (socket.AF_INET, socket.AF_INET6)]
    print("ready", flush=True)
    while True:
        for sock in select.select(sockets, [], [])[0]:
            print(sock.recv(65535).hex(), flush=True)


main(sys.argv[1:])
