"""The quiet corner over a conversation that waits, and how it looks."""

from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.conftest import PacedEngine, ScriptedEngine, say, settle
from tests.tui.pictures import PICTURED
from tests.tui.test_crisis import CRISIS, SpyEngine, app_with, screen_text
from tui.answer import Answer
from tui.app import CounselApp
from tui.breath import Breath
from tui.breathing import BOX, PATTERNS, READY_SECONDS, RELAXING, Pattern
from tui.breathing_guide import BreathingGuide
from tui.grounding import STEPS
from tui.lines import LinesPanel, LinesScreen
from tui.prompt import Prompt
from tui.quiet_corner import QuietCorner
from tui.themes import THEMES


class Alone(App[None]):
    """Nothing behind the corner, so that its pictures show nothing else."""

    def __init__(self, theme: str) -> None:
        super().__init__()
        for known in THEMES:
            self.register_theme(known)
        self.theme = theme

    def compose(self) -> ComposeResult:
        yield LinesPanel()


class StillClock:
    """Time stands until the test moves it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def breathe(pilot: Pilot[None], pattern: Pattern, clock: StillClock) -> QuietCorner:
    corner = QuietCorner(clock)
    await pilot.app.push_screen(corner)
    await pilot.press(str(PATTERNS.index(pattern) + 1))
    await pilot.pause()
    return corner


async def reach(pilot: Pilot[None], clock: StillClock, second: float, words: str) -> None:
    """Let time pass, and wait for the next frame that says so."""
    clock.now = second
    for _ in range(100):
        if words in screen_text(pilot):
            return
        await pilot.pause(0.05)
    raise AssertionError(screen_text(pilot))


async def test_a_breath_goes_from_the_first_sentence_to_the_last() -> None:
    clock = StillClock()
    async with app_with(ScriptedEngine()).run_test(size=(80, 24)) as pilot:
        await breathe(pilot, RELAXING, clock)
        await reach(pilot, clock, 0, "어깨를 내려놓고")
        await reach(pilot, clock, READY_SECONDS, "들이쉬기  4")
        empty = screen_text(pilot).count("█")
        await reach(pilot, clock, READY_SECONDS + 4, "멈추기  7")
        assert screen_text(pilot).count("█") > 4 * empty > 0
        await reach(pilot, clock, READY_SECONDS + 19 + 18.5, "내쉬기  1")
        assert "4번 가운데 2번째" in screen_text(pilot)
        await pilot.press("enter")  # too early to choose anew
        assert pilot.app.screen.query(BreathingGuide)
        await reach(pilot, clock, RELAXING.seconds, "괜찮아요")
        await pilot.press("enter")
        assert "네모 호흡" in screen_text(pilot)


async def test_without_motion_there_are_lines_with_seconds() -> None:
    clock = StillClock()
    app = app_with(ScriptedEngine())
    app.animation_level = "none"  # as `--reduced-motion` sets it
    async with app.run_test(size=(80, 24)) as pilot:
        corner = await breathe(pilot, BOX, clock)
        await reach(pilot, clock, READY_SECONDS + 5, "› 멈추기       3")
        assert not corner.query(Breath)
        assert "  내쉬기       4" in screen_text(pilot)
        assert "█" not in screen_text(pilot)


async def test_it_can_be_left_at_any_time() -> None:
    async with app_with(ScriptedEngine()).run_test(size=(80, 24)) as pilot:
        for choice, key in (("", "escape"), ("1", "f8"), ("2", "escape"), ("3", "f8")):
            await pilot.press("f8", *choice)
            assert isinstance(pilot.app.screen, QuietCorner)
            await pilot.press(key)
            assert not isinstance(pilot.app.screen, QuietCorner)
            assert pilot.app.query_one(Prompt).has_focus


async def test_an_exercise_is_chosen_by_arrows_and_by_mouse() -> None:
    async with app_with(ScriptedEngine()).run_test(size=(80, 24)) as pilot:
        await pilot.press("f8", "down", "enter")
        assert pilot.app.screen.query(BreathingGuide)
        await pilot.press("escape", "f8")
        await pilot.click("OptionList", offset=(5, 5))
        assert "다섯 가지" in screen_text(pilot)


async def test_grounding_goes_on_with_enter_whether_something_was_typed_or_not() -> None:
    app = app_with(ScriptedEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f8", "3")
        for index, step in enumerate(STEPS):
            assert step.words[:8] in screen_text(pilot)
            if index % 2:
                app.screen.query_one(Input).insert_text_at_cursor("창문")
                await pilot.press("2")  # chooses nothing here
                assert app.screen.query_one(Input).value == "창문2"
            await pilot.press("enter")
        assert "지금 여기에 계시네요" in screen_text(pilot)
        await pilot.press("enter")
        assert "4-7-8" in screen_text(pilot)
        await pilot.press("escape")
        assert not app.query(Answer)  # nothing of it was said to the program


async def test_a_crisis_typed_in_the_exercise_is_answered() -> None:
    engine = SpyEngine()
    app = app_with(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f8", "3")
        app.screen.query_one(Input).insert_text_at_cursor(CRISIS)
        await pilot.press("enter")
        await settle(pilot)
        assert "119" in screen_text(pilot)
        assert app.query_one(LinesPanel).display
        assert engine.asked == []


async def test_phone_lines_stay_and_open_over_it() -> None:
    app = app_with(SpyEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f8")
        assert not app.screen.query_one(LinesPanel).display
        await pilot.press("escape")
        await say(pilot, CRISIS)
        await pilot.press("f8", "1")
        await pilot.pause()
        assert "109" in screen_text(pilot)
        await pilot.press("f4")
        assert isinstance(app.screen, LinesScreen)
        await pilot.press("f4")
        assert isinstance(app.screen, QuietCorner)


async def test_a_reply_goes_on_behind_it(paced: PacedEngine) -> None:
    app = CounselApp(lambda: paced, {"temperature": 0.0})
    async with app.run_test(size=(80, 24)) as pilot:
        await say(pilot, "요즘 잠 때문에 힘들어")
        await pilot.press("f8", "2")
        paced.gate.release(1000)
        await settle(pilot)
        assert isinstance(app.screen, QuietCorner)
        await pilot.press("escape")
        assert "잠 이야기를 더 들려주세요." in screen_text(pilot)


async def test_letters_typed_bring_one_back_to_the_prompt() -> None:
    app = app_with(ScriptedEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f8", "1", "나", "는")
        assert not isinstance(app.screen, QuietCorner)
        assert app.query_one(Prompt).text == "나는"


@PICTURED
@pytest.mark.parametrize(
    ("index", "second"),
    [
        (None, 0.0),
        (0, READY_SECONDS + 2.5),
        (1, READY_SECONDS + 5.0),
        (0, READY_SECONDS + 13.0),
        (2, 0.0),
    ],
    ids=["choices", "in", "hold", "out", "grounding"],
)
def test_looks(
    snap_compare: Any,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    theme: str,
    index: int | None,
    second: float,
) -> None:
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "truecolor")  # whatever terminal the tests run in

    async def visit(pilot: Pilot[None]) -> None:
        start = iter([0.0])
        corner = QuietCorner(lambda: next(start, second))
        await pilot.app.push_screen(corner)
        if index is not None:
            await corner.action_choose(index)
        await pilot.pause()

    assert snap_compare(Alone(theme), terminal_size=size, run_before=visit)
