"""Which side panels are open beside the conversation, or for a while where there is little room: pure state."""

from dataclasses import dataclass, replace

TOPICS, SAMPLING = "topics", "sampling"
_MEDIUM, _WIDE = 90, 120  # columns from which one panel has room beside the conversation for good, and two
_NARROW = 76  # columns from which the conversation makes room for a panel as long as it is open


def takes_all(columns: int) -> bool:
    """Tell whether a panel leaves no room for the conversation."""
    return columns < _NARROW


def room_for(columns: int) -> int:
    """Return how many panels have room beside the conversation."""
    return (columns >= _MEDIUM) + (columns >= _WIDE)


@dataclass(frozen=True)
class Panels:
    """The panels that a person asked for.

    Attributes:
        beside: those wanted beside the conversation, the last one asked for last; these are remembered.
        over: the one that takes room of the conversation, or all of it, in a narrow terminal until it is closed.
    """

    beside: tuple[str, ...] = ()
    over: str | None = None

    def shown(self, room: int) -> tuple[str, ...]:
        """Return the panels to draw."""
        if room == 0:
            return () if self.over is None else (self.over,)
        return self.beside[-room:]

    def opened(self, name: str, room: int) -> "Panels":
        """Return the state once a panel was asked for; one that has to make room is closed."""
        if room == 0:
            return replace(self, over=name)
        others = [panel for panel in self.shown(room) if panel != name]
        return replace(self, beside=(*others, name)[-room:])

    def closed(self, name: str, room: int) -> "Panels":
        """Return the state once a panel was sent away."""
        if room == 0:
            return replace(self, over=None)
        return replace(self, beside=tuple(panel for panel in self.shown(room) if panel != name))
