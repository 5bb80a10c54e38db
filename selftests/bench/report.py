#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""report.py DIRECTORY RESULT...: tables of what guest.py measured, and scale.py where there is a scale.json beside its
result; and bench.json and bench.svg in DIRECTORY.

Overhead is what a tunnel costs beyond the stack and the cipher: with the tunnel, less without, less the bare cipher
(encryption and decryption), in instructions per packet.
"""
import json
import os
import sys

CIPHER = {"xfrm": "rfc4106(gcm(aes))", "sectun": "rfc4106(gcm(aes))", "sectun UDP": "rfc4106(gcm(aes))",
          "WireGuard": "rfc7539esp(chacha20,poly1305)", "sectun ChaCha20": "rfc7539esp(chacha20,poly1305)"}
LENGTHS = ("64", "512", "1400")
TCP_SEGMENT = 1400  # octets of an inner TCP packet, nearly: what a flow's instructions are counted by
BASE, PEER = "no tunnel", "xfrm"


def tcp_cost(contender):
    """Instructions for one TCP segment."""
    return TCP_SEGMENT * 8e9 / contender["tcp"]


def overheads(result):
    """Name -> column -> instructions."""
    base = result["contenders"][BASE]
    table = {}
    for name, contender in result["contenders"].items():
        cipher = result["cipher"].get(CIPHER.get(name), {}).get("cost", {})
        row = {length: contender["udp"][length] - base["udp"][length] - cipher.get(length, 0) for length in LENGTHS}
        row["TCP"] = tcp_cost(contender) - tcp_cost(base) - cipher.get("1400", 0)
        table[name] = row
    return table


def print_table(result):
    over = overheads(result)
    print(f"\nLinux {result['kernel']}, one CPU, instructions per packet; in brackets the overhead beyond stack and "
          f"cipher, as a share of {PEER}'s")
    columns = [*LENGTHS, "TCP"]
    print(f"{'':18}" + "".join(f"{'UDP ' + c if c != 'TCP' else 'TCP segment':>18}" for c in columns) +
          f"{'TCP Mbit/s':>12}{'round trip':>12}")
    for name, contender in result["contenders"].items():
        cells = ""
        for column in columns:
            cost = tcp_cost(contender) if column == "TCP" else contender["udp"][column]
            share = f" ({over[name][column] / over[PEER][column]:.2f})" if PEER in over and name != BASE else ""
            cells += f"{cost:.0f}{share}".rjust(18)
        print(f"{name:18}{cells}{contender['tcp'] / 1e6:12.0f}{contender['ping']:12.0f}")
    for name, cipher in result["cipher"].items():
        print(f"  bare cipher {name}: " + ", ".join(f"{cost} at {length}" for length, cost in cipher["cost"].items()) +
              f" ({cipher['driver']})")


def print_scale(scale):
    """Tunnels of one device, with two SAs each; in-tree, two states and two policies."""
    one, cipher = scale["sectun"]["1"], 2 * scale["cipher octets"]
    print(f"  many tunnels of one device, beside {scale['xfrm']['count']} of in-tree IPsec; memory without the ciphers' "
          f"own, {cipher:.0f} octets per tunnel")
    print(f"{'':18}{'added/s':>12}{'octets':>12}{'UDP 64':>12}{'round trip':>12}{'pps of one':>12}")
    for count, row in scale["sectun"].items():
        octets = f"{row['octets per tunnel'] - cipher:.0f}" if int(count) >= 1000 else "-"
        print(f"{int(count):>18,}{row['add per second']:12.0f}{octets:>12}{row['udp']:12.0f}{row['ping']:12.0f}"
              f"{one['udp'] / row['udp']:12.3f}")
    xfrm = scale["xfrm"]
    print(f"{'xfrm':>18}{xfrm['add per second']:12.0f}{xfrm['octets per tunnel'] - cipher:12.0f}")


# The picture: for each kernel and column a group of bars, overhead in instructions; shorter is better.
COLOURS = {"IPIP": "#b0b0b0", "xfrm": "#d08770", "WireGuard": "#8f6fb0", "sectun": "#2a7f62", "sectun UDP": "#5fae8f",
           "sectun ChaCha20": "#9fd0bb"}
BAR, GAP, LEFT, WIDTH = 14, 22, 150, 760


def svg(results):
    y, parts = 60, []
    scale = (WIDTH - LEFT - 110) / max(max(row.values()) for result in results for row in overheads(result).values())
    for result in results:
        over = overheads(result)
        for column in (*LENGTHS, "TCP"):
            title = "TCP segment" if column == "TCP" else f"UDP, {column} octets"
            parts.append(f'<text x="10" y="{y}" font-weight="bold">Linux {result["kernel"].split("-")[0]}: {title}</text>')
            y += 8
            for name in (name for name in over if name in COLOURS):
                value = max(over[name][column], 0)
                parts.append(f'<text x="{LEFT - 8}" y="{y + BAR - 3}" text-anchor="end">{name}</text>'
                             f'<rect x="{LEFT}" y="{y}" width="{value * scale:.1f}" height="{BAR - 2}" '
                             f'fill="{COLOURS[name]}"/>'
                             f'<text x="{LEFT + value * scale + 6:.1f}" y="{y + BAR - 3}">{value:,.0f}</text>')
                y += BAR
            y += GAP
    head = ('<!-- SPDX-License-Identifier: GPL-2.0-only -->\n'
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" font-family="sans-serif" '
            f'font-size="12"><rect width="100%" height="100%" fill="white"/>'
            f'<text x="10" y="22" font-size="16">What a tunnel costs beyond the stack and the cipher</text>'
            f'<text x="10" y="40">instructions per packet, encryption and decryption together, one CPU; shorter is '
            f'better</text>')
    return head + "".join(parts) + "</svg>\n"


def main(directory, *paths):
    results = []
    for path in paths:
        with open(path, encoding="ascii") as file:
            results.append(json.load(file))
        scale = os.path.join(os.path.dirname(path), "scale.json")
        if os.path.exists(scale):
            with open(scale, encoding="ascii") as file:
                results[-1]["scale"] = json.load(file)
    for result in results:
        result["overhead"] = overheads(result)
        print_table(result)
        if "scale" in result:
            print_scale(result["scale"])
    with open(f"{directory}/bench.json", "w", encoding="ascii") as file:
        json.dump(results, file, indent=1)
    with open(f"{directory}/bench.svg", "w", encoding="ascii") as file:
        file.write(svg(results))
    print(f"\n{directory}/bench.json, {directory}/bench.svg")


main(*sys.argv[1:])
