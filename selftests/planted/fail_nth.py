#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""fail_nth.py FILE TEXT: writes TEXT to FILE while the first slab allocation of that call fails, and prints the
name of the error, or "success"."""
import errno
import os
import sys

FAILSLAB = "/sys/kernel/debug/failslab/"

with open(FAILSLAB + "ignore-gfp-wait", "w", encoding="ascii") as knob:
    knob.write("N")  # else only allocations that may not wait fail

target = os.open(sys.argv[1], os.O_WRONLY)
fail_nth = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
text = sys.argv[2].encode()

NTH = 1
while True:
    os.write(fail_nth, b"%d" % NTH)
    try:
        os.write(target, text)
        result = "success"
    except OSError as error:
        result = errno.errorcode[error.errno]
    left = os.pread(fail_nth, 16, 0).split(b"\0")[0].strip()
    os.pwrite(fail_nth, b"0", 0)
    # 0: a fault was injected; anything else: the call has fewer allocations than that
    if result != "success" or left != b"0":
        break
    NTH += 1
print(result)
