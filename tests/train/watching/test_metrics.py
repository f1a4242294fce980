"""metrics.jsonl tells all of a training, and after interruptions what an uninterrupted one would."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import CounselError
from train.events import Compiling, Epoch, Saved, Step
from train.rows.reading import DataError
from train.watching.metrics import MetricsLog, Record, read_metrics

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.integers(0, 10**12)
PER_EPOCH = 4


@st.composite
def trainings(draw: st.DrawFn) -> list[Record]:
    """Events of a training with any figures: so many steps an epoch, and the epoch after them."""
    events: list[Record] = []
    for epoch in range(1, draw(st.integers(1, 3)) + 1):
        for place in range(1, PER_EPOCH + 1):
            loss, rate, norm, seconds = (draw(NUMBERS) for _ in range(4))
            tokens, positions, padding = (draw(COUNTS) for _ in range(3))
            total = len(steps(events)) + 1
            events.append(Step(epoch, place, total, loss, rate, norm, tokens, positions, padding, seconds))
        events.append(
            Epoch(
                number=epoch,
                steps=epoch * PER_EPOCH,
                loss=draw(NUMBERS),
                validation_loss=draw(st.none() | NUMBERS),
                accuracy=tuple(draw(st.lists(NUMBERS, max_size=3))),
                macro_f1=draw(st.none() | NUMBERS),
                best=draw(st.booleans()),
                seconds=draw(NUMBERS),
            )
        )
    return events


def steps(events: list[Record]) -> list[Record]:
    return [event for event in events if isinstance(event, Step)]


def write(path: Path, events: list[Record], done: int = 0, epochs: int | None = None) -> MetricsLog:
    log = MetricsLog(path, done, epochs)
    for event in events:
        log.watch(event)
    return log


@given(trainings())
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, events: list[Record]) -> None:
    path = tmp_path_factory.mktemp("metrics") / "metrics.jsonl"
    write(path, events)
    assert read_metrics(path) == events


@settings(max_examples=30)
@given(trainings(), st.data())
def test_a_killed_run_that_goes_on_leaves_the_file_of_one_that_was_not(
    tmp_path_factory: pytest.TempPathFactory, events: list[Record], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("metrics") / "metrics.jsonl"
    write(path, events)
    content = path.read_bytes()
    cut = data.draw(st.integers(0, len(content)))
    path.write_bytes(content[:cut] + data.draw(st.sampled_from([b"", b"\0\0\0"])))
    known = read_metrics(path)
    assert known == events[: len(known)]
    assert content[:cut].count(b"\n") == len(known)
    done = data.draw(st.integers(0, len(steps(known))))  # of the newest checkpoint
    epochs = min(done // PER_EPOCH, len(known) - len(steps(known)))
    rest = [e for e in events if (e.total > done if isinstance(e, Step) else e.number > epochs)]
    log = write(path, rest, done, epochs)
    assert read_metrics(path) == events
    assert log.history == [event for event in events if event not in rest]


def test_an_epoch_that_a_limit_cut_short_is_told_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    made = [Step(1, place, place, 1.0, 1e-4, 0.5, 10, 20, 2, 0.1) for place in (1, 2, 3, 4)]
    write(path, [*made[:2], Epoch(1, 2, 1.0)])
    write(path, [*made[2:], Epoch(1, 4, 0.9)], done=2, epochs=0)
    assert read_metrics(path) == [*made, Epoch(1, 4, 0.9)]


def test_any_other_tool_can_read_the_lines(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(path)
    log.watch(Compiling((32, 48), 0))
    log.watch(Step(1, 1, 1, 2.5, 5e-5, math.inf, 700, 1536, 100, 1.5))
    assert len(path.read_text().splitlines()) == 1  # there before the next event
    log.watch(Epoch(1, 1, 2.5, 2.75, (0.5, 0.25), math.nan, best=True, seconds=1.5))
    log.watch(Saved(tmp_path, 1))
    one, other = (json.loads(line, parse_constant=pytest.fail) for line in path.read_text().splitlines())
    assert abs(datetime.fromisoformat(one.pop("time")) - datetime.now(UTC)) < timedelta(minutes=1)
    assert datetime.fromisoformat(other.pop("time")).utcoffset() == timedelta(0)
    assert one == {
        "kind": "step",
        "epoch": 1,
        "step": 1,
        "total": 1,
        "loss": 2.5,
        "learning_rate": 5e-5,
        "gradient_norm": None,
        "tokens": 700,
        "positions": 1536,
        "padding": 100,
        "seconds": 1.5,
    }
    assert other == {
        "kind": "epoch",
        "number": 1,
        "steps": 1,
        "loss": 2.5,
        "validation_loss": 2.75,
        "accuracy": [0.5, 0.25],
        "macro_f1": None,
        "best": True,
        "seconds": 1.5,
    }
    step, epoch = read_metrics(path)
    assert isinstance(step, Step)
    assert math.isnan(step.gradient_norm)
    assert isinstance(epoch, Epoch)
    assert epoch.macro_f1 is None


GOOD = '{"kind": "step", "epoch": 1, "step": 1, "total": 1, "loss": 1, "learning_rate": 0.1, "gradient_norm": 1, '
BAD = [
    "",
    "no json",
    "[1]",
    "3",
    '{"kind": "step"}',
    '{"kind": "stop"}',
    '{"kind": ["step"]}',
    GOOD + '"tokens": 1, "positions": 1, "padding": true, "seconds": 1}',
    GOOD + '"tokens": 1.5, "positions": 1, "padding": 1, "seconds": 1}',
    GOOD + '"tokens": 1, "positions": 1, "padding": 1, "seconds": "1"}',
    GOOD + f'"tokens": 1, "positions": 1, "padding": 1, "seconds": 1{"0" * 400}}}',
    "[" * 100_000,
    '"\\ud800',
]


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_line_that_is_none_of_ours_is_named(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "metrics.jsonl"
    good = GOOD + '"tokens": 1, "positions": 1, "padding": 1, "seconds": 1}'
    path.write_text(f"{good}\n{bad}\n{good}\n")
    for read in (read_metrics, MetricsLog):
        with pytest.raises(DataError, match=r"metrics\.jsonl, 2행: .*그 행을 지우세요") as caught:
            read(path)
        assert "\n" not in str(caught.value)
    path.write_text(f"{good}\n{good}\n")
    assert len(read_metrics(path)) == 2


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.jsonl"):
        read_metrics(tmp_path / "none.jsonl")
    with pytest.raises(CounselError, match=r"metrics\.jsonl: 쓸 수 없습니다"):
        MetricsLog(tmp_path / "none" / "metrics.jsonl")
    log = MetricsLog(tmp_path / "metrics.jsonl")
    (tmp_path / "metrics.jsonl").unlink()
    (tmp_path / "metrics.jsonl").symlink_to("/dev/full")
    with pytest.raises(CounselError, match="공간과 권한"):
        log.watch(Epoch(1, 1, 1.0))
