"""The tree of all topics, driven by Textual's Pilot, and the pure parts below it."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input, Static

from engine import Engine, Topic, Topics
from engine.events import first_levels
from engine.model_directory import ModelDirectory
from tests.conftest import LABELS
from tests.tui.conftest import ScriptedEngine, say, settle
from tui.app import CounselApp
from tui.label_tree import Branch, LabelTree, branches
from tui.lines import LinesPanel, LinesScreen
from tui.prompt import Prompt
from tui.topic_signs import SIGN, signs_of
from tui.topic_tree import TopicTree

GREEDY: dict[str, float] = {"temperature": 0.0}
SLEEP = "요즘 잠 때문에 힘들어"
NAMES = st.text("감정증상관계일이별불면", min_size=1, max_size=3)
TREES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.integers(0, 999), min_size=1, max_size=12
)


class WithCrisis(ScriptedEngine):
    """A model with a label that nothing is sampled under."""

    labels = ("위기/자해", "일상")
    model = SimpleNamespace(**vars(ScriptedEngine.model), labels={"위기/자해": 12, "일상": 30})


async def talk(pilot: Pilot[None], sentence: str) -> None:
    await say(pilot, sentence)
    await settle(pilot)


async def opened(pilot: Pilot[None]) -> LabelTree:
    await pilot.press("ctrl+t")
    await pilot.pause()
    assert isinstance(pilot.app.screen, TopicTree)
    return pilot.app.screen.query_one(LabelTree)


def shown(tree: LabelTree) -> list[str]:
    """Return the labels of the lines that one can go to."""
    nodes = [tree.get_node_at_line(line) for line in range(tree.last_line + 1)]
    return [node.data.path for node in nodes if node and node.data]


def at(tree: LabelTree) -> str:
    assert tree.cursor_node
    assert tree.cursor_node.data
    return tree.cursor_node.data.path


async def test_it_opens_at_the_topic_of_the_last_reply(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await talk(pilot, SLEEP)
        tree = await opened(pilot)
        assert at(tree) == "증상/불면"
        assert shown(tree) == ["감정", "일상", "증상", "증상/불면"]  # other branches are closed
        topics = trained_engine.topics(SLEEP)
        likely = next(topic.probability for topic in topics.likeliest if topic.label == "증상/불면")
        assert tree.cursor_node
        assert tree.cursor_node.data
        assert tree.cursor_node.data.probability == likely
        await pilot.press("ctrl+t")
        assert app.query_one(Prompt).has_focus


async def test_typing_narrows_it_and_enter_answers_under_the_topic(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await talk(pilot, SLEEP)
        tree = await opened(pilot)
        await pilot.press(*"ㅂㅍ")
        await pilot.pause()
        assert shown(tree) == ["감정", "감정/불안", "감정/불안/발표"]
        assert at(tree) == "감정/불안/발표"
        await pilot.press("enter")
        await settle(pilot)
        (exchange,) = app.transcript.exchanges
        assert [variant.title for variant in exchange.variants] == ["증상/불면", "감정/불안/발표"]
        assert exchange.reply
        assert exchange.reply.topic == "감정/불안/발표"
        assert (
            exchange.reply.topics.likeliest[0].label == "증상/불면"
        )  # what the model holds of it is no other


async def test_a_branch_opens_and_closes(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        tree = await opened(pilot)
        assert at(tree) == "감정"
        await pilot.press("enter")
        assert "감정/불안" in shown(tree)
        await pilot.press("enter")
        assert "감정/불안" not in shown(tree)
        await pilot.press("tab", "right", "down")
        assert at(tree) == "감정/불안"
        await pilot.press("left")
        assert at(tree) == "감정"
        await pilot.press("일")  # what is typed there narrows, too
        assert pilot.app.screen.query_one(Input).value == "일"
        await pilot.pause()
        assert shown(tree) == ["일상"]


async def test_without_an_utterance_there_is_nothing_to_answer(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await opened(pilot)
        await pilot.press(*"불면")
        await pilot.pause()
        assert "먼저" in str(app.screen.query_one("#what-it-does", Static).render())
        await pilot.press("enter")
        assert isinstance(app.screen, TopicTree)
        await pilot.press("escape")
        assert not isinstance(app.screen, TopicTree)


async def test_nothing_found_is_said(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, GREEDY)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        tree = await opened(pilot)
        await pilot.press(*"없는주제")
        await pilot.pause()
        assert shown(tree) == []
        assert "없습니다" in str(app.screen.query_one("#what-it-does", Static).render())
        await pilot.press("enter", "down")  # does nothing, and breaks nothing
        assert isinstance(app.screen, TopicTree)


async def test_under_a_crisis_a_person_is_referred_and_nothing_sampled() -> None:
    app = CounselApp(WithCrisis, GREEDY)  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await talk(pilot, "그냥 그래")
        await opened(pilot)
        await pilot.press(*"자해")
        await pilot.pause()
        assert "모델이 답하지 않습니다" in str(app.screen.query_one("#what-it-does", Static).render())
        await pilot.press("enter")
        await settle(pilot)
        (exchange,) = app.transcript.exchanges
        assert [variant.kind for variant in exchange.variants] == ["reply", "scripted"]
        assert app.query_one(LinesPanel).display


async def test_a_crisis_can_be_named_before_a_word_is_said() -> None:
    app = CounselApp(WithCrisis, GREEDY)  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await opened(pilot)
        await pilot.press(*"자해", "enter")
        await pilot.pause()
        assert isinstance(app.screen, LinesScreen)


async def test_a_model_without_labels_says_so(tiny: ModelDirectory) -> None:
    with Engine(tiny) as engine:
        assert not engine.labels
        app = CounselApp(lambda: engine, GREEDY)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await pilot.press("ctrl+t")
            assert "라벨이 없습니다" in str(app.screen.query_one("#no-labels", Static).render())
            await pilot.press("가", "enter", "down", "escape")
            assert not isinstance(app.screen, TopicTree)


@given(TREES)
def test_a_branch_holds_what_is_below_it(labels: dict[str, int]) -> None:
    share = 1 / len(labels)
    topics = Topics(tuple(Topic(label, share, share) for label in labels), 0.0, next(iter(labels)))
    root = branches(labels, topics)
    assert {branch.path: branch.count for branch in root.all() if branch.is_label}.keys() == labels.keys()
    for branch in root.below.values():
        below = [label for label in labels if first_levels(label) == branch.path]
        assert branch.count == sum(labels[label] for label in below)
        assert branch.probability is not None
        assert abs(branch.probability - share * len(below)) < 1e-9


def test_what_was_not_looked_for_has_no_probability() -> None:
    found = branches(dict.fromkeys(LABELS, 1), Topics((Topic("일상", 0.9, 0.9),), 0.1, "일상"))
    likely = {branch.path: branch.probability for branch in found.all() if isinstance(branch, Branch)}
    assert likely["일상"] == 0.9
    assert likely["감정/불안"] is None


@given(st.sets(st.text("감정증상관계일대화위기aB", min_size=1, max_size=4), min_size=1, max_size=12))
def test_signs_are_two_cells_wide_and_as_different_as_letters_allow(levels: set[str]) -> None:
    signs = signs_of(levels)
    assert signs.keys() == levels
    assert {cell_len(sign.letter) for sign in signs.values()} == {SIGN}
    for level, sign in signs.items():
        if list(signs.values()).count(sign) > 1:
            taken = {other.letter.strip() for name, other in signs.items() if name != level}
            assert set(level) <= taken | {sign.letter.strip()}


def test_a_topic_of_one_letter_keeps_it() -> None:
    signs = signs_of(["일반대화/인사", "일/번아웃", "위기/자해"])
    assert {level: sign.letter for level, sign in signs.items()} == {
        "일": "일",
        "일반대화": "반",
        "위기": "위",
    }
    assert signs["위기"].colour not in (signs["일"].colour, signs["일반대화"].colour)
