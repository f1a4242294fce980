"""The training loop: one compiled step, epochs around it."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from engine.errors import CounselError
from engine.language import text
from train.lines import Epochs
from train.model import GPT2
from train.pipeline import Batch, Line, batches


@dataclass(frozen=True)
class Settings:
    """How to train.

    Attributes:
        epochs: passes over the rows.
        batch_size: sequences a step.
        learning_rate: the peak, reached after the warm-up; it then falls to zero as a cosine.
        warmup: the share of all steps in which the learning rate rises.
        weight_decay: AdamW's decay, on matrices only.
        clip_norm: the largest global norm of a gradient.
        seed: of initialisation, dropout and order.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    warmup: float = 0.05
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Step:
    """What a step tells its watcher: losses are in nats per target token."""

    epoch: int
    step: int
    loss: float
    tokens: int


@dataclass(frozen=True)
class Epoch:
    """An epoch's mean losses in nats per target token; `validation_loss` is None without held-out rows."""

    number: int
    loss: float
    validation_loss: float | None


def fit(
    model: GPT2,
    epochs: Epochs,
    validation: Sequence[Line],
    settings: Settings,
    pad_id: int,
    watch: Callable[[Step | Epoch], None],
) -> list[Epoch]:
    """Train `model` in place on the targets of each epoch's lines.

    Args:
        model: its weights are changed.
        epochs: the training sequences, anew for each epoch.
        validation: sequences that are only measured, after every epoch.
        settings: how.
        pad_id: fills batches up; it is never part of the loss.
        watch: called after every step and every epoch.

    Returns:
        The losses of each epoch.

    Raises:
        CounselError: the loss is no number any more.
    """
    steps = -(-len(epochs) // settings.batch_size) * settings.epochs
    step = _compiled_step(model, _optimizer(model, settings, steps))
    measure = compiled_loss(model)
    shuffled = partial(batches, settings.batch_size, pad_id, model.geometry.context)
    generator = np.random.default_rng(settings.seed)
    history = []
    for number in range(1, settings.epochs + 1):
        total, tokens = 0.0, 0
        for index, batch in enumerate(shuffled(epochs.lines(number), generator), start=1):
            loss = float(step(batch.inputs, batch.targets, batch.counts))
            if not math.isfinite(loss):
                raise CounselError(
                    text(
                        f"에폭 {number}: 손실이 수가 아닙니다({loss}). --learning-rate를 낮추세요(지금 {settings.learning_rate:g}).",
                        f"epoch {number}: the loss is {loss}. Lower --learning-rate (now {settings.learning_rate:g}).",
                    )
                )
            count = int(batch.counts.sum())
            total, tokens = total + loss * count, tokens + count
            watch(Step(number, index, total / tokens, tokens))
        held_out = evaluate(measure, shuffled(validation, np.random.default_rng(0)))
        history.append(Epoch(number, total / tokens, held_out))
        watch(history[-1])
    return history


def evaluate(measure: Callable[..., Any], held_out: Iterable[Batch]) -> float | None:
    """Return the mean loss over batches in nats per target token, or None if there are none."""
    total, tokens = 0.0, 0
    for batch in held_out:
        count = int(batch.counts.sum())
        total, tokens = (
            total + float(measure(batch.inputs, batch.targets, batch.counts)) * count,
            tokens + count,
        )
    return total / tokens if tokens else None


def mean_loss(model: GPT2, lines: Sequence[Line], batch_size: int, pad_id: int) -> float | None:
    """Return the model's loss on lines in nats per target token, or None if there are none."""
    held_out = batches(batch_size, pad_id, model.geometry.context, lines, np.random.default_rng(0))
    return evaluate(compiled_loss(model), held_out)


def _optimizer(model: GPT2, settings: Settings, steps: int) -> keras.optimizers.Optimizer:
    warmup = max(1, round(settings.warmup * steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warmup), warmup_target=settings.learning_rate, warmup_steps=warmup
    )
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=settings.weight_decay, global_clipnorm=settings.clip_norm
    )
    variables = model.trainable_variables
    optimizer.exclude_from_weight_decay(var_list=[v for v in variables if len(v.shape) < 2])
    optimizer.build(variables)
    return optimizer


def _loss(model: GPT2, inputs: Any, targets: Any, counts: Any, training: bool) -> Any:
    hidden = model(inputs, training=training)
    # The head is the dearest part: it runs only where there is something to predict.
    logits = model.logits(tf.boolean_mask(hidden, counts))
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.boolean_mask(targets, counts), logits)
    return tf.reduce_mean(losses)


SIGNATURE = (
    tf.TensorSpec([None, None], tf.int32),
    tf.TensorSpec([None, None], tf.int32),
    tf.TensorSpec([None, None], tf.bool),
)


def _compiled_step(model: GPT2, optimizer: keras.optimizers.Optimizer) -> Callable[..., Any]:
    @tf.function(input_signature=SIGNATURE)
    def step(inputs: Any, targets: Any, counts: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = _loss(model, inputs, targets, counts, training=True)
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return step  # type: ignore[no-any-return]


def compiled_loss(model: GPT2) -> Callable[..., Any]:
    """Return the function that measures the loss of a batch."""

    @tf.function(input_signature=SIGNATURE)
    def measure(inputs: Any, targets: Any, counts: Any) -> Any:
        return _loss(model, inputs, targets, counts, training=False)

    return measure  # type: ignore[no-any-return]
