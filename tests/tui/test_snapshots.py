"""How the main screen looks, at the sizes that matter, in both languages. `pytest --snapshot-update` renews it."""

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import ScriptedEngine, say, settle
from tui.app import CounselApp
from tui.settings import Settings

DARK, LIGHT, CONTRAST = "counsel-dark", "counsel-light", "counsel-contrast"
SMALL, MEDIUM, LARGE = (80, 24), (100, 30), (160, 45)
# Each size, each theme and each language comes with each picture, not all of their combinations.
KOREAN = [(SMALL, DARK), (MEDIUM, LIGHT), (LARGE, DARK), (LARGE, CONTRAST)]


def named(case: tuple[tuple[int, int], str]) -> str:
    (columns, rows), theme = case
    return f"{columns}x{rows}-{theme}"


def app_in(theme: str) -> CounselApp:
    return CounselApp(ScriptedEngine, chosen=Settings(theme=theme))  # type: ignore[arg-type]


@pytest.mark.parametrize("case", KOREAN, ids=named)
def test_before_the_first_word(snap_compare: Any, case: tuple[tuple[int, int], str]) -> None:
    assert snap_compare(app_in(case[1]), terminal_size=case[0], run_before=settle)


@pytest.mark.parametrize("case", KOREAN, ids=named)
def test_a_conversation_with_its_panels(snap_compare: Any, case: tuple[tuple[int, int], str]) -> None:
    async def talk(pilot: Pilot[None]) -> None:
        await say(pilot, "헤어졌는데 너무 힘들어")
        await settle(pilot)
        await say(pilot, "어떻게 하지")
        await settle(pilot)
        await pilot.press("f2", "f3")

    assert snap_compare(app_in(case[1]), terminal_size=case[0], run_before=talk)


@pytest.mark.parametrize("case", KOREAN[:3], ids=named)
def test_a_crisis(snap_compare: Any, case: tuple[tuple[int, int], str]) -> None:
    async def talk(pilot: Pilot[None]) -> None:
        await say(pilot, "죽고 싶어")
        await settle(pilot)

    assert snap_compare(app_in(case[1]), terminal_size=case[0], run_before=talk)


@pytest.mark.parametrize("case", [(SMALL, LIGHT), (MEDIUM, DARK)], ids=named)
def test_the_palette(snap_compare: Any, case: tuple[tuple[int, int], str]) -> None:
    async def look(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press("ctrl+p")
        palette = pilot.app.screen
        while not palette.has_class("-ready"):
            await pilot.pause(0.05)

    assert snap_compare(app_in(case[1]), terminal_size=case[0], run_before=look)


@pytest.mark.parametrize("case", [(SMALL, DARK)], ids=named)
def test_the_help(snap_compare: Any, case: tuple[tuple[int, int], str]) -> None:
    async def look(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press("f1")

    assert snap_compare(app_in(case[1]), terminal_size=case[0], run_before=look)
