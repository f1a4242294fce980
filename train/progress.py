"""What a person sees while a model trains."""

from typing import Self

from rich import progress
from rich.console import Console

from engine.language import text
from train.loop import Epoch, Step
from train.preparation import Plan


class Progress:
    """A progress bar over all epochs, and one line for each that is done.

    Args:
        epochs: how many there will be.
    """

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._console = Console(stderr=True)
        self._bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[loss]}"),
            progress.TimeRemainingColumn(),
            console=self._console,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def watch(self, event: Plan | Step | Epoch) -> None:
        """Show one event of the training."""
        match event:
            case Plan():
                self._console.print(
                    text(
                        f"{event.rows:,}행 학습(유효 {event.effective_rows:,.0f}행), {event.validation_rows:,}행 검증, "
                        f"{event.test_rows:,}행 시험, 라벨 {event.labels}개, 매개변수 {event.parameters:,}개",
                        f"{event.rows:,} rows to train on (effectively {event.effective_rows:,.0f}), "
                        f"{event.validation_rows:,} held out, {event.test_rows:,} to test, "
                        f"{event.labels} labels, {event.parameters:,} parameters",
                    ),
                    highlight=False,
                )
                steps = event.steps_per_epoch * self._epochs
                for task in self._bar.task_ids:  # of a model before this one
                    self._bar.remove_task(task)
                # The first step is slow: TensorFlow traces the graph.
                self._task = self._bar.add_task(text("준비", "preparing"), total=steps, loss="")
                self._bar.start()
            case Step():
                self._bar.update(
                    self._task,
                    advance=1,
                    description=text(
                        f"에폭 {event.epoch}/{self._epochs}", f"epoch {event.epoch}/{self._epochs}"
                    ),
                    loss=text(f"손실 {event.loss:.3f}", f"loss {event.loss:.3f}"),
                )
            case Epoch():
                held_out = "" if event.validation_loss is None else f"{event.validation_loss:.3f}"
                self._console.print(
                    text(
                        f"에폭 {event.number}: 손실 {event.loss:.3f}"
                        + (held_out and f", 검증 손실 {held_out}"),
                        f"epoch {event.number}: loss {event.loss:.3f}"
                        + (held_out and f", held out {held_out}"),
                    ),
                    highlight=False,
                )
