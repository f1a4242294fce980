"""Updates hold every line once, and count exactly what must be predicted."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.model_directory import SHIPPED, ModelDirectory
from tests.wellness import make_wellness
from train.rows.data import read_data
from train.sequences.joining import Joiner
from train.sequences.lines import Sampler
from train.sequences.pipeline import MOST_BUCKETS, Batcher, Line, Update, bucket_lengths
from train.settings import Counted

CONTEXT, PAD = 39, 0
FIRST = 1000  # the first token of line n is FIRST + n, so that it is found again


@st.composite
def line_lists(draw: st.DrawFn) -> list[Line]:
    """Lines of 2 to 40 tokens, some of them read, some of a label."""
    lines = []
    for number in range(draw(st.integers(1, 50))):
        size = draw(st.integers(2, CONTEXT + 1))
        read = draw(st.integers(1, size - 1))
        label = draw(st.integers(0, size - read))
        lines.append(Line([FIRST + number, *range(1, size)], read, label))
    return lines


@st.composite
def batchers(draw: st.DrawFn) -> Batcher:
    """Batchers of any kind, with buckets that need not fit the lines."""
    batch_size = draw(st.integers(1, 9))
    return Batcher(
        batch_size=batch_size,
        pad_id=PAD,
        context=CONTEXT,
        passes=draw(st.integers(1, batch_size)),
        counted=draw(st.sampled_from(("target", "text", "all"))),
        label_weight=draw(st.sampled_from((0.25, 1.0, 3.0))),
        lengths=tuple(sorted(draw(st.sets(st.integers(1, CONTEXT), max_size=5)))),
    )


def order(seed: int | None) -> np.random.Generator | None:
    return None if seed is None else np.random.default_rng(seed)


SEEDS = st.none() | st.integers(0, 99)


@given(line_lists(), batchers(), SEEDS)
def test_every_line_comes_once_and_batches_are_full(
    lines: list[Line], batcher: Batcher, seed: int | None
) -> None:
    groups = batcher.groups(lines, order(seed))
    assert sorted(int(number) for group in groups for number in group) == list(range(len(lines)))
    sizes = sorted(map(len, groups), reverse=True)
    assert sizes[:-1] == [batcher.batch_size] * (len(sizes) - 1)
    assert 1 <= sizes[-1] <= batcher.batch_size


def expected_slots(line: Line, length: int, counted: Counted, label_weight: float) -> dict[int, float]:
    """Return the weight of each place at which this line predicts something: the token after it."""
    if counted == "all":  # the published recipe: padding is predicted as well
        return dict.fromkeys(range(length), 1.0)
    first = line.read if counted == "target" else 1
    return {
        token - 1: label_weight if line.read <= token < line.read + line.label else 1.0
        for token in range(first, len(line.ids))
    }


@given(line_lists(), batchers(), SEEDS)
@example([Line([FIRST, 1, 2], 1, 2)], Batcher(1, PAD, CONTEXT, label_weight=3.0), None)
def test_the_loss_counts_what_was_asked_for_and_nothing_else(
    lines: list[Line], batcher: Batcher, seed: int | None
) -> None:
    for update in batcher.updates(lines, order(seed)):
        passes, rows, length = update.inputs.shape
        assert (passes, rows) == (batcher.passes, -(-batcher.batch_size // batcher.passes))
        assert length <= CONTEXT
        assert update.weights.sum() == pytest.approx(1, abs=1e-5)
        found: dict[tuple[int, int], float] = {}
        seen = Counter[int]()
        for part, row in np.ndindex(passes, rows):
            inputs = update.inputs[part, row]
            if inputs[0] == PAD:
                assert not inputs.any()  # a row that is left over
                continue
            number = int(inputs[0]) - FIRST
            seen[number] += 1
            ids = [*lines[number].ids, *[PAD] * (length + 1)]
            assert inputs.tolist() == ids[:length]
            for slot in np.flatnonzero((update.places[part] // length == row) & (update.weights[part] > 0)):
                place = int(update.places[part, slot]) % length
                assert (number, place) not in found
                assert update.targets[part, slot] == ids[place + 1]
                found[number, place] = float(update.weights[part, slot])
        assert seen == Counter(update.lines.tolist())
        expected = {
            (number, place): weight
            for number in seen
            for place, weight in expected_slots(
                lines[number], length, batcher.counted, batcher.label_weight
            ).items()
        }
        total = sum(expected.values())
        assert found == pytest.approx({key: weight / total for key, weight in expected.items()}, rel=1e-5)
        assert len(found) == np.count_nonzero(update.weights) == update.tokens
        real = sum(len(lines[number].ids) - 1 for number in seen)
        assert update.padding == update.inputs.size - real


@given(line_lists(), batchers(), st.integers(0, 99), st.integers(0, 60))
def test_an_epoch_goes_on_where_it_was_left(
    lines: list[Line], batcher: Batcher, seed: int, start: int
) -> None:
    whole = list(batcher.updates(lines, order(seed)))[start:]
    rest = list(batcher.updates(lines, order(seed), start))
    assert len(rest) == len(whole)
    for ours, theirs in zip(rest, whole, strict=True):
        for name in ("inputs", "places", "targets", "weights", "lines"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


def test_another_order_every_epoch_and_the_rows_own_without_one() -> None:
    lines = [Line([number, number], 1) for number in range(1, 65)]
    batcher = Batcher(4, PAD, CONTEXT)

    def numbers(seed: int | None) -> list[int]:
        return [int(number) for group in batcher.groups(lines, order(seed)) for number in group]

    assert numbers(None) == list(range(64))
    assert numbers(1) != numbers(2) != numbers(None)
    assert numbers(1) == numbers(1)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=300))
def test_buckets_are_few_and_hold_every_length(sizes: list[int]) -> None:
    lengths = bucket_lengths(sizes)
    assert list(lengths) == sorted(set(lengths))
    assert len(lengths) <= MOST_BUCKETS
    assert lengths[-1] == max(sizes)
    padded = sum(min(length for length in lengths if length >= size) for size in sizes)
    if len(lengths) < min(MOST_BUCKETS, len(set(sizes))):
        assert 1 - sum(sizes) / padded <= 0.05 + 1e-9


def test_two_buckets_stand_where_least_is_padded() -> None:
    # One bucket of 40 pads 50 %, two can pad nothing.
    assert bucket_lengths([10] * 8 + [40] * 4) == (10, 40)
    assert bucket_lengths([39, 40, 40, 40]) == (40,)


def shares(updates: Sequence[Update]) -> float:
    return sum(update.padding for update in updates) / sum(update.inputs.size for update in updates)


def test_the_wellness_sheet_is_hardly_padded(tmp_path: Path) -> None:
    model = ModelDirectory.load(SHIPPED)
    data = read_data([make_wellness(tmp_path / "wellness.csv")])
    sampler = Sampler(Joiner.of(data, None, 0, None), model.codec, model.geometry.context)
    lines = sampler.epochs(data.rows).lines(1)
    sizes = [len(line.ids) - 1 for line in lines]
    assert max(sizes) > 1.5 * np.mean(sizes)  # else there would be nothing to show
    for passes in (1, 2):
        batcher = Batcher(32, PAD, model.geometry.context, passes, lengths=bucket_lengths(sizes))
        updates = list(batcher.updates(lines, np.random.default_rng(0)))
        assert shares(updates) < 0.10
        assert len({update.inputs.shape for update in updates}) <= MOST_BUCKETS
    unsorted = list(Batcher(32, PAD, model.geometry.context).updates(lines, np.random.default_rng(0)))
    assert shares(updates) < shares(unsorted) / 2
