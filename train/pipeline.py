"""From token sequences to shuffled batches of nearly equal length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LENGTH_STEP = 8  # batches are padded to a multiple of this, so that few shapes occur
POOL = 32  # so many batches are sorted by length together; larger pads less and shuffles less


class Line(NamedTuple):
    """One training line: its ids, and how many of them are only read and never predicted."""

    ids: list[int]
    read: int


@dataclass(frozen=True)
class Batch:
    """One step's worth of sequences.

    Attributes:
        inputs: int32 [batch, length], padded at the end.
        targets: int32 [batch, length], the token that follows each input.
        counts: bool [batch, length], true where the target is part of the loss.
    """

    inputs: NDArray[np.int32]
    targets: NDArray[np.int32]
    counts: NDArray[np.bool_]


def batches(
    batch_size: int, pad_id: int, context: int, sequences: Sequence[Line], generator: np.random.Generator
) -> Iterator[Batch]:
    """Yield every sequence once, in a new order each time, grouped by length.

    Args:
        batch_size: sequences in a batch; the last ones may hold fewer.
        pad_id: fills sequences up.
        context: the greatest length, which no sequence without its last token exceeds.
        sequences: the training lines.
        generator: of the order.
    """
    order = generator.permutation(len(sequences))
    pool = POOL * batch_size
    groups = []
    for start in range(0, len(order), pool):
        near = sorted(order[start : start + pool], key=lambda index: len(sequences[index].ids))
        groups += [near[cut : cut + batch_size] for cut in range(0, len(near), batch_size)]
    for group in generator.permutation(len(groups)):
        yield _pad([sequences[index] for index in groups[group]], pad_id, context)


def _pad(sequences: Sequence[Line], pad_id: int, context: int) -> Batch:
    longest = max(len(sequence.ids) - 1 for sequence in sequences)
    length = min(context, -(-longest // LENGTH_STEP) * LENGTH_STEP)
    tokens = np.full((len(sequences), length + 1), pad_id, np.int32)
    counts = np.zeros((len(sequences), length), np.bool_)
    for line, (ids, read) in enumerate(sequences):
        tokens[line, : len(ids)] = ids
        counts[line, read - 1 : len(ids) - 1] = True
    return Batch(tokens[:, :-1], tokens[:, 1:], counts)
