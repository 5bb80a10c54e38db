# SPDX-License-Identifier: GPL-2.0-only
"""Allocations that fail, as the debug kernel offers it (Documentation/fault-injection in the kernel's source)."""
import contextlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../netlink"))

DEBUGFS = "/sys/kernel/debug/"
KINDS = ("failslab", "fail_page_alloc")


def knob(kind, name, value):
    """Sets one parameter of one kind of fault."""
    with open(f"{DEBUGFS}{kind}/{name}", "w", encoding="ascii") as file:
        file.write(str(value))


def available():
    """Whether this kernel can do it."""
    return os.path.isdir(DEBUGFS + KINDS[0]) and os.path.exists("/proc/self/fail-nth")


def everywhere():
    """Allocations that may wait fail, too, and the log is kept short."""
    for kind in KINDS:
        knob(kind, "ignore-gfp-wait", "N")
        knob(kind, "verbose", 0)
    knob("fail_page_alloc", "ignore-gfp-highmem", "N")
    knob("fail_page_alloc", "min-order", 0)


class Nth:
    """The Nth allocation of this task fails, once. For one system call at a time."""

    def __init__(self):
        self.file = os.open("/proc/thread-self/fail-nth", os.O_RDWR)

    def armed(self, number):
        """A context; afterwards .fired says whether there were that many allocations."""
        return contextlib.contextmanager(self.arm)(number)

    def arm(self, number):
        """Arms and disarms."""
        os.pwrite(self.file, b"%d" % number, 0)
        try:
            yield
        finally:
            self.fired = os.pread(self.file, 16, 0).split(b"\0")[0].strip() == b"0"
            os.pwrite(self.file, b"0", 0)


@contextlib.contextmanager
def probability(kind, percent):
    """Every allocation of every task and of interrupts fails with a probability."""
    knob(kind, "task-filter", "N")
    knob(kind, "times", -1)
    knob(kind, "interval", 1)
    # opened before: to open it in the storm may fail
    file = os.open(f"{DEBUGFS}{kind}/probability", os.O_WRONLY)
    os.write(file, b"%d" % percent)
    try:
        yield
    finally:
        while not written(file, b"0"):
            pass
        os.close(file)


def written(file, text):
    """Writes, which may fail in the storm."""
    try:
        return os.write(file, text)
    except OSError:
        return 0
