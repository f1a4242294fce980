"""What the app remembers of a conversation, with the real engine."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from engine import CounselError, Memory, Topic, Topics, Turn
from tests.tui.conftest import OverheardEngine, PacedEngine, say, settle
from tui.answer import Answer
from tui.app import CounselApp
from tui.exchange_view import Beginning
from tui.rows import ParameterRow
from tui.topic_bars import TopicBars

GREEDY: dict[str, float] = {"temperature": 0.0}
QUESTION, TOPIC, ANSWER = "요즘 잠 때문에 힘들어", "증상/불면", "잠 이야기를 더 들려주세요."
VAGUE = "그래서"


async def talk(pilot: Pilot[None], *sentences: str) -> None:
    for sentence in sentences:
        await say(pilot, sentence)
        await settle(pilot)


async def turn(pilot: Pilot[None], parameter: str, *keys: str) -> None:
    """Change one row of the panel."""
    pilot.app.query_one(f"#parameter-{parameter}", ParameterRow).focus()
    await pilot.press(*keys)


@pytest.mark.usefixtures("unclear")
async def test_a_follow_up_is_answered_in_the_light_of_what_was_said(overheard: OverheardEngine) -> None:
    app = CounselApp(lambda: overheard, GREEDY)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("f2")
        await talk(pilot, QUESTION, VAGUE)
        first, second = overheard.given
        assert first.turns == ()
        assert [(turn.question, turn.topic, turn.response) for turn in second.turns] == [
            (QUESTION, TOPIC, ANSWER)
        ]
        sidebar = app.query_one(TopicBars)
        topic = next(t for t in overheard.ended[1].topics.likeliest if t.label == TOPIC)
        assert topic.probability > topic.model_probability
        # How far the memory moved this little model is another matter on every machine.
        likeliest = (Topic(TOPIC, 0.8, 0.4), Topic("일상", 0.2, 0.6))
        sidebar.topics = Topics(likeliest, 0.0, TOPIC, ((TOPIC, 6.0),))
        moved, other = str(sidebar.render()).splitlines()[2:]  # below the levels
        assert moved.startswith(TOPIC)
        assert moved.endswith("40›80%")
        assert other.endswith(" 20%")
        assert "기억" in str(sidebar.border_title)


async def test_the_sidebar_says_how_sure_the_model_is(overheard: OverheardEngine) -> None:
    app = CounselApp(lambda: overheard, GREEDY)
    async with app.run_test() as pilot:
        await talk(pilot, QUESTION)
        sidebar = app.query_one(TopicBars)
        assert f"{overheard.ended[0].topics.entropy:.1f}비트" in str(sidebar.border_subtitle)
        assert "›" not in str(sidebar.render())
        assert sidebar.border_title == "주제"


def remembered(app: CounselApp) -> tuple[Turn, ...]:
    """Return the turns that the next question would be answered with."""
    return app.transcript.before(app.transcript.say("…").key)


async def test_a_memory_value_holds_from_the_next_question_on(overheard: OverheardEngine) -> None:
    app = CounselApp(lambda: overheard, GREEDY)
    async with app.run_test() as pilot:
        await talk(pilot, QUESTION)
        await turn(pilot, "topic_memory", *["shift+left"] * 2)
        await talk(pilot, VAGUE)
        assert overheard.given[1].memory == Memory(topic_memory=0.0)
        assert "›" not in str(app.query_one(TopicBars).render())
        await turn(pilot, "topic_memory", "right")
        await talk(pilot, VAGUE)
        assert overheard.given[2].memory == Memory(topic_memory=0.5)
        assert len(overheard.given[2].turns) == 2  # the new value forgets nothing


async def test_no_reply_comes_twice_unless_it_may(overheard: OverheardEngine) -> None:
    app = CounselApp(lambda: overheard, GREEDY)
    async with app.run_test() as pilot:
        await turn(pilot, "avoid_repeats", *["shift+right"] * 4)
        await talk(pilot, QUESTION, QUESTION)
        await turn(pilot, "avoid_repeats", *["shift+left"] * 4)
        await talk(pilot, QUESTION)
        first, second, third = (str(answer.content) for answer in app.query(Answer))
        assert first == third == ANSWER != second


async def test_a_new_conversation_forgets_and_says_so(overheard: OverheardEngine) -> None:
    app = CounselApp(lambda: overheard, GREEDY)
    async with app.run_test() as pilot:
        await turn(pilot, "topic_memory", "right")
        await talk(pilot, QUESTION)
        await pilot.press("ctrl+n")
        await talk(pilot, VAGUE)
        assert overheard.given[1].turns == ()
        assert overheard.given[1].memory == Memory(
            topic_memory=5.5
        )  # how it remembers is no part of what is said
        shown = [
            str(child.content) or child.border_title
            for child in app.query("Utterance, Answer, Beginning").results(Static)
        ]
        assert shown[:4] == [QUESTION, ANSWER, " 새 대화 ", VAGUE]


async def test_what_stands_above_the_line_belongs_to_the_old_conversation(paced: PacedEngine) -> None:
    """Also what is still being answered, or waits, when the new one begins."""
    app = CounselApp(lambda: paced, GREEDY)
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        paced.waits.wait(10)
        await say(pilot, VAGUE)
        await pilot.press("ctrl+n")
        await say(pilot, VAGUE)
        paced.gate.release(1000)
        await settle(pilot)
        assert [len(conversation.turns) for conversation in paced.given] == [0, 1, 0]
        assert [turn.question for turn in remembered(app)] == [VAGUE]


async def test_a_line_for_a_new_conversation_stands_only_where_something_was_said(
    overheard: OverheardEngine,
) -> None:
    app = CounselApp(lambda: overheard, GREEDY)
    async with app.run_test() as pilot:
        await pilot.press("ctrl+n")
        assert len(app.query(Beginning)) == 0
        await talk(pilot, QUESTION)
        await pilot.press("ctrl+n", "ctrl+n")
        assert len(app.query(Beginning)) == 1


async def test_a_stopped_reply_is_remembered_and_a_failed_one_is_not(paced: PacedEngine) -> None:
    app = CounselApp(lambda: paced, GREEDY)
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        paced.waits.wait(10)
        await pilot.press("escape")
        paced.gate.release(1)
        await settle(pilot)
        said = str(app.query_one(Answer).content)
        assert said
        assert ANSWER.startswith(said)
        assert [turn.response for turn in remembered(app)] == [said]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(paced, "stream", _fail)
            await say(pilot, VAGUE)
            await settle(pilot)
        assert app.query(Answer).last().has_class("error")
        assert [turn.question for turn in remembered(app)] == [QUESTION]


def _fail(*_: object, **__: object) -> None:
    raise CounselError("디스크가 가득 찼습니다.")
