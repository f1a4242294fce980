"""How well topics are found: accuracy, the first three, macro-F1, at every level of the label tree."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from train.pages.report import SEPARATOR, path_of

FIRST = 3  # a label among so many of the likeliest counts for `Scores.top3`
_Z = 1.959963984540054  # of the normal distribution: 95 % lie within so many standard deviations


@dataclass(frozen=True)
class Scores:
    """How well the topics of some rows are found.

    Attributes:
        rows: how many there are.
        labels: how many different ones they have.
        accuracy: the share of them whose topic is found.
        top3: the share of them whose topic is among the three likeliest.
        macro_f1: see `macro_f1`.
    """

    rows: int
    labels: int
    accuracy: float
    top3: float
    macro_f1: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the accuracy (Wilson 1927)."""
        return wilson(round(self.accuracy * self.rows), self.rows)


class TopicScores(NamedTuple):
    """Figures for which the found labels are enough.

    Attributes:
        accuracies: at the first level of the label tree, the first two, and so on; the last one is that of whole labels.
        macro_f1: of whole labels.
    """

    accuracies: tuple[float, ...]
    macro_f1: float


@dataclass(frozen=True)
class Ranking:
    """What a classifier holds likely.

    Attributes:
        labels: that it knows.
        scores: float64 [rows, len(labels)], higher is likelier.
    """

    labels: Sequence[str]
    scores: NDArray[np.float64]

    def at_level(self, depth: int, join: Callable[..., Any]) -> "Ranking":
        """Return the ranking of the labels' beginnings.

        Args:
            depth: how many levels are kept, from 1.
            join: makes one score of those of the labels that begin alike: `np.sum` of probabilities, else `np.max`.
        """
        places: dict[str, list[int]] = {}
        for place, label in enumerate(self.labels):
            places.setdefault(begin(label, depth), []).append(place)
        joined = [join(self.scores[:, own], axis=1) for own in places.values()]
        return Ranking(list(places), np.stack(joined, axis=1))

    def found(self) -> list[str]:
        """Return each row's likeliest label."""
        return [self.labels[place] for place in self.scores.argmax(axis=1)]

    def has(self, expected: Sequence[str], among: int = FIRST) -> list[bool]:
        """Return for each row whether its label is among the likeliest."""
        likeliest = np.argsort(-self.scores, axis=1, kind="stable")[:, :among]
        return [
            any(self.labels[place] == label for place in row)
            for row, label in zip(likeliest, expected, strict=True)
        ]

    def measure(self, expected: Sequence[str], of: Collection[str] | None = None) -> Scores | None:
        """Return how well the rows' labels are found.

        Args:
            expected: the label of each row.
            of: only rows with these labels count; all if None.

        Returns:
            None if no rows count.
        """
        own = [place for place, label in enumerate(expected) if of is None or label in of]
        if not own:
            return None
        found, first = self.found(), self.has(expected)
        return Scores(
            rows=len(own),
            labels=len({expected[place] for place in own}),
            accuracy=sum(found[place] == expected[place] for place in own) / len(own),
            top3=sum(first[place] for place in own) / len(own),
            macro_f1=macro_f1(found, expected, of),
        )


def begin(label: str, depth: int) -> str:
    """Return the first levels of a label; a shorter one stays whole."""
    return SEPARATOR.join(path_of(label)[:depth])


def count_depth(labels: Iterable[str]) -> int:
    """Return the number of levels of the deepest label, at least 1."""
    return max((len(path_of(label)) for label in labels), default=1)


def topic_scores(found: Sequence[str], expected: Sequence[str]) -> TopicScores:
    """Compare the found labels with the right ones, of which there is at least one."""
    accuracies = tuple(
        sum(begin(a, depth) == begin(b, depth) for a, b in zip(found, expected, strict=True)) / len(expected)
        for depth in range(1, count_depth(expected) + 1)
    )
    return TopicScores(accuracies, macro_f1(found, expected))


def macro_f1(found: Sequence[str], expected: Sequence[str], of: Collection[str] | None = None) -> float:
    """Return the mean F1 of the labels that occur, found or expected, each counting the same; 0 if none does.

    As `sklearn.metrics.f1_score(average="macro", zero_division=0)`. With `of`, the mean is that of these labels alone,
    still over all rows, so that one of them that is found wrongly in other rows loses by it.
    """
    right = Counter(a for a, b in zip(found, expected, strict=True) if a == b)
    total = Counter(found) + Counter(expected)  # 2 right + wrongly found + missed
    labels = [label for label in total if of is None or label in of]
    return sum(2 * right[label] / total[label] for label in labels) / max(1, len(labels))


def wilson(right: int, total: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share, `total` being at least 1 (Wilson 1927)."""
    share, spread = right / total, _Z**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / total + spread / (4 * total))
    return max(0.0, middle - half), min(1.0, middle + half)
