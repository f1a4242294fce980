"""Guided breathing: patterns, and what is done at a moment of them. Pure: no clock, no screen.

Nothing here promises to heal. Slow breathing calms many people and not all; whoever gets dizzy should stop.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, cos, pi
from typing import Literal

from engine.language import text

Kind = Literal["ready", "in", "hold", "out", "rest"]
READY_SECONDS = 6  # to read the first sentence and let the old breath go


@dataclass(frozen=True)
class Phase:
    """A part of a breath: `in` and `out`, a `hold` with full lungs and a `rest` with empty ones."""

    kind: Kind
    seconds: int

    @property
    def name(self) -> str:
        """What to do, in the chosen language."""
        match self.kind:
            case "ready":
                return text("준비", "get ready")
            case "in":
                return text("들이쉬기", "breathe in")
            case "out":
                return text("내쉬기", "breathe out")
            case "hold" | "rest":
                return text("멈추기", "hold")


@dataclass(frozen=True)
class Moment:
    """What is done at a moment.

    Attributes:
        phase: that it belongs to.
        round: counted from 1.
        left: seconds that the phase still lasts, rounded up: it begins with all of them and ends with 1.
        fullness: of the lungs, from 0 to 1.
    """

    phase: Phase
    round: int
    left: int
    fullness: float


@dataclass(frozen=True)
class Pattern:
    """A way to breathe.

    Attributes:
        key: as it is typed.
        ko, en: its name.
        phases: of one breath.
        rounds: how many breaths.
        ko_explained, en_explained: one sentence about it.
    """

    key: str
    ko: str
    en: str
    phases: tuple[Phase, ...]
    rounds: int
    ko_explained: str
    en_explained: str

    @property
    def name(self) -> str:
        """In the chosen language."""
        return text(self.ko, self.en)

    @property
    def explained(self) -> str:
        """One sentence, in the chosen language."""
        return text(self.ko_explained, self.en_explained)

    @property
    def breath(self) -> int:
        """The seconds of one breath."""
        return sum(phase.seconds for phase in self.phases)

    @property
    def seconds(self) -> int:
        """From the beginning to the end."""
        return READY_SECONDS + self.rounds * self.breath

    def at(self, elapsed: float) -> Moment | None:
        """Return what is done `elapsed` seconds after the beginning; None after the end."""
        if elapsed < READY_SECONDS:
            return _moment(Phase("ready", READY_SECONDS), 1, max(0.0, elapsed))
        done, into = divmod(elapsed - READY_SECONDS, self.breath)
        if done >= self.rounds:
            return None
        for phase in self.phases:
            if into < phase.seconds:
                return _moment(phase, int(done) + 1, into)
            into -= phase.seconds
        raise AssertionError("the phases of a breath fill it")


def _moment(phase: Phase, number: int, into: float) -> Moment:
    # A half cosine: it sets off and arrives gently, as a breath does.
    grown = (1 - cos(pi * into / phase.seconds)) / 2
    fullness = {"in": grown, "hold": 1.0, "out": 1 - grown}.get(phase.kind, 0.0)
    return Moment(phase, number, ceil(phase.seconds - into), fullness)


# Andrew Weil, "Breathing: The Master Key to Self Healing" (1999): after yoga's pranayama; four breaths at a time in
# the first month. It may make light-headed at first.
RELAXING = Pattern(
    "4-7-8", "4-7-8 호흡", "4-7-8 breathing",
    (Phase("in", 4), Phase("hold", 7), Phase("out", 8)),
    4,
    "코로 4초 들이쉬고, 7초 멈추고, 입으로 8초 길게 내쉬어요.",
    "In through the nose for 4 seconds, hold for 7, out through the mouth for 8.",
)  # fmt: skip
# Also "tactical breathing": Dave Grossman and Loren Christensen, "On Combat" (2004).
BOX = Pattern(
    "box", "네모 호흡", "Box breathing",
    (Phase("in", 4), Phase("hold", 4), Phase("out", 4), Phase("rest", 4)),
    5,
    "들이쉬기, 멈추기, 내쉬기, 멈추기를 똑같이 4초씩 해요.",
    "In, hold, out and hold, each for 4 seconds.",
)  # fmt: skip
PATTERNS = (RELAXING, BOX)


def beginning() -> str:
    """What is said before the first breath."""
    return text(
        "편하게 앉아 어깨를 내려놓고, 먼저 남은 숨을 후 하고 내쉬어요.",
        "Sit comfortably, let your shoulders drop, and first let the old breath go.",
    )


def ending() -> str:
    """What is said after the last breath."""
    return text(
        "여기까지예요. 잠시 멈춘 것만으로 잘하셨어요. 달라진 게 없어도 괜찮아요.",
        "That is all. Pausing for a moment was good in itself. It is fine if nothing feels different.",
    )


def caution() -> str:
    """What everyone must know before."""
    return text(
        "어지러우면 그만두고 평소처럼 숨 쉬세요. 운전 중이거나 물속에서는 하지 마세요. "
        "가슴이 아프거나 숨찬 것이 가시지 않으면 119에 전화하세요.",
        "If you get dizzy, stop and breathe as usual. Not while driving or in water. If your chest hurts or you "
        "stay short of breath, call 119 (Korea).",
    )


def timed_lines(pattern: Pattern) -> Iterator[tuple[float, str]]:
    """Yield the exercise as lines to say or print, each with the second from the beginning at which it is due."""
    yield 0.0, beginning()
    due = float(READY_SECONDS)
    for number in range(1, pattern.rounds + 1):
        for index, phase in enumerate(pattern.phases):
            seconds = text(f"{phase.name} {phase.seconds}초", f"{phase.name}, {phase.seconds} seconds")
            first = text(f"{number}번째 숨. ", f"Breath {number}: ") if index == 0 else ""
            yield due, first + seconds
            due += phase.seconds
    yield due, ending()
