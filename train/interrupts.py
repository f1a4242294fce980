"""Ctrl+C and a polite kill end a training after the step that runs, with a checkpoint."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from engine.errors import CounselError
from engine.language import text


class InterruptedTraining(CounselError):  # noqa: N818 -- no error
    """The person stopped the training; a checkpoint was saved."""


def how_to_go_on(done: int) -> str:
    """Return what to tell after the checkpoint of step `done`."""
    return text(
        f"{done}단계까지 저장했습니다. 같은 명령에 --resume을 붙이면 이어 합니다.",
        f"Saved after step {done}. The same command with --resume goes on.",
    )


@contextmanager
def catching_interrupts(stop: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl+C and a polite kill end the training after the step that runs; the second one ends it at once."""
    caught = (signal.SIGINT, signal.SIGTERM)
    try:
        before = {number: signal.getsignal(number) for number in caught}

        def handle(_number: int, _frame: object) -> None:
            _release(before)
            stop()

        for number in caught:
            signal.signal(number, handle)
    except ValueError:  # not in the main thread, where nobody presses Ctrl+C
        yield
        return
    try:
        yield
    finally:
        _release(before)


def _release(before: dict[signal.Signals, Any]) -> None:
    for number, handler in before.items():
        signal.signal(number, handler)
