"""Curves of braille dots show what was given, where it belongs, in the room that there is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from train.watching.curves import KEPT, VALIDATION, Curve, plot, smooth

FIGURES = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(
    st.lists(FIGURES, max_size=90), st.lists(FIGURES, max_size=9), st.integers(40, 160), st.integers(2, 30)
)
def test_any_curve_fits(training: list[float], validation: list[float], width: int, height: int) -> None:
    steps = list(enumerate(training, start=1))
    lines = plot(
        steps, list(enumerate(validation, start=1)), max(1, len(training), len(validation)), width, height
    )
    assert len(lines) == height
    assert all(cell_len(line.plain) <= width for line in lines)
    if training or validation:
        assert any(VALIDATION in line.plain or _braille(line.plain) for line in lines)


def _braille(line: str) -> list[int]:
    """Return the columns of a line that hold dots."""
    return [column for column, letter in enumerate(line) if 0x2800 < ord(letter) <= 0x28FF]


def test_a_falling_line_goes_from_the_upper_left_to_the_lower_right() -> None:
    lines = [line.plain for line in plot([(x, 4 - x / 50) for x in range(101)], [(50, 3.0)], 100, 60, 11)]
    tops = [min(_braille(line)) for line in lines[:-1]]
    assert tops == sorted(tops)
    assert lines[0].startswith("4.0")
    assert lines[9].startswith("1.9")  # a little room below 2
    assert max(_braille(lines[9])) == 59
    marked = next(number for number, line in enumerate(lines) if VALIDATION in line)
    assert marked in (4, 5)  # half way down
    assert lines[marked].index(VALIDATION) == pytest.approx((6 + 59) / 2, abs=1)
    assert lines[-1].split() == ["0", "100"]


def test_a_steep_beginning_leaves_room_for_the_rest() -> None:
    training = [(x, 10.0 if x < 5 else 2 + (100 - x) / 100) for x in range(1, 101)]
    top = plot(training, [], 100, 60, 11)[0].plain
    assert 2.9 <= float(top.split()[0]) < 3.2


def test_nothing_to_draw_is_blank_and_numbers_that_are_none_are_passed_over() -> None:
    assert [line.plain for line in plot([], [(1, math.nan)], 1, 60, 5)] == [""] * 5


def test_smoothing_is_a_mean_around_each_point() -> None:
    points = [(x, float(x % 2)) for x in range(240)]  # three on each side
    smoothed = smooth(points)
    assert smoothed[100] == (100, 4 / 7)  # 97, 99, 101 and 103 are odd
    assert smoothed[101] == (101, 3 / 7)
    assert [x for x, _ in smoothed] == [x for x, _ in points]
    assert smooth(points[:20]) == points[:20]


def test_a_curve_stays_small_and_true() -> None:
    curve = Curve()
    for x in range(100_000):
        curve.add(x, x / 2)
    assert curve.taken == 100_000
    assert KEPT // 4 < len(curve.points) < KEPT
    assert all(y == x / 2 for x, y in curve.points)
    steps = {b - a for (a, _), (b, _) in zip(curve.points, curve.points[1:], strict=False)}
    assert steps == {256.0}
