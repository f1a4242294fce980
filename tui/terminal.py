"""The terminal belongs to Textual alone while the app runs."""

import os
import re
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from engine.native import hidden_stderr

_KEY = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.)")  # what a terminal sends for an arrow or function key


@contextmanager
def drawing_undisturbed() -> Iterator[None]:
    """Give Textual, which draws on standard error, a descriptor of its own, and native libraries none.

    They write to file descriptor 2 as they like, which would dirty the screen.
    """
    kept = sys.stderr, sys.__stderr__
    with os.fdopen(os.dup(2), "w", encoding="utf-8") as own, hidden_stderr():
        sys.stderr = sys.__stderr__ = own  # type: ignore[misc]  # Textual's driver takes sys.__stderr__
        try:
            yield
        finally:
            sys.stderr, sys.__stderr__ = kept  # type: ignore[misc]


@contextmanager
def typing_ahead() -> Iterator[str]:
    """Take the keyboard over at once, before anything slow, so that nothing typed meanwhile is lost.

    Textual reads the keyboard half a second after the process started. Until then the terminal would echo what
    is typed and turn Enter into a line feed, which is another key.

    Yields:
        What was typed before, with a line feed for every Enter.
    """
    if sys.platform == "win32" or not sys.stdin.isatty():
        yield ""
        return
    import termios

    keyboard = sys.stdin.fileno()
    kept = termios.tcgetattr(keyboard)
    raw = termios.tcgetattr(keyboard)
    raw[0] &= ~termios.ICRNL
    raw[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(keyboard, termios.TCSANOW, raw)
    try:
        pending, _, _ = select.select([keyboard], [], [], 0)
        typed = os.read(keyboard, 65536).decode(errors="replace") if pending else ""
        yield _KEY.sub("", typed)
    finally:
        if os.isatty(keyboard):  # not if the terminal was closed
            termios.tcsetattr(keyboard, termios.TCSANOW, kept)
