"""Batches hold every sequence once, and count only what must be predicted."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from train.pipeline import LENGTH_STEP, Line, batches

CONTEXT = 39  # no multiple of the step
LINES = st.lists(
    st.integers(2, 40).flatmap(
        lambda size: st.tuples(
            st.lists(st.integers(1, 999), min_size=size, max_size=size), st.integers(1, size - 1)
        )
    ),
    max_size=60,
)


@given(LINES, st.integers(1, 9), st.integers(0, 99))
def test_every_sequence_comes_once_and_whole(
    raw: list[tuple[list[int], int]], batch_size: int, seed: int
) -> None:
    lines = [Line(ids, read) for ids, read in raw]
    seen = []
    for batch in batches(batch_size, 0, CONTEXT, lines, np.random.default_rng(seed)):
        assert batch.inputs.shape == batch.targets.shape == batch.counts.shape
        assert batch.inputs.shape[0] <= batch_size
        assert batch.inputs.shape[1] % LENGTH_STEP == 0 or batch.inputs.shape[1] == CONTEXT
        for inputs, targets, counts in zip(batch.inputs, batch.targets, batch.counts, strict=True):
            size = int(np.flatnonzero(counts)[-1]) + 1  # the last target ends the sequence
            ids = [*inputs[:size].tolist(), int(targets[size - 1])]
            seen.append((ids, len(ids) - int(counts.sum())))
            assert targets[counts].tolist() == ids[-int(counts.sum()) :]
    assert sorted(seen) == sorted(raw)


def test_another_epoch_has_another_order() -> None:
    lines = [Line([number, number], 1) for number in range(1, 65)]
    generator = np.random.default_rng(0)
    first, second = (
        [int(token) for batch in batches(4, 0, CONTEXT, lines, generator) for token in batch.inputs[:, 0]]
        for _ in range(2)
    )
    assert first != second
