"""How the conversation looks while one searches, edits, and waits."""

from typing import Any

from textual.pilot import Pilot

from tests.tui.conftest import ScriptedEngine, say, settle
from tests.tui.pictures import PICTURED
from tui.app import CounselApp


async def talk(pilot: Pilot[None], theme: str) -> None:
    pilot.app.theme = theme
    await say(pilot, "헤어졌는데 너무 힘들어")
    await settle(pilot)
    await say(pilot, "어떻게 하지")
    await settle(pilot)


@PICTURED
def test_search(snap_compare: Any, size: tuple[int, int], theme: str) -> None:
    async def search(pilot: Pilot[None]) -> None:
        await talk(pilot, theme)
        await pilot.press("ctrl+f", "힘", "들", "enter")
        await settle(pilot)

    app = CounselApp(ScriptedEngine)  # type: ignore[arg-type]
    assert snap_compare(app, terminal_size=size, run_before=search)


@PICTURED
def test_edit_with_another_answer(snap_compare: Any, size: tuple[int, int], theme: str) -> None:
    async def edit(pilot: Pilot[None]) -> None:
        await talk(pilot, theme)
        await pilot.press("ctrl+r")
        await settle(pilot)
        await pilot.press("ctrl+e")
        await settle(pilot)

    app = CounselApp(ScriptedEngine)  # type: ignore[arg-type]
    assert snap_compare(app, terminal_size=size, run_before=edit)
