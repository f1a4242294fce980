"""How fast a reply is sampled: no faster than one reads, or one token a key press."""

import time
from collections.abc import Callable
from threading import Condition

from engine import Token
from engine.parameters import parameters_of
from tui.settings import Settings

PACE = parameters_of(Settings)["pace"]

_MOMENT = 0.02  # seconds after which a reply that is to end is noticed at the latest
_BELATED = 0.1  # seconds that computing a token took are made up for, up to so many


class Pace:
    """Delays the sampling itself, so that what is changed in mid-reply holds for all that is not read yet.

    The engine samples a token only when it is asked for the next event. The thread that asks calls `wait` in between;
    all else is for the thread of the screen.

    Example:
        for event in engine.stream(question, sampling=lambda: knobs.sampling):
            ...
            if isinstance(event, Token):
                pace.wait(event, should_stop)

    Args:
        characters_per_second: of the text; 0 is as fast as it comes.
        clock: seconds, ever growing.
        changed: told of every change.
    """

    def __init__(
        self,
        characters_per_second: float = PACE.default,
        clock: Callable[[], float] = time.monotonic,
        changed: Condition | None = None,
    ) -> None:
        self.characters_per_second = characters_per_second
        self._clock = clock
        self._changed = changed or Condition()
        self._held = False
        self._waiting = False  # a reply has told a token and not yet been asked for the next
        self._steps = 0
        self._due = 0.0  # when the last token should have been let through

    @property
    def is_held(self) -> bool:
        """Whether tokens come one by one, each when `step` is called."""
        return self._held

    def hold(self) -> None:
        """Let no further token be sampled until `step` or `go_on`."""
        with self._changed:
            self._held = True

    def step(self) -> None:
        """Let one token be sampled. What is asked for while none waits is not saved up: a key may be held down."""
        with self._changed:
            self._steps = int(self._waiting)
            self._changed.notify_all()

    def go_on(self) -> None:
        """Let the tokens come at their pace again."""
        with self._changed:
            self._held = False
            self._changed.notify_all()

    def wait(self, token: Token, should_stop: Callable[[], bool]) -> None:
        """Return when the token after this one may be sampled.

        Args:
            token: that was just told.
            should_stop: ends the waiting within a moment.
        """
        with self._changed:
            begun = max(self._due, self._clock() - _BELATED)
            self._waiting = True
            while not should_stop() and (left := self._left(begun, len(token.text))) > 0:
                self._changed.wait(min(left, _MOMENT))
            self._waiting = False
            self._steps = 0
            self._due = self._clock()

    def _left(self, begun: float, characters: int) -> float:
        """Return how many seconds are left to wait, as things stand now."""
        if self._held:
            return 0 if self._steps else _MOMENT
        speed = self.characters_per_second
        return begun + characters / speed - self._clock() if speed else 0
