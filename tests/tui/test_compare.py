"""Compare: answers side by side, one sampled after the other, of which one is taken."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from threading import Event as Flag
from threading import Semaphore, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, Static

from engine import PRESETS, Conversation, CounselError, Engine, Event, Sampling, Token
from engine.companion import Companion
from engine.model_directory import ModelDirectory
from tui.column import Column
from tui.compare import CompareScreen
from tui.comparison import FEWEST, KINDS, MOST, Kind, settings
from tui.messages import Adopt

QUESTION = "어제 점심 때문에 힘들어"
WILD = Sampling(temperature=2.0, top_k=0, top_p=1.0, max_new_tokens=24)
SEED = 5


class Host(App[None]):
    """Nothing but a place to type and the screen over it."""

    def __init__(self, engine: Engine, sampling: Sampling = WILD, said: str = QUESTION) -> None:
        super().__init__()
        self._arguments = engine, Companion(), 7, said, Conversation(), sampling, SEED
        self.result: Any = "open"

    def compose(self) -> Any:
        yield Input()

    def on_mount(self) -> None:
        self.push_screen(CompareScreen(*self._arguments), self._end)

    def _end(self, result: Adopt | None) -> None:
        self.result = result


class HeldEngine(Engine):
    """One each of whose tokens waits until the test lets it through."""

    def __init__(self, model: ModelDirectory) -> None:
        super().__init__(model)
        self.gate, self.waits = Semaphore(0), Flag()
        self.asked: list[int] = []  # seeds

    def stream(self, *arguments: Any, **options: Any) -> Generator[Event]:
        self.asked.append(options.get("seed", -1))
        for event in super().stream(*arguments, **options):
            yield event
            if isinstance(event, Token):
                self.waits.set()
                self.gate.acquire()
                self.waits.clear()


@pytest.fixture
def held(trained: Path) -> Iterator[HeldEngine]:
    with HeldEngine(ModelDirectory.load(trained)) as engine:
        yield engine
        engine.gate.release(1000)


def columns(pilot: Pilot[None]) -> list[Column]:
    return [column for column in pilot.app.screen.query(Column) if not column.stop.is_set()]


def said(column: Column) -> str:
    return str(column.query_one(Static).content)


async def begun(pilot: Pilot[None], held: HeldEngine) -> None:
    """Wait until a token is held back."""
    while not held.waits.is_set():
        await pilot.pause(0.01)


async def done(pilot: Pilot[None]) -> list[Column]:
    """Wait until every column has its answer."""
    while not (there := columns(pilot)) or any(column.state != "ended" for column in there):
        await pilot.pause(0.01)
    await pilot.pause()
    return there


async def test_two_seeds_are_answered_as_they_would_be_alone(trained_engine: Engine) -> None:
    async with Host(trained_engine).run_test() as pilot:
        there = await done(pilot)
        assert [str(column.border_title) for column in there] == ["씨앗 5", "씨앗 6"]
        for column, seed in zip(there, (5, 6), strict=True):
            assert said(column) == trained_engine.reply(QUESTION, sampling=WILD, seed=seed).text


async def test_one_is_answered_after_the_other_and_grows(held: HeldEngine) -> None:
    async with Host(held).run_test() as pilot:
        await begun(pilot, held)
        await pilot.pause(0.1)
        first, second = columns(pilot)
        assert (first.state, second.state) == ("answering", "waiting")
        assert "차례" in said(second)
        assert len(held.asked) == 1
        held.gate.release(1000)
        await done(pilot)
        assert held.asked == [5, 6]


async def test_presets_and_temperatures_are_compared_too(trained_engine: Engine) -> None:
    async with Host(trained_engine, Sampling(max_new_tokens=24)).run_test(size=(100, 30)) as pilot:
        await done(pilot)
        await pilot.press("tab")
        there = await done(pilot)
        assert "값" in str(there[0].border_title)  # which are those of no preset
        assert str(there[1].border_title) == "default"
        await pilot.press("tab", "plus")
        there = await done(pilot)
        assert [str(column.border_title).rpartition(" ")[2] for column in there] == ["0.7", "0", "1"]
        for column in there:
            assert (
                said(column)
                == trained_engine.reply(QUESTION, sampling=column.setting.sampling, seed=SEED).text
            )
        await pilot.press("shift+tab", "shift+tab")
        assert "씨앗" in str((await done(pilot))[0].border_title)


async def test_a_click_says_what_differs_and_which_column_is_meant(trained_engine: Engine) -> None:
    async with Host(trained_engine).run_test(size=(100, 30)) as pilot:
        await done(pilot)
        kinds = pilot.app.screen.query_one("#compare-kinds")
        await pilot.click(kinds, offset=(9, 0))
        there = await done(pilot)
        assert str(there[1].border_title) in PRESETS
        await pilot.click(there[1])
        assert there[1].has_focus


async def test_columns_come_and_go_from_two_to_four(trained_engine: Engine) -> None:
    async with Host(trained_engine).run_test() as pilot:
        first = await done(pilot)
        await pilot.press(*["plus"] * 4)
        there = await done(pilot)
        assert len(there) == MOST
        assert there[:2] == first  # what is answered already stays
        assert len({column.setting.seed for column in there}) == MOST
        await pilot.press(*["right"] * 5)
        assert there[-1].has_focus
        await pilot.press(*["minus"] * 4)
        await pilot.pause()
        assert columns(pilot) == first
        assert first[-1].has_focus


async def test_one_is_taken(trained_engine: Engine) -> None:
    app = Host(trained_engine)
    async with app.run_test() as pilot:
        there = await done(pilot)
        await pilot.press("right", "enter")
        await pilot.pause()
        assert app.result == Adopt(7, there[1].reply)  # type: ignore[arg-type]
        assert there[1].reply == replace(
            trained_engine.reply(QUESTION, sampling=WILD, seed=6),
            timings=there[1].reply.timings,  # type: ignore[union-attr]
        )


async def test_what_is_not_answered_yet_cannot_be_taken(held: HeldEngine) -> None:
    app = Host(held)
    async with app.run_test() as pilot:
        await begun(pilot, held)
        await pilot.press("enter", "right", "enter")
        await pilot.pause()
        assert app.result == "open"
        held.gate.release(1000)
        await done(pilot)


async def test_escape_stops_and_the_engine_is_free(held: HeldEngine) -> None:
    app = Host(held)
    async with app.run_test() as pilot:
        await begun(pilot, held)
        stop = columns(pilot)[0].stop
        Thread(target=lambda: (stop.wait(30), held.gate.release(1000))).start()  # type: ignore[func-returns-value]
        await pilot.press("escape")
        assert app.result is None
        assert len(held.asked) == 1  # the second column's turn never came
        assert held.reply(QUESTION, sampling=Sampling()).text


async def test_what_is_typed_reaches_the_conversation(trained_engine: Engine) -> None:
    app = Host(trained_engine)
    async with app.run_test() as pilot:
        await done(pilot)
        await pilot.press("안", "녕")
        await pilot.pause()
        assert app.query_one(Input).value == "안녕"


async def test_same_answers_are_named(trained_engine: Engine) -> None:
    async with Host(trained_engine, Sampling(temperature=0)).run_test() as pilot:
        first, second = await done(pilot)
        assert said(first) == said(second)
        assert "1번과 같음" in str(second.border_subtitle)
        assert "같음" not in str(first.border_subtitle)


async def test_what_may_not_be_said_is_withheld_and_cannot_be_taken(
    trained_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.companion.objection", lambda told: "method" if "점심" in told else None)
    app = Host(trained_engine, Sampling(temperature=0))
    async with app.run_test() as pilot:
        for column in await done(pilot):
            assert "점심" not in said(column)
            assert "보여 드리지 않았어요" in said(column)
        await pilot.press("enter")
        await pilot.pause()
        assert app.result == "open"


async def test_a_failure_is_told_in_its_column_and_the_next_is_answered(trained: Path) -> None:
    class Failing(Engine):
        turns = count()

        def stream(self, *arguments: Any, **options: Any) -> Generator[Event]:
            if next(self.turns) == 0:
                raise CounselError("디스크가 가득 찼습니다.")
            return super().stream(*arguments, **options)

    with Failing(ModelDirectory.load(trained)) as engine:
        async with Host(engine).run_test() as pilot:
            first, second = await done(pilot)
            assert said(first) == "디스크가 가득 찼습니다."
            assert second.reply is not None


@pytest.mark.parametrize(
    ("size", "number", "stacked"), [((80, 24), 2, False), ((80, 24), 4, True), ((160, 45), 4, False)]
)
async def test_columns_stay_readable(
    trained_engine: Engine, size: tuple[int, int], number: int, stacked: bool
) -> None:
    async with Host(trained_engine).run_test(size=size) as pilot:
        await pilot.press(*["plus"] * (number - FEWEST))
        there = await done(pilot)
        assert len({column.region.x for column in there}) == (1 if stacked else number)
        assert all(column.content_size.width >= 24 for column in there)
        assert all(column.content_size.height >= 2 for column in there)


@given(
    st.sampled_from(KINDS),
    st.sampled_from([0.0, 0.3, 0.7, 1.1, 2.0]),
    st.integers(0, 2**32 - 1),
    st.integers(FEWEST, MOST),
)
def test_columns_differ_in_what_is_compared_and_in_nothing_else(
    kind: Kind, temperature: float, seed: int, number: int
) -> None:
    present = Sampling(temperature=temperature, top_k=7)
    found = settings(kind, present, seed, number)
    assert len(found) == number
    assert (found[0].sampling, found[0].seed) == (present, seed)
    assert len({(one.sampling, one.seed) for one in found}) == len({one.name for one in found}) == number
    for one in found:
        assert one.sampling == present or kind != "seeds"
        assert one.seed == seed or kind == "seeds"
        assert replace(one.sampling, temperature=temperature) == present or kind == "presets"


def test_the_present_preset_is_not_compared_with_itself() -> None:
    names = [one.name for one in settings("presets", PRESETS["warm"].sampling, 1, MOST)]
    assert names == ["지금: warm", "default", "precise", "original"]
