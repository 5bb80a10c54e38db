# SPDX-License-Identifier: GPL-2.0-only
"""TAP for tests in Python. A test is a function; an exception of it is its failure."""
import sys
import traceback


LONGEST = 600  # characters of a value in a diagnosis


class Skip(Exception):
    """Raised by a test that does not apply here; its text says why."""


class Tap:
    """Numbers the points. Without done() there is no plan, and the case counts as broken off."""

    def __init__(self):
        self.count = self.failures = 0

    def point(self, good, description, comment=""):
        """One result; COMMENT is printed below it."""
        self.count += 1
        self.failures += not good
        lines = "".join(f"\n# {line}" for line in str(comment).splitlines())
        print(f"{'ok' if good else 'not ok'} {self.count} - {description}{lines}", flush=True)
        return good

    def run(self, description, function, *args):
        """Runs one test; what it returns, if anything, is a comment."""
        try:
            comment = function(*args)
        except Skip as reason:
            return self.point(True, f"{description} # SKIP {reason}")
        except Exception as error:  # pylint: disable=broad-except
            where = traceback.extract_tb(sys.exc_info()[2])
            frames = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(where[1:]))
            return self.point(False, description, f"{type(error).__name__}: {error}\nat {frames}")
        return self.point(True, description, comment or "")

    def done(self):
        """The plan, and the script's exit status."""
        print(f"1..{self.count}", flush=True)
        sys.exit(bool(self.failures))


def same(got, want, what="value"):
    """Fails a test where two values differ."""
    if got == want:
        return
    if isinstance(got, list) and isinstance(want, list) and len(want) > 1:
        what += f" ({len(got)} of them, wanted {len(want)})"
        for number, (left, right) in enumerate(zip(got, want)):
            if left != right:
                got, want, what = left, right, f"{what}, number {number}"
                break
    raise AssertionError(f"{what}\ngot:  {str(got)[:LONGEST]}\nwant: {str(want)[:LONGEST]}")
