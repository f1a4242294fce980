"""Which labels are taken for which."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

Pairs = Mapping[tuple[str, str], int]  # the rows of each pair of the right label and the found one


class Confusion(NamedTuple):
    """A label that was taken for another.

    Attributes:
        expected: the right one.
        found: the other.
        rows: in which that happened.
        share: of the right label's rows.
    """

    expected: str
    found: str
    rows: int
    share: float


def count_pairs(found: Sequence[str], expected: Sequence[str]) -> Pairs:
    """Return how often each label was found where each label is right."""
    return Counter(zip(expected, found, strict=True))


def confusions(pairs: Pairs) -> list[Confusion]:
    """Return the pairs of different labels, the most frequent first."""
    totals: Counter[str] = Counter()
    for (expected, _), rows in pairs.items():
        totals[expected] += rows
    wrong = [
        Confusion(expected, found, rows, rows / totals[expected])
        for (expected, found), rows in pairs.items()
        if expected != found
    ]
    return sorted(wrong, key=lambda one: (-one.rows, -one.share, one.expected, one.found))
