"""How the app looks, at the sizes that matter. `pytest --snapshot-update` renews them."""

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import ScriptedEngine, say, settle
from tui.app import CounselApp


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])
def test_a_conversation(snap_compare: Any, size: tuple[int, int]) -> None:
    async def talk(pilot: Pilot[None]) -> None:
        await say(pilot, "헤어졌는데 너무 힘들어")
        await settle(pilot)
        await pilot.press("f3")

    app = CounselApp(ScriptedEngine)  # type: ignore[arg-type]
    assert snap_compare(app, terminal_size=size, run_before=talk)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])
def test_a_follow_up_and_a_new_conversation(snap_compare: Any, size: tuple[int, int]) -> None:
    async def talk(pilot: Pilot[None]) -> None:
        await say(pilot, "헤어졌는데 너무 힘들어")
        await say(pilot, "어떻게 하지")
        await settle(pilot)
        await pilot.press("f3", *["down"] * 20, "left", "ctrl+n")

    app = CounselApp(ScriptedEngine)  # type: ignore[arg-type]
    assert snap_compare(app, terminal_size=size, run_before=talk)


def test_before_the_first_word(snap_compare: Any) -> None:
    app = CounselApp(ScriptedEngine)  # type: ignore[arg-type]
    assert snap_compare(app, terminal_size=(80, 24), run_before=settle)
