"""Whether a model is right as often as it says: reliability and expected calibration error."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

BINS = 15


class Bin(NamedTuple):
    """The rows whose confidence lies in one interval.

    Attributes:
        low: the interval is above this,
        high: up to this.
        rows: how many there are, at least one.
        confidence: their mean one.
        accuracy: the share of them that are right.
    """

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """Confidence beside accuracy.

    Attributes:
        bins: those that hold rows, in ascending order.
    """

    bins: Sequence[Bin]

    @property
    def error(self) -> float:
        """The expected calibration error (ECE): the mean of |accuracy - confidence| over rows, by bins."""
        rows = sum(one.rows for one in self.bins)
        return sum(one.rows * abs(one.accuracy - one.confidence) for one in self.bins) / max(1, rows)


def calibrate(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> Calibration:
    """Sort rows into bins of equal width by the probability of the likeliest label (Guo et al. 2017).

    Args:
        confidences: of each row, from 0 to 1.
        right: whether that label is the row's.
        bins: how many.
    """
    edges = np.linspace(0, 1, bins + 1)
    places = np.searchsorted(edges[1:-1], confidences, side="left")
    hits, sure = np.array(right, np.bool_), np.array(confidences, np.float64)
    return Calibration(
        [
            Bin(
                float(edges[place]),
                float(edges[place + 1]),
                int((places == place).sum()),
                float(sure[places == place].mean()),
                float(hits[places == place].mean()),
            )
            for place in np.unique(places)
        ]
    )
