"""Keep native libraries, which write to file descriptor 2 as they like, off the terminal."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

_lock = Lock()
_hidden = 0  # how many ask for it at the moment
_kept = -1  # what descriptor 2 was before


@contextmanager
def hidden_stderr() -> Iterator[None]:
    """Send what is written to file descriptor 2 nowhere for a moment; Python's exceptions are not touched.

    Several threads may ask for it at once: the first hides the descriptor, the last brings it back.
    """
    global _hidden, _kept
    with _lock:
        if not _hidden:
            _kept = _hide()
        _hidden += 1
    try:
        yield
    finally:
        with _lock:
            _hidden -= 1
            if not _hidden and _kept >= 0:
                os.dup2(_kept, 2)
                os.close(_kept)


def _hide() -> int:
    """Point descriptor 2 nowhere, and return a copy of what it was; -1 if it is closed, so that nothing shows."""
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:
        return -1
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return kept


class _Farewell:
    """Hides descriptor 2 when Python tears its modules down: after every `atexit` function, before exit handlers in C."""

    def __init__(self) -> None:
        self._nowhere = os.open(os.devnull, os.O_WRONLY)

    def __del__(self, dup2: Callable[[int, int], int] = os.dup2) -> None:
        dup2(self._nowhere, 2)


@cache
def hide_farewell() -> _Farewell:
    """Keep off the terminal what LiteRT's global objects log of their own end, when all else has ended."""
    return _Farewell()  # the cache of this function holds it until then
