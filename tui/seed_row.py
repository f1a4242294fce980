"""The row of the random seed: another one for each reply, or a fixed one."""

from random import randrange

from rich.cells import cell_len
from textual import events
from textual.content import Content

from engine import PARAMETERS
from engine.language import text
from tui.bars import fit
from tui.rows import ParameterRow, Turn

_ANEW = -1  # a new seed for each reply


class SeedRow(ParameterRow):
    """Whether each reply draws a seed of its own, or which one they all have."""

    def __init__(self, value: float, turn: Turn) -> None:
        super().__init__("seed", PARAMETERS["seed"], value, turn)
        self.last: int | None = None  # of the last reply

    @property
    def is_fixed(self) -> bool:
        """Whether each reply has the same seed."""
        return self.value != _ANEW

    @property
    def explanation(self) -> str:
        """What the seed does, and what Enter would change."""
        if self.typed is not None:
            return super().explanation
        if self.is_fixed:
            todo = text(" Enter: 다시 새로 뽑기.", " Enter: draw anew again.")
        elif self.last is None:
            todo = text(" Enter: 하나로 고정.", " Enter: fix one.")
        else:
            todo = text(
                f" Enter: 지난 답의 {self.last}로 고정.", f" Enter: fix the last reply's, {self.last}."
            )
        return super().explanation + todo

    def render(self) -> Content:
        """Draw the row in one line."""
        if self.typed is not None:
            return super().render()
        star = "*" if self.is_changed else ""
        state = text("고정", "fixed") + f" {self.value}" if self.is_fixed else text("새로 뽑음", "drawn anew")
        shown = f"{star}‹ {state} ›"
        name = fit(self.parameter_name, min(self.name_width, self.size.width - cell_len(shown)))
        gap = " " * (self.size.width - cell_len(name) - cell_len(shown))
        return Content.assemble(name, gap, (shown, "bold" if self.is_fixed else ""))

    def action_change(self, steps: int) -> None:
        """Go to another fixed seed; from none, fix one."""
        if self.is_fixed:
            super().action_change(steps)
        elif steps > 0:
            self.fix()

    def action_enter(self) -> None:
        """Take the number that was typed; if there is none, fix a seed or draw anew again."""
        if self.typed is not None:
            super().action_enter()
        elif self.is_fixed:
            self.set_value(_ANEW)
        else:
            self.fix()

    def fix(self) -> None:
        """Fix the last reply's seed, so that it can be given again."""
        self.set_value(self.last if self.last is not None else randrange(2**32))  # noqa: S311 -- no secret

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Do as Enter does: there is no bar to point to."""
        event.prevent_default()
        self.action_enter()
