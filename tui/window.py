"""Which part of a long conversation is on the screen or near it: pure arithmetic."""

from dataclasses import dataclass

SIZE = 30  # exchanges that are mounted at most, so 60 messages
STEP = 5  # of them that come and go at once


@dataclass(frozen=True)
class Window:
    """A stretch of places.

    Attributes:
        first: the first place in it.
        last: the first place after it.
    """

    first: int = 0
    last: int = 0

    @classmethod
    def newest(cls, total: int) -> "Window":
        """Return the window at the end."""
        return cls(max(0, total - SIZE), total)

    @classmethod
    def around(cls, place: int, total: int) -> "Window":
        """Return the window with a place in its middle, or as near as it gets."""
        first = min(max(0, place - SIZE // 2), max(0, total - SIZE))
        return cls(first, min(total, first + SIZE))

    def older(self) -> "Window":
        """Return the window one step further up; what is too far below leaves it."""
        first = max(0, self.first - STEP)
        return Window(first, min(self.last, first + SIZE))

    def newer(self, total: int) -> "Window":
        """Return the window one step further down; what is too far above leaves it."""
        last = min(total, self.last + STEP)
        return Window(max(self.first, last - SIZE), last)

    def fitted(self, total: int) -> "Window":
        """Return what is left of the window when there are only so many places; the newest if nothing is."""
        return Window(self.first, min(self.last, total)) if self.first < total else Window.newest(total)
