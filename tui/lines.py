"""Phone lines where a person answers: a panel after a crisis, and a screen with all of them."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from engine.language import text
from engine.lines import Line, load_lines
from tui.page import Page

_SHOWN = 4  # lines of the panel, which leaves room for what is said


class LinesPanel(Static):
    """The lines for what was heard; it stays for the rest of the session."""

    lines: reactive[Sequence[Line]] = reactive((), always_update=True)

    def on_mount(self) -> None:
        """Name the panel; it is not there before it is needed."""
        self.border_title = text("지금 사람이 받는 전화", "a person answers now")
        self.border_subtitle = text("F4 모두 보기", "F4 all lines")

    def show(self, lines: Sequence[Line]) -> None:
        """Show the lines, the first one to call on top."""
        self.lines = lines

    def watch_lines(self, lines: Sequence[Line]) -> None:
        """Draw them; without any, there is no panel."""
        self.update(Content("\n").join(_line(line) for line in lines[:_SHOWN]))
        self.display = bool(lines)


class LinesScreen(Page):
    """All lines, with whom they are for; F4 or Esc goes back."""

    CSS_PATH = ["page.tcss", "lines.tcss"]

    def compose(self) -> ComposeResult:
        """Lay out one paragraph a line."""
        lines = load_lines()
        with VerticalScroll(id="all-lines") as scroll:
            scroll.border_title = text("사람이 받는 전화", "Where a person answers")
            scroll.border_subtitle = text("F4 닫기", "F4 close")
            for line in lines.all():
                yield Static(
                    Content("\n").join([_line(line), Content.styled(text(*line.whom), "$foreground-muted")])
                )
            if lines.problem:
                yield Static(lines.problem, markup=False)


def _line(line: Line) -> Content:
    number, rest = line.summary.split("  ", 1)
    return Content.assemble((number.rjust(9), "bold $accent"), "  ", rest)
