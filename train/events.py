"""What a training tells whoever watches it, in the order in which it happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """What is about to be trained.

    Attributes:
        rows: to learn from; blocks of tokens in pretraining.
        effective_rows: see `train.sequences.balance.effective_rows`.
        validation_rows: held out and measured after each epoch.
        test_rows: held out and measured once, in the end.
        labels: topics.
        parameters: of the network.
        trained_parameters: those of them that are changed.
        epochs: passes over the rows.
        steps_per_epoch: updates of the weights in one pass.
        steps: updates in all, as far as is known before.
        done: updates that an earlier run has made already.
        devices: what computes, in words.
    """

    rows: int
    effective_rows: float
    validation_rows: int
    test_rows: int
    labels: int
    parameters: int
    trained_parameters: int
    epochs: int
    steps_per_epoch: int
    steps: int
    done: int
    devices: str


@dataclass(frozen=True)
class Compiling:
    """A step with arrays of a new shape begins: TensorFlow traces or compiles it first, which takes seconds.

    Attributes:
        shape: rows a pass, and tokens a row.
        known: shapes that were compiled before in this run.
    """

    shape: tuple[int, int]
    known: int


@dataclass(frozen=True)
class Step:
    """The weights were updated once.

    Attributes:
        epoch: its number, from 1.
        step: its number in the epoch, from 1.
        total: its number in the whole training, from 1.
        loss: of this update, in nats per counted token.
        learning_rate: that it was made with.
        gradient_norm: the global norm before clipping.
        tokens: counted targets in it.
        positions: tokens that the network computed, padding included.
        padding: how many of these were padding.
        seconds: that it took.
    """

    epoch: int
    step: int
    total: int
    loss: float
    learning_rate: float
    gradient_norm: float
    tokens: int
    positions: int
    padding: int
    seconds: float


@dataclass(frozen=True)
class Epoch:
    """One pass over the rows is done.

    Attributes:
        number: from 1.
        steps: updates made so far in the whole training.
        loss: its mean, in nats per counted token.
        validation_loss: on the held-out rows, in nats per target token; None without any.
        accuracy: the share of held-out rows whose topic was found, at each level of the label tree, the whole
            label last; empty where there are no topics to find.
        macro_f1: of the topics on the held-out rows; None without any.
        best: whether no epoch before it had a better score.
        seconds: that it took.
    """

    number: int
    steps: int
    loss: float
    validation_loss: float | None = None
    accuracy: tuple[float, ...] = ()
    macro_f1: float | None = None
    best: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class Saved:
    """A checkpoint is safely on the disk.

    Attributes:
        path: its folder.
        steps: updates made so far.
    """

    path: Path
    steps: int


@dataclass(frozen=True)
class Notice:
    """Something that the person should know, in one line: a damaged checkpoint that was passed over, an early stop.

    Attributes:
        message: in the chosen language.
    """

    message: str


Event = Plan | Compiling | Step | Epoch | Saved | Notice


def best_of(history: Sequence[Epoch]) -> Epoch:
    """Return the epoch whose weights are the model, of at least one."""
    return next((epoch for epoch in reversed(history) if epoch.best), history[-1])
