"""The row that sets all values of the sampling at once."""

from collections.abc import Callable

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive

from engine import PRESETS
from engine.language import text
from tui.bars import fit
from tui.rows import Row


class PresetRow(Row):
    """The preset that the rows below came from, with a star where one of them is another value now.

    Args:
        choose: takes the preset whose values the person wants; None for the values to begin with.
    """

    preset: reactive[str | None] = reactive(None)
    changed: reactive[bool] = reactive(False)

    def __init__(self, choose: Callable[[str | None], None]) -> None:
        super().__init__(id="preset")
        self._choose = choose

    @property
    def explanation(self) -> str:
        """What the preset is for."""
        if self.preset is None:
            about = text(
                "처음에 주어진 값입니다. 좌우 화살표로 모든 값을 한꺼번에 정합니다.",
                "The values to begin with. Left and right set all of them at once.",
            )
        else:
            about = PRESETS[self.preset].explanation
        changed = text(" 별표(*)가 있는 값은 바뀌었습니다.", " Values with a star (*) were changed.")
        return about + (changed if self.changed else "")

    def render(self) -> Content:
        """Draw the row in one line."""
        name = self.preset or text("처음 값", "as begun")
        choice = f"‹ {name}{'*' if self.changed else ''} ›"
        room = self.size.width - cell_len(choice)
        return Content.assemble(fit(text("프리셋", "preset"), max(room, 0)), (choice, "$accent"))

    def action_change(self, steps: int) -> None:
        """Go to the next preset or the one before, round in a circle."""
        names = list(PRESETS)
        direction = 1 if steps > 0 else -1
        place = names.index(self.preset) + direction if self.preset else min(direction, 0)
        self._choose(names[place % len(names)])

    def action_reset(self) -> None:
        """Go back to all values that there were in the beginning."""
        self._choose(None)

    def on_click(self) -> None:
        """Go to the next preset."""
        self.action_change(1)
