"""Going back through what was said before, as in a shell: pure state."""

from collections.abc import Callable, Sequence


class Recall:
    """A place among earlier utterances.

    Args:
        earlier: gives them, the oldest first.
    """

    def __init__(self, earlier: Callable[[], Sequence[str]]) -> None:
        self._earlier = earlier
        self._back = 0  # how many steps; 0: at what is being typed

    @property
    def is_away(self) -> bool:
        """Whether something earlier is shown."""
        return self._back > 0

    def older(self) -> str | None:
        """Go one step back, and return what was said there; None at the beginning."""
        earlier = self._earlier()
        if self._back >= len(earlier):
            return None
        self._back += 1
        return earlier[-self._back]

    def newer(self) -> str | None:
        """Go one step forward, and return what was said there; nothing at the end, None if one is there already."""
        if not self._back:
            return None
        self._back -= 1
        return self._earlier()[-self._back] if self._back else ""

    def leave(self) -> None:
        """Go back to what is being typed."""
        self._back = 0
