"""A network and lines so small that a training takes a second."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from engine.checkpoint import Geometry
from train.model import GPT2
from train.sequences.pipeline import Line

GEOMETRY = Geometry(vocab_size=50, context=32, width=16, layers=1, heads=2)
PAD = 0


def network(dropout: float = 0.0, layers: int = 1, **options: Any) -> GPT2:
    """The same network every time."""
    keras.utils.set_random_seed(1)
    return GPT2(replace(GEOMETRY, layers=layers), dropout, **options)


def lines(number: int, seed: int = 0) -> list[Line]:
    """Lines of 4 to 24 tokens, with parts of any length that are read, and labels of 1 to 3 tokens.

    What follows a token depends on it, so that there is something to learn.
    """
    generator = np.random.default_rng(seed)
    made = []
    for _ in range(number):
        size = int(generator.integers(4, 25))
        ids = (int(generator.integers(1, 50)) + 7 * np.arange(size)) % 49 + 1
        read = int(generator.integers(1, size - 1))
        made.append(Line(ids.tolist(), read, min(size - read, int(generator.integers(1, 4)))))
    return made


def even_lines(number: int, seed: int = 0) -> list[Line]:
    """The same, but all of 13 tokens, so that nothing is compiled twice."""
    starts = np.random.default_rng(seed).integers(1, 50, number)
    return [Line(((start + 7 * np.arange(13)) % 49 + 1).tolist(), 4, 2) for start in starts]


class FixedLines:
    """A source of the same lines in every epoch, in the order of each row's number."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def lines(self, _number: int) -> Sequence[Line]:
        return self._lines

    def tell(self, _number: int, places: Sequence[int]) -> str:
        return ", ".join(f"rows.csv, {place + 2}" for place in places)
