"""The training loop: updates, epochs, checkpoints; it goes on exactly where it was interrupted."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from engine.errors import CounselError
from engine.language import text
from train.checkpoints import Checkpoints
from train.distribution import gather
from train.events import Compiling, Epoch, Event, Notice, Saved, Step
from train.failures import (
    explain_divergence,
    explain_full_memory,
    no_sound_checkpoint,
    nothing_in_common,
)
from train.interrupts import InterruptedTraining, catching_interrupts, how_to_go_on
from train.memory import give_back
from train.optimizer import learning_rate
from train.sequences.pipeline import Batcher, Line, Update
from train.settings import Settings
from train.sources import Scores, Source
from train.state import State, refuse_other, tell_changes
from train.trainer import Outcome, Trainer, loss_of

GROW_AFTER = 2000  # sound updates after which float16's loss scale doubles


class Wishes(NamedTuple):
    """What is to happen after an update, on all machines that train together."""

    save: bool
    stop: bool
    time_is_up: bool


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
        self._saved_at = self._began = time.monotonic()
        self._newest: int | None = None  # checkpoint
        self._stopped = self._timed_out = self._limited = False

    def measured(self, lines: Sequence[Line]) -> Iterator[Update]:
        """Yield lines as updates of which the loss on their targets can be measured."""
        batcher = replace(self._batcher, passes=self._trainer.replicas, counted="target", label_weight=1.0)
        return batcher.updates(lines)

    def resume(self) -> bool:
        """Go on from the newest sound checkpoint that all machines have; return whether there is one.

        Raises:
            CounselError: all are damaged, it belongs to a training with other data or settings, or machines have none in
                common.
        """
        if self._checkpoints is None:
            return False
        strategy, damaged = self._trainer.strategy, list[str]()
        found = [*self._checkpoints.sound(damaged.append)]
        newest = gather(strategy, max((checkpoint.number for checkpoint in found), default=0))
        common = next((checkpoint for checkpoint in found if checkpoint.number == min(newest)), None)
        missing, lost = gather(strategy, int(common is None)), gather(strategy, len(damaged))
        if not max(newest):
            if any(lost):
                raise CounselError(no_sound_checkpoint(damaged))
            return False
        for told in damaged:
            self._notice(told)
        if common is None or any(missing):
            raise CounselError(nothing_in_common(newest))
        if damaged:
            self._notice(text(f"{common.path}: 이것을 씁니다.", f"{common.path}: this one is used."))
        state = State.read(dict(common.state))
        saved, own = state.fingerprint, self.state.fingerprint
        refuse_other(common.path, saved, own)
        if changes := tell_changes(common.path, saved, own):
            self._notice(changes)
        if saved.get("arithmetic") != own.get("arithmetic"):  # each has its own scale
            state.loss_scale, state.sound = self.state.loss_scale, 0
        for kind in self._trainer.state():
            self._trainer.restore(kind, common.arrays(kind))
        self.state, self._newest = replace(state, fingerprint=own), common.number
        return True

    def run(self) -> list[Epoch]:
        """Train to the end, and leave the best weights in the network.

        Returns:
            What each epoch gave.

        Raises:
            CounselError: the loss is no number any more, or memory or disk are full.
            InterruptedTraining: Ctrl+C, after a checkpoint was saved.
        """
        self._began = time.monotonic() - self.state.elapsed
        with catching_interrupts(self._stop):
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
                raise InterruptedTraining(how_to_go_on(state.done))
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
            raise CounselError(
                explain_divergence(
                    state.done + 1,
                    state.epoch,
                    outcome.loss,
                    outcome.norm,
                    self._source.tell(state.epoch, update.lines.tolist()),
                    self._settings.learning_rate,
                    self._trainer.model.dtype_policy.name == "float32",
                    self._newest,
                )
            )
        self._rescale(outcome.finite)
        seconds = time.perf_counter() - began
        state.done, state.in_epoch = state.done + 1, state.in_epoch + 1
        state.loss_sum, state.tokens = (
            state.loss_sum + outcome.loss * update.tokens,
            state.tokens + update.tokens,
        )
        state.seconds += seconds
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
            raise CounselError(
                explain_full_memory(update, self._settings.batch_size, self._trainer.replicas)
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
        if self._limited or state.epoch > self._settings.epochs:
            return True
        between_epochs = bool(state.done) and not state.in_epoch
        return between_epochs and any(gather(self._trainer.strategy, int(self._is_late())))

    def _elapsed(self) -> float:
        """Return the seconds since the training began, without those between its runs."""
        return time.monotonic() - self._began

    def _is_late(self) -> bool:
        return 0 < self._settings.max_minutes * 60 <= self._elapsed()

    def _wishes(self) -> "Wishes":
        """Return what is due after the update that comes now, as far as this machine knows."""
        settings, state = self._settings, self.state
        by_step = bool(settings.save_steps) and (state.done + 1) % settings.save_steps == 0
        by_time = time.monotonic() - self._saved_at >= settings.save_minutes * 60 > 0
        return Wishes(by_step or by_time, self._stopped, self._is_late())

    def _save(self) -> None:
        if self._checkpoints is None:
            return
        self.state.elapsed = self._elapsed()
        path = self._checkpoints.save(self.state.done, self._trainer.state(), asdict(self.state))
        self._saved_at, self._newest = time.monotonic(), self.state.done
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
