"""From token sequences to the arrays of each update: rows of about one length together, few shapes, no row twice.

An update of the weights is made of equally shaped passes, which are computed one after another or on several
devices. Its weights add up to one over all of them, so that their gradients simply add up to that of one large batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from train.settings import Counted

MOST_BUCKETS = 12  # XLA compiles every shape anew, which takes seconds
PADDING = 0.05  # so much is tolerated before there is another bucket
GRID = 8  # the number of targets of a pass is rounded up to so many parts of its positions


class Line(NamedTuple):
    """One training sequence.

    Attributes:
        ids: of its tokens.
        read: so many of them are only read and never predicted.
        label: so many after these belong to the label; the rest is the response.
        topic: the label's number, for a topic head; negative where there is none.
    """

    ids: Sequence[int] | NDArray[np.integer[Any]]
    read: int
    label: int = 0
    topic: int = -1

    @property
    def sequence(self) -> tuple[list[int], int]:
        """Ids, and how many of them are only read, as `engine.quantization` takes them."""
        return [int(token) for token in self.ids], self.read

    @property
    def prompt(self) -> list[int]:
        """The ids that are only read."""
        return [int(token) for token in self.ids[: self.read]]


@dataclass(frozen=True)
class Update:
    """What the weights are changed by once.

    Attributes:
        inputs: int32 [passes, rows, length], padded at the end.
        places: int32 [passes, slots], where in a pass's flattened inputs something is predicted.
        targets: int32 [passes, slots], the token that follows there.
        weights: float32 [passes, slots], its share in the loss, 0 where a slot is unused; they add up to 1.
        topic_slots: int32 [passes, rows], the slot at which a row's label begins, 0 where there is no topic.
        topics: int32 [passes, rows], the label's number there.
        topic_weights: float32 [passes, rows], its share in the topic head's loss; they add up to 1 if there are topics.
        lines: which of the epoch's lines these are.
        tokens: how many targets count.
        padding: how many positions hold no token of a line.
    """

    inputs: NDArray[np.int32]
    places: NDArray[np.int32]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32]
    topic_slots: NDArray[np.int32]
    topics: NDArray[np.int32]
    topic_weights: NDArray[np.float32]
    lines: NDArray[np.int64]
    tokens: int
    padding: int


@dataclass(frozen=True)
class Batcher:
    """How lines become updates.

    Attributes:
        batch_size: lines an update.
        pad_id: fills sequences up.
        context: the greatest length, which no sequence without its last token exceeds.
        passes: into which an update is divided, on one device or several.
        counted: see `Settings`.
        label_weight: see `Settings`.
        lengths: of the buckets, ascending; without any, a batch is as long as its longest line.
    """

    batch_size: int
    pad_id: int
    context: int
    passes: int = 1
    counted: Counted = "target"
    label_weight: float = 1.0
    lengths: tuple[int, ...] = ()

    def groups(self, lines: Sequence[Line], generator: np.random.Generator | None) -> list[NDArray[np.int64]]:
        """Divide an epoch's lines into updates: every line once, in each group `batch_size` but for one.

        Lines that fill no batch of their bucket ride with the next longer ones.

        Args:
            lines: of an epoch.
            generator: of the order; None for the lines' own.
        """
        order = np.arange(len(lines)) if generator is None else generator.permutation(len(lines))
        if not self.lengths:
            return self._cut(order)
        sizes = np.array([len(lines[place].ids) - 1 for place in order])
        bucket = np.searchsorted(self.lengths, sizes)
        groups: list[NDArray[np.int64]] = []
        rest = order[:0]
        for number in range(len(self.lengths) + 1):
            cut = self._cut(np.concatenate([rest, order[bucket == number]]))
            rest = cut.pop() if cut and len(cut[-1]) < self.batch_size else order[:0]
            groups += cut
        groups += self._cut(rest)
        return (
            groups if generator is None else [groups[place] for place in generator.permutation(len(groups))]
        )

    def updates(
        self, lines: Sequence[Line], generator: np.random.Generator | None = None, start: int = 0
    ) -> Iterator[Update]:
        """Yield an epoch's updates from the one numbered `start` on."""
        for group in self.groups(lines, generator)[start:]:
            yield self.update([lines[place] for place in group], group)

    def update(self, lines: Sequence[Line], numbers: NDArray[np.int64]) -> Update:
        """Return the arrays of one update, whose lines have these numbers in the epoch."""
        length = self._length(max(len(line.ids) for line in lines) - 1)
        rows = -(-self.batch_size // self.passes)
        tokens = np.full((self.passes, rows, length + 1), self.pad_id, np.int32)
        weights = np.zeros((self.passes, rows, length), np.float32)
        topics, marks = (np.full((self.passes, rows), empty, np.int32) for empty in (-1, 0))
        # Dealt like cards from long to short, so that all passes have about as much to predict.
        ranked = sorted(range(len(lines)), key=lambda place: -len(lines[place].ids))
        for rank, place in enumerate(ranked):
            row = rank // self.passes
            part = rank % self.passes
            line = lines[place]
            tokens[part, row, : len(line.ids)] = line.ids
            weights[part, row] = self._weights(line, length)
            topics[part, row], marks[part, row] = line.topic, row * length + line.read - 1
        known = topics >= 0
        flat = weights.reshape(self.passes, -1)
        slots = _on_grid(int((flat > 0).sum(1).max()), rows * length)
        places = np.stack([_first(np.flatnonzero(part), slots) for part in flat])
        chosen = np.take_along_axis(flat, places, 1)
        chosen[np.arange(slots) >= (flat > 0).sum(1)[:, None]] = 0  # the slots that are left over
        return Update(
            inputs=np.ascontiguousarray(tokens[:, :, :-1]),
            places=places.astype(np.int32),
            targets=np.take_along_axis(tokens[:, :, 1:].reshape(self.passes, -1), places, 1),
            weights=chosen / max(chosen.sum(dtype=np.float64), 1e-30).astype(np.float32),
            topic_slots=np.stack([_slots(*own) for own in zip(flat, marks, known, strict=True)]),
            topics=np.where(known, topics, 0),
            topic_weights=(known / max(1, known.sum())).astype(np.float32),
            lines=numbers,
            tokens=int((flat > 0).sum()),
            padding=int(weights.size - sum(len(line.ids) - 1 for line in lines)),
        )

    def _weights(self, line: Line, length: int) -> NDArray[np.float32]:
        weights = np.zeros(length, np.float32)
        if self.counted == "all":
            weights[:] = 1
            return weights
        first = 0 if self.counted == "text" else line.read - 1
        weights[first : len(line.ids) - 1] = 1
        weights[line.read - 1 : line.read - 1 + line.label] = self.label_weight
        return weights

    def _length(self, longest: int) -> int:
        if not self.lengths:
            return longest
        place = int(np.searchsorted(self.lengths, longest))
        longer = min(self.context, -(-longest // GRID) * GRID)
        return self.lengths[place] if place < len(self.lengths) else longer

    def _cut(self, order: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        return [order[cut : cut + self.batch_size] for cut in range(0, len(order), self.batch_size)]


def bucket_lengths(sizes: Sequence[int]) -> tuple[int, ...]:
    """Choose the fewest lengths to which sequences are padded that keep padding below `PADDING`.

    For each number of buckets the best boundaries are found by dynamic programming over the lengths that occur.

    Args:
        sizes: the lengths of the sequences, at least one.

    Returns:
        At most `MOST_BUCKETS` lengths, ascending; the last one is the longest sequence's.
    """
    lengths, counts = np.unique(np.asarray(sizes), return_counts=True)
    before = np.array([0, *accumulate(int(count) for count in counts)])
    real = int((lengths * counts).sum())
    # cost[j]: positions needed for the j shortest lengths; one bucket pads all of them to the j-th.
    cost = np.array([0, *(lengths * before[1:])], np.float64)
    choices: list[NDArray[np.int64]] = []
    while 1 - real / cost[-1] > PADDING and len(choices) + 1 < min(MOST_BUCKETS, len(lengths)):
        table = cost[:, None] + lengths[None, :] * (before[None, 1:] - before[:, None])  # [from, to)
        table[np.tri(len(table), len(lengths), -1, dtype=bool)] = np.inf
        choices.append(table.argmin(0))
        cost = np.array([0, *table.min(0)])
    chosen, end = [], len(lengths)
    for choice in reversed([np.zeros(len(lengths), np.int64), *choices]):
        if end:
            chosen.append(int(lengths[end - 1]))
            end = int(choice[end - 1])
    return tuple(sorted(chosen))


def _on_grid(count: int, positions: int) -> int:
    step = -(-positions // GRID)
    return min(positions, max(1, -(-count // step)) * step)


def _slots(
    weights: NDArray[np.float32], marks: NDArray[np.int32], known: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Return at which slot each place in `marks` is predicted; 0 where the topic is not known."""
    return np.where(known, np.searchsorted(np.flatnonzero(weights), marks), 0).astype(np.int32)


def _first(places: NDArray[np.int64], slots: int) -> NDArray[np.int64]:
    """Return `slots` places: these, filled up with the first position."""
    return np.concatenate([places, np.zeros(slots - len(places), np.int64)])
