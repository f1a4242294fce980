"""The Keras network computes what real transformers + torch computed, and trains what it is told to."""

import numpy as np
import pytest

from engine.model_directory import ModelDirectory
from tests.conftest import FIXTURES
from tests.train import toys
from train.base import open_base
from train.model import GPT2
from train.sequences.pipeline import Batcher, Update
from train.settings import Settings
from train.trainer import Trainer

EXPECTED = np.load(FIXTURES / "tiny-gpt2" / "expected.npz")


def batch(number: int = 8) -> Update:
    batcher = Batcher(number, toys.PAD, toys.GEOMETRY.context)
    return next(batcher.updates(toys.lines(number)))


@pytest.mark.parametrize("lora_rank", [0, 4])
def test_logits_are_those_of_transformers(tiny: ModelDirectory, lora_rank: int) -> None:
    model = GPT2(tiny.geometry, dropout=0.5, lora_rank=lora_rank)
    model.assign(open_base(str(tiny.path)).tensors())
    np.testing.assert_allclose(model.logits(model(EXPECTED["ids"])), EXPECTED["logits"], atol=1e-4)


@pytest.mark.parametrize("lora_rank", [0, 4])
def test_names_and_shapes_are_those_of_the_checkpoint(tiny: ModelDirectory, lora_rank: int) -> None:
    model = GPT2(tiny.geometry, lora_rank=lora_rank)
    assert {name: tuple(tensor.shape) for name, tensor in model.tensors().items()} == tiny.geometry.shapes()


def test_lora_trains_its_matrices_alone_and_is_merged_in_the_end() -> None:
    trainer = Trainer(lambda: toys.network(lora_rank=2), Settings(lora_rank=2, weight_decay=0.1))
    original = {name: variable.numpy() for name, variable in trainer.model.named_variables().items()}
    update = batch()
    for number in range(1, 6):
        trainer.step(update, 1e-2, number)
    changed = {
        name
        for name, variable in trainer.model.named_variables().items()
        if not np.array_equal(variable.numpy(), original[name])
    }
    assert changed == {name for name in original if "lora" in name}
    assert len(changed) == 2 * 4  # two matrices for each of the block's four dense layers

    merged = Trainer(toys.network, Settings())
    before = merged.measure(update)
    merged.model.assign(trainer.model.arrays())
    assert merged.measure(update) == pytest.approx(trainer.measure(update), abs=1e-5)
    assert merged.measure(update) < before - 0.01


def test_frozen_blocks_keep_their_weights_and_the_others_learn() -> None:
    trainer = Trainer(lambda: toys.network(layers=2, freeze=1), Settings(freeze=1, weight_decay=0.1))
    original = trainer.model.arrays()
    trainer.step(batch(), 1e-2, 1)
    kept = {name for name, array in trainer.model.arrays().items() if np.array_equal(array, original[name])}
    assert kept == {name for name in original if name.startswith("transformer.h.0.")}
