"""What a person does with the conversation, with the real engine, driven by Textual's Pilot."""

import asyncio
from collections.abc import Callable

import pytest
from textual import events
from textual.pilot import Pilot
from textual.selection import Selection

from engine import Engine
from tests.tui.conftest import OverheardEngine, PacedEngine, say, settle
from tui.answer import Answer
from tui.app import CounselApp
from tui.messages import Adopt, AnswerAgain, ContinueFrom, JumpTo
from tui.search import SearchLine
from tui.spoken import Utterance
from tui.transcript import Transcript, Variant
from tui.window import SIZE

QUESTION, ANSWER = "요즘 잠 때문에 힘들어", "잠 이야기를 더 들려주세요."
OTHER, OTHER_ANSWER = "어제 점심 때문에 힘들어", "점심 이야기를 더 들려주세요."
GREEDY: dict[str, float] = {"temperature": 0.0}


def shown(app: CounselApp) -> list[str]:
    """What stands in the messages, from top to bottom."""
    return [spoken.said for spoken in app.chat.spoken()]


async def talk(pilot: Pilot[None], *sentences: str) -> None:
    for sentence in sentences:
        await say(pilot, sentence)
        await settle(pilot)


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


async def test_another_answer_is_kept_beside_and_the_shown_one_is_remembered(
    overheard: OverheardEngine,
) -> None:
    app = CounselApp(lambda: overheard, {"temperature": 2.0, "seed": 3})
    async with app.run_test(size=(100, 40)) as pilot:
        await talk(pilot, QUESTION)
        await press(pilot, "ctrl+r")
        answer = app.query_one(Answer)
        assert "2/2" in str(answer.border_title)
        first, second = (reply.text for reply in overheard.ended)
        assert [reply.seed for reply in overheard.ended] == [3, 4]  # a locked seed does not repeat the answer
        assert answer.said == second
        answer.focus()
        await press(pilot, "left", "left")
        assert "1/2" in str(answer.border_title)
        assert answer.said == first
        await talk(pilot, OTHER)
        assert [turn.response for turn in overheard.given[2].turns] == [first]
        answer.focus()
        await press(pilot, "right")
        assert answer.said == second
        await talk(pilot, OTHER)
        assert overheard.given[3].turns[0].response == second


async def test_an_edit_goes_on_from_there_and_the_old_branch_comes_back(overheard: OverheardEngine) -> None:
    app = CounselApp(lambda: overheard, GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await talk(pilot, QUESTION, OTHER)
        before = shown(app)
        app.prompt.insert("쓰던 말")
        app.query(Utterance).first().focus()
        await press(pilot, "ctrl+e")
        assert app.prompt.text == QUESTION
        assert "고치는" in str(app.prompt.border_title)
        await press(pilot, "escape")
        assert app.prompt.text == "쓰던 말"  # nothing that was typed is lost
        assert shown(app) == before
        app.query(Utterance).first().focus()
        await press(pilot, "ctrl+e", "!", "enter")
        assert app.prompt.text == "쓰던 말"
        assert shown(app)[0] == QUESTION + "!"
        assert len(shown(app)) == 2
        assert overheard.given[-1].turns == ()
        app.query_one(Utterance).focus()
        await press(pilot, "left")
        assert shown(app) == before
        assert "1/2" in str(app.query(Utterance).first().border_title)


async def test_up_recalls_and_down_comes_back(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test() as pilot:
        await talk(pilot, QUESTION, OTHER)
        await press(pilot, "up")
        assert app.prompt.text == OTHER
        await press(pilot, "up")
        assert app.prompt.text == QUESTION
        await press(pilot, "down", "down")
        assert app.prompt.text == ""
        await press(pilot, "up", "a", "up")  # what was changed is not thrown away
        assert app.prompt.text == OTHER + "a"
        assert len(app.query(Utterance)) == 2


async def test_what_waits_is_seen_and_can_be_taken_back(paced: PacedEngine) -> None:
    app = CounselApp(lambda: paced, GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await say(pilot, QUESTION)
        paced.waits.wait(10)
        for take_back in (["up"], ["shift+tab", "escape"]):
            await say(pilot, OTHER)
            assert "다음에 답합니다" in shown(app)[-1]
            await pilot.press(*take_back)
            await pilot.pause()
            assert app.prompt.text == OTHER
            assert shown(app)[::2] == [QUESTION]
            app.prompt.clear()
        paced.gate.release(100)
        await settle(pilot)
        assert len(paced.given) == 1
        assert shown(app) == [QUESTION, ANSWER]


async def test_what_waits_can_be_recalled_while_it_is_edited(paced: PacedEngine) -> None:
    app = CounselApp(lambda: paced, GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await say(pilot, QUESTION)
        paced.waits.wait(10)
        await say(pilot, OTHER)
        await pilot.press("ctrl+e", "ctrl+u", "up", "enter")
        await pilot.pause()
        assert [exchange.said for exchange in app.transcript.exchanges] == [QUESTION, OTHER]
        assert app.prompt.border_title is None
        paced.gate.release(1000)
        await settle(pilot)
        assert app.transcript.exchanges[-1].reply


async def test_the_reply_of_a_branch_that_is_left_is_stopped(paced: PacedEngine) -> None:
    app = CounselApp(lambda: paced, GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        paced.gate.release(200)
        await talk(pilot, QUESTION)
        await pilot.press("ctrl+e")
        app.prompt.text = "다르게 잠 때문에 힘들어"
        await press(pilot, "enter")
        while paced.gate.acquire(blocking=False):
            pass
        await say(pilot, OTHER)
        paced.waits.wait(10)
        await say(pilot, "또 점심")
        app.query(Utterance).first().focus()
        await pilot.press("left")
        await pilot.pause()
        assert [exchange.said for exchange in app.transcript.exchanges] == [QUESTION]
        paced.gate.release(1000)
        await settle(pilot)
        assert len(paced.given) == 3  # what waited on the branch that was left is not answered
        assert paced.ended[-1].finish_reason == "stopped"


async def test_ctrl_c_in_the_prompt_says_how_to_leave(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        app.prompt.insert("음")
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert "F10" in " ".join(notice.message for notice in app._notifications)
        assert app.prompt.text == "음"


async def test_it_says_what_it_is_doing(paced: PacedEngine) -> None:
    app = CounselApp(lambda: paced, GREEDY)
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        paced.waits.wait(10)
        await pilot.pause()
        assert app.query_one(Answer).border_title == "증상/불면"
        seen = [app.status]
        paced.gate.release(100)
        await settle(pilot)
        assert [*seen, app.status] == ["answering", "ready"]


async def test_messages_are_reached_by_keys_and_letters_go_to_the_prompt(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await talk(pilot, QUESTION, OTHER)
        await press(pilot, "shift+tab")
        assert app.query(Answer).last().has_focus
        await press(pilot, "up", "up", "up", "up")
        assert app.query(Utterance).first().has_focus
        await press(pilot, "down")
        assert app.query(Answer).first().has_focus
        await press(pilot, "down", "down", "down")
        assert app.prompt.has_focus
        await pilot.click(app.query(Utterance).first())
        assert app.query(Utterance).first().has_focus
        await press(pilot, "가")
        assert app.prompt.text == "가"
        assert app.prompt.has_focus


async def test_search_finds_counts_marks_and_goes_round(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(100, 40)) as pilot:
        await talk(pilot, QUESTION, OTHER, QUESTION)
        await press(pilot, "ctrl+f", "잠")
        line = app.query_one(SearchLine)
        keys = app.transcript.keys
        assert str(line.query_one("#found").render()) == "2/2"
        assert app.chat.found == keys[2]
        assert any(span.style for span in app.query(Utterance).first().content.spans)  # type: ignore[union-attr]
        await press(pilot, "enter")
        assert app.chat.found == keys[0]
        await press(pilot, "up")
        assert app.chat.found == keys[2]
        await press(pilot, "down")
        assert str(line.query_one("#found").render()) == "1/2"
        await press(pilot, "x")
        assert "없음" in str(line.query_one("#found").render())
        await press(pilot, "escape")
        assert not line.display
        assert app.prompt.has_focus
        assert app.chat.words == ""


async def test_a_topic_of_the_persons_choice(overheard: OverheardEngine) -> None:
    app = CounselApp(lambda: overheard, GREEDY)
    async with app.run_test() as pilot:
        await talk(pilot, QUESTION)
        key = app.transcript.keys[0]
        topic = next(label for label in overheard.labels if label != "증상/불면")
        app.post_message(AnswerAgain(key, topic))
        await settle(pilot)
        assert str(app.query_one(Answer).border_title).startswith(topic)
        assert overheard.ended[-1].topic == topic


async def test_a_reply_is_continued_and_another_one_adopted(overheard: OverheardEngine) -> None:
    app = CounselApp(lambda: overheard, GREEDY)
    async with app.run_test() as pilot:
        await talk(pilot, QUESTION)
        key, reply = app.transcript.keys[0], overheard.ended[0]
        place = len(reply.token_ids) // 2
        app.post_message(ContinueFrom(key, reply, place, reply.token_ids[place]))
        await settle(pilot)
        continued = app.transcript[key].reply
        assert continued is not None
        assert continued.given == place + 1
        assert continued.text == reply.text  # the same token, and nothing is drawn at random
        assert app.query_one(Answer).said == reply.text
        app.post_message(Adopt(key, reply))
        await settle(pilot)
        assert len(app.transcript[key].variants) == 3
        assert app.transcript[key].reply == reply


async def test_what_must_not_be_said_is_neither_continued_nor_adopted(overheard: OverheardEngine) -> None:
    from dataclasses import replace

    app = CounselApp(lambda: overheard, GREEDY)
    async with app.run_test() as pilot:
        await talk(pilot, QUESTION)
        key, reply = app.transcript.keys[0], overheard.ended[0]
        app.post_message(Adopt(key, replace(reply, text="수면제를 한꺼번에 먹으면 됩니다.")))
        await settle(pilot)
        assert "먹으면" not in app.query_one(Answer).said
        app.post_message(Adopt(key, replace(reply, topic="위기/자해")))
        await settle(pilot)
        assert app.transcript[key].reply is None
        await talk(pilot, "오늘 밤에 죽으려고 약을 모아 놨어")
        crisis = app.transcript.keys[-1]
        count = len(overheard.ended)
        for message in (AnswerAgain(crisis), AnswerAgain(key), Adopt(crisis, reply)):
            app.post_message(message)
            await settle(pilot)
        app.post_message(ContinueFrom(crisis, reply, 0, reply.token_ids[0]))
        await settle(pilot)
        assert len(overheard.ended) == count
        assert [variant.kind for variant in app.transcript[crisis].variants] == ["scripted"]


async def test_a_failure_gives_way_to_the_next_answer(paced: PacedEngine) -> None:
    app = CounselApp(lambda: paced, GREEDY)
    paced.gate.release(1000)
    async with app.run_test() as pilot:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(paced, "stream", lambda *_, **__: 1 / 0)
            await talk(pilot, QUESTION)
        assert app.query_one(Answer).has_class("error")
        await press(pilot, "ctrl+r")
        assert app.query_one(Answer).said == ANSWER
        assert not app.query_one(Answer).has_class("error")
        assert app.query_one(Answer).border_title == "증상/불면"


async def test_a_long_paste_goes_in_at_once_and_is_folded(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.post_message(events.Paste("잠이 안 와요 " * 1250))
        await pilot.pause()
        assert len(app.prompt.text) == 10_000
        assert app.prompt.size.height <= 8
        await press(pilot, "enter")
        utterance = app.query_one(Utterance)
        folded = utterance.size.height
        assert folded < 16
        assert utterance.said == ("잠이 안 와요 " * 1250).strip()
        utterance.focus()
        await press(pilot, "enter")
        assert utterance.size.height > 100
        await press(pilot, "enter")
        assert utterance.size.height == folded


async def test_the_quiet_line_can_be_turned_off(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test() as pilot:
        await talk(pilot, QUESTION)
        assert "초당" in str(app.query_one(Answer).border_subtitle)
        await app.run_action("quiet_line")
        assert not app.query_one(Answer).border_subtitle


async def until(pilot: Pilot[None], seen: Callable[[], bool]) -> None:
    """Wait for something that the screen comes to show."""
    async with asyncio.timeout(10):
        while not seen():
            await pilot.pause()


def long_transcript(count: int) -> Transcript:
    transcript = Transcript()
    for number in range(count):
        exchange = transcript.say(f"{number}번째 말 " + "가나다라 " * (number % 40))
        transcript.answer(exchange.key, Variant(f"{number}번째 답 " + "마바사 " * (number % 30), "scripted"))
    return transcript


async def test_thousands_of_messages_are_mounted_in_part_and_all_are_reached(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.open(long_transcript(2000))
        chat, keys = app.chat, app.transcript.keys
        await until(pilot, lambda: list(chat.views) == list(keys[-SIZE:]))
        await until(pilot, lambda: 0 < chat.scroll_y == chat.max_scroll_y)
        app.post_message(JumpTo(keys[700]))
        await until(pilot, lambda: keys[700] in chat.views and bool(chat.views[keys[700]].region))
        assert chat.views[keys[700]].region.y == chat.region.y
        assert len(chat.views) == SIZE
        await say(pilot, QUESTION)  # one's own words are always seen
        await until(pilot, lambda: keys[-1] in chat.views)
        await until(pilot, lambda: chat.scroll_y == chat.max_scroll_y)


def places(app: CounselApp) -> dict[int, int]:
    """Return on which line of the screen each mounted exchange begins."""
    return {view.key: view.region.y for view in app.chat.views.values() if view.region}


@pytest.mark.parametrize("key", ["pageup", "pagedown"])
async def test_what_is_in_view_stays_while_others_come_and_go(trained_engine: Engine, key: str) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.open(long_transcript(2 * SIZE))
        keys = app.transcript.keys
        await until(pilot, lambda: keys[-1] in app.chat.views and app.chat.scroll_y > 0)
        if key == "pagedown":
            app.post_message(JumpTo(keys[0]))
            await until(pilot, lambda: keys[0] in app.chat.views and app.chat.scroll_y == 0)
        seen: set[int] = set()
        while not seen >= set(keys[: SIZE * 3 // 2] if key == "pageup" else keys[SIZE // 2 :]):
            before = places(app)
            await pilot.press(key)
            await pilot.pause()
            after = places(app)
            moved = {after[each] - before[each] for each in before if each in after}
            assert len(moved) == 1  # all together
            by = moved.pop()
            assert 0 < (by if key == "pageup" else -by) <= app.chat.size.height
            seen |= {each.key for each in app.chat.views.values() if each.region.overlaps(app.chat.region)}


async def test_what_was_done_to_a_message_that_left_is_not_done_to_the_one_that_comes(
    trained_engine: Engine,
) -> None:
    """Unfolded, selected: views of those that leave show those that come."""
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        transcript = long_transcript(2 * SIZE)
        long = transcript.say("긴 이야기 " * 300)
        transcript.answer(long.key, Variant("네.", "scripted"))
        app.open(transcript)
        await until(pilot, lambda: long.key in app.chat.views and app.chat.scroll_y > 0)
        view = app.chat.views[long.key]
        view.utterance.action_unfold()
        app.screen.selections = {view.answer: Selection(None, None)}
        app.post_message(JumpTo(transcript.keys[0]))
        await until(pilot, lambda: transcript.keys[0] in app.chat.views and app.chat.scroll_y == 0)
        assert long.key not in app.chat.views
        for spoken in app.chat.spoken():
            assert not spoken.has_class("-whole", "-folded")
        assert not app.screen.selections
        app.post_message(JumpTo(long.key))
        await until(pilot, lambda: long.key in app.chat.views)
        assert app.chat.views[long.key].utterance.has_class("-folded")


async def test_a_cursor_key_is_overtaken_by_no_letter_that_comes_with_it(trained_engine: Engine) -> None:
    """As when they were typed while the app was busy."""
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test() as pilot:
        await settle(pilot)
        for key in ("가", "나", "left", "다", "shift+end", "라"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        assert app.prompt.text == "가다라"
