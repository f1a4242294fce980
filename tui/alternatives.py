"""The list of what could have come in the place of a token."""

from collections.abc import Container, Sequence

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.language import text
from tui.bars import bar, fit
from tui.candidates import CHOSEN, CUT, CandidateRow

_MUTED = "$foreground-muted"
_SIGN, _RANK, _PERCENT = 2, 5, 7  # cells
_GAP = 2  # before a share and after its bar


class Alternatives(Vertical, can_focus=False):
    """A line for each candidate: rank, text, and its share before and after the sampling transforms."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[CandidateRow] = ()
        self._open: Container[int] = ()  # the others stand in brackets

    def compose(self) -> ComposeResult:
        """Lay out the names of the columns above the candidates."""
        yield Static()
        yield OptionList(compact=True)

    def show(self, rows: Sequence[CandidateRow], can_be_chosen: Container[int]) -> None:
        """Show candidates, the one that came highlighted.

        Args:
            rows: in the order of their ranks.
            can_be_chosen: the tokens that the reply can be continued with.
        """
        self._rows, self._open = rows, {row.id for row in rows if row.chosen or row.id in can_be_chosen}
        self._draw(next((place for place, row in enumerate(rows) if row.chosen), 0))

    @property
    def candidate(self) -> CandidateRow | None:
        """The one that is highlighted."""
        highlighted = self.query_one(OptionList).highlighted
        return None if highlighted is None else self._rows[highlighted]

    def on_resize(self, _: events.Resize) -> None:
        """Let the columns fill the width."""
        self._draw(self.query_one(OptionList).highlighted or 0)

    @property
    def _widths(self) -> tuple[int, int]:
        """The cells of a token's text and of each share with its bar."""
        left = max(34, self.content_size.width - 1 - _SIGN - _RANK)  # 1 for a scrollbar
        name = min(18, left // 3)
        return name, min(28, (left - name) // 2)

    def _draw(self, highlighted: int) -> None:
        name, share = self._widths
        shares = [
            fit(" " * max(0, _PERCENT - cell_len(title)) + title, share)
            for title in (text("모델", "model"), text("표집 뒤", "sampled"))
        ]
        heading = fit(text("순위", "rank"), _RANK) + fit(text("토큰", "token"), name) + "".join(shares)
        self.query_one(Static).update(Content.styled(" " * _SIGN + heading, _MUTED))
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(self._line(row), disabled=row.id not in self._open) for row in self._rows)
        options.highlighted = highlighted if self._rows else None

    def _line(self, row: CandidateRow) -> Content:
        name, share = self._widths
        after = (
            Content.styled(fit(f"{CUT} {text('잘림', 'cut')}".rjust(_PERCENT), share), _MUTED)
            if row.is_cut
            else _share(row.after, share, "$accent")
        )
        return Content.assemble(
            (fit(CHOSEN if row.chosen else "", _SIGN), "$accent"),
            (fit(f"{row.rank:,}", _RANK), _MUTED),
            (
                fit(row.text if row.id in self._open else f"({row.text})", name),
                "bold" if row.chosen else (_MUTED if row.is_cut else ""),
            ),
            _share(row.before, share, "$secondary"),
            after,
        )


def _share(probability: float, width: int, style: str) -> Content:
    figure = f"{probability:.1%}".rjust(_PERCENT)
    return Content.assemble(figure, " ", (bar(probability, width - _PERCENT - 1 - _GAP), style), " " * _GAP)
