"""Questions that only the terminal can answer: how wide it draws a text, what its keyboard does."""

import os
import re
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE = 1.0  # seconds; over a slow line an answer takes its time
_POSITION = re.compile(rb"\x1b\[(\d+);(\d+)R")
_ATTRIBUTES = re.compile(
    rb"\x1b\[\?[\d;]*c"
)  # every terminal tells these, so they end a question that not all understand
_KITTY = re.compile(rb"\x1b\[\?(\d+)u")


class Probe:
    """A terminal that is asked in its own sequences."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def width_of(self, drawn: str) -> int | None:
        """Draw a text, ask where the cursor stands, and wipe the text; None if the terminal does not say."""
        answer = self._ask(f"\r{drawn}\x1b[6n", _POSITION)
        self._write("\r\x1b[K")
        return int(answer[2]) - 1 if answer else None

    def kitty_flags(self) -> int | None:
        """Return what of Kitty's keyboard protocol is switched on; None if the terminal does not know it."""
        answer = self._ask("\x1b[?u\x1b[c", _ATTRIBUTES)
        found = _KITTY.search(answer.string) if answer else None
        return int(found[1]) if found else None

    def _ask(self, question: str, answer: re.Pattern[bytes]) -> re.Match[bytes] | None:
        self._write(question)
        heard, deadline = b"", time.monotonic() + _PATIENCE
        while not (found := answer.search(heard)):
            ready, _, _ = select.select([self._descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return None
            heard += os.read(self._descriptor, 1024)
        return found

    def _write(self, sequence: str) -> None:
        os.write(self._descriptor, sequence.encode())


@contextmanager
def probing() -> Iterator[Probe | None]:
    """Yield the terminal of this process, whose keyboard echoes nothing meanwhile; None if there is none to ask."""
    if sys.platform == "win32" or os.environ.get("TERM", "dumb") == "dumb":
        yield None
        return
    import termios
    import tty

    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:  # a pipe, a job of cron
        yield None
        return
    kept = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield Probe(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, kept)
        os.close(descriptor)
