"""What stands around the conversation: header, key line, help, palette, and what is remembered of the choices."""

from threading import Event as Flag

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static, TextArea

from engine import Engine, locations
from engine.errors import CounselError
from tests.tui.conftest import PacedEngine, ScriptedEngine, say, settle
from tui import settings
from tui.app import CounselApp
from tui.frame import FramedApp
from tui.header import Header
from tui.help import HelpScreen, groups
from tui.keys import key_name, own_bindings
from tui.palette import Palette
from tui.prompt import Prompt
from tui.settings import Settings

QUESTION = "요즘 잠 때문에 힘들어"


def scripted(**chosen: object) -> CounselApp:
    return CounselApp(ScriptedEngine, chosen=Settings(**chosen))  # type: ignore[arg-type]


def line(app: CounselApp, name: str) -> str:
    return str(app.query_one(f"#{name}", Static).render())


async def choose(pilot: Pilot[None], words: str, found: str) -> None:
    """Look for a command in the palette, and run it once it is found."""
    await pilot.press("ctrl+p")
    palette = pilot.app.screen
    assert isinstance(palette, Palette)
    await pilot.press(*words)
    options = palette.query_one(OptionList)
    while not (options.option_count and found in str(options.get_option_at_index(0).prompt)):
        await pilot.pause(0.05)
    options.highlighted = 0
    await pilot.press("enter")
    while pilot.app.screen is palette:
        await pilot.pause(0.05)
    await pilot.pause()


async def test_the_header_says_what_the_model_is_doing(paced: PacedEngine) -> None:
    loading = Flag()

    def load() -> Engine:
        loading.wait(10)
        return paced

    app = CounselApp(load)
    async with app.run_test() as pilot:
        assert line(app, "told") == "counsel · 모델을 불러오는 중"
        loading.set()
        await settle(pilot)
        assert line(app, "told") == f"counsel · {paced.model.name} · 준비됨"
        await say(pilot, QUESTION)
        paced.waits.wait(10)
        await pilot.pause()
        meanwhile = line(app, "told")
        paced.gate.release(100)  # before anything is asserted: what waits at the gate would never end
        await settle(pilot)
        assert meanwhile.endswith("답하는 중")
        assert line(app, "told").endswith("준비됨")


async def test_a_missing_model_stands_in_the_header() -> None:
    def load() -> Engine:
        raise CounselError("없음")

    app = CounselApp(load)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert line(app, "told") == "counsel · 모델 없음"


async def test_the_key_line_shows_five_keys_and_stop_only_while_there_is_something_to_stop(
    paced: PacedEngine,
) -> None:
    app = CounselApp(lambda: paced)
    async with app.run_test() as pilot:
        await settle(pilot)
        keys = line(app, "keys").split("   ")
        assert len(keys) == 5
        assert keys[0] == "Enter 보내기"
        assert keys[-2:] == ["F4 전화", "F1 도움말"]
        await say(pilot, QUESTION)
        paced.waits.wait(10)
        await pilot.pause()
        meanwhile = line(app, "keys")
        await pilot.press("escape")
        paced.gate.release(100)
        await settle(pilot)
        assert "Esc 멈추기" in meanwhile.split("   ")
        assert "멈추기" not in line(app, "keys")


async def test_a_click_on_the_key_line_presses_the_key() -> None:
    app = scripted()
    async with app.run_test() as pilot:
        await settle(pilot)
        place = line(app, "keys").index("F1") + line(app, "keys").count("전화") * 2 + 12
        await pilot.click("#keys", offset=(place, 0))
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)


async def test_help_names_every_key_that_does_something_of_ours() -> None:
    app = scripted()
    async with app.run_test(size=(100, 60)) as pilot:
        await pilot.press("f1")
        assert isinstance(app.screen, HelpScreen)
        shown = "\n".join(str(part.render()) for part in app.screen.query(Static))
        for binding in [*own_bindings(FramedApp), *own_bindings(CounselApp)]:
            if binding.tooltip:
                assert binding.tooltip in shown
                assert key_name(binding.key) in shown
        await pilot.press("escape")
        assert len(app.screen_stack) == 1
        await pilot.press("f1", "f1")
        assert len(app.screen_stack) == 1


def test_every_key_of_the_help_is_explained_in_a_named_group() -> None:
    for title, bindings in groups():
        assert title
        for _, binding in bindings:
            assert binding.tooltip or binding.description


def test_the_help_names_no_key_twice_and_what_one_uses_most_comes_first() -> None:
    told = [(title, keys.split()) for title, bindings in groups() for keys, _ in bindings]
    for _, keys in told:
        assert len(set(keys)) == len(keys)
    titles = list(dict.fromkeys(title for title, _ in told))
    assert titles[:3] == ["어디서나", "입력창", "메시지"]
    assert titles.index("주제 패널") < titles.index("모든 주제") < titles.index("들여다보기(F6)")
    assert titles[-1] == "물음"


async def test_of_a_key_with_several_meanings_the_help_tells_them_below_each_other() -> None:
    app = scripted()
    async with app.run_test(size=(100, 60)) as pilot:
        await pilot.press("f1")
        lines = [str(part.render()) for part in app.screen.query(Static)]
        stop = next(place for place, told in enumerate(lines) if "답을 멈추기" in told)
        assert lines[stop - 1].startswith("Esc ")
        assert lines[stop].startswith("   ")
        assert lines[stop].index("답을") == lines[stop - 1].index("붙들었던")


@pytest.mark.parametrize("key", ["escape", "ctrl+f", "ctrl+p", "ctrl+o"])
async def test_nothing_blinks(key: str) -> None:
    app = scripted()
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press(key)
        await pilot.pause()
        fields = [*app.screen.query(Input), *app.screen.query(TextArea)]
        assert fields
        assert not any(field.cursor_blink for field in fields)


@pytest.mark.parametrize("columns", [60, 80, 140])
async def test_in_the_palette_each_action_has_one_line_and_what_helps_comes_first(columns: int) -> None:
    app = scripted()
    async with app.run_test(size=(columns, 24)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p")
        while not app.screen.has_class("-ready"):
            await pilot.pause(0.05)
        await pilot.pause()
        options = app.screen.query_one(OptionList)
        assert str(options.get_option_at_index(0).prompt).startswith("새 대화")
        assert options.option_count == options.virtual_size.height
        assert not any(
            str(options.get_option_at_index(place).prompt).startswith("보내기")
            for place in range(options.option_count)
        )


async def test_a_letter_typed_on_the_help_reaches_the_prompt() -> None:
    app = scripted()
    async with app.run_test() as pilot:
        await pilot.press("f1", "가", "나")
        assert len(app.screen_stack) == 1
        assert app.query_one(Prompt).text == "가나"


async def test_the_palette_runs_what_it_finds_and_says_when_it_finds_nothing() -> None:
    app = scripted()
    async with app.run_test() as pilot:
        await settle(pilot)
        await choose(pilot, "샘플링", "샘플링")
        assert app.query_one("#sampling-side").display
        await choose(pilot, "qqqq", "맞는 명령이 없습니다")
        assert len(app.screen_stack) == 1


async def test_a_theme_is_chosen_in_the_palette_and_remembered() -> None:
    app = scripted()
    async with app.run_test() as pilot:
        await settle(pilot)
        assert app.theme == "counsel-dark"
        await choose(pilot, "또렷하게", "또렷하게")
        assert app.theme == "counsel-contrast"
    assert settings.load().theme == "counsel-contrast"


async def test_what_was_open_is_open_the_next_time() -> None:
    app = scripted()
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.press("f2", "f3")
    assert settings.load().panels == ("topics", "sampling")
    again = CounselApp(ScriptedEngine, chosen=settings.load())  # type: ignore[arg-type]
    async with again.run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        assert again.query_one("#topics-side").display
        assert again.query_one("#sampling-side").display
        assert again.query_one(Prompt).has_focus
    narrow = CounselApp(ScriptedEngine, chosen=settings.load())  # type: ignore[arg-type]
    async with narrow.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert not narrow.query_one("#sampling-side").display  # nothing lies over the conversation unasked


async def test_nothing_is_written_by_who_chooses_nothing() -> None:
    app = scripted()
    async with app.run_test(size=(80, 24)) as pilot:
        await say(pilot, "안녕")
        await settle(pilot)
        await pilot.press("f3", "escape", "f1", "escape")
    assert not locations.settings().exists()


async def test_settings_that_cannot_be_written_are_a_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(settings, "write", full)
    app = scripted()
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await pilot.press("f2")
        await pilot.pause()
        assert app.query_one("#topics-side").display
        assert any("No space left" in str(notice.message) for notice in app._notifications)


async def test_reduced_motion_moves_nothing() -> None:
    assert scripted(reduced_motion=True).animation_level == "none"
    assert scripted().animation_level == "full"


def test_an_unknown_theme_of_the_settings_is_no_end() -> None:
    assert scripted(theme="gone").theme == "counsel-dark"


async def test_esc_leaves_what_stands_over_the_conversation_first(paced: PacedEngine) -> None:
    app = CounselApp(lambda: paced)
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        paced.waits.wait(10)
        await pilot.press("f4", "escape")
        await pilot.pause()
        screens, status = len(app.screen_stack), app.query_one(Header).status
        paced.gate.release(100)
        await settle(pilot)
        assert screens == 1
        assert status == "answering"  # not stopped by that
        assert app.transcript.exchanges[-1].reply
        assert app.transcript.exchanges[-1].reply.finish_reason != "stopped"
