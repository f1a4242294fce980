"""A sign for each first level of a model's labels: a letter that works without colour, and a colour beside it."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from engine.companion import CRISIS_TOPICS
from engine.events import LEVEL, first_levels

SIGN = 2  # cells
_COLOURS = ("$text-accent", "$text-primary", "$text-success", "$text-secondary", "$text-warning")
_CRISIS = "$text-error"  # no other topic has it


@dataclass(frozen=True)
class Sign:
    """How a topic is shown in two cells.

    Attributes:
        letter: two cells wide; no other first level of the model has it, where letters suffice.
        colour: a variable of the theme.
    """

    letter: str
    colour: str


UNKNOWN = Sign("· ", "")


def signs_of(labels: Iterable[str]) -> dict[str, Sign]:
    """Return a sign for each first level of the labels."""
    levels = dict.fromkeys(first_levels(label) for label in labels)
    letters: dict[str, str] = {}
    for level in sorted(levels, key=len):  # what has one letter only takes it first
        free = [letter for letter in level if letter not in letters.values()]
        letters[level] = free[0] if free else level[:1]
    return {
        level: Sign(_wide(letters[level]), _colour(level, place))
        for place, level in enumerate(sorted(levels))
    }


def _wide(letter: str) -> str:
    return set_cell_size(letter, SIGN) if cell_len(letter) < SIGN else letter


def _colour(level: str, place: int) -> str:
    return _CRISIS if level == CRISIS_TOPICS.rstrip(LEVEL) else _COLOURS[place % len(_COLOURS)]
