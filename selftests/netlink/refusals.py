#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Every request that the kernel must refuse: the errno, a text that helps, the attribute to blame, and nothing
changed afterwards.

        namespace gw
          sec0  t      192.0.2.1 - 192.0.2.2, remote-ts 10.2.0.0/24, transmit SA 0x1001, receive SAs 0x1002 0x1003
                six    2001:db8::1 - 2001:db8::2, remote-ts fd02::/64
                twin   192.0.2.7 - 192.0.2.2, remote-ts 10.7.0.0/24, receive SA 0x1003
                full   192.0.2.1 - 192.0.2.3, remote-ts 10.3.0.0/24, four receive SAs
                larval 192.0.2.1 - 192.0.2.4, remote-ts 10.4.0.0/24, a reserved SPI
          sec1  t      192.0.2.1 - 192.0.2.2, receive SA 0x2001, and one with SPI 0x1001 to transmit
          in-tree IPsec has SPI 0x3001 at 192.0.2.1; a process holds UDP port 5555
"""
import errno
import re
import socket
import sys

from bench import IN, OUT, Bench, addr, ifindex, in_netns, key, sh, ts
from genl import Nest, Raw, Refused
from tap import Tap, same

MULTICAST, MULTICAST6, BROADCAST = addr("224.0.0.5"), addr("ff02::1"), addr("255.255.255.255")
NO_DEVICE = 4000000000
ABSENT = object()
ANY = object()


def tunnel(**change):
    """A good tunnel, but for what is changed."""
    return {"ifindex": "sec0", "name": "new", "local": addr("192.0.2.1"), "remote": addr("192.0.2.9"),
            "remote-ts": [ts("10.9.0.0/24")], **named(change)}


def out(**change):
    """A good transmit SA, likewise."""
    return {"ifindex": "sec0", "tunnel": "t", "dir": OUT, "spi": 0x1100, "alg": "aes128gcm16", "key": key(20),
            "allow-static": True, **named(change)}


def into(**change):
    """A good receive SA, likewise."""
    return {"ifindex": "sec0", "tunnel": "t", "dir": IN, "spi": 0x1200, "alg": "aes128gcm16", "key": key(20),
            **named(change)}


def which(**change):
    """The name of an SA."""
    return {"ifindex": "sec0", "dir": IN, "spi": 0x1002, **named(change)}


def half(**change):
    """What rekey takes of an SA."""
    return {"spi": 0x1300, "alg": "aes128gcm16", "key": key(20), **named(change)}


def renew(**change):
    """A good rekey."""
    return {"ifindex": "sec0", "tunnel": "t", "in": half(), "out": half(), **named(change)}


def alloc(**change):
    """A good spi-alloc."""
    return {"ifindex": "sec0", "tunnel": "t", **named(change)}


def named(change):
    """Attribute names from keywords."""
    return {name.replace("_", "-"): value for name, value in change.items()}


def remote_ts(**change):
    """A tunnel whose remote selector is as given."""
    return tunnel(remote_ts=[{name: value for name, value in {**ts("10.9.0.0/24"), **named(change)}.items()
                              if value is not ABSENT}])


def change_of(name, **change):
    """A request to change a tunnel."""
    return {"ifindex": "sec0", "name": name, **named(change)}


# what is wrong, request, attributes, errno, the attribute that is blamed ("-" before one that is missing), text
EINVAL, ERANGE, ENOENT, EEXIST, ENODEV = errno.EINVAL, errno.ERANGE, errno.ENOENT, errno.EEXIST, errno.ENODEV
ENOSPC, E2BIG, EADDRINUSE = errno.ENOSPC, errno.E2BIG, errno.EADDRINUSE
LONG = "n" * 32
DEVICES = [(f"{op}: {what}", op, {**attrs, "ifindex": index}, error, blamed, text)
           for op, attrs in (("device-get", {}), ("tunnel-new", tunnel()), ("tunnel-set", change_of("t")),
                             ("tunnel-del", change_of("t")), ("tunnel-get", change_of("t")), ("sa-new", into()),
                             ("sa-set", which(seq=9)), ("sa-del", which()), ("sa-get", which()),
                             ("spi-alloc", alloc()), ("rekey", renew()), ("flush", {}))
           for what, index, error, blamed, text in (
               ("no device is named", ABSENT, EINVAL, "-ifindex", "ifindex is missing"),
               ("the index of no device", NO_DEVICE, ENODEV, "ifindex", "no device of this index"),
               ("a device of another kind", "lo", EINVAL, "ifindex", "not a sectun device"),
               ("an index of two octets", Raw(b"\1\0"), EINVAL, "ifindex", "length"),
               ("an attribute that nobody knows", {"number": 77}, EINVAL, "77", "[Uu]nknown attribute"))]
TUNNELS = [
    ("tunnel-new: no name", "tunnel-new", tunnel(name=ABSENT), EINVAL, "-name", "needs a name"),
    ("tunnel-new: an empty name", "tunnel-new", tunnel(name=""), EINVAL, "name", "1 to 31"),
    ("tunnel-new: a name of 32 octets", "tunnel-new", tunnel(name=LONG), EINVAL, "name", ""),
    ("tunnel-new: a name without its NUL", "tunnel-new", tunnel(name=Raw(b"new")), EINVAL, "name", ""),
    ("tunnel-new: a name with a space", "tunnel-new", tunnel(name="a b"), EINVAL, "name", "letters, digits"),
    ("tunnel-new: a name with a slash", "tunnel-new", tunnel(name="a/b"), EINVAL, "name", "letters, digits"),
    ("tunnel-new: a name beyond ASCII", "tunnel-new", tunnel(name="tür"), EINVAL, "name", "letters, digits"),
    ("tunnel-new: a name with an escape", "tunnel-new", tunnel(name="a\x1b[2J"), EINVAL, "name", "letters, digits"),
    ("tunnel-new: a name that is taken", "tunnel-new", tunnel(name="t"), EEXIST, "name", "tunnel of this name"),
    ("tunnel-new: no local address", "tunnel-new", tunnel(local=ABSENT), EINVAL, "-local", "local is missing"),
    ("tunnel-new: no remote address", "tunnel-new", tunnel(remote=ABSENT), EINVAL, "-remote", "remote is missing"),
    ("tunnel-new: an address of 3 octets", "tunnel-new", tunnel(local=Raw(b"abc")), ERANGE, "local", ""),
    ("tunnel-new: an address of 5 octets", "tunnel-new", tunnel(local=Raw(b"abcde")), EINVAL, "local", "4 .*16"),
    ("tunnel-new: an address of 17 octets", "tunnel-new", tunnel(remote=Raw(bytes(17))), ERANGE, "remote", ""),
    ("tunnel-new: IPv4 and IPv6 mixed", "tunnel-new", tunnel(remote=addr("2001:db8::9")), EINVAL, "remote", "both"),
    ("tunnel-new: local unspecified", "tunnel-new", tunnel(local=bytes(4)), EINVAL, "local", "unicast"),
    ("tunnel-new: remote unspecified", "tunnel-new", tunnel(remote=bytes(4)), EINVAL, "remote", "unicast"),
    ("tunnel-new: remote multicast", "tunnel-new", tunnel(remote=MULTICAST), EINVAL, "remote", "unicast"),
    ("tunnel-new: remote broadcast", "tunnel-new", tunnel(remote=BROADCAST), EINVAL, "remote", "unicast"),
    ("tunnel-new: local ::", "tunnel-new", tunnel(local=bytes(16)), EINVAL, "local", "unicast"),
    ("tunnel-new: local IPv6 multicast", "tunnel-new", tunnel(local=MULTICAST6), EINVAL, "local", "unicast"),
    ("tunnel-new: local IPv4-mapped", "tunnel-new", tunnel(local=addr("::ffff:192.0.2.1")), EINVAL, "local", "unicast"),
    ("tunnel-new: link-local without link", "tunnel-new", tunnel(local=addr("fe80::1"), remote=addr("fe80::2")),
     EINVAL, "-link", "link-local"),
    ("tunnel-new: mode 2", "tunnel-new", tunnel(mode=2), ERANGE, "mode", "range"),
    ("tunnel-new: dscp in transport mode", "tunnel-new", tunnel(mode=1, dscp=10), EINVAL, "dscp", "keeps its DSCP"),
    ("tunnel-new: ecn off in transport mode", "tunnel-new", tunnel(mode=1, ecn=0), EINVAL, "ecn", "keeps its ECN"),
    ("tunnel-new: 10001 dummy packets a second", "tunnel-new", tunnel(dummy=10001), ERANGE, "dummy", "range"),
    ("tunnel-new: tfc in transport mode", "tunnel-new", tunnel(mode=1, tfc=500), EINVAL, "tfc", "tunnel mode"),
    ("tunnel-new: a network in transport mode", "tunnel-new", tunnel(mode=1, remote_ts=[ts("192.0.2.0/24")]), EINVAL,
     "remote-ts", "own end"),
    ("tunnel-new: another host in transport mode", "tunnel-new", tunnel(mode=1, local_ts=[ts("192.0.2.77/32")]), EINVAL,
     "local-ts", "own end"),
    ("tunnel-new: encap 2", "tunnel-new", tunnel(encap=2), ERANGE, "encap", "range"),
    ("tunnel-new: df 3", "tunnel-new", tunnel(df=3), ERANGE, "df", "range"),
    ("tunnel-new: dscp 66", "tunnel-new", tunnel(dscp=66), ERANGE, "dscp", "range"),
    ("tunnel-new: dscp by a map that is not given", "tunnel-new", tunnel(dscp=65), EINVAL, "-dscp-map", "missing"),
    ("tunnel-new: a map, and a fixed DSCP", "tunnel-new", tunnel(dscp=9, dscp_map=bytes(64)), EINVAL, "dscp-map",
     "or absent"),
    ("tunnel-new: a map of 63 octets", "tunnel-new", tunnel(dscp_map=Raw(bytes(63))), ERANGE, "dscp-map", ""),
    ("tunnel-new: a map to DSCP 64", "tunnel-new", tunnel(dscp_map=bytes(63) + b"\x40"), ERANGE, "dscp-map", "0 to 63"),
    ("tunnel-new: ecn 2", "tunnel-new", tunnel(ecn=2), ERANGE, "ecn", "range"),
    ("tunnel-new: a ttl of two octets", "tunnel-new", tunnel(ttl=Raw(b"\1\0")), EINVAL, "ttl", "length"),
    ("tunnel-new: flow-label 3", "tunnel-new", tunnel(flow_label=3), ERANGE, "flow-label", "range"),
    ("tunnel-new: sport 0", "tunnel-new", tunnel(encap=1, sport=0), EINVAL, "sport", "1 to 65535"),
    ("tunnel-new: dport 0", "tunnel-new", tunnel(encap=1, dport=0), EINVAL, "dport", "1 to 65535"),
    ("tunnel-new: link to no device", "tunnel-new", tunnel(link=NO_DEVICE), ENODEV, "link", "no such device"),
    ("tunnel-new: link to itself", "tunnel-new", tunnel(link="sec0"), EINVAL, "link", "own device"),
    ("tunnel-new: a read-only attribute", "tunnel-new", tunnel(held=1), EINVAL, "held", "does not take"),
    ("tunnel-new: a UDP port that a process holds", "tunnel-new", tunnel(encap=1, sport=5555), EADDRINUSE, "sport",
     "UDP_ENCAP"),
    ("tunnel-new: the selectors of another tunnel", "tunnel-new", tunnel(remote_ts=[ts("10.2.0.0/24")]), EEXIST,
     "remote-ts", "same traffic selectors"),
    ("tunnel-new: a selector without address", "tunnel-new", remote_ts(address=ABSENT), EINVAL,
     "-remote-ts.address", "needs an address"),
    ("tunnel-new: a selector without prefixlen", "tunnel-new", remote_ts(prefixlen=ABSENT), EINVAL,
     "-remote-ts.prefixlen", "needs a prefixlen"),
    ("tunnel-new: a selector of 5 octets", "tunnel-new", remote_ts(address=Raw(b"abcde")), EINVAL,
     "remote-ts.address", "4 .*16"),
    ("tunnel-new: prefixlen 33 of IPv4", "tunnel-new", remote_ts(prefixlen=33), EINVAL, "remote-ts.prefixlen", "32"),
    ("tunnel-new: prefixlen 129", "tunnel-new", remote_ts(prefixlen=129), ERANGE, "remote-ts.prefixlen", "range"),
    ("tunnel-new: host bits set", "tunnel-new", remote_ts(address=addr("10.9.0.1")), EINVAL, "remote-ts.address",
     "after the prefix"),
    ("tunnel-new: ports without protocol", "tunnel-new", remote_ts(port_first=80), EINVAL, "remote-ts.port-first",
     "protocol"),
    ("tunnel-new: ports of ESP", "tunnel-new", remote_ts(protocol=50, port_first=80), EINVAL, "remote-ts.port-first",
     "protocol"),
    ("tunnel-new: port-last alone", "tunnel-new", remote_ts(protocol=6, port_last=80), EINVAL,
     "-remote-ts.port-first", "port-first"),
    ("tunnel-new: ports backwards", "tunnel-new", remote_ts(protocol=6, port_first=81, port_last=80), EINVAL,
     "remote-ts.port-last", "at least"),
    ("tunnel-new: an unknown attribute in a selector", "tunnel-new", tunnel(remote_ts=[[*ts("10.9.0.0/24").items(),
     (9, Raw(b"x"))]]), EINVAL, "remote-ts.9", "[Uu]nknown"),
    ("tunnel-new: a nest without its flag", "tunnel-new", tunnel(remote_ts=Nest(ts("10.9.0.0/24").items())), EINVAL,
     "remote-ts", "NLA_F_NESTED"),
    ("tunnel-new: 65 selectors on a side", "tunnel-new",
     tunnel(remote_ts=[ts(f"10.9.{index}.0/24") for index in range(65)]), E2BIG, "remote-ts", "64"),
    ("tunnel-new: IPv4 on one side, IPv6 on the other", "tunnel-new", tunnel(local_ts=[ts("fd09::/64")]), EINVAL,
     "remote-ts", "in common"),
    ("tunnel-set: no name", "tunnel-set", {"ifindex": "sec0"}, EINVAL, "-name", "missing"),
    ("tunnel-set: a tunnel that is not there", "tunnel-set", change_of("none"), ENOENT, "name", "no tunnel"),
    ("tunnel-set: another family for one end", "tunnel-set", change_of("t", remote=addr("2001:db8::9")), EINVAL,
     "remote", "both"),
    ("tunnel-set: transport mode for a tunnel of networks", "tunnel-set", change_of("t", mode=1), EINVAL, "mode",
     "own end"),
    ("tunnel-set: the selectors of another tunnel", "tunnel-set", change_of("t", remote_ts=[ts("10.3.0.0/24")]),
     EEXIST, "remote-ts", "same traffic selectors"),
    ("tunnel-set: a UDP port that a process holds", "tunnel-set", change_of("t", encap=1, sport=5555), EADDRINUSE,
     "sport", "UDP_ENCAP"),
    ("tunnel-set: the local address of an SPI's owner", "tunnel-set", change_of("twin", local=addr("192.0.2.1")),
     EEXIST, "local", "SPI"),
    ("tunnel-set: one bad attribute among good ones", "tunnel-set", change_of("t", ttl=7, dscp=3, sport=0), EINVAL,
     "sport", "65535"),
    ("tunnel-set: good attributes and a bad map", "tunnel-set", change_of("t", ttl=7, dscp_map=b"\x40" + bytes(63)),
     ERANGE, "dscp-map", "0 to 63"),
    ("tunnel-del: no name", "tunnel-del", {"ifindex": "sec0"}, EINVAL, "-name", "missing"),
    ("tunnel-del: a tunnel that is not there", "tunnel-del", change_of("none"), ENOENT, "name", "no tunnel"),
    ("tunnel-del: an attribute that it does not take", "tunnel-del", change_of("t", ttl=1), EINVAL, "ttl",
     "does not take"),
    ("tunnel-get: a tunnel that is not there", "tunnel-get", change_of("none"), ENOENT, "name", "no tunnel"),
]
SAS = [
    ("sa-new: no tunnel", "sa-new", into(tunnel=ABSENT), EINVAL, "-tunnel", "missing"),
    ("sa-new: a tunnel that is not there", "sa-new", into(tunnel="none"), ENOENT, "tunnel", "no tunnel"),
    ("sa-new: no direction", "sa-new", into(dir=ABSENT), EINVAL, "-dir", "dir is missing"),
    ("sa-new: direction 2", "sa-new", into(dir=2), ERANGE, "dir", "range"),
    ("sa-new: protocol 17", "sa-new", into(proto=17), ERANGE, "proto", "range"),
    ("sa-new: an algorithm of ESP for AH", "sa-new", into(proto=51), EINVAL, "alg", "ESP only: give proto 50"),
    ("sa-new: no SPI", "sa-new", into(spi=ABSENT), EINVAL, "-spi", "spi is missing"),
    ("sa-new: SPI 0", "sa-new", into(spi=0), EINVAL, "spi", "256"),
    ("sa-new: SPI 255", "sa-new", into(spi=255), EINVAL, "spi", "256"),
    ("sa-new: the SPI of a receive SA of the tunnel", "sa-new", into(spi=0x1002), EEXIST, "spi", "this SPI"),
    ("sa-new: the SPI of the transmit SA", "sa-new", out(spi=0x1001), EEXIST, "spi", "this SPI"),
    ("sa-new: the SPI of another tunnel", "sa-new", into(spi=0x1401), EEXIST, "spi", "another tunnel"),
    ("sa-new: the SPI of another device", "sa-new", into(spi=0x2001), EEXIST, "spi", "another tunnel"),
    ("sa-new: an SPI of in-tree IPsec", "sa-new", into(spi=0x3001), EEXIST, "spi", "in-tree"),
    ("sa-new: no algorithm", "sa-new", into(alg=ABSENT), EINVAL, "-alg", "alg is missing"),
    ("sa-new: an unknown algorithm", "sa-new", into(alg="rot13"), ENOENT, "alg", "unknown algorithm"),
    ("sa-new: an empty algorithm", "sa-new", into(alg=""), ENOENT, "alg", "unknown algorithm"),
    ("sa-new: an algorithm of 32 octets", "sa-new", into(alg="a" * 32), EINVAL, "alg", ""),
    ("sa-new: no key", "sa-new", into(key=ABSENT), EINVAL, "-key", "20 octets"),
    ("sa-new: an empty key", "sa-new", into(key=b""), EINVAL, "key", r"20 octets .*not 0$"),
    ("sa-new: a key of 19 octets", "sa-new", into(key=key(19)), EINVAL, "key", r"aes128gcm16 takes 20 octets \(key 16, salt 4\), not 19$"),
    ("sa-new: a key for AES-256", "sa-new", into(key=key(36)), EINVAL, "key", r"20 octets .*not 36$"),
    ("sa-new: a key of 257 octets", "sa-new", into(key=key(257)), ERANGE, "key", ""),
    ("sa-new: a key without its last part", "sa-new", into(alg="aes256ctr-sha512", key=key(36)), EINVAL, "key",
     r"aes256ctr-sha512 takes 100 octets \(key 32, salt 4, integrity key 64\), not 36$"),
    ("sa-new: AH's key for ESP with NULL", "sa-new", into(alg="null-sha384"), EINVAL, "key",
     r"48 octets \(integrity key 48\), not 20$"),
    ("sa-new: SHA-1 unasked", "sa-new", into(alg="aes128-sha1", key=key(36)), EINVAL, "-legacy", "RFC 8221.*legacy"),
    ("sa-new: SHA-1 to transmit unasked", "sa-new", out(alg="aes128-sha1", key=key(36)), EINVAL, "-legacy", "legacy"),
    ("sa-new: 3DES unasked", "sa-new", into(alg="3des-sha256", key=key(56)), EINVAL, "-legacy", "RFC 8221.*legacy"),
    ("sa-new: AES-CTR with a fixed key", "sa-new", out(alg="aes128ctr-sha256", key=key(52), allow_static=ABSENT), EINVAL,
     "-allow-static", "allow-static"),
    ("sa-new: GMAC with a fixed key", "sa-new", out(alg="aes128gmac", allow_static=ABSENT), EINVAL, "-allow-static",
     "allow-static"),
    ("sa-new: an implicit IV with a fixed key", "sa-new", out(alg="aes128gcm16-iiv", allow_static=ABSENT), EINVAL,
     "-allow-static", "allow-static"),
    *((f"sa-new: {name}, which is forbidden", "sa-new", into(alg=name, legacy=True), EINVAL, "alg", text)
      for name, text in (("des-sha256", "RFC 8221 section 5.*DES"), ("des", "section 5.*DES"), ("des-md5", "DES"),
                         ("aes128-md5", "RFC 8221 section 6.*MD5"), ("null-md5", "section 6.*MD5"), ("md5", "MD5"),
                         ("null-none", "section 6.*integrity"), ("null", "section 4.*integrity"),
                         ("aes128", "section 4.*integrity"), ("aes256ctr", "section 4.*integrity"),
                         ("3des", "section 4.*integrity"))),
    ("sa-new: an algorithm of AH", "sa-new", into(alg="sha256"), EINVAL, "alg", "AH only: give proto 51"),
    ("sa-new: nearly a cipher", "sa-new", into(alg="aes12"), ENOENT, "alg", "unknown algorithm"),
    ("sa-new: nearly an implicit IV", "sa-new", into(alg="aes128gcm12-iiv"), ENOENT, "alg", "unknown algorithm"),
    ("sa-new: esn 2", "sa-new", into(esn=2), ERANGE, "esn", "range"),
    ("sa-new: a window of 65537", "sa-new", into(replay=65537), ERANGE, "replay", "range"),
    ("sa-new: a window to transmit", "sa-new", out(replay=64), EINVAL, "replay", "dir in"),
    ("sa-new: seq of 33 bits without ESN", "sa-new", into(seq=1 << 32), ERANGE, "seq", "4294967295"),
    ("sa-new: seq of 33 bits without ESN to transmit", "sa-new", out(seq=1 << 32), ERANGE, "seq", "4294967295"),
    ("sa-new: a fixed key without allow-static", "sa-new", out(allow_static=ABSENT), EINVAL, "-allow-static",
     "allow-static"),
    ("sa-new: a flag with a payload", "sa-new", out(allow_static=Raw(b"x")), ERANGE, "allow-static", ""),
    *((f"sa-new: a soft limit of {what} that is not below the hard one", "sa-new",
       out(**{f"soft_{what}": soft, f"hard_{what}": 1000}), EINVAL, f"soft-{what}", "below the hard")
      for what in ("bytes", "packets", "time") for soft in (1000, 1001)),
    *((f"sa-new: a limit of 0: {limit}", "sa-new", into(**{limit: 0}), ERANGE, limit.replace("_", "-"), "range")
      for limit in ("soft_bytes", "hard_bytes", "soft_packets", "hard_packets", "soft_time", "hard_time")),
    ("sa-new: a time of 33 bits", "sa-new", into(hard_time=1 << 32), ERANGE, "hard-time", "range"),
    ("sa-new: how much is used", "sa-new", into(used_bytes=1), EINVAL, "used-bytes", "does not take"),
    ("sa-new: to transmit and follow", "sa-new", out(follow=1), EINVAL, "follow", "dir in"),
    ("sa-new: follow 2", "sa-new", into(follow=2), ERANGE, "follow", "range"),
    ("sa-new: a fifth receive SA", "sa-new", into(tunnel="full"), ENOSPC, "spi", "four receive SAs"),
    ("sa-new: a read-only attribute", "sa-new", into(state=1), EINVAL, "state", "does not take"),
    ("sa-set: no seq", "sa-set", which(), EINVAL, "-seq", "seq is missing"),
    ("sa-set: seq going back to transmit", "sa-set", which(dir=OUT, spi=0x1001, seq=6), ERANGE, "seq", "back"),
    ("sa-set: seq going back to receive", "sa-set", which(seq=4), ERANGE, "seq", "back"),
    ("sa-set: seq of 33 bits without ESN", "sa-set", which(seq=1 << 32), ERANGE, "seq", "4294967295"),
    ("sa-set: an SA that is not there", "sa-set", which(spi=0x9999, seq=9), ENOENT, "spi", "no SA"),
    ("sa-set: a reserved SPI", "sa-set", which(spi="larval", seq=9), EINVAL, "seq", "reserved"),
    ("sa-set: a key", "sa-set", which(seq=9, key=key(20)), EINVAL, "key", "does not take"),
    ("sa-del: an SA of the other direction", "sa-del", which(dir=OUT), ENOENT, "spi", "no SA"),
    ("sa-del: an SA of another tunnel", "sa-del", which(tunnel="six"), ENOENT, "spi", "no SA"),
    ("sa-del: a tunnel that is not there", "sa-del", which(tunnel="none"), ENOENT, "tunnel", "no tunnel"),
    ("sa-del: no SPI", "sa-del", which(spi=ABSENT), EINVAL, "-spi", "spi is missing"),
    ("sa-del: an SPI that two tunnels have", "sa-del", which(dir=OUT, spi=0x1005), errno.ENOTUNIQ, "spi",
     "name the tunnel"),
    ("sa-get: an SA that is not there", "sa-get", which(spi=0x9999), ENOENT, "spi", "no SA"),
    ("sa-get: no direction", "sa-get", which(dir=ABSENT), EINVAL, "-dir", "dir is missing"),
    ("spi-alloc: no tunnel", "spi-alloc", alloc(tunnel=ABSENT), EINVAL, "-tunnel", "missing"),
    ("spi-alloc: spi-min 255", "spi-alloc", alloc(spi_min=255), EINVAL, "spi-min", "256"),
    ("spi-alloc: an empty range", "spi-alloc", alloc(spi_min=0x2000, spi_max=0x1fff), EINVAL, "spi-max", "spi-min"),
    ("spi-alloc: spi-max 255", "spi-alloc", alloc(spi_max=255), EINVAL, "spi-max", "256"),
    ("spi-alloc: a range that is taken", "spi-alloc", alloc(spi_min=0x1002, spi_max=0x1002), ENOSPC, "", "no free SPI"),
    ("spi-alloc: an SPI of in-tree IPsec", "spi-alloc", alloc(spi_min=0x3001, spi_max=0x3001), ENOSPC, "", "no free"),
    ("spi-alloc: a tunnel with four receive SAs", "spi-alloc", alloc(tunnel="full"), ENOSPC, "", "four receive SAs"),
    ("spi-alloc: no time", "spi-alloc", alloc(larval_timeout=0), ERANGE, "larval-timeout", "86400"),
    ("spi-alloc: more than a day", "spi-alloc", alloc(larval_timeout=86401), ERANGE, "larval-timeout", "86400"),
    ("rekey: neither in nor out", "rekey", {"ifindex": "sec0", "tunnel": "t"}, EINVAL, "-in", "in, out or both"),
    ("rekey: a tunnel that is not there", "rekey", renew(tunnel="none"), ENOENT, "tunnel", "no tunnel"),
    ("rekey: in without SPI", "rekey", renew(**{"in": {"alg": "aes128gcm16", "key": key(20)}}), EINVAL, "-in.spi",
     "spi is missing"),
    ("rekey: out with a bad key", "rekey", renew(out=half(key=key(21))), EINVAL, "out.key", "not 21"),
    ("rekey: in with an SPI that is taken, out good", "rekey", renew(**{"in": half(spi=0x2001)}), EEXIST, "in.spi",
     "another tunnel"),
    ("rekey: in good, out with the SPI of the transmit SA", "rekey", renew(out=half(spi=0x1001)), EEXIST, "out.spi",
     "this SPI"),
    ("rekey: in for a tunnel with four receive SAs", "rekey", renew(tunnel="full"), ENOSPC, "in.spi",
     "four receive SAs"),
    ("rekey: out with SHA-1 unasked", "rekey", renew(out=half(alg="null-sha1")), EINVAL, "-out.legacy", "RFC 8221"),
    ("rekey: in with DES", "rekey", renew(**{"in": half(alg="des-sha1", legacy=True)}), EINVAL, "in.alg", "DES"),
    ("rekey: a window to transmit", "rekey", renew(out=half(replay=64)), EINVAL, "out.replay", "dir in"),
    ("rekey: a soft limit above the hard one in a half", "rekey",
     renew(**{"in": half(soft_time=9, hard_time=8)}), EINVAL, "in.soft-time", "below the hard"),
    ("rekey: a read-only attribute in a half", "rekey", renew(out={**half(), 13: Raw(b"\1")}), EINVAL, "out.13",
     "does not take"),
    ("flush: a tunnel that is not there", "flush", {"ifindex": "sec0", "tunnel": "none"}, ENOENT, "tunnel",
     "no tunnel"),
    ("flush: an SPI", "flush", {"ifindex": "sec0", "spi": 0x1001}, EINVAL, "spi", "does not take"),
]
# Kernels before 6.13 tell of a dump's refusal the text only.
DUMPS = [
    ("a dump of tunnels by name", "tunnel-get", {"name": "t"}, EINVAL, ANY, "ifindex only"),
    ("a dump of SAs by SPI", "sa-get", {"spi": 0x1002}, EINVAL, ANY, "ifindex only"),
    ("a dump of a device of another kind", "tunnel-get", {"ifindex": "lo"}, EINVAL, ANY, "not a sectun"),
    ("a dump of no device", "sa-get", {"ifindex": NO_DEVICE}, ENODEV, ANY, "no device"),
    ("a dump of algorithms with an attribute", "alg-get", {"name": "aes128gcm16"}, EINVAL, "name", "does not take"),
    ("a dump of algorithms with a flag that has a payload", "alg-get", {"no-driver": Raw(b"x")}, ERANGE, "no-driver",
     ""),
]


class Fixture:
    """What the table talks about."""

    def __init__(self):
        self.bench = bench = Bench()
        self.genl = bench.genl
        sh("ip -n gw link add sec1 type sectun; ip -n gw xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp "
           f"spi 0x3001 mode tunnel aead 'rfc4106(gcm(aes))' 0x{key(20).hex()} 128")
        self.index = {"sec0": bench.ifindex, "sec1": ifindex("sec1", "gw"), "lo": 1}
        with in_netns("gw"):
            self.holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.holder.bind(("", 5555))
        for number, name in enumerate(("t", "full", "larval"), 2):
            bench.tunnel(name, remote=addr(f"192.0.2.{number}"), remote_ts=[ts(f"10.{number}.0.0/24")])
        bench.tunnel("six", local=addr("2001:db8::1"), remote=addr("2001:db8::2"), remote_ts=[ts("fd02::/64")])
        bench.tunnel("twin", local=addr("192.0.2.7"), remote_ts=[ts("10.7.0.0/24")])
        bench.sa(OUT, 0x1001, seq=7)
        bench.sa(IN, 0x1002, seq=5)
        bench.sa(IN, 0x1003, "t")
        bench.sa(IN, 0x1003, "twin")
        for name in ("full", "larval"):
            bench.sa(OUT, 0x1005, name)
        for number in range(4):
            bench.sa(IN, 0x1401 + number, "full")
        self.index["larval"] = bench.genl.do("spi-alloc", {
            "ifindex": bench.ifindex, "tunnel": "larval", "larval-timeout": 86400})[0]["spi"]
        bench.ifindex = self.index["sec1"]
        bench.tunnel("t")
        bench.sa(IN, 0x2001)
        bench.sa(OUT, 0x1001)
        self.before = bench.state()

    def resolve(self, attrs):
        """Names of devices become their numbers; what is absent goes; an odd ifindex gets company."""
        resolved = []
        for name, value in attrs.items():
            if value is ABSENT:
                continue
            if isinstance(value, dict) and "number" in value:
                resolved += [("ifindex", self.index["sec0"]), (value["number"], Raw(b"ab"))]
            elif name in ("ifindex", "link", "spi") and isinstance(value, str):
                resolved.append((name, self.index[value]))
            else:
                resolved.append((name, value))
        return resolved

    def refused(self, call, attrs, error, blamed, text):
        """One row of the table."""
        try:
            call(self.resolve(attrs))
        except Refused as refusal:
            same(errno.errorcode[refusal.errno], errno.errorcode[error], f"errno ({refusal})")
            if not refusal.text or not re.search(text, refusal.text):
                raise AssertionError(f"the text '{refusal.text}' lacks /{text}/") from None
            got = f"-{refusal.missing}" if refusal.missing else refusal.blamed or ""
            if blamed is not ANY:
                same(got, blamed, f"attribute to blame ('{refusal.text}')")
        else:
            raise AssertionError("it was not refused")
        finally:
            if self.bench.state() != self.before:
                changed, self.before = self.before, self.bench.state()
                raise AssertionError(f"it changed something:\n{changed}\n{self.before}")


def main():
    """Runs the whole table, or the parts that are named."""
    tap, fixture = Tap(), Fixture()
    for what, op, attrs, *wanted in DEVICES + TUNNELS + SAS:
        tap.run(f"refused and nothing changed: {what}", fixture.refused,
                lambda given, op=op: fixture.genl.do(op, given), attrs, *wanted)
    for what, op, attrs, *wanted in DUMPS:
        tap.run(f"refused and nothing changed: {what}", fixture.refused,
                lambda given, op=op: fixture.genl.dump(op, given), attrs, *wanted)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
