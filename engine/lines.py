"""Phone lines where a person answers: those that come with the package, and those that a person adds.

A file of one's own (`engine.locations.own_lines`) looks like this; `kinds` may be left out, for all of them:

    [[line]]
    number = "988"
    name = "Suicide & Crisis Lifeline"
    for = "anyone in the United States"
    hours = "24 hours"
    kinds = ["suicide", "self-harm"]
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from engine import locations
from engine.characters import normalize
from engine.crisis_rules import FOLDER
from engine.errors import CounselError
from engine.language import text
from engine.safety import KINDS, Crisis, Kind

LINES_FILE = "lines.toml"
# Who comes first, by kind; where help must come at once, these before all others.
_FIRST: Mapping[Kind, tuple[str, ...]] = {
    "violence": ("112", "1366", "1388"),
    "harm-to-others": ("1577-0199", "109", "112"),
    "psychosis": ("1577-0199", "109", "119"),
    "third-person": ("109", "119", "112"),
}
_ACUTE: Mapping[Kind, tuple[str, ...]] = {
    "violence": ("112", "119", "1366"),
    "harm-to-others": ("112", "109", "1577-0199"),
    "third-person": ("119", "112", "109"),
}
_USUAL, _USUAL_ACUTE = ("109", "1577-0199", "1388"), ("119", "109", "112")
_ALWAYS = "109"  # whatever it is, this one listens


@dataclass(frozen=True)
class Line:
    """A phone line.

    Attributes:
        number: as it is dialled.
        name, whom, hours: Korean and English; the same twice where only one is known.
        kinds: of crisis that it is for.
        source: where it is published; empty for a person's own.
        verified_on: when it was last compared with its source.
    """

    number: str
    name: tuple[str, str]
    whom: tuple[str, str]
    hours: tuple[str, str]
    kinds: tuple[Kind, ...]
    source: str = ""
    verified_on: date | None = None

    @property
    def summary(self) -> str:
        """The number, the name and the hours in a line."""
        return f"{self.number}  {text(*self.name)}" + (f" · {text(*self.hours)}" if self.hours[0] else "")


@dataclass(frozen=True)
class Lines:
    """All lines that are known on this machine.

    Attributes:
        own: those that the person added; they come first.
        shipped: those of the package.
        problem: why the person's own could not be read; they are never a reason to show none.
    """

    own: tuple[Line, ...]
    shipped: tuple[Line, ...]
    problem: str | None = None

    def all(self) -> tuple[Line, ...]:
        """Return all lines, the person's own first."""
        return self.own + self.shipped

    def choose(self, crisis: Crisis) -> tuple[Line, ...]:
        """Return the lines for a crisis in the order in which to call them."""
        usual, first = (_USUAL_ACUTE, _ACUTE) if crisis.is_acute else (_USUAL, _FIRST)
        numbers = first.get(crisis.kind, usual)
        by_number = {line.number: line for line in self.shipped}
        numbers = numbers if _ALWAYS in numbers else (*numbers, _ALWAYS)
        own = tuple(line for line in self.own if crisis.kind in line.kinds)
        return own + tuple(by_number[number] for number in numbers)


def load_lines() -> Lines:
    """Return the lines of the package and of the person."""
    path = locations.own_lines()
    try:
        return Lines(_read(path) if path.is_file() else (), _shipped())
    except (OSError, ValueError, KeyError, TypeError, CounselError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        problem = text(
            f"{path}: 읽지 못해 쓰지 않았습니다({reason}).",
            f"{path}: not used, since it cannot be read ({reason}).",
        )
        return Lines((), _shipped(), problem)


@cache
def _shipped() -> tuple[Line, ...]:
    return _read(FOLDER / LINES_FILE)


def _read(path: Path) -> tuple[Line, ...]:
    return tuple(_line(entry) for entry in tomllib.loads(path.read_text("utf-8"))["line"])


def _line(entry: Mapping[str, Any]) -> Line:
    kinds = tuple(entry.get("kinds", KINDS))
    if unknown := set(kinds) - set(KINDS):
        raise CounselError(f"kinds: {', '.join(sorted(map(str, unknown)))}")
    number = normalize(str(entry["number"]))
    if not number:
        raise CounselError("number")
    return Line(
        number,
        _pair(entry["name"]),
        _pair(entry.get("for", "")),
        _pair(entry.get("hours", "")),
        kinds,
        str(entry.get("source", "")),
        entry.get("verified_on"),
    )


def _pair(value: str | Mapping[str, str]) -> tuple[str, str]:
    if isinstance(value, str):
        return normalize(value), normalize(value)
    return normalize(value["ko"]), normalize(value["en"])
