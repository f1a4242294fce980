"""How often a label is seen: rows drawn by weight."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from train.rows.data import Row, count_labels


def weights(rows: Sequence[Row], balance: float) -> NDArray[np.float64]:
    """Return with what probability each row is drawn: n^(-balance), n being the rows of its label.

    Args:
        rows: at least one.
        balance: 0 leaves the data as it is, 1 draws every label alike.

    Returns:
        float64 [rows], summing to 1.
    """
    counts = count_labels(rows)
    raw = np.array([counts[row.label] ** -balance for row in rows], np.float64)
    return raw / raw.sum()  # type: ignore[no-any-return]


def effective_rows(probabilities: NDArray[np.float64]) -> float:
    """Return how many rows drawn alike would vary as much: 1 / sum(p^2), Kish's effective sample size."""
    return float(1 / np.square(probabilities).sum())


def draw(labels: Sequence[str], balance: float, generator: np.random.Generator) -> NDArray[np.intp]:
    """Return the places of the lines of one epoch, as many as there are; with balance 0 each once.

    With others the number of lines of each label is drawn, and a label's lines take turns: none comes twice before
    each has come once.

    Args:
        labels: of each line.
        balance: as for `weights`.
        generator: of what is drawn.
    """
    if balance == 0:
        return np.arange(len(labels))
    places: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label, []).append(place)
    shares = np.array([len(own) ** (1 - balance) for own in places.values()])
    numbers = generator.multinomial(len(labels), shares / shares.sum())
    drawn: list[NDArray[np.intp]] = []
    for own, number in zip(places.values(), numbers, strict=True):
        rounds = -(-number // len(own))
        turns = [generator.permutation(np.array(own, np.intp)) for _ in range(rounds)]
        drawn += [np.concatenate(turns)[:number]] if turns else []
    return np.concatenate(drawn)


def tail(rows: Sequence[Row]) -> set[str]:
    """Return the labels with no more rows than the median label."""
    counts = count_labels(rows)
    most = np.median(list(counts.values()))
    return {label for label, count in counts.items() if count <= most}


def gini(counts: Counter[str] | Mapping[str, int]) -> float:
    """Return the Gini coefficient of the labels' numbers of rows: 0 if all are alike, towards 1 if few hold all."""
    ordered = np.sort(np.array(list(counts.values()), np.float64))
    ranks = np.arange(1, len(ordered) + 1)
    return float((2 * ranks - len(ordered) - 1) @ ordered / (len(ordered) * ordered.sum()))
