"""F9 hides everything until a key."""

import pytest
from textual import events

from engine import Engine
from tests.tui.conftest import say, settle
from tui.app import CounselApp
from tui.blank import BlankScreen
from tui.prompt import Prompt

QUESTION, ANSWER = "요즘 잠 때문에 힘들어", "잠 이야기를 더 들려주세요."


def seen(app: CounselApp) -> str:
    """Return what the terminal would show, without its decoration."""
    return app.export_screenshot().replace("&#160;", " ")


@pytest.mark.parametrize("key", ["가", "enter", "escape", "f4", "f10", "ctrl+n"])
async def test_any_key_brings_all_back_and_does_nothing_else(trained_engine: Engine, key: str) -> None:
    app = CounselApp(lambda: trained_engine, {"temperature": 0.0})
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await say(pilot, QUESTION)
        await settle(pilot)
        app.query_one(Prompt).insert("그 사람이")
        app.notify(QUESTION)
        await pilot.pause()
        before = seen(app)
        assert QUESTION in before
        await pilot.press("f9")
        assert isinstance(app.screen, BlankScreen)
        await pilot.pause()
        for words in (QUESTION, ANSWER, "그 사람이", "증상"):
            assert words in before
            assert words not in seen(app)
        await pilot.press(key)
        await pilot.pause()
        assert not isinstance(app.screen, BlankScreen)
        assert app.query_one(Prompt).text == "그 사람이"
        assert QUESTION in seen(app)
        assert app.is_running


async def test_it_hides_other_screens_too_and_they_come_back(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("f4")
        lines = app.screen
        await pilot.press("f9")
        assert "109" not in seen(app)
        await pilot.click(offset=(5, 5))
        await pilot.pause()
        assert app.screen is lines


async def test_what_is_said_meanwhile_stays_hidden(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, {"temperature": 0.0})
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await say(pilot, QUESTION)
        await pilot.press("f9")
        await settle(pilot)
        assert QUESTION not in seen(app)
        assert ANSWER not in seen(app)
        await pilot.press("space")
        await settle(pilot)
        assert ANSWER in seen(app)


async def test_what_is_typed_right_after_the_key_is_not_lost(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine)
    async with app.run_test() as pilot:
        await pilot.press("f9")
        for letter in "가나다":
            app.post_message(events.Key(letter, letter))
        await settle(pilot)
        assert app.query_one(Prompt).text == "나다"
