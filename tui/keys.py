"""Keys and what they do, read from the bindings: nothing about a key is written twice."""

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import ActiveBinding, Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.types import IgnoreReturnCallbackType

_NAMES = {
    "escape": "Esc",
    "delete": "Del",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "plus": "+",
    "equals_sign": "=",
    "minus": "−",
    "ctrl": "Ctrl",
    "shift": "Shift",
}


@dataclass(frozen=True)
class Command:
    """An action without a key, for the palette.

    Attributes:
        action: as in a binding.
        title: its name.
        explanation: what it does, in a sentence.
    """

    action: str
    title: str
    explanation: str = ""


@dataclass(frozen=True)
class Entry:
    """A line of the palette; one that is `rare` comes only to who looks for it."""

    title: str
    explanation: str
    run: IgnoreReturnCallbackType
    rare: bool = False
    key: str = ""


def key_name(key: str) -> str:
    """Return a key as it is written on keyboards.

    Example:
        >>> key_name("ctrl+n"), key_name("shift+left"), key_name("f1")
        ('Ctrl+N', 'Shift+←', 'F1')
    """
    return "+".join(_NAMES.get(part, part.capitalize()) for part in key.split("+"))


def function_key(key: str) -> int:
    """Return a number by which F1, F2, … come first and all others stay in their order."""
    number = key.removeprefix("f")
    return int(number) if number.isdecimal() else 100


def own_bindings(owner: type[DOMNode]) -> list[Binding]:
    """Return the bindings that a class of ours declares itself; not those that it has from Textual's classes."""
    if not owner.__module__.startswith("tui."):
        return []
    return list(Binding.make_bindings(vars(owner).get("BINDINGS", ())))


def is_told(binding: Binding) -> bool:
    """Tell whether help and palette name a binding: one with an explanation, or one that the footer shows."""
    return bool(binding.tooltip) or binding.show


def active_commands(screen: Screen[object]) -> Iterator[ActiveBinding]:
    """Yield what the keys do at this moment, the focused widget's first; Textual's own keys left out."""
    for active in screen.active_bindings.values():
        ours = (
            own
            for owner in type(active.node).__mro__
            if issubclass(owner, DOMNode)
            for own in own_bindings(owner)
        )
        if active.enabled and is_told(active.binding) and active.binding in ours:
            yield active
