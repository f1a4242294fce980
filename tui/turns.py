"""Turns between the thread that samples and the screen."""

from asyncio import AbstractEventLoop
from collections.abc import Iterable, Iterator
from threading import Event as Flag
from typing import TypeVar

from engine import Token

T = TypeVar("T")

_STEPS = 8  # of the screen's loop, after which a key has mostly reached the screen
_PATIENCE = 0.1  # seconds for a step; a screen that takes longer has ended, or draws something large


def in_turns(events: Iterable[T], loop: AbstractEventLoop) -> Iterator[T]:
    """Pass on what a worker's thread computes, and let the screen take some steps after each token.

    LiteRT keeps Python's lock while it computes. Without this, each step of the screen would wait for a token, and
    a key takes several steps.

    Args:
        events: that are computed when the next one is asked for.
        loop: the screen's.

    Yields:
        the events.
    """
    for event in events:
        yield event
        if not isinstance(event, Token):
            continue  # what follows a reply frees the engine, which the next question waits for
        for _ in range(_STEPS):
            taken = Flag()
            loop.call_soon_threadsafe(taken.set)
            if not taken.wait(_PATIENCE):
                break
