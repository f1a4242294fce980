"""Ctrl+C and a polite kill end a training after the step that runs, with a checkpoint."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from engine.errors import CounselError
from engine.language import text


class InterruptedTraining(CounselError):  # noqa: N818 -- no error
    """The person stopped the training; what it had done is in a checkpoint."""


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


@contextmanager
def explaining_interrupts() -> Iterator[None]:
    """Say how to finish, where Ctrl+C or a polite kill ends at once what comes after the last checkpoint.

    Raises:
        InterruptedTraining: it was.
    """
    try:
        with catching_interrupts(_interrupt):
            yield
    except KeyboardInterrupt as interrupt:
        raise InterruptedTraining(
            text(
                "학습은 끝나 체크포인트에 있고, 모델은 아직 다 쓰지 못했습니다. 같은 명령에 --resume을 붙이면 마저 씁니다.",
                "Training is done and in its checkpoint, the model is not written yet. The same command with --resume "
                "finishes it.",
            )
        ) from interrupt


def _interrupt() -> None:
    raise KeyboardInterrupt


def _release(before: dict[signal.Signals, Any]) -> None:
    for number, handler in before.items():
        signal.signal(number, handler)
