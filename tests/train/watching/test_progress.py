"""A person sees how a training goes: a page that fits the terminal, or plain lines where there is none."""

import io
import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from bench.terminal import Terminal
from engine.language import Language, choose
from train.events import Compiling, Epoch, Event, Notice, Plan, Saved, Step
from train.watching.course import Course
from train.watching.live import page
from train.watching.plain import PlainLines, describe_remaining, duration, ordinal
from train.watching.progress import Progress

PLAN = Plan(
    rows=5_232,
    effective_rows=3_100.4,
    validation_rows=261,
    test_rows=262,
    labels=359,
    parameters=125_164_032,
    trained_parameters=125_164_032,
    epochs=8,
    steps_per_epoch=164,
    steps=1_312,
    done=0,
    devices="CPU, float32, XLA",
)
SAVED = Path("/home/someone/models/my-model.run/step-00001312")


@pytest.fixture(params=["en", "ko"])
def language(request: pytest.FixtureRequest) -> Iterator[Language]:
    choose(request.param)
    yield request.param
    choose("ko")


def training(plan: Plan = PLAN, levels: int = 3) -> Iterator[Event]:
    """Tell of a training whose loss falls as 8 / √step, and whose fifth epoch is the best."""
    best = math.inf
    for epoch in range(1, plan.epochs + 1):
        for place in range(1, plan.steps_per_epoch + 1):
            total = (epoch - 1) * plan.steps_per_epoch + place
            if total == 1:
                yield Compiling((32, 48), 0)
            yield Step(epoch, place, total, 8 / math.sqrt(total), 4.75e-5, 0.934, 700, 1536, 109, 1.25)
        held_out = 2.4 + abs(epoch - 5) / 10
        accuracy = tuple(0.9 - level / 10 for level in range(levels))
        yield Epoch(epoch, total, 2.125, held_out, accuracy, 0.512, held_out < best, 205.0)
        best = min(best, held_out)
        yield Saved(SAVED.with_name(f"step-{total:08}"), total)


def drawn(events: Iterator[Event], width: int, height: int, plan: Plan = PLAN, name: str = "my-model") -> str:
    """Return the page after some events, in a terminal of a size."""
    course = Course(plan)
    for event in events:
        course.watch(event)
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(page(name, course, width, height - 2))
    return capture.get()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (140, 40), (200, 60)])
@pytest.mark.usefixtures("language")
def test_the_page_fits_and_shows_all(width: int, height: int) -> None:
    shown = drawn(training(), width, height)
    lines = shown.splitlines()
    assert len(lines) <= height - 2
    assert max(map(cell_len, lines)) <= width
    assert "…" not in shown  # nothing is cut off
    for value in (
        "5,232",
        "3,100",
        "261",
        "262",
        "359",
        "125,164,032",
        "CPU, float32, XLA",
        "1,312/1,312",
        "8/8",
    ):
        assert value in shown
    for value in (
        "100.0%",
        "4.75e-05",
        "0.934",
        "1,229",
        "1,142",
        "7.1%",
        "GB",
        "my-model.run/step-00001312",
    ):
        assert value in shown  # 1536 / 1.25 positions, and 1536 - 109 tokens, a second
    for value in ("★ 5", "2.400", "2.700", "90.0%", "80.0%", "70.0%", "0.512", "3:25", "●"):
        assert value in shown


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("number", [0, 1, 2, 3, 100, 165, 166, 167, 170, 1330])
def test_the_page_keeps_its_height_from_beginning_to_end(number: int) -> None:
    shown = drawn((event for _, event in zip(range(number), training(), strict=False)), 80, 24)
    assert len(shown.splitlines()) == 22
    assert max(map(cell_len, shown.splitlines())) <= 80
    assert "…" not in shown


def test_columns_stand_below_their_names_in_korean() -> None:
    lines = drawn(training(), 80, 24).splitlines()
    header, *epochs = lines[next(number for number, line in enumerate(lines) if "검증 손실" in line) :][:4]
    for name, value in (("검증 손실", "2.400"), ("주제", "70.0%"), ("macro-F1", "0.512"), ("시간", "3:25")):
        row = next(line for line in epochs if "★" in line)
        right = cell_len(header[: header.index(name) + len(name)])
        assert cell_len(row[: row.index(value) + len(value)]) == right


def test_the_best_epoch_stays_in_sight() -> None:
    assert "★ 5" in drawn(training(replace(PLAN, epochs=30, steps=30 * 164)), 80, 24)


def test_a_first_step_says_what_it_does(language: Language) -> None:
    shown = drawn(iter([Compiling((32, 48), 0)]), 80, 24)
    told = "compiling shape 32×48 (1st): takes some seconds"
    assert ("32×48 모양을 컴파일합니다(1번째): 몇 초 걸립니다" if language == "ko" else told) in shown


PLANS = [
    replace(PLAN, validation_rows=0, test_rows=0, labels=0, steps_per_epoch=1, steps=8),
    replace(
        PLAN, parameters=10**12, rows=10**12, steps=10**9, devices="16× NVIDIA H100 80GB HBM3, bfloat16, XLA"
    ),
    replace(PLAN, trained_parameters=589_824, effective_rows=math.nan),
    replace(PLAN, steps=0, steps_per_epoch=0, epochs=1, parameters=0, trained_parameters=0),
]
ODD_EVENTS: list[Event] = [
    Step(1, 1, 1, math.nan, math.inf, math.nan, 0, 0, 0, 0.0),
    Epoch(1, 1, math.nan, math.inf),
    Epoch(2, 2, 1.0, -3.0, (1.0,) * 20, 1.0, True, 1e9),
    Compiling((65_536, 1024), 110),
    Step(2, 1, 2, 1e30, 1e-12, 1e30, 10**12, 10**12, 10**12, 1e6),
]


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("plan", PLANS, ids=range(len(PLANS)))
def test_odd_figures_do_not_break_the_page(plan: Plan) -> None:
    name = "아주-긴-이름의-모델" * 9
    for number in range(len(ODD_EVENTS) + 1):
        for width, height in ((80, 24), (81, 25), (160, 50)):
            shown = drawn(iter(ODD_EVENTS[:number]), width, height, plan, name)
            assert len(shown.splitlines()) <= height - 2
            assert max(map(cell_len, shown.splitlines())) <= width


SCRIPT = """
import sys, time
from pathlib import Path
from engine.language import choose
from tests.train.watching.test_progress import PLAN, Notice, Progress, training
choose(sys.argv[1])
with Progress("내 모델") as progress:
    progress.watch(Notice("[before] the plan"))
    progress.watch(PLAN)
    for event in training():
        progress.watch(event)
        if getattr(event, "total", 0) == 200:
            progress.watch(Notice("step-00000164: damaged, passed over"))
            time.sleep(float(sys.argv[2]))
print("done")
"""


def test_in_a_terminal_the_page_moves_and_stays_below_notices() -> None:
    with Terminal([sys.executable, "-c", SCRIPT, "ko", "1.2"], 80, 24) as terminal:
        terminal.wait_for(lambda screen: "200/1,312" in screen and "damaged" in screen)
        terminal.wait_for(lambda screen: "0:01" in screen)  # the clock goes on during a step
        assert terminal.text.index("passed over") < terminal.text.index("내 모델")
        assert "분 남음" in terminal.text
        assert terminal.wait_for_end() == 0
        shown = [line.rstrip() for line in terminal.text.splitlines()]
        assert "done" in shown
        page_lines = shown[: shown.index("done")]
        assert page_lines[0].endswith("단계 1,312/1,312")
        assert "체크포인트" in page_lines[-1]
        assert sum("1,312/1,312" in line for line in page_lines) == 1
        assert b"[before] the plan" in terminal.raw
        assert terminal.raw.rstrip().endswith(b"done")
        assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l")  # the cursor is back


def test_a_small_terminal_gets_plain_lines() -> None:
    with Terminal([sys.executable, "-c", SCRIPT, "en", "0"], 79, 24) as terminal:
        assert terminal.wait_for_end() == 0
        assert b"\x1b" not in terminal.raw
        assert "epoch 8/8: loss 2.125" in terminal.text


def test_no_colour_leaves_line_and_marks_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console = Console(file=io.StringIO(), width=80, height=24, force_terminal=True, color_system="truecolor")
    course = Course(PLAN)
    for event in training():
        course.watch(event)
    with console.capture() as capture:
        console.print(page("my-model", course, 80, 22))
    shown = capture.get()
    assert not any(f"\x1b[{code}" in shown for code in ("3", "9", "38"))
    assert "●" in shown
    assert any(0x2800 < ord(letter) < 0x2900 for letter in shown)


def plain(plan: Plan, events: Iterator[Event], seconds: float) -> list[str]:
    """Return the lines about a training whose steps take so long."""
    now = 0.0
    file = io.StringIO()
    lines = PlainLines("my-model", plan, Console(file=file, width=80), lambda: now)
    for event in events:
        now += seconds if isinstance(event, Step) else 0
        lines.watch(event)
    return file.getvalue().splitlines()


def test_plain_lines_come_every_tenth_of_an_epoch_but_not_every_second(language: Language) -> None:
    step = {"en": "step ", "ko": "단계 "}[language]
    slow, quick = (plain(PLAN, training(), seconds) for seconds in (10, 0.5))
    told = [line for line in slow if step in line]
    assert len(told) == 9 * 8  # of 164 steps every 17th
    assert "17/1,312 (1%)" in told[0]
    assert "4.75e-05" in told[0]
    assert "1,142" in told[0]
    assert len([line for line in quick if step in line]) == 2 * 8  # 82 s an epoch, a line every 30 s
    for lines in (slow, quick):
        assert "5,232" in lines[0]
        assert "32×48" in lines[1]
        assert sum("step-00000164" in line for line in lines) == 1
        assert sum("2.400" in line and "70.0%" in line and "3:25" in line for line in lines) == 1


def test_plain_lines_do_not_repeat_an_earlier_run() -> None:
    lines = plain(
        replace(PLAN, done=200), (event for event in training() if not isinstance(event, Saved)), 10
    )
    assert not any("에폭 1/8" in line for line in lines)
    assert "에폭 2/8 · 단계 217/1,312" in lines[2]


def test_what_is_no_terminal_gets_plain_lines(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a CI, whose output is a file
    with Progress("my-model") as progress:
        for event in (PLAN, *training(), Notice("일찍 마칩니다: [/bold] 에폭 5")):
            progress.watch(event)
    out, error = capfd.readouterr()
    assert out == ""
    assert "\x1b" not in error
    lines = error.splitlines()
    assert lines[0].startswith("my-model: 5,232행 학습")
    assert lines[0].endswith("CPU, float32, XLA")  # one line, however long
    assert lines[-1] == "일찍 마칩니다: [/bold] 에폭 5"
    assert len(lines) == 1 + 1 + 2 * 8 + 1  # plan, compiling, epochs with their checkpoints, notice


def test_a_dumb_terminal_gets_plain_lines() -> None:
    file = io.StringIO()
    with Progress(
        "m", Console(file=file, force_terminal=True, _environ={"TERM": "dumb"}, height=50)
    ) as progress:
        progress.watch(PLAN)
        progress.watch(Notice("notice"))
    assert "\x1b" not in file.getvalue()
    assert file.getvalue().splitlines()[-1] == "notice"


def test_a_second_plan_begins_anew() -> None:
    file = io.StringIO()
    console = Console(file=file, width=80, height=24, force_terminal=True, color_system=None)
    with Progress("my-model", console) as progress:
        for _ in range(2):
            for event in (PLAN, *training()):
                progress.watch(event)
    assert file.getvalue().count("체크포인트 아직 없음") >= 1
    assert file.getvalue().split("단계 1,312/1,312")[-1].count("★") == 1


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (59.9, "0:59"), (721, "12:01"), (3731, "1:02:11"), (360_000, "100:00:00")],
)
def test_times_read_as_on_a_clock(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(20, "1분 안에 끝남"), (31, "약 1분 남음"), (3570, "약 1시간 0분 남음"), (20_460, "약 5시간 41분 남음")],
)
def test_the_time_left_is_told_to_the_minute(seconds: float, shown: str) -> None:
    assert describe_remaining(seconds) == shown


def test_ordinals() -> None:
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]
    )
