"""What the loop is given besides the network: lines to learn from, and scores of topics."""

from collections.abc import Sequence
from typing import Protocol

from train.sequences.pipeline import Line


class Source(Protocol):
    """Where an epoch's lines come from."""

    def __len__(self) -> int:
        """Return how many lines there are in each epoch."""

    def lines(self, number: int) -> Sequence[Line]:
        """Return the lines of an epoch, the same ones each time it is asked for them."""

    def tell(self, number: int, places: Sequence[int]) -> str:
        """Say which of the person's rows these lines of an epoch come from."""


class Scores(Protocol):
    """How well topics are found."""

    @property
    def accuracies(self) -> tuple[float, ...]:
        """At each level of the label tree."""

    @property
    def macro_f1(self) -> float:
        """Of whole labels."""
