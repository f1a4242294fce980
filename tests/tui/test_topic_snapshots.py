"""How the topics look: the panel and the tree, wide and narrow, dark and light."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot

from engine import Event, Reply, Topic, Topics
from tests.tui.conftest import ScriptedEngine, say, settle
from tests.tui.pictures import CONTRAST, LARGE, PICTURED
from tui.app import CounselApp
from tui.topics import TopicSidebar

LABELS = {
    "감정/불안": 197, "감정/슬픔": 187, "감정/외로움": 196, "관계/부모갈등": 191, "관계/이별": 196, "관계/짝사랑": 182,
    "위기/자살사고": 195, "일/번아웃": 185, "일반대화/모호함": 272, "일반대화/인사": 175, "증상/공황": 182,
    "증상/불면": 202, "증상/악몽": 183,
}  # fmt: skip
SHARES = (0.46, 0.31, 0.09, 0.05, 0.03, 0.02, 0.01, 0.01, 0.01, 0.005, 0.003, 0.001, 0.001)
LIKELIEST = sorted(LABELS, key=lambda label: (label != "관계/이별", not label.startswith("감정"), label))
SESSION = [
    "증상/불면",
    "감정/불안",
    "증상/불면",
    "관계/이별",
    "일반대화/인사",
    "일/번아웃",
    "관계/이별",
    "증상/불면",
] * 4


class Labelled(ScriptedEngine):
    """As many labels as fill a tree."""

    labels = tuple(LABELS)
    model = SimpleNamespace(**vars(ScriptedEngine.model) | {"labels": LABELS})

    def stream(self, question: str, **options: Any) -> Iterator[Event]:
        """Answer with topics of which the model is not sure."""
        pairs = zip(LIKELIEST, SHARES, strict=True)
        topics = Topics(tuple(Topic(label, share, share) for label, share in pairs), 0.0, LIKELIEST[0])
        for event in super().stream(question, **options):
            match event:
                case Topics():
                    yield topics
                case Reply():
                    yield replace(event, topics=topics, topic=topics.chosen)
                case _:
                    yield event


async def fill(pilot: Pilot[None]) -> None:
    """Open the panel after some turns."""
    await say(pilot, "그 사람이 자꾸 생각나요")
    await settle(pilot)
    app = pilot.app
    assert isinstance(app, CounselApp)
    await pilot.press("f2")
    app.query_one(TopicSidebar).show_session(enumerate(SESSION))
    await pilot.pause()


@PICTURED
def test_the_panel(snap_compare: Any, size: tuple[int, int], theme: str) -> None:
    async def look(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await fill(pilot)

    app = CounselApp(Labelled)  # type: ignore[arg-type]
    assert snap_compare(app, terminal_size=size, run_before=look)


def test_the_session_at_one_topic(snap_compare: Any) -> None:
    async def look(pilot: Pilot[None]) -> None:
        await fill(pilot)
        await pilot.press("right", "tab", "down")

    app = CounselApp(Labelled)  # type: ignore[arg-type]
    assert snap_compare(app, terminal_size=(80, 24), run_before=look)


def in_the_tree(theme: str, typed: str) -> Callable[[Pilot[None]], Any]:
    async def look(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await fill(pilot)
        await pilot.press("ctrl+t", *typed)
        await pilot.pause()

    return look


@PICTURED
@pytest.mark.parametrize("typed", ["", "ㅂ", "위기"], ids=["all", "letter", "word"])
def test_the_tree(snap_compare: Any, size: tuple[int, int], theme: str, typed: str) -> None:
    app = CounselApp(Labelled)  # type: ignore[arg-type]
    assert snap_compare(app, terminal_size=size, run_before=in_the_tree(theme, typed))


def test_the_tree_in_high_contrast(snap_compare: Any) -> None:
    app = CounselApp(Labelled)  # type: ignore[arg-type]
    assert snap_compare(app, terminal_size=LARGE, run_before=in_the_tree(CONTRAST, "위기"))
