"""What an epoch will compute, known before anything is: the shapes of its passes, positions, padding."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from train.sequences.pipeline import Batcher, Line
from train.settings import Settings


class Pass(NamedTuple):
    """The arrays of one pass on one device.

    Attributes:
        rows: sequences.
        length: tokens of each.
        slots: positions where something is predicted.
    """

    rows: int
    length: int
    slots: int


@dataclass(frozen=True)
class Survey:
    """The passes of an epoch.

    Attributes:
        updates: how many there are of each kind of pass.
        positions: tokens that the network computes, padding included.
        padding: how many of these are padding.
        tokens: targets that count.
    """

    updates: Mapping[Pass, int]
    positions: int
    padding: int
    tokens: int

    @property
    def steps(self) -> int:
        """How many updates an epoch has."""
        return sum(self.updates.values())

    @classmethod
    def of(cls, lines: Sequence[Line], batcher: Batcher, settings: Settings) -> "Survey":
        """Look through the first epoch."""
        order = np.random.default_rng([settings.seed, 1]) if settings.shuffle else None
        updates: Counter[Pass] = Counter()
        positions = padding = tokens = 0
        for update in batcher.updates(lines, order):
            _, rows, length = update.inputs.shape
            updates[Pass(rows, length, update.places.shape[1])] += 1
            positions += update.inputs.size
            padding += update.padding
            tokens += update.tokens
        return cls(updates, positions, padding, tokens)
