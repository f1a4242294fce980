"""Keep native libraries, which write to file descriptor 2 as they like, off the terminal."""

import atexit
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@contextmanager
def hidden_stderr() -> Iterator[None]:
    """Send what is written to file descriptor 2 nowhere for a moment; Python's exceptions are not touched."""
    if sys.stderr is not None:
        sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@cache
def hide_farewell() -> None:
    """Close descriptor 2 to LiteRT when Python ends: its global objects log their own end, after all else."""
    atexit.register(lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), 2))
