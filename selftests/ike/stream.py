#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A stream of IPv4 packets of 64 octets whose loss is counted.

    stream.py receive ADDRESS PORT		prints "ready"; at the end SENT RECEIVED DUPLICATES REORDERED
    stream.py send ADDRESS PORT INTERVAL	a packet every INTERVAL milliseconds until SIGTERM
"""
import signal
import socket
import struct
import sys
import time

BODY = 64 - 28  # behind the IPv4 and UDP headers
END = 1 << 32  # added to the number of packets, in what says that the stream is over
END_COPIES = 5


def receive(address, port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, port))
    print("ready", flush=True)
    seen, duplicates, reordered, last = set(), 0, 0, -1
    while True:
        number, = struct.unpack_from("!Q", sock.recv(BODY))
        if number >= END:
            break
        duplicates += number in seen
        reordered += number < last
        last = max(last, number)
        seen.add(number)
    print(number - END, len(seen), duplicates, reordered)


def send(address, port, interval):
    running = True

    def stop(*_):
        nonlocal running
        running = False
    signal.signal(signal.SIGTERM, stop)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    number = 0
    while running:
        sock.sendto(struct.pack("!Q", number).ljust(BODY, b"."), (address, port))
        number += 1
        time.sleep(interval / 1000)
    time.sleep(1)  # what is still on its way comes first
    for _ in range(END_COPIES):
        sock.sendto(struct.pack("!Q", END + number).ljust(BODY, b"."), (address, port))


if sys.argv[1] == "receive":
    receive(sys.argv[2], int(sys.argv[3]))
else:
    send(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
