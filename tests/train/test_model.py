"""The Keras network computes what real transformers + torch computed."""

import numpy as np

from engine.model_directory import ModelDirectory
from tests.conftest import FIXTURES
from train.checkpoint import base_tensors
from train.loop import _loss
from train.model import GPT2

EXPECTED = np.load(FIXTURES / "tiny-gpt2" / "expected.npz")


def test_logits_are_those_of_transformers(tiny: ModelDirectory) -> None:
    model = GPT2(tiny.geometry, dropout=0.5)
    model.assign(base_tensors(tiny))
    np.testing.assert_allclose(model.logits(model(EXPECTED["ids"])), EXPECTED["logits"], atol=1e-4)


def test_names_and_shapes_are_those_of_the_checkpoint(tiny: ModelDirectory) -> None:
    shapes = {name: tuple(variable.shape) for name, variable in GPT2(tiny.geometry).tensors().items()}
    assert shapes == tiny.geometry.shapes()


def test_the_loss_is_the_mean_over_counted_targets_only(tiny: ModelDirectory) -> None:
    model = GPT2(tiny.geometry, dropout=0.0)
    model.assign(base_tensors(tiny))
    ids = EXPECTED["ids"][:2]
    counts = np.zeros((2, 39), bool)
    counts[0, 5:9] = counts[1, 30] = True
    logits = EXPECTED["logits"][:2, :-1].astype(np.float64)
    log_probabilities = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = -np.mean(
        [log_probabilities[b, t, ids[b, t + 1]] for b, t in zip(*np.nonzero(counts), strict=True)]
    )
    loss = _loss(model, ids[:, :-1], ids[:, 1:], counts, training=False)
    np.testing.assert_allclose(float(loss), expected, rtol=1e-4)
