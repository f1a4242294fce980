"""The expected calibration error, by hand, by Guo et al.'s own loop, and on what is calibrated by construction."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.evaluation.calibration import BINS, calibrate

ROWS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80)


def published_error(confidences: list[float], right: list[bool]) -> float:
    """As in github.com/gpleiss/temperature_scaling, in numpy; 0 itself belongs to no bin there."""
    edges = np.linspace(0, 1, BINS + 1)
    sure, hits = np.array(confidences), np.array(right)
    error = 0.0
    for low, high in pairwise(edges):
        inside = (sure > low) & (sure <= high)
        if inside.any():
            error += abs(sure[inside].mean() - hits[inside].mean()) * inside.mean()
    return error


@pytest.mark.parametrize(
    ("confidences", "right", "error"),
    [
        ([1.0, 1.0], [True, True], 0.0),
        ([1.0, 1.0], [True, False], 0.5),
        ([1.0], [False], 1.0),
        ([0.9, 0.9, 0.9, 0.9], [True, True, True, False], 0.15),
        # Two bins: |1/2 - 0.55| of two rows, |1 - 0.95| of one.
        ([0.55, 0.55, 0.95], [True, False, True], (2 * 0.05 + 0.05) / 3),
        # Within a bin, faults cancel out.
        ([0.61, 0.65], [True, False], abs(0.5 - 0.63)),
    ],
)
def test_by_hand(confidences: list[float], right: list[bool], error: float) -> None:
    assert calibrate(confidences, right).error == pytest.approx(error)


@given(ROWS.filter(lambda rows: all(confidence > 0 for confidence, _ in rows)))
def test_as_published(rows: list[tuple[float, bool]]) -> None:
    confidences, right = [a for a, _ in rows], [b for _, b in rows]
    assert calibrate(confidences, right).error == pytest.approx(published_error(confidences, right))


@given(ROWS)
def test_every_row_is_in_one_bin(rows: list[tuple[float, bool]]) -> None:
    calibration = calibrate([a for a, _ in rows], [b for _, b in rows])
    assert 0 <= calibration.error <= 1
    assert sum(one.rows for one in calibration.bins) == len(rows)
    assert sum(one.rows * one.accuracy for one in calibration.bins) == pytest.approx(sum(b for _, b in rows))
    for one in calibration.bins:
        assert one.low - 1e-9 <= one.confidence <= one.high + 1e-9


@given(st.integers(0, 2**32 - 1))
def test_what_is_right_as_often_as_it_says_has_a_small_error(seed: int) -> None:
    generator = np.random.default_rng(seed)
    confidences = generator.random(20_000)
    right = generator.random(20_000) < confidences
    assert calibrate(confidences.tolist(), right.tolist()).error < 0.03
    assert calibrate((confidences**3).tolist(), right.tolist()).error > 0.1
