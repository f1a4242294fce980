"""Inspect and compare in the app: what they open on, what comes of them, and how they look."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from engine import Engine, Reply, Sampling, Token
from tests.tui.conftest import PacedEngine, ScriptedEngine, say, settle
from tests.tui.pictures import PICTURED
from tui.app import CounselApp
from tui.column import Column
from tui.compare import CompareScreen
from tui.inspect import InspectScreen
from tui.spoken import Spoken

QUESTION, ANSWER = "요즘 잠 때문에 힘들어", "잠 이야기를 더 들려주세요."
CRISIS = "죽고 싶어"
WILD: dict[str, float] = {"temperature": 2.0, "top_k": 0, "top_p": 1.0, "seed": 3}


def notes(app: CounselApp) -> str:
    """Return what the app has said at the edge of the screen."""
    return " ".join(note.message for note in app._notifications)


async def looks(pilot: Pilot[None]) -> None:
    """Wait until the screen over the conversation has what it asked the engine for."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    while any(column.state != "ended" for column in pilot.app.screen.query(Column)):
        await pilot.pause(0.01)
    await pilot.pause()


async def test_a_reply_goes_on_from_another_token_as_a_variant(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, {"temperature": 0.0})
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        await settle(pilot)
        await pilot.press("f6")
        await looks(pilot)
        assert isinstance(app.screen, InspectScreen)
        await pilot.press("home", "down", "enter")
        await settle(pilot)
        assert not isinstance(app.screen, InspectScreen)
        (exchange,) = app.transcript.exchanges
        first, second = (variant.reply for variant in exchange.variants)
        assert first is not None
        assert second is not None
        assert (first.text, first.given, second.given) == (ANSWER, 0, 1)
        assert exchange.reply is second
        assert second.text != first.text


async def test_a_variant_is_looked_at_as_it_came(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, {"temperature": 0.0})
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        await settle(pilot)
        for _ in range(2):
            await pilot.press("f6")
            await looks(pilot)
            await pilot.press("home", "down", "enter")
            await settle(pilot)
        (exchange,) = app.transcript.exchanges
        assert len(exchange.variants) == 3


async def test_a_compared_answer_is_taken_up_and_remembered(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, WILD)
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        await settle(pilot)
        await pilot.press("f7")
        await looks(pilot)
        assert isinstance(app.screen, CompareScreen)
        column = list(app.screen.query(Column))[1]
        await pilot.press("right", "enter")
        await settle(pilot)
        (exchange,) = app.transcript.exchanges
        assert column.reply is not None
        assert exchange.reply == column.reply
        assert len(exchange.variants) == 2
        await say(pilot, "그래서 어떡하지")
        await settle(pilot)
        assert app.transcript.before(app.transcript.keys[-1])[0].response == column.reply.text


async def test_nothing_of_a_comparison_stays_unless_it_is_taken(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, WILD)
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        await settle(pilot)
        before = app.transcript.exchanges
        await pilot.press("f7")
        await looks(pilot)
        await pilot.press("tab")
        await looks(pilot)
        await pilot.press("f7")
        await settle(pilot)
        assert not isinstance(app.screen, CompareScreen)
        assert app.transcript.exchanges == before


async def test_an_earlier_exchange_is_looked_at_where_it_has_the_focus(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, {"temperature": 0.0})
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        await say(pilot, "어제 점심 때문에 힘들어")
        await settle(pilot)
        app.query(Spoken).first().focus()
        await pilot.press("f7")
        await looks(pilot)
        assert str(app.screen.query_one("#compare-said", Static).content) == QUESTION
        assert {column.answer for column in app.screen.query(Column)} == {ANSWER}


@pytest.mark.parametrize("key", ["f6", "f7"])
async def test_there_is_nothing_to_look_at_where_no_model_replied(trained_engine: Engine, key: str) -> None:
    app = CounselApp(lambda: trained_engine)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press(key)  # nothing was said
        await say(pilot, CRISIS)
        await settle(pilot)
        await pilot.press(key)
        assert len(app.screen_stack) == 1
        assert "모델이 한 답이 없어" in notes(app)


async def test_nothing_is_compared_right_after_a_crisis(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine)
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        await say(pilot, CRISIS)
        await settle(pilot)
        app.query(Spoken).first().focus()
        await pilot.press("f7")
        assert len(app.screen_stack) == 1
        assert "이야기를 먼저" in notes(app)


@pytest.mark.parametrize("key", ["f6", "f7"])
async def test_the_engine_is_not_asked_while_it_replies(paced: PacedEngine, key: str) -> None:
    app = CounselApp(lambda: paced, {"temperature": 0.0})
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        while not paced.waits.is_set():
            await pilot.pause(0.01)
        await pilot.press(key)
        assert len(app.screen_stack) == 1
        assert "끝난 뒤" in notes(app)
        paced.gate.release(100)
        await settle(pilot)
        assert app.transcript.exchanges[0].variants[0].text == ANSWER


async def test_what_is_typed_over_a_comparison_is_said_and_answered(trained_engine: Engine) -> None:
    app = CounselApp(lambda: trained_engine, {"temperature": 0.0})
    async with app.run_test() as pilot:
        await say(pilot, QUESTION)
        await settle(pilot)
        await pilot.press("f7", "안", "녕")  # at once: the engine is still busy with the first column
        await pilot.press("enter")
        await settle(pilot)
        assert app.transcript.exchanges[-1].said == "안녕"
        assert app.transcript.exchanges[-1].reply is not None


class Pictured(ScriptedEngine):
    """Tokens as one may see them; no processor's rounding is in them."""

    model = SimpleNamespace(name="counsel-ko", replies="known")

    PIECES = (
        " 많이",
        " 힘",
        "드시",
        "겠어요.",
        " 그",
        " 사람이",
        " 가장",
        " 생각",
        "나는",
        " 때는",
        " 언제",
        "인가요?",
    )
    SHARES = (0.42, 0.9, 0.97, 0.6, 0.13, 0.3, 0.75, 0.04, 0.98, 0.55, 0.995, 0.8, 0.93)
    OTHERS = ("", " 마음이", " 혼자", " 얼마나", " 요즘", "\n", "<0xEA>", " 오늘")

    def inspect(self, _: Reply, *, freely: bool = False) -> tuple[Token, ...]:
        names = ("</s>", *self.PIECES, *self.OTHERS)
        tokens = []
        for place, share in enumerate(self.SHARES):
            own = 0 if place == len(self.PIECES) else place + 1
            logits = np.full(len(names), -np.inf, np.float32)
            others = [token for token in range(len(names)) if token != own][: None if freely else 8]
            weights = np.array([0.5**rank for rank in range(1, len(others) + 1)])
            logits[others] = np.log((1 - share) * weights / weights.sum())
            logits[own] = np.log(share)
            text = "" if own == 0 else names[own].removeprefix("" if place else " ")
            sampling = Sampling() if place < 5 else Sampling(temperature=1.2)
            after = sampling.apply(logits)[own]
            tokens.append(Token(own, text, float(after), sampling, logits, (), 0, lambda one: names[one]))
        return tuple(tokens)

    def stream(self, question: str, **options: Any) -> Any:
        for event in super().stream(question, **options):
            if isinstance(event, Reply):
                turned = ((0, Sampling()), (5, Sampling(temperature=1.2)))
                seed = options.get("seed", 7)
                yield replace(event, samplings=turned, seed=seed, token_ids=tuple(range(1, 13)))
            else:
                yield event


def shown(snap_compare: Any, size: tuple[int, int], theme: str, *keys: str) -> bool:
    async def look(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await say(pilot, "헤어졌는데 너무 힘들어")
        await settle(pilot)
        await pilot.press(keys[0])
        await looks(pilot)
        await pilot.press(*keys[1:])
        await looks(pilot)

    app = CounselApp(Pictured)  # type: ignore[arg-type]
    return bool(snap_compare(app, terminal_size=size, run_before=look))


@PICTURED
def test_inspect_on_the_screen(snap_compare: Any, size: tuple[int, int], theme: str) -> None:
    assert shown(snap_compare, size, theme, "f6", *["right"] * 7, "down")


@PICTURED
def test_compare_on_the_screen(snap_compare: Any, size: tuple[int, int], theme: str) -> None:
    assert shown(snap_compare, size, theme, "f7", "tab", "plus", "right")
