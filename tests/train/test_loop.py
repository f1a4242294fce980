"""The loop stops when it should, keeps the best weights, and explains what goes wrong."""

import math
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import CounselError
from tests.train import toys
from train.evaluation.topic_scores import TopicScores
from train.events import Compiling, Epoch, Event, Notice, Saved, Step
from train.failures import explain_full_memory
from train.interrupts import InterruptedTraining
from train.loop import Loop
from train.sequences.pipeline import Batcher, Line
from train.settings import Settings
from train.trainer import Trainer

SETTINGS = Settings(epochs=3, batch_size=8, learning_rate=1e-2)
LINES = 24  # three steps an epoch
LENGTH = 16


@cache
def shared_trainer(arithmetic: str) -> tuple[Trainer, dict[str, dict[str, NDArray[np.float32]]]]:
    """Return what has compiled its step already, and how it was in the beginning."""
    trainer = Trainer(lambda: toys.network(0.1, arithmetic=arithmetic), SETTINGS)
    state = trainer.state()
    return trainer, {kind: {name: array.numpy() for name, array in state[kind].items()} for kind in state}


class Training:
    """A loop on toy lines, and what it told."""

    def __init__(
        self,
        settings: Settings = SETTINGS,
        folder: Path | None = None,
        validation: Sequence[Line] = (),
        fingerprint: dict[str, Any] | None = None,
        watch: Callable[[Event], None] = lambda _: None,
        **options: Any,
    ) -> None:
        self.events: list[Event] = []
        self.trainer, beginning = shared_trainer("float16" if settings.arithmetic == "float16" else "float32")
        for kind, arrays in beginning.items():
            self.trainer.restore(kind, arrays)
        self.weights = beginning["weights"]

        def tell(event: Event) -> None:
            self.events.append(event)
            watch(event)

        source = toys.FixedLines(toys.even_lines(LINES))
        batcher = Batcher(settings.batch_size, toys.PAD, 32, lengths=(LENGTH,))
        self.loop = Loop(
            self.trainer,
            source,
            validation,
            settings,
            batcher,
            folder,
            tell,
            fingerprint=fingerprint,
            **options,
        )

    def run(self) -> "Training":
        self.loop.run()
        self.weights = self.trainer.model.arrays()
        return self

    def told(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def losses(self) -> list[float]:
        return [step.loss for step in self.told(Step)]


def saved(folder: Path, series: str = "step") -> list[int]:
    return sorted(int(path.name.rpartition("-")[2]) for path in folder.glob(f"{series}-*"))


def test_what_it_tells(tmp_path: Path) -> None:
    training = Training(folder=tmp_path, validation=toys.even_lines(10, 1)).run()
    steps, epochs = training.told(Step), training.told(Epoch)
    assert [(step.epoch, step.step, step.total) for step in steps] == [
        (epoch, step, 3 * (epoch - 1) + step) for epoch in (1, 2, 3) for step in (1, 2, 3)
    ]
    assert [(epoch.number, epoch.steps) for epoch in epochs] == [(1, 3), (2, 6), (3, 9)]
    for epoch in epochs:
        own = [step for step in steps if step.epoch == epoch.number]
        mean = np.average([step.loss for step in own], weights=[step.tokens for step in own])
        assert epoch.loss == pytest.approx(mean)
    assert epochs[-1].loss < epochs[0].loss
    assert isinstance(training.events[0], Compiling)
    assert all(step.positions == 8 * LENGTH > step.padding > 0 for step in steps)
    assert [event.steps for event in training.told(Saved)] == [3, 6, 9]
    assert saved(tmp_path) == [6, 9]


@pytest.mark.parametrize("max_steps", [2, 3, 5, 100])
def test_it_stops_after_so_many_steps(max_steps: int, tmp_path: Path) -> None:
    training = Training(replace(SETTINGS, max_steps=max_steps), tmp_path, toys.even_lines(4, 1)).run()
    done = min(max_steps, 9)
    assert len(training.told(Step)) == done
    assert training.told(Epoch)[-1].steps == done  # what was done of an epoch is measured
    assert max(saved(tmp_path)) == done


def test_it_stops_after_so_much_time() -> None:
    training = Training(replace(SETTINGS, max_minutes=1e-6, epochs=100)).run()
    assert len(training.told(Step)) < 4


def test_the_time_of_measuring_counts_and_that_of_earlier_runs(tmp_path: Path) -> None:
    def slow() -> TopicScores:
        time.sleep(0.2)
        return TopicScores((1.0,), 1.0)

    short = replace(SETTINGS, max_minutes=0.5 / 60, epochs=100)
    first = Training(short, tmp_path, score=slow).run()
    assert 1 <= len(first.told(Epoch)) <= 4
    again = Training(short, tmp_path, score=slow)
    assert again.loop.resume()
    assert len(again.run().told(Step)) <= 1
    longer = Training(replace(short, max_minutes=1.0, epochs=6), tmp_path, score=slow)
    assert longer.loop.resume()
    assert longer.run().told(Epoch)[-1].number == 6


def test_more_epochs_go_on_from_fewer_steps(tmp_path: Path) -> None:
    """An epoch that was cut short is made whole, with the lines that were still missing."""
    flat = replace(SETTINGS, schedule="constant", max_steps=4)  # the cosine depends on the number of steps
    first = Training(flat, tmp_path / "a").run()
    rest = Training(replace(flat, max_steps=0), tmp_path / "a")
    assert rest.loop.resume()
    rest.run()
    whole = Training(replace(flat, max_steps=0), tmp_path / "b").run()
    assert first.losses + rest.losses == whole.losses
    assert rest.told(Epoch)[0].loss == whole.told(Epoch)[1].loss


@pytest.mark.parametrize("save_steps", [1, 2, 4])
def test_checkpoints_come_as_often_as_wished(save_steps: int, tmp_path: Path) -> None:
    training = Training(replace(SETTINGS, save_steps=save_steps, epochs=2), tmp_path).run()
    expected = sorted({*range(save_steps, 7, save_steps), 3, 6})
    assert [event.steps for event in training.told(Saved)] == expected


def test_going_on_is_exact(tmp_path: Path) -> None:
    validation = toys.even_lines(10, 1)
    whole = Training(folder=tmp_path / "whole", validation=validation).run()

    class Killed(BaseException):
        pass

    def die(event: Event) -> None:
        if isinstance(event, Step) and event.total == 5:
            raise Killed

    settings = replace(SETTINGS, save_steps=2)
    with pytest.raises(Killed):
        Training(settings, tmp_path / "killed", validation, watch=die).run()
    again = Training(settings, tmp_path / "killed", validation)
    assert again.loop.resume()
    again.run()
    assert [step.total for step in again.told(Step)] == [5, 6, 7, 8, 9]
    assert again.losses == whole.losses[4:]
    assert [replace(epoch, seconds=0) for epoch in again.loop.state.history] == [
        replace(epoch, seconds=0) for epoch in whole.loop.state.history
    ]
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)


def test_nothing_to_go_on_from_is_a_beginning(tmp_path: Path) -> None:
    training = Training(folder=tmp_path)
    assert not training.loop.resume()
    assert not Training().loop.resume()
    assert len(training.run().told(Step)) == 9


def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(tmp_path: Path) -> None:
    whole = Training(folder=tmp_path).run()
    weights = tmp_path / "step-00000009" / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-5] ^= 1
    weights.write_bytes(content)
    again = Training(folder=tmp_path)
    assert again.loop.resume()
    named, used = again.told(Notice)
    assert "step-00000009" in named.message
    assert "weights.safetensors" in named.message
    assert "step-00000006" in used.message
    assert again.run().losses == whole.losses[6:]


def test_without_a_sound_checkpoint_nothing_begins_anew_by_itself(tmp_path: Path) -> None:
    Training(folder=tmp_path).run()
    for number in (6, 9):
        (tmp_path / f"step-{number:08d}" / "manifest.json").unlink()
    again = Training(folder=tmp_path)
    with pytest.raises(CounselError, match=r"step-00000009.*step-00000006.*--overwrite") as error:
        again.loop.resume()
    assert "\n" not in str(error.value)
    assert not again.told(Notice)
    assert saved(tmp_path) == [6, 9]


def test_another_training_is_refused_by_what_differs(tmp_path: Path) -> None:
    Training(
        replace(SETTINGS, max_steps=1), tmp_path, fingerprint={"data": "abc", "seed": 1, "epochs": 3}
    ).run()
    for fingerprint, told in (
        ({"data": "xyz", "seed": 1, "epochs": 3}, r"step-00000001.*data.*abc.*xyz.*--overwrite"),
        ({"data": "abc", "seed": 1, "epochs": 3, "lora_rank": 4}, "lora_rank"),
    ):
        with pytest.raises(CounselError, match=told):
            Training(folder=tmp_path, fingerprint=fingerprint).loop.resume()
    assert Training(folder=tmp_path, fingerprint={"data": "abc", "seed": 1, "epochs": 9}).loop.resume()


def test_the_best_weights_are_what_is_left(tmp_path: Path) -> None:
    """Lines that are learnt by heart: others are predicted worse and worse."""
    settings = replace(SETTINGS, epochs=40, learning_rate=3e-2, patience=2, schedule="constant")
    generator = np.random.default_rng(0)
    validation = [Line(generator.integers(1, 50, 12), 3) for _ in range(8)]
    training = Training(settings, tmp_path, validation).run()
    epochs = training.told(Epoch)
    best = min(epochs, key=lambda epoch: epoch.validation_loss)
    assert [epoch for epoch in epochs if epoch.best][-1] == best
    assert epochs[-1].number == best.number + 2 < 40
    assert training.told(Notice)
    (update,) = training.loop.measured(validation)
    assert training.trainer.measure(update) == pytest.approx(best.validation_loss, abs=1e-6)
    assert epochs[-1].validation_loss > best.validation_loss
    assert max(saved(tmp_path, "best")) == best.steps
    assert max(saved(tmp_path)) == epochs[-1].steps  # the last one is there as well


def test_the_best_may_be_chosen_by_macro_f1(tmp_path: Path) -> None:
    scores = iter([0.2, 0.6, 0.5])
    training = Training(
        replace(SETTINGS, best_by="macro-f1"),
        tmp_path,
        toys.even_lines(4, 1),
        score=lambda: TopicScores((0.9, 0.8), next(scores)),
    ).run()
    epochs = training.told(Epoch)
    assert [epoch.macro_f1 for epoch in epochs] == [0.2, 0.6, 0.5]
    assert [epoch.accuracy for epoch in epochs] == [(0.9, 0.8)] * 3
    assert [epoch.best for epoch in epochs] == [True, True, False]
    (update,) = training.loop.measured(toys.even_lines(4, 1))
    assert training.trainer.measure(update) == pytest.approx(epochs[1].validation_loss, abs=1e-6)


def test_a_missing_best_checkpoint_is_told(tmp_path: Path) -> None:
    scores = iter([0.6, 0.5, 0.5])

    def damage(event: Event) -> None:
        if isinstance(event, Epoch) and event.number == 2:
            (tmp_path / "best-00000003" / "weights.safetensors").write_bytes(b"")

    training = Training(
        replace(SETTINGS, best_by="macro-f1"),
        tmp_path,
        score=lambda: TopicScores((1.0,), next(scores)),
        watch=damage,
    ).run()
    assert "best-00000003" in training.told(Notice)[0].message


def test_a_loss_that_is_no_number_stops_with_step_rows_and_advice(tmp_path: Path) -> None:
    Training(replace(SETTINGS, epochs=1), tmp_path).run()
    training = Training(folder=tmp_path)
    assert training.loop.resume()
    training.trainer.model.wte.embeddings.assign(training.trainer.model.wte.embeddings * math.inf)
    with pytest.raises(
        CounselError, match=r"4.*rows\.csv, \d+.*--resume.*--learning-rate.*0\.01.*3단계"
    ) as error:
        training.run()
    assert "float32" not in str(error.value)  # which it is
    assert saved(tmp_path) == [3]
    fresh = Training(folder=tmp_path)
    assert fresh.loop.resume()
    assert all(np.isfinite(array).all() for array in fresh.trainer.model.arrays().values())


def test_without_a_checkpoint_none_is_promised(tmp_path: Path) -> None:
    training = Training(folder=tmp_path)
    training.trainer.model.wte.embeddings.assign(training.trainer.model.wte.embeddings * math.inf)
    with pytest.raises(CounselError, match=r"^1단계.*--learning-rate.*처음부터") as error:
        training.run()
    assert "--resume" not in str(error.value)


def test_what_diverged_goes_on_more_carefully(tmp_path: Path) -> None:
    """As the advice says: with a lower learning rate, and in float32."""

    def start(**changed: Any) -> Training:
        settings = replace(SETTINGS, schedule="constant", **changed)
        return Training(settings, tmp_path, fingerprint={**asdict(settings), "data": "abc"})

    first = start(arithmetic="float16", epochs=1).run()
    again = start(arithmetic="float32", learning_rate=1e-3)
    assert again.loop.resume()
    (notice,) = again.told(Notice)
    for told in (
        "step-00000003",
        "learning_rate 0.01 → 0.001",
        "arithmetic float16 → float32",
        "epochs 1 → 3",
    ):
        assert told in notice.message
    again.run()
    assert [(step.total, step.learning_rate) for step in again.told(Step)] == [
        (n, 1e-3) for n in range(4, 10)
    ]
    assert again.losses[-1] < first.losses[0]
    assert again.loop.state.loss_scale == 1.0
    unchanged = start(arithmetic="float32", learning_rate=1e-3)
    assert unchanged.loop.resume()
    assert not unchanged.told(Notice)


def test_float16_finds_its_loss_scale_and_goes_on(tmp_path: Path) -> None:
    training = Training(replace(SETTINGS, arithmetic="float16", epochs=8), tmp_path)
    assert training.loop.state.loss_scale == 2**15
    training.loop.state.loss_scale = 2.0**28  # too much for float16
    training.run()
    overflows = sum(not math.isfinite(step.gradient_norm) for step in training.told(Step))
    assert 0 < overflows < 20
    assert training.loop.state.loss_scale == 2.0 ** (28 - overflows)
    epochs = training.told(Epoch)
    assert epochs[-1].loss < epochs[0].loss - 0.1
    again = Training(replace(SETTINGS, arithmetic="float16", epochs=8), tmp_path)
    assert again.loop.resume()
    assert again.loop.state.loss_scale == training.loop.state.loss_scale


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_saves_and_says_how_to_go_on(number: signal.Signals, tmp_path: Path) -> None:
    whole = Training().run()

    def interrupt(event: Event) -> None:
        if isinstance(event, Step) and event.total == 4:
            signal.raise_signal(number)

    before = signal.getsignal(number)
    first = Training(folder=tmp_path, watch=interrupt)
    with pytest.raises(InterruptedTraining, match="--resume"):
        first.run()
    assert signal.getsignal(number) == before
    assert max(saved(tmp_path)) == len(first.losses) == 4
    again = Training(folder=tmp_path)
    assert again.loop.resume()
    again.run()
    assert first.losses + again.losses == whole.losses


def test_too_little_memory_says_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training()

    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(training.trainer, "step", exhausted)
    with pytest.raises(CounselError, match=r"--accumulate 2.*--resume"):
        training.run()


@pytest.mark.parametrize(("batch_size", "passes"), [(8, 8), (1, 1)])
def test_too_little_memory_for_one_row_advises_a_smaller_network(batch_size: int, passes: int) -> None:
    batcher = Batcher(batch_size, toys.PAD, 32, passes=passes, lengths=(LENGTH,))
    told = explain_full_memory(next(batcher.updates(toys.even_lines(LINES))), batch_size, 1)
    assert "--accumulate" not in told
    assert "--lora-rank" in told
