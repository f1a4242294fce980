"""What a person is told of the time that is left, of padding and of the pace."""

import math
from pathlib import Path

import pytest

from train.events import Compiling, Epoch, Plan, Saved, Step
from train.watching.course import Course

PLAN = Plan(
    rows=640,
    effective_rows=640.0,
    validation_rows=64,
    test_rows=0,
    labels=4,
    parameters=1000,
    trained_parameters=1000,
    epochs=2,
    steps_per_epoch=10,
    steps=20,
    done=0,
    devices="CPU",
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def step(total: int, seconds: float, positions: int = 100, padding: int = 0, loss: float = 1.0) -> Step:
    epoch, place = divmod(total - 1, 10)
    return Step(epoch + 1, place + 1, total, loss, 1e-4, 0.5, 50, positions, padding, seconds)


def train(course: Course, clock: Clock, steps: range, cost: float = 0.01) -> None:
    """Steps of 100 and of 300 positions in turn, each position at the same cost in seconds."""
    for total in steps:
        positions = 100 if total % 2 else 300
        clock.now += positions * cost
        course.watch(step(total, positions * cost, positions))


def test_the_time_left_comes_from_positions_not_from_steps() -> None:
    clock = Clock()
    course = Course(PLAN, clock)
    assert course.remaining is None
    train(course, clock, range(1, 9))
    assert course.remaining == pytest.approx(12 * 200 * 0.01)  # 12 steps of 200 positions on average
    clock.now += 4
    assert course.remaining == pytest.approx(12 * 200 * 0.01 - 4)
    clock.now += 1000
    assert course.remaining == 0


def test_a_step_that_compiled_says_nothing_about_the_pace() -> None:
    clock = Clock()
    course = Course(PLAN, clock)
    course.watch(Compiling((32, 48), 0))
    clock.now += 60
    assert course.compiling
    assert course.waiting == 60
    course.watch(step(1, 61.0))
    assert course.compiling is None
    assert course.remaining is None
    course.watch(step(2, 1.0))
    assert course.remaining == pytest.approx(18)


def test_what_comes_between_epochs_is_part_of_the_time_left() -> None:
    clock = Clock()
    course = Course(PLAN, clock)
    train(course, clock, range(1, 11))
    assert course.validating
    clock.now += 25
    course.watch(Epoch(1, 10, 1.0, 1.2, seconds=20.0))
    assert not course.validating
    clock.now += 5
    course.watch(Saved(Path("run/step-00000010"), 10))
    train(course, clock, range(11, 13))
    assert course.remaining == pytest.approx(8 * 2 + 30)


def test_padding_is_that_of_the_epoch() -> None:
    course = Course(PLAN, Clock())
    for total in range(1, 11):
        course.watch(step(total, 1.0, padding=50))
    assert course.padding == 0.5
    course.watch(step(11, 1.0, padding=10))
    course.watch(step(12, 1.0, positions=300, padding=10))
    assert course.padding == 20 / 400
    tokens, positions = (
        course.pace.per_second(course.pace.tokens),
        course.pace.per_second(course.pace.positions),
    )
    assert tokens is not None
    assert positions is not None
    assert 50 < tokens < positions < 300


def test_an_earlier_run_is_told_but_does_not_count() -> None:
    clock = Clock()
    course = Course(Plan(**{**vars(PLAN), "done": 12}), clock)
    assert (course.total, course.epoch) == (12, 2)
    for total in range(1, 13):
        course.watch(step(total, 99.0))
        if total == 10:
            course.watch(Epoch(1, 10, 1.0, 1.2, best=True))
    assert course.remaining is None
    assert len(course.training.points) == 12
    train(course, clock, range(13, 15))
    assert course.remaining == pytest.approx(6 * 2)
    assert course.share == 0.7
    assert course.best
    assert course.best.number == 1


def test_a_loss_that_is_none_leaves_the_curve_alone() -> None:
    course = Course(PLAN, Clock())
    course.watch(step(1, 1.0, loss=3.0))
    course.watch(step(2, 1.0, loss=math.nan))
    assert course.loss == 3.0
    assert course.training.points == [(1, 3.0)]
