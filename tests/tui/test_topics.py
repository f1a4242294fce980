"""The topics panel, driven by Textual's Pilot with the real engine."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from engine import Engine, Topic, Topics
from tests.conftest import LABELS
from tests.tui.conftest import say, settle
from tui.app import CounselApp
from tui.chat import Chat
from tui.lines import LinesPanel
from tui.only_line import OnlyLine
from tui.prompt import Prompt
from tui.topic_bars import TopicBars
from tui.topic_counts import TopicCounts
from tui.topic_timeline import TopicTimeline
from tui.topics import TopicSidebar

GREEDY: dict[str, float] = {"temperature": 0.0}
SLEEP, LUNCH, FEAR = "요즘 잠 때문에 힘들어", "어제 점심 때문에 힘들어", "아까 불안 때문에 힘들어"
SIZE = (140, 40)


async def talk(pilot: Pilot[None], *sentences: str) -> None:
    for sentence in sentences:
        await say(pilot, sentence)
        await settle(pilot)


def drawn(app: CounselApp) -> str:
    return str(app.query_one(TopicBars).render())


async def test_all_labels_are_looked_for_where_that_costs_nothing(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("f2")
        await talk(pilot, FEAR)
        topics = app.query_one(TopicBars).topics
        assert topics == trained_engine.topics(FEAR)
        assert {topic.label for topic in topics.likeliest} == set(LABELS)
        assert "감정/불안" in drawn(app)


async def test_bars_roll_up_to_each_level(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("f2")
        shares = {"감정/불안": 0.4, "증상/불면": 0.3, "감정/불안/발표": 0.2, "일상": 0.1}
        topics = Topics(tuple(Topic(label, p, p) for label, p in shares.items()), 0.0, "감정/불안")
        app.query_one(TopicSidebar).show(topics)
        assert percents(app) == {
            "감정/불안": "40%",
            "증상/불면": "30%",
            "감정/불안/발표": "20%",
            "일상": "10%",
        }
        await pilot.press("right")
        assert percents(app) == {"감정": "60%", "증상": "30%", "일상": "10%"}
        await pilot.press("right")
        assert percents(app) == {"감정/불안": "60%", "증상/불면": "30%", "일상": "10%"}
        await pilot.press("left", "left", "left")
        assert "감정/불안/발표" in percents(app)


def percents(app: CounselApp) -> dict[str, str]:
    return {line.split()[0]: line.split()[-1] for line in drawn(app).splitlines()[2:]}


async def test_what_reads_zero_is_not_named(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("f2")
        topics = Topics((Topic("증상/불면", 0.999, 0.999), Topic("일상", 0.001, 0.001)), 0.0, "증상/불면")
        app.query_one(TopicSidebar).show(topics)
        assert percents(app) == {"증상/불면": "100%"}


async def test_a_click_chooses_a_level(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=SIZE) as pilot:
        await talk(pilot, FEAR)
        await pilot.press("f2")
        await pilot.click(TopicBars, offset=(9, 1))  # past "전체", inside of the border
        assert app.query_one(TopicBars).depth == 1
        assert "감정/불안" not in drawn(app)


async def test_what_was_not_looked_for_is_said(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("f2")
        topics = Topics((Topic("감정/불안", 0.5, 0.5), Topic("증상/불면", 0.2, 0.2)), 0.3, "감정/불안")
        app.query_one(TopicSidebar).show(topics)
        assert "그 밖 " in drawn(app)
        assert "미분류" not in drawn(app)
        app.query_one(TopicBars).depth = 1
        assert "미분류" in drawn(app)


@pytest.mark.parametrize(("likeliest", "unsure"), [(0.95, False), (0.5, True)])
async def test_it_says_when_the_model_is_not_sure(
    trained_engine: Engine, likeliest: float, unsure: bool
) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        rest = 1 - likeliest
        topics = Topics(
            (Topic("감정/불안", likeliest, likeliest), Topic("일상", rest, rest)), 0.0, "감정/불안"
        )
        app.query_one(TopicSidebar).show(topics)
        assert ("확실하지 않음" in str(app.query_one(TopicBars).border_subtitle)) == unsure


async def test_the_session_gathers_a_sign_a_reply_and_counts(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=SIZE) as pilot:
        assert app.query_one("#session-topics > .hint", Static).display
        await talk(pilot, SLEEP, LUNCH, SLEEP)
        await pilot.press("f2")
        await pilot.pause()
        assert str(app.query_one(TopicTimeline).render()) == "증일증"
        counts = app.query_one(TopicCounts)
        assert [option.id for option in counts.options] == ["증상/불면", "일상"]
        assert [str(option.prompt).split()[-1] for option in counts.options] == ["2", "1"]
        assert not app.query_one("#session-topics > .hint", Static).display


async def in_counts(pilot: Pilot[None], label: str) -> None:
    """Go to a line of the lower box by keys."""
    await pilot.press("f2", "tab")
    counts = pilot.app.query_one(TopicCounts)
    assert counts.has_focus
    await pilot.press("home", *["down"] * counts.get_option_index(label))
    assert counts.label == label


def in_view(app: CounselApp) -> list[str]:
    """Return what is said in the exchanges that one sees at least the beginning of."""
    chat = app.query_one(Chat)
    return [
        app.transcript[key].said
        for key, view in chat.views.items()
        if chat.region.contains(*view.region.offset)
    ]


async def test_enter_goes_to_the_messages_of_a_topic(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(140, 16)) as pilot:
        await talk(pilot, "요즘 잠 때문에 걱정돼요", *[LUNCH] * 3, SLEEP, *[LUNCH] * 3)
        await in_counts(pilot, "증상/불면")
        assert SLEEP not in in_view(app)
        await pilot.press("enter")
        await pilot.pause()
        assert in_view(app)[0] == SLEEP  # the newest
        assert drawn(app).splitlines()[2].startswith("증상/불면")  # its distribution as well
        await pilot.press("enter")
        await pilot.pause()
        assert in_view(app)[0] == "요즘 잠 때문에 걱정돼요"
        await pilot.press("right")
        await pilot.pause()
        assert in_view(app)[0] == SLEEP


async def test_a_click_on_a_sign_goes_to_its_message(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(140, 16)) as pilot:
        await talk(pilot, SLEEP, *[LUNCH] * 5)
        await pilot.press("f2")
        assert SLEEP not in in_view(app)
        await pilot.click(TopicTimeline, offset=(1, 0))
        await pilot.pause()
        assert in_view(app)[0] == SLEEP


async def test_space_shows_one_topic_alone_until_escape(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=SIZE) as pilot:
        await talk(pilot, SLEEP, LUNCH, FEAR)
        await in_counts(pilot, "일상")
        await pilot.press("space")
        await pilot.pause()
        chat, line = app.query_one(Chat), app.query_one(OnlyLine)
        assert [app.transcript[key].said for key in chat.views] == [LUNCH]
        assert "일상" in str(line.render())
        await pilot.press("escape")
        await pilot.pause()
        assert [app.transcript[key].said for key in chat.views] == [SLEEP, LUNCH, FEAR]
        assert not line.display
        assert app.query_one(Prompt).has_focus


async def test_what_is_said_brings_all_messages_back(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=SIZE) as pilot:
        await talk(pilot, SLEEP, LUNCH)
        await in_counts(pilot, "일상")
        await pilot.press("space", "space")  # on, and off again
        await pilot.pause()
        assert len(app.query_one(Chat).views) == 2
        await pilot.press("space")
        await talk(pilot, FEAR)
        assert len(app.query_one(Chat).views) == 3
        assert not app.query_one(OnlyLine).display


async def test_on_a_narrow_terminal_the_panel_makes_way(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await talk(pilot, SLEEP, LUNCH)
        await in_counts(pilot, "증상/불면")
        await pilot.press("space")
        await pilot.pause()
        assert not app.query_one("#topics-side").display
        assert [app.transcript[key].said for key in app.query_one(Chat).views] == [SLEEP]
        await pilot.press("escape")
        await pilot.pause()
        assert len(app.query_one(Chat).views) == 2


async def test_words_typed_in_the_panel_reach_the_prompt(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=SIZE) as pilot:
        await talk(pilot, SLEEP)
        await pilot.press("f2", "네")
        await pilot.press("f2", "tab", "에")
        assert app.query_one(Prompt).text == "네에"


async def test_no_bars_are_left_of_what_no_model_answered(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("f2")
        await talk(pilot, SLEEP)
        assert "증상/불면" in drawn(app)
        await talk(pilot, "나 오늘 죽으려고 약을 모아 놨어")
        assert "증상/불면" not in drawn(app)
        assert app.query_one(TopicBars).border_subtitle == ""


async def test_a_referral_is_seen_past_a_panel(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.query_one(Prompt).insert("죽고 싶어")
        await pilot.press("f2")
        app.query_one(Prompt).action_send()  # as what was queued before the panel opened is answered after it
        await settle(pilot)
        assert not app.query_one("#topics-side").display
        assert app.query_one(LinesPanel).visible
        assert app.query_one(LinesPanel).display
