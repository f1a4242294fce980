"""Engines whose pace a test sets."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from threading import Semaphore
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from engine import Conversation, Engine, Event, Reply, Sampling, Timings, Token, Topic, Topics
from engine.model_directory import ModelDirectory
from tui.app import CounselApp
from tui.prompt import Prompt
from tui.settings import Settings

Say = Callable[[Pilot[None], str], Any]


class OverheardEngine(Engine):
    """The real engine, and what it was asked to remember with each question."""

    def __init__(self, model: ModelDirectory) -> None:
        super().__init__(model)
        self.given: list[Conversation] = []
        self.ended: list[Reply] = []

    def stream(self, *arguments: Any, **options: Any) -> Generator[Event]:
        self.given.append(options["conversation"])
        for event in super().stream(*arguments, **options):
            if isinstance(event, Reply):
                self.ended.append(event)
            yield event


class PacedEngine(OverheardEngine):
    """One each of whose tokens waits until the test lets it through."""

    def __init__(self, model: ModelDirectory) -> None:
        super().__init__(model)
        self.gate = Semaphore(0)
        self.waits = Flag()  # set while a token is held back

    def stream(self, *arguments: Any, **options: Any) -> Generator[Event]:
        for event in super().stream(*arguments, **options):
            yield event
            if isinstance(event, Token):
                self.waits.set()
                self.gate.acquire()
                self.waits.clear()


def made_up(
    question: str, text: str, topics: Topics, *, token_ids: tuple[int, ...], timings: Timings
) -> Reply:
    """Return a reply that no model gave."""
    return Reply(
        question=question,
        topic=topics.chosen,
        topics=topics,
        text=text,
        token_ids=token_ids,
        prompt_ids=(),
        label_ids=(),
        seed=7,
        samplings=((0, Sampling()),),
        model="x@0/int8",
        finish_reason="eos",
        truncated=False,
        timings=timings,
    )


class ScriptedEngine:
    """For pictures only, which must not depend on a processor's rounding."""

    default_sampling = Sampling()
    identity = "x@0/int8"
    model = SimpleNamespace(name="counsel-ko", path=Path("counsel-ko"), replies="free")
    labels: tuple[str, ...] = ("이별", "사랑", "감정/외로움/밤에 더함", "증상/불면", "일상")
    topics_at_once = 5

    def stream(self, question: str, *, conversation: Conversation, **_: Any) -> Iterator[Event]:
        favour = conversation.favour()
        likeliest = (
            ("이별", 0.81, 0.42 if favour else 0.81),
            ("사랑", 0.12, 0.36 if favour else 0.12),
            ("감정/외로움/밤에 더함", 0.04, 0.12 if favour else 0.04),
            ("증상/불면", 0.02, 0.06 if favour else 0.02),
            ("일상", 0.006, 0.02 if favour else 0.006),
        )
        topics = Topics(tuple(Topic(*line) for line in likeliest), 0.004, "이별", tuple(favour.items()))
        yield topics
        text = (
            "그랬군요. 더 들려주세요."
            if favour
            else "많이 힘드시겠어요. 그 사람이 가장 생각나는 때는 언제인가요?"
        )
        yield Token(1, text, 1.0, Sampling(), np.zeros(2, np.float32), (), 0, str)
        yield made_up(question, text, topics, token_ids=(1,), timings=Timings(0.1, 0.42))


@pytest.fixture
def paced(trained: Path) -> Iterator[PacedEngine]:
    with PacedEngine(ModelDirectory.load(trained)) as engine:
        yield engine
        engine.gate.release(1000)


@pytest.fixture
def overheard(trained: Path) -> Iterator[OverheardEngine]:
    with OverheardEngine(ModelDirectory.load(trained)) as engine:
        yield engine


@dataclass(frozen=True)
class Unhurried(Settings):
    """Nobody reads along."""

    pace: float = 0.0


@pytest.fixture(autouse=True)
def as_fast_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let replies come at once where a test does not choose its settings."""
    monkeypatch.setattr("tui.frame.Settings", Unhurried)


async def say(pilot: Pilot[None], sentence: str) -> None:
    """Type a sentence into the prompt, at once as a paste does, and send it."""
    prompt = pilot.app.query_one(Prompt)
    prompt.focus()
    prompt.insert(sentence)
    await pilot.press("enter")
    await pilot.pause()


async def settle(pilot: Pilot[None]) -> None:
    """Wait until nothing is loaded or answered any more."""
    await pilot.pause()
    app = pilot.app
    assert isinstance(app, CounselApp)
    while app.is_working:
        await app.workers.wait_for_complete()
        await pilot.pause()
