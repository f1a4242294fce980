"""AdamW is Keras' own, and a gradient that is no number changes nothing."""

import math
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from train.optimizer import AdamW, learning_rate, share_of_peak
from train.settings import Settings

SHAPES = {"matrix": (7, 5), "bias": (5,), "cube": (2, 3, 4)}
SETTINGS = Settings(learning_rate=1e-2, weight_decay=0.1, clip_norm=1.0, epsilon=1e-8)


def gradients(step: int) -> list[Any]:
    generator = np.random.default_rng(step)
    scale = 10.0 ** (step % 3 - 2)  # some are clipped and some are not
    return [tf.constant(generator.normal(0, scale, shape).astype(np.float32)) for shape in SHAPES.values()]


def start() -> list[Any]:
    generator = np.random.default_rng(99)
    return [tf.Variable(generator.normal(0, 1, shape).astype(np.float32)) for shape in SHAPES.values()]


@pytest.mark.parametrize("clip_norm", [0.0, 1.0])
def test_it_does_what_keras_does(clip_norm: float) -> None:
    settings = Settings(learning_rate=1e-2, weight_decay=0.1, clip_norm=clip_norm)
    ours = AdamW.of(variables := start(), settings)
    theirs = [
        keras.Variable(variable.numpy(), name=name) for name, variable in zip(SHAPES, start(), strict=True)
    ]
    optimizer = keras.optimizers.AdamW(
        weight_decay=0.1, beta_1=0.9, beta_2=0.999, epsilon=1e-8, global_clipnorm=clip_norm or None
    )
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    norms = []
    for step in range(8):
        rate = learning_rate(settings, step, 8)
        norm, finite = ours.apply(gradients(step), tf.constant(rate), tf.constant(float(step + 1)))
        optimizer.learning_rate = rate
        optimizer.apply(gradients(step), theirs)
        norms.append(float(norm))
        assert bool(finite)
        assert norms[-1] == pytest.approx(
            math.sqrt(
                sum(
                    float(np.square(gradient.numpy(), dtype=np.float64).sum()) for gradient in gradients(step)
                )
            ),
            rel=1e-5,
        )
        for own, their in zip(variables, theirs, strict=True):
            np.testing.assert_allclose(own.numpy(), their.numpy(), atol=1e-6)
    assert min(norms) < 1 < max(norms)


@pytest.mark.parametrize("poison", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_no_number_changes_nothing(poison: float) -> None:
    optimizer = AdamW.of(variables := start(), SETTINGS)
    optimizer.apply(gradients(0), tf.constant(1e-2), tf.constant(1.0))
    everything = [*variables, *optimizer.first, *optimizer.second]
    before = [variable.numpy().tobytes() for variable in everything]
    bad = gradients(1)
    bad[1] = tf.tensor_scatter_nd_update(bad[1], [[2]], [poison])
    norm, finite = optimizer.apply(bad, tf.constant(1e-2), tf.constant(2.0))
    assert not bool(finite)
    assert not math.isfinite(float(norm))
    assert [variable.numpy().tobytes() for variable in everything] == before


def test_a_norm_beyond_float32_changes_nothing() -> None:
    optimizer = AdamW.of(variables := start(), SETTINGS)
    before = [variable.numpy().tobytes() for variable in variables]
    huge = [tf.fill(shape, 1e30) for shape in SHAPES.values()]
    assert not bool(optimizer.apply(huge, tf.constant(1e-2), tf.constant(1.0))[1])
    assert [variable.numpy().tobytes() for variable in variables] == before


def test_the_cosine_is_that_of_keras() -> None:
    settings = Settings(learning_rate=2e-3, warmup=0.1)
    steps = 100
    theirs = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0, decay_steps=steps + 1 - 10, warmup_target=2e-3, warmup_steps=10
    )
    # Keras counts from a step that changes nothing; ours begins with the first that does.
    for done in range(steps):
        assert learning_rate(settings, done, steps) == pytest.approx(
            float(theirs(done + 1)), rel=1e-4, abs=1e-9
        )


def test_the_learning_rate_rises_peaks_and_falls_to_nearly_zero() -> None:
    shares = [share_of_peak("cosine", 0.1, done, 100) for done in range(100)]
    assert shares[0] == pytest.approx(0.1)
    assert shares[4] == pytest.approx(0.5)
    assert shares[9] == max(shares) == 1
    assert shares[-1] == pytest.approx(0.5 * (1 + math.cos(math.pi * 90 / 91)))
    assert all(earlier > later > 0 for earlier, later in pairwise(shares[9:]))
    assert {share_of_peak("constant", 0.5, done, 100) for done in range(100)} == {1.0}


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("warmup", [0.0, 0.5, 1.0])
def test_short_trainings_learn_at_every_step(steps: int, warmup: float) -> None:
    shares = [share_of_peak("cosine", warmup, done, steps) for done in range(steps)]
    assert all(0 < share <= 1 for share in shares)
    assert max(shares) == 1
