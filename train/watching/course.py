"""What is known of a training while it runs: drawn from its events, shown by `train.watching.live` and `train.watching.plain`."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from train.events import Compiling, Epoch, Event, Plan, Saved, Step
from train.watching.curves import Curve, Point

KEPT = 0.98  # of the weight of earlier steps in a moving average, at each step: the last 50 or so count


@dataclass
class Pace:
    """Moving sums over steps, from which rates are taken; a step that compiled first is none of them."""

    seconds: float = 0.0
    positions: float = 0.0
    tokens: float = 0.0

    def add(self, step: Step) -> None:
        """Take in one step."""
        self.seconds = KEPT * self.seconds + step.seconds
        self.positions = KEPT * self.positions + step.positions
        self.tokens = KEPT * self.tokens + step.positions - step.padding

    def per_second(self, amount: float) -> float | None:
        """Return a moving sum as a rate; None as long as there is none."""
        return amount / self.seconds if self.seconds > 0 else None


@dataclass
class Course:
    """A training so far.

    Steps and epochs up to `plan.done` are an earlier run's, told again: they are part of the curves and the table,
    and say nothing about the pace of this run.

    Attributes:
        plan: what was announced.
        clock: seconds, from any start; monotonic.
        loss: of the training, a moving average over the last ten steps or so.
        training: the curve of the steps' losses.
        validation: the held-out loss after each epoch.
        epochs: those that are done.
        best: the one with the best score.
        step: the last one.
        compiling: what the current step does first.
        saved: the last checkpoint, and when that was.
        ended: when no event can come any more.
    """

    plan: Plan
    clock: Callable[[], float] = time.monotonic
    loss: float = math.nan
    training: Curve = field(default_factory=Curve)
    validation: list[Point] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    best: Epoch | None = None
    step: Step | None = None
    compiling: Compiling | None = None
    saved: tuple[Saved, datetime] | None = None
    ended: float | None = None

    def __post_init__(self) -> None:
        self.pace = Pace()
        self._started = self._last = self.clock()
        self._steps = self._positions = 0  # of this run
        self._epoch_positions = self._epoch_padding = 0
        self._between = 0.0  # seconds from an epoch's last step to the next one's first: measuring, saving
        self._stepped = self._started  # when the last step ended

    def watch(self, event: Event) -> None:
        """Take in one event."""
        self._last = self.clock()
        match event:
            case Compiling():
                self.compiling = event
            case Step():
                self._take(event)
            case Epoch():
                self.epochs.append(event)
                self.best = event if event.best else self.best
                if event.validation_loss is not None:
                    self.validation.append((event.steps, event.validation_loss))
            case Saved():
                self.saved = event, datetime.now().astimezone()

    def _take(self, step: Step) -> None:
        if self.step is None or step.epoch != self.step.epoch:
            self._epoch_positions = self._epoch_padding = 0
            if self._steps:
                self._between = max(0.0, self._last - self._stepped - step.seconds)
        self._stepped = self._last
        self._epoch_positions += step.positions
        self._epoch_padding += step.padding
        if math.isfinite(step.loss):
            before = step.loss if math.isnan(self.loss) else self.loss
            self.loss = before + 0.1 * (step.loss - before)
            self.training.add(step.total, step.loss)
        self.step = step
        if step.total > self.plan.done:
            self._steps += 1
            self._positions += step.positions
            if self.compiling is None:
                self.pace.add(step)
        self.compiling = None

    @property
    def total(self) -> int:
        """Updates made so far, those of an earlier run among them."""
        return self.step.total if self.step else self.plan.done

    @property
    def epoch(self) -> int:
        """The number of the epoch that runs."""
        return self.step.epoch if self.step else 1 + self.plan.done // max(1, self.plan.steps_per_epoch)

    @property
    def validating(self) -> bool:
        """Whether an epoch's steps are done and its figures are not known yet."""
        if self.step is None or self.ended is not None:
            return False
        measured = self.epochs[-1].number if self.epochs else 0
        return self.step.step == self.plan.steps_per_epoch and measured < self.step.epoch

    @property
    def share(self) -> float:
        """How much of all updates is made, from 0 to 1."""
        return min(1.0, self.total / max(1, self.plan.steps))

    @property
    def elapsed(self) -> float:
        """Seconds since the plan."""
        return (self.clock() if self.ended is None else self.ended) - self._started

    @property
    def waiting(self) -> float:
        """Seconds since the last event."""
        return self.clock() - self._last

    @property
    def remaining(self) -> float | None:
        """Seconds that are left, as far as the pace tells; None before the first step that did not compile.

        Steps differ in length, so the pace is one of positions: steps that are left × mean positions of a step ×
        seconds a position, and for each epoch the time that passed after the steps of the one before.
        """
        rate = self.pace.per_second(self.pace.positions)
        if not rate:
            return None
        left = max(0, self.plan.steps - self.total)
        computing = left * self._positions / self._steps / rate
        validations = math.ceil(left / max(1, self.plan.steps_per_epoch)) + self.validating
        return max(0.0, computing + validations * self._between - self.waiting)

    @property
    def padding(self) -> float | None:
        """The share of padding among the positions of this epoch so far."""
        return self._epoch_padding / self._epoch_positions if self._epoch_positions else None
