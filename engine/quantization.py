"""What a coarser graph costs: its loss and its answers on rows beside those of fp32, and the choice that follows."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.model_directory import ModelDirectory
from engine.precision import PRECISIONS, Precision
from engine.runtime import Runtime

LIMIT = 0.02  # the largest relative increase of the loss that a graph is chosen with
ROWS = 200  # so many tell enough, and take seconds
_SMALLEST = 1e-9  # nats: keeps a loss of nothing from dividing

T = TypeVar("T")
Sequences = Sequence[tuple[list[int], int]]  # as `Codec.training_sequence` gives them: ids, number only read


@dataclass(frozen=True)
class Quality:
    """A graph beside that of fp32, on the same predicted tokens.

    Attributes:
        precision: of the graph.
        loss: mean cross-entropy in nats per predicted token.
        fp32_loss: the same of the graph in fp32.
        loss_increase: relative, 0.02 for 2 %; negative where the coarser graph happens to do better.
        top1_agreement: the share of predicted tokens for which both graphs hold the same token the likeliest.
        rows: sequences that were measured.
        tokens: predicted in them.
    """

    precision: Precision
    loss: float
    fp32_loss: float
    loss_increase: float
    top1_agreement: float
    rows: int
    tokens: int


def sample(rows: Sequence[T], count: int = ROWS, seed: int = 0) -> list[T]:
    """Return at most `count` of the rows, the same ones for the same seed."""
    order = np.random.default_rng(seed).permutation(len(rows))
    return [rows[index] for index in order[:count]]


def measure(model: ModelDirectory, sequences: Sequences, precision: Precision) -> Quality:
    """Compare a graph with that of fp32.

    Args:
        model: the model.
        sequences: at least one; what exceeds the context is cut out of the beginning of the question.
        precision: of the graph.

    Raises:
        ModelError: a graph cannot be stored or opened, or its logits are no numbers.
    """
    exact = _predict(model, sequences, "fp32")
    return _compare(precision, len(sequences), _predict(model, sequences, precision), exact)


def choose(model: ModelDirectory, sequences: Sequences) -> tuple[Precision, list[Quality]]:
    """Find the coarsest graph whose loss is at most `LIMIT` above that of fp32.

    Args:
        model: as for `measure`.
        sequences: as for `measure`.

    Returns:
        Its precision, and the quality of every graph that was tried, that one last.

    Raises:
        ModelError: as for `measure`.
    """
    exact = _predict(model, sequences, "fp32")
    tried: list[Quality] = []
    for precision in PRECISIONS:  # fp32, the last one, differs in nothing from itself
        found = exact if precision == "fp32" else _predict(model, sequences, precision)
        tried.append(_compare(precision, len(sequences), found, exact))
        if tried[-1].loss_increase <= LIMIT:
            break
    return tried[-1].precision, tried


def _predict(model: ModelDirectory, sequences: Sequences, precision: Precision) -> NDArray[np.float64]:
    """Return the loss of each predicted token and the token that was the likeliest, float64 [tokens, 2]."""
    with closing(Runtime(model, precision)) as runtime:
        return np.array([pair for sequence in sequences for pair in _predict_row(runtime, *sequence)])


def _predict_row(runtime: Runtime, ids: list[int], read: int) -> Iterator[tuple[float, int]]:
    excess = max(0, len(ids) - 1 - runtime.context)
    ids, read = ids[:2] + ids[2 + excess :], max(2, read - excess)  # BOS and <unused0> stay
    logits = [runtime.start(ids[:read])]
    if len(ids) - 1 > read:
        logits += list(runtime.append(ids[read:-1]))
    for row, token in zip(logits, ids[read:], strict=True):  # float32 [vocab_size]
        scores = row.astype(np.float64) - row.max()
        yield float(np.log(np.exp(scores).sum()) - scores[token]), int(row.argmax())


def _compare(
    precision: Precision, rows: int, found: NDArray[np.float64], exact: NDArray[np.float64]
) -> Quality:
    loss, exact_loss = float(found[:, 0].mean()), float(exact[:, 0].mean())
    return Quality(
        precision=precision,
        loss=loss,
        fp32_loss=exact_loss,
        loss_increase=(loss - exact_loss) / max(exact_loss, _SMALLEST),
        top1_agreement=float((found[:, 1] == exact[:, 1]).mean()),
        rows=rows,
        tokens=len(found),
    )
