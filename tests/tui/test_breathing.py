"""Breathing and grounding apart from screens: what is done when, and how it is drawn."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.breathing import BOX, PATTERNS, READY_SECONDS, RELAXING, Pattern, timed_lines
from tui.disc import half_block, largest_radius, line_of_disc
from tui.grounding import STEPS

patterns = st.sampled_from(PATTERNS)


def phases(pattern: Pattern) -> list[tuple[str, int]]:
    return [(phase.kind, phase.seconds) for phase in pattern.phases]


def test_the_patterns_are_those_of_their_sources() -> None:
    assert phases(RELAXING) == [("in", 4), ("hold", 7), ("out", 8)]
    assert RELAXING.rounds == 4  # more are for those who have practised
    assert phases(BOX) == [("in", 4), ("hold", 4), ("out", 4), ("rest", 4)]
    assert [step.count for step in STEPS] == [5, 4, 3, 2, 1]


@given(patterns, st.floats(0, 200))
def test_there_is_something_to_do_until_the_end(pattern: Pattern, elapsed: float) -> None:
    moment = pattern.at(elapsed)
    assert (moment is None) == (elapsed >= pattern.seconds)
    if moment is not None:
        assert 0 <= moment.fullness <= 1
        assert 1 <= moment.round <= pattern.rounds
        assert 1 <= moment.left <= moment.phase.seconds


@given(patterns, st.floats(0, 200), st.floats(0, 0.1))
def test_the_breath_never_jumps(pattern: Pattern, elapsed: float, later: float) -> None:
    before, after = pattern.at(elapsed), pattern.at(elapsed + later)
    if before and after:
        assert abs(after.fullness - before.fullness) <= later * 0.4 + 1e-9  # pi / 2 / 4 s is the steepest


@given(patterns, st.data())
def test_lungs_fill_stay_and_empty_as_the_words_say(pattern: Pattern, data: st.DataObject) -> None:
    start = READY_SECONDS + data.draw(st.integers(0, pattern.rounds - 1)) * pattern.breath
    for phase in pattern.phases:
        first, second = sorted(data.draw(st.floats(0, phase.seconds - 0.001)) for _ in range(2))
        early, late = pattern.at(start + first), pattern.at(start + second)
        assert early
        assert late
        assert early.phase == late.phase == phase
        match phase.kind:
            case "in":
                assert early.fullness <= late.fullness
            case "out":
                assert early.fullness >= late.fullness
            case "hold":
                assert early.fullness == 1
            case _:
                assert early.fullness == 0
        start += phase.seconds


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.key)
def test_the_seconds_count_down_to_one(pattern: Pattern) -> None:
    start = READY_SECONDS
    for phase in pattern.phases:
        moments = [pattern.at(start + second) for second in range(phase.seconds)]
        assert [moment.left for moment in moments if moment] == list(range(phase.seconds, 0, -1))
        start += phase.seconds


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.key)
def test_lines_come_when_their_phase_begins(pattern: Pattern) -> None:
    (_, first), *breaths, (end, last) = timed_lines(pattern)
    assert end == pattern.seconds
    assert len(breaths) == pattern.rounds * len(pattern.phases)
    assert all(one < other for (one, _), (other, _) in pairwise(breaths))
    for due, line in breaths:
        moment = pattern.at(due)
        assert moment
        assert moment.left == moment.phase.seconds
        assert moment.phase.name in line
        assert f"{moment.phase.seconds}초" in line
    assert first
    assert "괜찮아요" in last


@given(st.integers(1, 100), st.integers(1, 40), st.floats(0.25, 1))
def test_a_disc_is_round_and_stays_inside(columns: int, rows: int, part: float) -> None:
    radius = largest_radius(columns, rows) * part
    lines = [line_of_disc(radius, y, columns, rows) for y in range(rows)]
    pixels = [[cell[half] for cell in line] for line in lines for half in (0, 1)]
    assert all(0 <= pixel <= 1 for line in pixels for pixel in line)
    assert pixels == pixels[::-1]
    assert pixels == [line[::-1] for line in pixels]
    if columns > 2 and rows > 1:
        outermost = max(max(pixels[0]), *(line[0] for line in pixels))
        assert outermost < 0.55  # at most softly touched


@given(st.floats(1, 18), st.floats(0, 1))
def test_a_larger_disc_covers_all_of_a_smaller_one(radius: float, more: float) -> None:
    def covered(radius: float) -> set[tuple[int, int, int]]:
        lines = enumerate(line_of_disc(radius, y, 40, 20) for y in range(20))
        return {(x, y, h) for y, line in lines for x, cell in enumerate(line) for h in (0, 1) if cell[h]}

    assert covered(radius) <= covered(radius + more)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_shape_is_seen_without_colours(upper: float, lower: float) -> None:
    character, ink, paper = half_block(upper, lower)
    assert (character == " ") == (upper == lower == 0)
    if character in "▀▄":
        assert ink == max(upper, lower)
        assert paper == min(upper, lower)
        assert (character == "▀") == (upper >= lower)
