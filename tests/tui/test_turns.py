"""The screen goes on while a worker's thread computes without a break."""

import asyncio
import itertools
from collections.abc import Iterator

import numpy as np

from engine import Sampling, Token
from tui.turns import in_turns

TOKEN = Token(1, "네", 1.0, Sampling(), np.zeros(2, np.float32), (), 0, str)


async def test_the_screen_takes_steps_between_two_tokens() -> None:
    steps = 0
    at: list[int] = []  # at which step of the screen each token was computed
    ended = asyncio.Event()

    async def screen() -> None:
        nonlocal steps
        while not ended.is_set():
            steps += 1
            await asyncio.sleep(0)

    def tokens() -> Iterator[Token]:
        for _ in range(20):
            at.append(steps)
            yield TOKEN

    drawing = asyncio.create_task(screen())
    loop = asyncio.get_running_loop()
    seen = await asyncio.to_thread(lambda: list(in_turns(tokens(), loop)))
    ended.set()
    await drawing
    assert len(seen) == 20
    assert min(later - before for before, later in itertools.pairwise(at)) >= 4


def test_a_screen_that_has_ended_does_not_keep_the_worker_from_ending() -> None:
    loop = asyncio.new_event_loop()
    assert list(in_turns([TOKEN, TOKEN], loop)) == [TOKEN, TOKEN]
    loop.close()
