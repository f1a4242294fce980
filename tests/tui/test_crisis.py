"""A person in crisis reaches a human: on the screen, whatever the model does."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Event as Flag
from typing import Any

import pytest
from textual.pilot import Pilot

from engine import CounselError, Engine, Event, Topic, Topics
from engine.safety import warm_up
from tests.tui.conftest import ScriptedEngine, say, settle
from tests.tui.pictures import PICTURED
from tui.answer import Answer
from tui.app import CounselApp
from tui.lines import LinesPanel, LinesScreen
from tui.notice import Notice
from tui.prompt import Prompt

CRISIS, PLAIN = "오늘 밤에 죽으려고 약을 모아 놨어", "헤어졌는데 너무 힘들어"


class SpyEngine(ScriptedEngine):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def stream(self, question: str, **options: Any) -> Iterator[Event]:
        self.asked.append(question)
        return super().stream(question, **options)


class AlarmedEngine(SpyEngine):
    """Sees a crisis in everything, which no rule does."""

    def stream(self, question: str, **_: Any) -> Iterator[Event]:
        self.asked.append(question)
        yield Topics((Topic("위기/자해", 0.95, 0.95), Topic("일상", 0.05, 0.05)), 0.0, "위기/자해")
        raise AssertionError("a token was sampled")


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    warm_up()


def app_with(engine: Any) -> CounselApp:
    return CounselApp(lambda: engine)


def screen_text(pilot: Pilot[None]) -> str:
    """What stands on the screen, without scrolling."""
    return "\n".join(
        "".join(segment.text for segment in line) for line in pilot.app.screen._compositor.render_strips()
    )


def missing() -> Engine:
    raise CounselError("모델이 없습니다.")


def slow() -> Engine:
    Flag().wait(5)
    raise CounselError("늦었습니다.")


@pytest.mark.parametrize("load", [missing, slow], ids=["missing", "slow"])
async def test_the_referral_comes_at_once_without_a_model(load: Any) -> None:
    app = CounselApp(load)
    async with app.run_test(size=(80, 24)) as pilot:
        took = []
        for _ in range(5):  # the machine may be busy with something else
            panel, prompt = app.query_one(LinesPanel), app.query_one(Prompt)
            panel.display = False
            prompt.insert(CRISIS)
            start = time.perf_counter()
            prompt.action_send()
            while not panel.display:
                await asyncio.sleep(0)
            took.append(time.perf_counter() - start)
        assert min(took) < 0.1
        await pilot.pause()
        assert "119" in str(app.query(Answer).last().content)
        assert "109" in screen_text(pilot)
        await pilot.press("f4")
        assert "1366" in screen_text(pilot)


async def test_the_model_is_not_asked_in_a_crisis_nor_after_it() -> None:
    engine = SpyEngine()
    app = app_with(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        for sentence in (CRISIS, "아니 농담이야", PLAIN, "응", "그래"):
            await say(pilot, sentence)
            await settle(pilot)
        assert engine.asked == []
        assert app.query_one(LinesPanel).display
        assert "109" in screen_text(pilot)
        await say(pilot, PLAIN)
        await settle(pilot)
        assert engine.asked == [PLAIN]
        assert app.query_one(LinesPanel).display  # for the rest of the session


async def test_what_waits_for_the_model_is_not_sampled_after_a_crisis() -> None:
    loading, engine = Flag(), SpyEngine()

    def load() -> Engine:
        loading.wait(5)
        return engine  # type: ignore[return-value]

    app = CounselApp(load)
    async with app.run_test() as pilot:
        await say(pilot, PLAIN)
        await say(pilot, CRISIS)
        loading.set()
        await settle(pilot)
        assert engine.asked == []
        assert all("…" not in str(answer.content) for answer in app.query(Answer))


async def test_the_model_too_can_see_it() -> None:
    app = app_with(AlarmedEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await say(pilot, PLAIN)
        await settle(pilot)
        assert app.query_one(LinesPanel).display
        assert "109" in screen_text(pilot)
        await say(pilot, "응")
        await settle(pilot)
        assert len(app.companion.care.words("응")) > 10
        assert app.companion.care.is_active


async def test_f4_shows_all_lines_and_nothing_typed_over_them_is_lost() -> None:
    app = app_with(SpyEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        assert isinstance(app.screen, LinesScreen)
        for number in ("109", "119", "112", "1577-0199"):
            assert number in screen_text(pilot)
        await pilot.press("pagedown")
        await pilot.press("f4")
        assert not isinstance(app.screen, LinesScreen)
        await pilot.press("f4", "escape")
        assert not isinstance(app.screen, LinesScreen)
        await pilot.press("f4", "a", "b")
        assert not isinstance(app.screen, LinesScreen)
        assert app.query_one(Prompt).text == "ab"


async def test_each_session_begins_with_what_this_is() -> None:
    app = app_with(SpyEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        said = str(app.query_one(Notice).content)
    for words in ("프로그램", "상담사도", "응급", "이 컴퓨터를 떠나지"):
        assert words in said


def test_a_crash_quotes_nobody(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "아무한테도 말하지 않은 일"

    async def broken(_: CounselApp, event: Prompt.Sent) -> None:
        said = event.text
        raise RuntimeError(said)

    async def talk(pilot: Pilot[None]) -> None:
        prompt = pilot.app.query_one(Prompt)
        prompt.insert(secret)
        prompt.action_send()
        await pilot.pause()

    monkeypatch.setattr(CounselApp, "on_prompt_sent", broken)
    app = app_with(SpyEngine())
    with suppress(RuntimeError):  # the pilot's, for tests; `app.run` alone raises nothing
        app.run(headless=True, auto_pilot=talk)  # type: ignore[arg-type]  # Pilot[None] is what it gives
    told = capsys.readouterr()
    assert app.return_code == 1
    assert "RuntimeError" in told.err
    assert secret not in told.err + told.out


async def test_an_engine_that_quotes_the_person_is_not_quoted() -> None:
    class Quoting(SpyEngine):
        def stream(self, question: str, **_: Any) -> Iterator[Event]:
            raise RuntimeError(f"bad prompt: {question}")

    app = app_with(Quoting())
    async with app.run_test() as pilot:
        await say(pilot, PLAIN)
        await settle(pilot)
        answer = app.query_one(Answer)
        assert PLAIN not in str(answer.content)
        assert "RuntimeError" in str(answer.content)


@PICTURED
def test_all_lines_on_the_screen(snap_compare: Any, size: tuple[int, int], theme: str) -> None:
    async def look(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await settle(pilot)
        await pilot.press("f4")

    assert snap_compare(app_with(SpyEngine()), terminal_size=size, run_before=look)
