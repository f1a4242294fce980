"""The app with the real engine, driven by Textual's Pilot."""

import html
import re
from pathlib import Path
from threading import Event as Flag
from unicodedata import normalize

import pytest
from textual import events
from textual.widgets import Static

from engine import PARAMETERS, CounselError, Engine, Sampling
from tests.tui.conftest import PacedEngine, say, settle
from tui.answer import Answer
from tui.app import CounselApp
from tui.chat import Chat
from tui.notice import Notice
from tui.prompt import Prompt
from tui.rows import ParameterRow
from tui.sampling import SamplingPanel
from tui.spoken import Utterance
from tui.topic_bars import TopicBars

QUESTION, TOPIC, ANSWER = "요즘 잠 때문에 힘들어", "증상/불면", "잠 이야기를 더 들려주세요."
GREEDY: dict[str, float] = {"temperature": 0.0}


async def test_a_sentence_gets_topic_and_reply(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("f2")
        await say(pilot, QUESTION)
        await settle(pilot)
        assert str(app.query_one(Utterance).content) == QUESTION
        answer = app.query_one(Answer)
        assert str(answer.content) == ANSWER
        assert answer.border_title == TOPIC
        shown = str(app.query_one(TopicBars).render())
        assert shown.splitlines()[2].startswith(TOPIC)  # below the levels
        assert "█" in shown


async def test_it_takes_typing_before_the_model_is_loaded(trained_engine: Engine) -> None:
    loading = Flag()

    def load() -> Engine:
        loading.wait(10)
        return trained_engine

    app = CounselApp(load, GREEDY)
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        assert "불러오는" in str(app.query_one(Answer).content)
        loading.set()
        await settle(pilot)
        assert str(app.query_one(Answer).content) == ANSWER


async def test_escape_stops_and_keeps_what_was_said(paced: PacedEngine) -> None:
    app = CounselApp(lambda: paced, GREEDY)
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        paced.waits.wait(10)
        await pilot.press("escape")
        paced.gate.release(1)
        await settle(pilot)
        answer = app.query_one(Answer)
        assert ANSWER.startswith(str(answer.content))
        assert str(answer.content) != ANSWER
        assert "멈춤" in str(answer.border_subtitle)
        paced.gate.release(100)
        await say(pilot, QUESTION)  # the next one is answered as ever
        await settle(pilot)
        assert str(app.query(Answer).last().content) == ANSWER


async def test_text_is_seen_while_it_is_still_growing(paced: PacedEngine) -> None:
    app = CounselApp(lambda: paced, GREEDY)
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        paced.waits.wait(10)
        await pilot.pause(0.2)
        answer = app.query_one(Answer)
        assert ANSWER.startswith(str(answer.content))
        assert answer.border_title == TOPIC
        paced.gate.release(100)
        await settle(pilot)


async def test_a_turned_knob_holds_from_the_next_token_on(paced: PacedEngine) -> None:
    app = CounselApp(lambda: paced, GREEDY | {"max_new_tokens": 64})
    async with app.run_test(size=(140, 40)) as pilot:
        await say(pilot, QUESTION)
        paced.waits.wait(10)
        below = list(PARAMETERS).index("max_new_tokens")
        await pilot.press("f3", *["down"] * below, *["shift+left"] * 2)  # 64 - 2 * 5 * 8
        assert app.query_one("#parameter-max_new_tokens", ParameterRow).value == 1
        paced.gate.release(100)
        await settle(pilot)
        answer = app.query_one(Answer)
        assert "토큰 1개" in str(answer.border_subtitle)


async def test_questions_are_answered_in_order(paced: PacedEngine) -> None:
    app = CounselApp(lambda: paced, GREEDY)
    async with app.run_test() as pilot:
        await say(pilot, "어제 점심 때문에 힘들어")
        await say(pilot, QUESTION)
        paced.gate.release(100)
        await settle(pilot)
        said = [str(message.content) for message in app.query("Utterance, Answer").results(Static)]
        assert said == ["어제 점심 때문에 힘들어", "점심 이야기를 더 들려주세요.", QUESTION, ANSWER]


async def test_a_model_that_cannot_be_loaded_is_explained_and_the_app_stays(tmp_path: Path) -> None:
    app = CounselApp(lambda: Engine.load(tmp_path / "nowhere"))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "nowhere" in str(app.query(Notice).last().content)
        await say(pilot, "안녕")
        await settle(pilot)
        assert "모델" in str(app.query_one(Answer).content)
        await pilot.press("f10")
    assert app.return_code == 0


async def test_an_engine_that_fails_is_explained_and_asked_again(trained_engine: Engine) -> None:
    class Failing(PacedEngine):
        failures = 1

        def stream(self, *arguments: object, **options: object):  # type: ignore[no-untyped-def]  # noqa: ANN202
            if self.failures:
                self.failures -= 1
                raise CounselError("디스크가 가득 찼습니다.")
            return super().stream(*arguments, **options)

    engine = Failing(trained_engine.model)
    engine.gate.release(100)
    app = CounselApp(lambda: engine, GREEDY)
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        await say(pilot, QUESTION)
        await settle(pilot)
        assert [str(answer.content) for answer in app.query(Answer)] == ["디스크가 가득 찼습니다.", ANSWER]


async def test_escape_in_the_very_moment_that_a_reply_begins(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test() as pilot:
        await settle(pilot)
        for _ in range(5):
            app.post_message(Prompt.Sent(QUESTION))
            app.simulate_key("escape")
            await pilot.pause()
        await settle(pilot)
        await say(pilot, QUESTION)
        await settle(pilot)
        assert str(app.query(Answer).last().content) == ANSWER


async def test_what_nobody_expected_is_shown_and_the_app_goes_on(trained_engine: Engine) -> None:
    class Broken(PacedEngine):
        def stream(self, *_: object, **__: object):  # type: ignore[no-untyped-def]  # noqa: ANN202
            raise OSError("no space left")

    app = CounselApp(lambda: Broken(trained_engine.model), GREEDY)
    async with app.run_test() as pilot:
        for _ in range(2):
            await say(pilot, QUESTION)
        await settle(pilot)
        for answer in app.query(Answer):
            assert "(OSError)" in str(answer.content)
            assert "no space" not in str(answer.content)  # nobody knows what else such words may quote

    def load() -> Engine:
        raise OSError("no device")

    app = CounselApp(load, GREEDY)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "no device" in str(app.query(Notice).last().content)


async def test_control_characters_stay_out(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test() as pilot:
        app.post_message(events.Paste("a\x1b[31mRED\x9b\nb\x07"))
        await pilot.pause()
        assert app.query_one(Prompt).text == "a[31mRED\nb"


async def test_delete_brings_back_what_the_command_line_gave(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, {"top_k": 3, "temperature": 0.73})
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("f3", "right", "down", "right")
        changed = app.query_one(SamplingPanel).sampling
        assert changed.temperature == pytest.approx(0.8)
        assert changed.top_k == 10
        await pilot.press("delete", "up", "delete")
        restored = app.query_one(SamplingPanel).sampling
        assert (restored.temperature, restored.top_k) == (0.73, 3)


async def test_what_a_person_types_is_no_markup(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test() as pilot:
        await say(pilot, "[bold]안녕[/bold] [link=x] \\[")
        await settle(pilot)
        assert str(app.query_one(Utterance).visual) == "[bold]안녕[/bold] [link=x] \\["


async def test_the_prompt(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test() as pilot:
        prompt = app.query_one(Prompt)
        await pilot.press("enter", "space", "enter")
        assert not app.query(Utterance)
        await pilot.press("a", "ctrl+j", "b")
        assert prompt.text == " a\nb"
        prompt.clear()
        app.post_message(events.Paste(normalize("NFD", "안녕하세요")))
        await pilot.pause()
        assert prompt.text == "안녕하세요"
        height = prompt.size.height
        await pilot.press(*["ctrl+j"] * 3)
        assert prompt.size.height > height


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_terminal_cursor_follows_the_prompt(trained_engine: Engine, size: tuple[int, int]) -> None:
    app = CounselApp(lambda: trained_engine)
    async with app.run_test(size=size) as pilot:
        prompt = app.query_one(Prompt)
        prompt.insert("안녕")
        for change in ("f2", "f2", "f3"):
            await pilot.press(change, "escape")
            await pilot.pause()
            assert app.cursor_position == prompt.cursor_screen_offset
        await pilot.resize_terminal(100, 30)
        await pilot.pause(0.1)
        assert app.cursor_position == prompt.cursor_screen_offset
        assert prompt.region.contains_point(app.cursor_position)


async def test_the_panel_steps_clamps_resets_and_takes_clicks(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine)
    async with app.run_test(size=(140, 40)) as pilot:
        await settle(pilot)
        row = app.query_one("#parameter-temperature", ParameterRow)
        panel = app.query_one(SamplingPanel)
        await pilot.press("f3")
        assert row.has_focus
        assert "가장 그럴듯한" in str(app.query_one("#explanation").render())
        await pilot.press("right", "right")
        assert panel.sampling.temperature == pytest.approx(0.9)
        await pilot.press(*["shift+left"] * 4)
        assert panel.sampling.temperature == 0
        await pilot.press("delete")
        assert panel.sampling == Sampling()
        await pilot.click(row, offset=(row.size.width - 6, 0))
        assert panel.sampling.temperature > 1.75  # the bar's last cell
        await pilot.press("down", "right")
        assert panel.sampling.top_k == 45


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
async def test_no_message_is_cut_off(trained_engine: Engine, width: int) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(width, 24)) as pilot:
        for sentence in ("가" * 300, "하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열 열하나 열둘 " * 4):
            await say(pilot, sentence)
        await settle(pilot)
        chat = app.query_one(Chat)
        assert chat.max_scroll_x == 0
        for message in app.query("Utterance, Answer, Notice").results(Static):
            assert message.outer_size.width <= chat.scrollable_content_region.width
        first = app.query(Utterance).first()
        assert first.content_size.width * first.content_size.height >= 600


@pytest.mark.parametrize("size", [(40, 20), (75, 24)])
async def test_where_there_is_no_room_a_panel_stands_in_the_place_of_the_conversation(
    trained_engine: Engine, size: tuple[int, int]
) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=size) as pilot:
        chat, panel = app.query_one(Chat), app.query_one(SamplingPanel)
        await pilot.press("f3")
        await pilot.pause()
        assert panel.has_focus_within
        assert panel.region.width == size[0]
        assert chat.region.area == 0
        await pilot.press("f2")  # one at a time
        await pilot.pause()
        assert app.query_one(TopicBars).region.width == size[0]
        assert panel.region.area == 0
        await pilot.press("escape")
        await pilot.pause()
        assert not shown_panels(app)
        assert chat.region.width == size[0]
        assert app.query_one(Prompt).has_focus


@pytest.mark.parametrize("columns", [76, 80, 89])
async def test_in_a_narrow_terminal_the_conversation_makes_room_for_a_panel(
    trained_engine: Engine, columns: int
) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(columns, 24)) as pilot:
        chat, panel = app.query_one(Chat), app.query_one(SamplingPanel)
        await pilot.press("f3")
        await pilot.pause()
        assert panel.has_focus_within
        assert chat.region.right == panel.region.x
        assert panel.region.right == columns
        await pilot.press("f2")  # one at a time
        await pilot.pause()
        assert app.query_one(TopicBars).region.right == chat.region.x
        assert panel.region.area == 0
        await pilot.press("escape")
        await pilot.pause()
        assert not shown_panels(app)
        assert chat.region.width == columns


@pytest.mark.parametrize("columns", [45, 60, 76, 80, 89])
async def test_no_letter_of_a_panel_is_lost(trained_engine: Engine, columns: int) -> None:
    """Textual draws a wide letter across the edge of a widget that lies below as two blanks."""
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(columns, 24)) as pilot:
        for _ in range(4):
            await say(pilot, QUESTION)
        await settle(pilot)
        await pilot.press("f3", "escape", "f3")
        await pilot.pause()
        told = str(app.query_one("#explanation", Static).render()).split()
        texts = re.findall(r"<text[^>]*>([^<]*)</text>", app.export_screenshot())
        picture = html.unescape("".join(texts))
        assert told
        assert [word for word in told if word not in picture] == []


@pytest.mark.parametrize("columns", [50, 80])
async def test_after_a_panel_the_conversation_stands_at_its_newest(paced: PacedEngine, columns: int) -> None:
    app = CounselApp(lambda: paced, GREEDY)
    async with app.run_test(size=(columns, 20)) as pilot:
        paced.gate.release(100)
        for _ in range(4):
            await say(pilot, QUESTION)
        await settle(pilot)
        await pilot.press("f3")
        app.post_message(Prompt.Sent(QUESTION))  # its answer comes while the panel is open
        await settle(pilot)
        await pilot.press("escape")
        await pilot.pause()
        chat = app.query_one(Chat)
        assert chat.scroll_y == chat.max_scroll_y > 0
        assert app.query(Answer).last().region.bottom <= chat.region.bottom
        assert app.query(Answer).last().region.area > 0


async def test_letters_typed_in_the_panel_reach_the_prompt(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine)
    async with app.run_test() as pilot:
        await pilot.press("f3", *["down"] * 20, "가", "나")
        assert app.query_one(Prompt).text == "가나"


async def test_pages_turn_while_typing(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test() as pilot:
        for _ in range(8):
            await say(pilot, QUESTION)
        await settle(pilot)
        chat = app.query_one(Chat)
        await pilot.pause(0.1)
        bottom = chat.scroll_y
        assert bottom == chat.max_scroll_y > 0
        await pilot.press("pageup")
        await pilot.pause()
        assert chat.scroll_y < bottom
        await pilot.press("pagedown", "pagedown")
        await pilot.pause()
        assert chat.scroll_y == bottom


async def test_a_person_who_wants_to_be_heard_sees_the_conversation_alone(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine)
    async with app.run_test(size=(160, 45)) as pilot:
        await settle(pilot)
        assert not shown_panels(app)


async def test_panels_go_and_come_back_by_key(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine)
    async with app.run_test(size=(140, 40)) as pilot:
        panel, chat = app.query_one(SamplingPanel), app.query_one(Chat)
        alone = chat.size.width
        await pilot.press("f2", "f3")
        assert shown_panels(app) == ["topics-side", "sampling-side"]
        assert panel.has_focus_within
        await pilot.pause()
        both = chat.size.width
        app.query_one(Prompt).focus()
        await pilot.press("f3")  # goes to the panel first, and closes it from there
        assert panel.has_focus_within
        await pilot.press("f3", "f2", "f2")
        await pilot.pause()
        assert not shown_panels(app)
        assert chat.size.width == alone > both
        assert app.query_one(Prompt).has_focus


async def test_the_header_opens_and_closes_panels(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine)
    async with app.run_test(size=(140, 40)) as pilot:
        await settle(pilot)
        words = {"topics": 1, "sampling": len("주제") * 2 + 3}  # cells from the left of the switches
        for name, cells in words.items():
            await pilot.click("#switches", offset=(cells, 0))
            assert f"{name}-side" in shown_panels(app)
        await pilot.click("#switches", offset=(words["topics"], 0))  # goes there, as the key does
        await pilot.click("#switches", offset=(words["topics"], 0))
        assert shown_panels(app) == ["sampling-side"]


async def test_as_many_panels_as_have_room(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine)
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.press("f2", "f3")
        for columns, shown in (
            (119, ["sampling-side"]),  # the one asked for last
            (89, []),
            (90, ["sampling-side"]),
            (120, ["topics-side", "sampling-side"]),
        ):
            await pilot.resize_terminal(columns, 30)
            await pilot.pause()
            assert shown_panels(app) == shown
        await pilot.resize_terminal(100, 30)
        await pilot.press("f2")
        assert shown_panels(app) == ["topics-side"]


def shown_panels(app: CounselApp) -> list[str | None]:
    return [side.id for side in app.query(".side") if side.display]
