"""How the main screen looks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import ScriptedEngine, say, settle
from tests.tui.pictures import CONTRAST, LARGE, PICTURED
from tui.app import CounselApp
from tui.settings import Settings


def app_in(theme: str) -> CounselApp:
    return CounselApp(ScriptedEngine, chosen=Settings(theme=theme))  # type: ignore[arg-type]


@PICTURED
def test_before_the_first_word(snap_compare: Any, size: tuple[int, int], theme: str) -> None:
    assert snap_compare(app_in(theme), terminal_size=size, run_before=settle)


async def talk_and_open(pilot: Pilot[None]) -> None:
    await say(pilot, "헤어졌는데 너무 힘들어")
    await settle(pilot)
    await say(pilot, "어떻게 하지")
    await settle(pilot)
    await pilot.press("f2", "f3")


@PICTURED
def test_a_conversation_with_its_panels(snap_compare: Any, size: tuple[int, int], theme: str) -> None:
    assert snap_compare(app_in(theme), terminal_size=size, run_before=talk_and_open)


@PICTURED
def test_a_crisis(snap_compare: Any, size: tuple[int, int], theme: str) -> None:
    async def talk(pilot: Pilot[None]) -> None:
        await say(pilot, "죽고 싶어")
        await settle(pilot)

    assert snap_compare(app_in(theme), terminal_size=size, run_before=talk)


@PICTURED
def test_the_palette(
    snap_compare: Any, size: tuple[int, int], theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = [(Path("/models/mine"), "my KoGPT2")]  # whose places differ from machine to machine
    monkeypatch.setattr("tui.loading.known_models", lambda _: models)

    async def look(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press("ctrl+p")
        palette = pilot.app.screen
        while not palette.has_class("-ready"):
            await pilot.pause(0.05)

    assert snap_compare(app_in(theme), terminal_size=size, run_before=look)


@PICTURED
def test_the_help(snap_compare: Any, size: tuple[int, int], theme: str) -> None:
    async def look(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press("f1")

    assert snap_compare(app_in(theme), terminal_size=size, run_before=look)


@pytest.mark.parametrize("before", [settle, talk_and_open], ids=["first", "conversation"])
def test_high_contrast(snap_compare: Any, before: Callable[[Pilot[None]], Any]) -> None:
    assert snap_compare(app_in(CONTRAST), terminal_size=LARGE, run_before=before)
