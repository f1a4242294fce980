"""One breathing exercise: the shape, what to do, the seconds."""

from collections.abc import Callable

from rich.cells import set_cell_size
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine.characters import sentences
from engine.language import text
from tui.breath import Breath
from tui.breathing import Moment, Pattern, Phase, beginning, ending

_FRAMES = 10  # a second


class BreathingGuide(Vertical):
    """Leads through a pattern from its first sentence to its last.

    Args:
        pattern: to breathe.
        clock: gives seconds.
    """

    def __init__(self, pattern: Pattern, clock: Callable[[], float]) -> None:
        super().__init__()
        self._pattern = pattern
        self._clock = clock
        self._start = clock()
        self.is_over = False  # whether the last breath is done

    def compose(self) -> ComposeResult:
        """Lay the words out under the shape; without motion, they stand alone, a line each."""
        if self.app.animation_level != "none":
            yield Breath()
        yield Static(id="phase")
        yield Static(id="round")

    def on_mount(self) -> None:
        """Begin."""
        self._frames = self.set_interval(1 / _FRAMES, self._draw)
        self._draw()

    def _draw(self) -> None:
        moment = self._pattern.at(self._clock() - self._start)
        for breath in self.query(Breath):
            breath.fullness = moment.fullness if moment else 0.0
        self.query_one("#phase", Static).update(self._words(moment))
        self.query_one("#round", Static).update(self._progress(moment))
        if moment is None:
            self.is_over = True
            self._frames.stop()

    def _words(self, moment: Moment | None) -> Content:
        if moment is None:
            return Content("\n".join(sentences(ending())))
        if moment.phase.kind == "ready":
            return Content(beginning())
        if self.query(Breath):
            return Content.styled(f"{moment.phase.name}  {moment.left}", "bold")
        return Content("\n").join(_line(phase, moment) for phase in self._pattern.phases)

    def _progress(self, moment: Moment | None) -> Content:
        if moment is None:
            return Content(text("Enter 다른 운동 · Esc 대화로", "Enter another one · Esc back to the chat"))
        if moment.phase.kind == "ready":
            return Content(str(moment.left))
        done, rounds = moment.round, self._pattern.rounds
        return Content(text(f"{rounds}번 가운데 {done}번째 숨", f"breath {done} of {rounds}"))


def _line(phase: Phase, now: Moment) -> Content:
    name = set_cell_size(phase.name, 12)
    if phase == now.phase:
        return Content.styled(f"› {name} {now.left}  ", "bold")
    return Content.styled(f"  {name} {phase.seconds}  ", "$foreground-muted")
