"""The training loop: updates, epochs, checkpoints; it goes on exactly where it was interrupted."""

import math
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from engine.errors import CounselError
from engine.language import text
from train.checkpoints import Checkpoints
from train.distribution import gather
from train.events import Compiling, Epoch, Event, Notice, Saved, Step
from train.memory import give_back
from train.optimizer import learning_rate
from train.pipeline import Batcher, Line, Update
from train.settings import Settings
from train.trainer import Outcome, Trainer, loss_of

GROW_AFTER = 2000  # sound updates after which float16's loss scale doubles
# What may be different when a training goes on.
FREE = {
    "epochs",
    "max_steps",
    "max_minutes",
    "save_minutes",
    "save_steps",
    "patience",
    "best_by",
    "accumulate",
    "xla",
}


class Source(Protocol):
    """Where an epoch's lines come from."""

    def __len__(self) -> int:
        """Return how many lines there are in each epoch."""

    def lines(self, number: int) -> Sequence[Line]:
        """Return the lines of an epoch, the same ones each time it is asked for them."""

    def tell(self, number: int, places: Sequence[int]) -> str:
        """Say which of the person's rows these lines of an epoch come from."""


class Scores(Protocol):
    """How well topics are found."""

    @property
    def accuracies(self) -> tuple[float, ...]:
        """At each level of the label tree."""

    @property
    def macro_f1(self) -> float:
        """Of whole labels."""


class Wishes(NamedTuple):
    """What is to happen after an update, on all machines that train together."""

    save: bool
    stop: bool
    time_is_up: bool


class InterruptedTraining(CounselError):  # noqa: N818 -- no error
    """The person stopped the training; a checkpoint was saved."""


@dataclass
class State:
    """Where a training is, besides its arrays; all of it goes into a checkpoint.

    Attributes:
        done: updates.
        epoch: number of the current one.
        in_epoch: updates made in it.
        loss_sum: of the current epoch, over counted tokens.
        tokens: counted in the current epoch.
        seconds: of computing in the current epoch.
        elapsed: seconds of the whole training.
        history: of the epochs that are done.
        best: the number of updates after which the best score was reached.
        loss_scale: for float16.
        sound: updates since the loss scale changed.
        fingerprint: what must be the same when a run goes on.
    """

    done: int = 0
    epoch: int = 1
    in_epoch: int = 0
    loss_sum: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    elapsed: float = 0.0
    history: list[Epoch] = field(default_factory=list)
    best: int | None = None
    loss_scale: float = 1.0
    sound: int = 0
    fingerprint: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, saved: dict[str, Any]) -> "State":
        """Return the state that `asdict` gave, after JSON."""
        history = [Epoch(**{**epoch, "accuracy": tuple(epoch["accuracy"])}) for epoch in saved["history"]]
        return cls(**{**saved, "history": history})


class Loop:
    """A training from its first update, or from a checkpoint, to its end.

    Args:
        trainer: its network is changed.
        source: of the lines to learn from.
        validation: lines that are only measured, after every epoch.
        settings: how to train.
        batcher: how lines become updates.
        folder: of checkpoints; None to keep none.
        watch: called with everything that happens.
        score: measures how well topics are found on the held-out rows; None to leave it.
        fingerprint: what must be the same when a run goes on, such as the hashes of the data.
    """

    def __init__(
        self,
        trainer: Trainer,
        source: Source,
        validation: Sequence[Line],
        settings: Settings,
        batcher: Batcher,
        folder: Path | None = None,
        watch: Callable[[Event], None] = lambda _: None,
        score: Callable[[], Scores] | None = None,
        fingerprint: dict[str, Any] | None = None,
    ) -> None:
        self._trainer, self._source, self._settings, self._watch = trainer, source, settings, watch
        self._batcher, self._score = batcher, score
        self._validation = [*self.measured(validation)]
        self._checkpoints = Checkpoints(folder, "step") if folder else None
        self._best = Checkpoints(folder, "best") if folder else None
        scale = 2.0**15 if trainer.model.dtype_policy.name == "mixed_float16" else 1.0
        self.state = State(loss_scale=scale, fingerprint=fingerprint or {})
        self.steps_per_epoch = -(-len(source) // settings.batch_size)
        self.steps = self.steps_per_epoch * settings.epochs
        if settings.max_steps:
            self.steps = min(self.steps, settings.max_steps)
        self._shapes: set[tuple[int, ...]] = set()
        self._saved_at = time.monotonic()
        self._stopped = self._timed_out = self._limited = False

    def measured(self, lines: Sequence[Line]) -> Iterator[Update]:
        """Yield lines as updates of which the loss on their targets can be measured."""
        batcher = replace(self._batcher, passes=self._trainer.replicas, counted="target", label_weight=1.0)
        return batcher.updates(lines)

    def resume(self) -> bool:
        """Go on from the newest sound checkpoint that all machines have; return whether there is one.

        Raises:
            CounselError: it belongs to a training with other data or settings, or machines have none in common.
        """
        if self._checkpoints is None:
            return False
        found = [*self._checkpoints.sound(self._notice)]
        newest = gather(self._trainer.strategy, max((checkpoint.number for checkpoint in found), default=0))
        common = next((checkpoint for checkpoint in found if checkpoint.number == min(newest)), None)
        missing = gather(self._trainer.strategy, int(common is None))
        if not max(newest):
            return False
        if common is None or any(missing):
            raise CounselError(_nothing_in_common(newest))
        state = State.read(dict(common.state))
        _refuse_other(common.path, state.fingerprint, self.state.fingerprint)
        for kind in self._trainer.state():
            self._trainer.restore(kind, common.arrays(kind))
        self.state = state
        return True

    def run(self) -> list[Epoch]:
        """Train to the end, and leave the best weights in the network.

        Returns:
            What each epoch gave.

        Raises:
            CounselError: the loss is no number any more, or memory or disk are full.
            InterruptedTraining: Ctrl+C, after a checkpoint was saved.
        """
        with _catching_interrupts(self._stop):
            while not self._ended():
                self._run_epoch()
        self._restore_best()
        return self.state.history

    def _run_epoch(self) -> None:
        state, settings = self.state, self._settings
        lines = self._source.lines(state.epoch)
        order = np.random.default_rng([settings.seed, state.epoch]) if settings.shuffle else None
        for update in self._batcher.updates(lines, order, state.in_epoch):
            if state.done >= self.steps or self._timed_out:
                self._limited = True
                self._save()  # with more steps or time, this epoch goes on from here
                break
            wishes = self._update(update)
            self._timed_out = wishes.time_is_up
            ends = state.in_epoch == self.steps_per_epoch  # then it is saved once it is measured
            if wishes.stop:
                self._notice(text("저장하고 마칩니다…", "Saving, then ending…"))
            if wishes.stop or (wishes.save and not ends and not self._timed_out):
                self._save()
            if wishes.stop:
                raise InterruptedTraining(_how_to_go_on(state.done))
        ended = state.in_epoch == self.steps_per_epoch
        self._close_epoch()
        if ended:
            self._save()

    def _update(self, update: Update) -> "Wishes":
        state, began = self.state, time.perf_counter()
        shape = (*update.inputs.shape, update.places.shape[1])
        rate = learning_rate(self._settings, state.done, self.steps)
        if shape in self._shapes:
            outcome = self._compute(update, rate)
        else:
            self._watch(Compiling((shape[1], shape[2]), len(self._shapes)))
            outcome = self._compute(update, rate)
            self._shapes.add(shape)
            give_back()
        if not math.isfinite(outcome.loss) or not (outcome.finite or state.loss_scale > 1):
            raise CounselError(self._explain_divergence(update, outcome))
        self._rescale(outcome.finite)
        seconds = time.perf_counter() - began
        state.done, state.in_epoch = state.done + 1, state.in_epoch + 1
        state.loss_sum, state.tokens = (
            state.loss_sum + outcome.loss * update.tokens,
            state.tokens + update.tokens,
        )
        state.seconds, state.elapsed = state.seconds + seconds, state.elapsed + seconds
        self._watch(
            Step(
                epoch=state.epoch,
                step=state.in_epoch,
                total=state.done,
                loss=outcome.loss,
                learning_rate=rate,
                gradient_norm=outcome.norm,
                tokens=update.tokens,
                positions=update.inputs.size,
                padding=update.padding,
                seconds=seconds,
            )
        )
        heard = Wishes(*outcome.wishes)
        # Several machines must stop after the same update, so all hear of it in the next one; one alone need not wait.
        alone = self._trainer.strategy.cluster_resolver is None
        return heard._replace(stop=heard.stop or self._stopped) if alone else heard

    def _compute(self, update: Update, rate: float) -> Outcome:
        try:
            return self._trainer.step(
                update, rate, self.state.done + 1, self.state.loss_scale, self._wishes()
            )
        except (tf.errors.ResourceExhaustedError, MemoryError) as error:
            rows = update.inputs.shape[1]
            fitting = max(1, rows // 2)
            passes = -(-self._settings.batch_size // (fitting * self._trainer.replicas))
            raise CounselError(
                text(
                    f"메모리가 모자랍니다: 한 번에 {rows}행, {update.inputs.shape[2]}토큰. --accumulate {passes}(한 번에 {fitting}행)은 "
                    "결과가 같고 메모리가 절반쯤 듭니다. --resume도 함께 주면 이어 합니다.",
                    f"out of memory with {rows} rows of {update.inputs.shape[2]} tokens a pass. --accumulate {passes} "
                    f"({fitting} rows a pass) gives the same result in about half the memory. Add --resume to go on.",
                )
            ) from error

    def _rescale(self, finite: bool) -> None:
        """Keep float16's loss scale as large as gradients allow. Source: Micikevicius et al. (2018)."""
        state = self.state
        if not finite:
            state.loss_scale, state.sound = state.loss_scale / 2, 0
            return
        state.sound += 1
        if state.loss_scale > 1 and state.sound >= GROW_AFTER:
            state.loss_scale, state.sound = state.loss_scale * 2, 0

    def _close_epoch(self) -> None:
        state = self.state
        if not state.tokens:
            return
        scores = self._score() if self._score else None
        epoch = Epoch(
            number=state.epoch,
            steps=state.done,
            loss=state.loss_sum / state.tokens,
            validation_loss=loss_of(self._trainer, self._validation),
            accuracy=scores.accuracies if scores else (),
            macro_f1=scores.macro_f1 if scores else None,
            seconds=state.seconds,
        )
        epoch = replace(epoch, best=self._is_best(epoch))
        state.history.append(epoch)
        if epoch.best:
            state.best = state.done
            if self._best is not None:
                self._best.save(
                    state.done, {"weights": self._trainer.state()["weights"]}, {"done": state.done}
                )
        state.epoch, state.in_epoch = state.epoch + 1, 0
        state.loss_sum, state.tokens, state.seconds = 0.0, 0, 0.0
        self._watch(epoch)

    def _is_best(self, epoch: Epoch) -> bool:
        """Return whether no epoch before has a better score; without held-out rows the last epoch is the best."""
        scores = [self._goodness(earlier) for earlier in self.state.history]
        own = self._goodness(epoch)
        return own is None or all(score is None or own > score for score in scores)

    def _goodness(self, epoch: Epoch) -> float | None:
        if self._settings.best_by == "macro-f1" and epoch.macro_f1 is not None:
            return epoch.macro_f1
        return None if epoch.validation_loss is None else -epoch.validation_loss

    def _ended(self) -> bool:
        state, patience = self.state, self._settings.patience
        waited = next((n for n, epoch in enumerate(reversed(state.history)) if epoch.best), 0)
        if patience and waited >= patience:
            self._notice(
                text(
                    f"에폭 {patience}번 동안 나아지지 않아 일찍 마칩니다.",
                    f"No better score in {patience} epochs: training ends early.",
                )
            )
            return True
        return self._limited or state.epoch > self._settings.epochs

    def _wishes(self) -> "Wishes":
        """Return what is due after the update that comes now, as far as this machine knows."""
        settings, state = self._settings, self.state
        by_step = bool(settings.save_steps) and (state.done + 1) % settings.save_steps == 0
        by_time = time.monotonic() - self._saved_at >= settings.save_minutes * 60 > 0
        return Wishes(by_step or by_time, self._stopped, 0 < settings.max_minutes * 60 <= state.elapsed)

    def _save(self) -> None:
        if self._checkpoints is None:
            return
        path = self._checkpoints.save(self.state.done, self._trainer.state(), asdict(self.state))
        self._saved_at = time.monotonic()
        self._watch(Saved(path, self.state.done))

    def _restore_best(self) -> None:
        if self._best is None or self.state.best in (None, self.state.done):
            return
        for checkpoint in self._best.sound(self._notice):
            if checkpoint.state["done"] == self.state.best:
                self._trainer.restore("weights", checkpoint.arrays("weights"))
                return
        self._notice(
            text(
                f"가장 좋았던 {self.state.best}단계의 가중치가 없어 마지막 가중치를 씁니다.",
                f"The best weights, of step {self.state.best}, are missing: the last ones are used.",
            )
        )

    def _notice(self, message: str) -> None:
        self._watch(Notice(message))

    def _stop(self) -> None:
        self._stopped = True  # no more than that: what was interrupted may be writing to the screen

    def _explain_divergence(self, update: Update, outcome: Outcome) -> str:
        state = self.state
        value = outcome.loss if not math.isfinite(outcome.loss) else outcome.norm
        what = text("손실", "the loss") if value is outcome.loss else text("기울기", "the gradient")
        rows = self._source.tell(state.epoch, update.lines.tolist())
        rate = self._settings.learning_rate
        return text(
            f"{state.done + 1}단계(에폭 {state.epoch}): {what}이(가) 수가 아닙니다({value}). 이 단계의 행: {rows}. "
            f"이 행에 이상이 없으면 --learning-rate를 낮추거나(지금 {rate:g}) --arithmetic float32를 쓰세요. "
            "마지막 체크포인트는 그대로입니다.",
            f"step {state.done + 1} (epoch {state.epoch}): {what} is {value}. Its rows: {rows}. If nothing is wrong "
            f"with them, lower --learning-rate (now {rate:g}) or use --arithmetic float32. The last checkpoint is untouched.",
        )


def _nothing_in_common(newest: Sequence[int]) -> str:
    told = ", ".join(map(str, newest))
    return text(
        f"작업기들에 공통된 체크포인트가 없습니다(가장 새것: {told}단계). 한 작업기의 .run 폴더를 다른 작업기에 복사하세요.",
        f"the workers have no checkpoint in common (newest: steps {told}). Copy one worker's .run folder to the others.",
    )


def _refuse_other(path: Path, saved: dict[str, Any], own: dict[str, Any]) -> None:
    other = [name for name in sorted({*saved, *own} - FREE) if saved.get(name) != own.get(name)]
    if other:
        name = other[0]
        raise CounselError(
            text(
                f"{path}: {', '.join(other)}이(가) 다른 학습의 체크포인트입니다({name}: 그때 {saved.get(name)}, 지금 {own.get(name)}). "
                "그때와 같게 주거나, --overwrite로 새로 시작하세요.",
                f"{path}: a checkpoint of a training with another {', '.join(other)} ({name}: {saved.get(name)} then, "
                f"{own.get(name)} now). Give the same as then, or start anew with --overwrite.",
            )
        )


def _how_to_go_on(done: int) -> str:
    return text(
        f"{done}단계까지 저장했습니다. 같은 명령에 --resume을 붙이면 이어 합니다.",
        f"Saved after step {done}. The same command with --resume goes on.",
    )


@contextmanager
def _catching_interrupts(stop: Callable[[], None]) -> Iterator[None]:
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
