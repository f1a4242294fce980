"""One update: the loss that was asked for, and the same result however it is divided."""

import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from engine.model_directory import ModelDirectory
from tests.conftest import FIXTURES
from tests.train import toys
from train.base import open_base
from train.model import GPT2
from train.sequences.pipeline import Batcher, Line
from train.settings import Settings
from train.trainer import Trainer, loss_of

EXPECTED = np.load(FIXTURES / "tiny-gpt2" / "expected.npz")
BATCH_SIZE, LINES = 8, 13  # the second update has five lines only
# A large epsilon: where a gradient is zero but for rounding, Adam makes whole steps out of that.
SETTINGS: Mapping[str, Any] = {"batch_size": BATCH_SIZE, "epsilon": 1e-4}


def train(
    accumulate: int, strategy: Any = None, xla: bool = False
) -> tuple[list[float], dict[str, NDArray[np.float32]], float | None]:
    """Return the loss of each update of two epochs, the weights after it, and the loss on other lines."""
    trainer = Trainer(toys.network, Settings(**SETTINGS, accumulate=accumulate), strategy, xla)
    passes = accumulate * trainer.replicas
    batcher = Batcher(BATCH_SIZE, toys.PAD, toys.GEOMETRY.context, passes, label_weight=2.0, lengths=(24,))
    epoch = [*batcher.updates(toys.lines(LINES), np.random.default_rng(3))]
    losses = [trainer.step(update, 1e-2, number).loss for number, update in enumerate(epoch * 2, start=1)]
    measured = Batcher(BATCH_SIZE, toys.PAD, toys.GEOMETRY.context, trainer.replicas)
    return losses, trainer.model.arrays(), loss_of(trainer, measured.updates(toys.lines(9, seed=5)))


@cache
def undivided() -> tuple[list[float], dict[str, NDArray[np.float32]], float | None]:
    return train(1)


def log_probabilities(rows: slice) -> NDArray[np.float64]:
    """Of the token after each place, from the logits of real transformers."""
    logits = EXPECTED["logits"][rows].astype(np.float64)
    normalised: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return normalised


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_that_of_the_formula(tiny: ModelDirectory, smoothing: float) -> None:
    def make() -> GPT2:
        model = GPT2(tiny.geometry, dropout=0.0)
        model.assign(open_base(str(tiny.path)).tensors())
        return model

    ids = EXPECTED["ids"][:3]
    lines = [Line(ids[0], 30, 4), Line(ids[1][:20], 5, 3), Line(ids[2], 1, 0)]
    predicted = log_probabilities(slice(3))
    trainer = Trainer(make, Settings(label_smoothing=smoothing))
    for label_weight in (1.0, 2.5):
        smooth = plain = weights = 0.0
        for number, line in enumerate(lines):
            for place in range(line.read, len(line.ids)):
                weight = label_weight if place < line.read + line.label else 1.0
                row = predicted[number, place - 1]
                weights += weight
                plain -= weight * row[line.ids[place]]
                smooth -= weight * ((1 - smoothing) * row[line.ids[place]] + smoothing * row.mean())
        (update,) = Batcher(3, 0, tiny.geometry.context, label_weight=label_weight).updates(lines)
        assert trainer.measure(update) == pytest.approx(
            plain / weights, abs=1e-4
        )  # measured without smoothing
        assert trainer.step(update, 0.0, 1).loss == pytest.approx(smooth / weights, abs=1e-4)


@pytest.mark.parametrize("accumulate", [2, 4])
def test_several_passes_are_one_large_batch(accumulate: int) -> None:
    losses, weights, validation = train(accumulate)
    compare((losses, weights, validation), 1e-5)


def test_xla_computes_the_same() -> None:
    compare(train(1, xla=True), 1e-4)


def test_two_devices_are_one_large_batch(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.train.replicas", str(tmp_path / "found.safetensors")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found = load_file(tmp_path / "found.safetensors")
    losses, validation = found.pop("losses").tolist(), float(found.pop("validation"))
    compare((losses, found, validation), 1e-5)


def compare(
    found: tuple[list[float], Mapping[str, NDArray[np.float32]], float | None], tolerance: float
) -> None:
    losses, weights, validation = undivided()
    np.testing.assert_allclose(found[0], losses, atol=tolerance)
    assert losses[2] < losses[0]
    assert validation is not None
    assert found[2] == pytest.approx(validation, abs=tolerance)
    for name, array in weights.items():
        np.testing.assert_allclose(found[1][name], array, atol=tolerance, err_msg=name)


def test_lines_of_different_length_do_not_disturb_each_other() -> None:
    trainer = Trainer(toys.network, Settings())
    lines = toys.lines(6)
    one_by_one = [next(Batcher(1, 0, 32).updates([line])) for line in lines]
    together = next(Batcher(6, 0, 32).updates(lines))
    assert together.padding > 0
    assert loss_of(trainer, one_by_one) == pytest.approx(trainer.measure(together), abs=1e-5)
    assert loss_of(trainer, []) is None


def test_dropout_depends_on_seed_and_step_alone() -> None:
    (update,) = Batcher(8, 0, 32).updates(toys.lines(8))

    def losses(seed: int, dropout: float = 0.2) -> list[float]:
        trainer = Trainer(lambda: toys.network(dropout), Settings(seed=seed))
        return [trainer.step(update, 0.0, number).loss for number in (1, 2, 1)]

    first, second, again = losses(0)
    other, *_ = losses(1)
    without, still_without, _ = losses(0, dropout=0.0)
    assert first == again
    assert len({first, second, other, without}) == 4
    assert without == still_without


def test_each_pass_drops_other_values() -> None:
    line = toys.lines(1)[0]
    trainer = Trainer(lambda: toys.network(0.5), Settings(accumulate=2, batch_size=2))
    both = next(Batcher(2, 0, 32, passes=2).updates([line, line]))
    twice = trainer.step(both, 1e-9, 1).loss
    alone = Trainer(lambda: toys.network(0.5), Settings(batch_size=1))
    assert twice != pytest.approx(alone.step(next(Batcher(1, 0, 32).updates([line])), 1e-9, 1).loss, abs=1e-6)


def test_half_precision_learns_nearly_the_same() -> None:
    (update,) = Batcher(8, 0, 32).updates(toys.lines(8))

    def losses(arithmetic: str) -> list[float]:
        trainer = Trainer(lambda: toys.network(arithmetic=arithmetic), Settings())
        assert {variable.dtype.name for variable in trainer.optimizer.variables} == {"float32"}
        return [trainer.step(update, 1e-2, number, 1024.0).loss for number in range(1, 6)]

    whole = losses("float32")
    for arithmetic in ("bfloat16", "float16"):
        half = losses(arithmetic)
        np.testing.assert_allclose(half, whole, rtol=0.02)
        assert half[-1] < half[0]
        assert half != whole


def test_an_overflow_is_told_and_changes_nothing() -> None:
    (update,) = Batcher(8, 0, 32).updates(toys.lines(8))
    trainer = Trainer(lambda: toys.network(arithmetic="float16"), Settings())
    before = trainer.model.arrays()
    outcome = trainer.step(update, 1e-2, 1, 2.0**40)
    assert np.isfinite(outcome.loss)
    assert not outcome.finite
    for name, array in trainer.model.arrays().items():
        np.testing.assert_array_equal(array, before[name])
