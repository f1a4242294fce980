"""What the last token was chosen from, and what a turned knob would have made of it."""

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from engine import Sampling, Token
from engine.language import text
from tui.bars import bar, fit
from tui.candidates import CHOSEN, CUT, SHOWN, CandidateRow, candidate_rows

_MUTED = "$foreground-muted"
_SIGN, _BEFORE, _AFTER = 2, 7, 8  # cells
_FLUSH = 0.05  # seconds: tokens that come sooner are drawn together


class NextToken(Widget):
    """The likeliest candidates, each with its probability before and after the sampling transforms.

    It is computed from the logits of the last token alone, so that it follows a knob at once. Nothing is computed
    while it is hidden.
    """

    token: reactive[Token | None] = reactive(None)
    sampling: reactive[Sampling] = reactive(Sampling())
    keeps_to_known: reactive[bool] = reactive(
        False
    )  # a model that only speaks replies which it was trained on
    held: reactive[bool] = reactive(False)  # tokens come one by one

    def __init__(self, sampling: Sampling, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.set_reactive(NextToken.sampling, sampling)
        self._latest: Token | None = None
        self._flush: Timer | None = None

    def on_mount(self) -> None:
        """Name the panel."""
        self.border_title = text("다음 토큰", "Next token")

    def follow(self, token: Token) -> None:
        """Show a token that was drawn just now; of several in a moment, the last one."""
        self._latest = token
        if self._flush is None:
            self._flush = self.set_timer(_FLUSH, self._take)

    def watch_held(self, held: bool) -> None:
        """Say which keys let the next token come."""
        step, go_on = text("F5 한 토큰", "F5 one token"), text("Esc 이어서", "Esc go on")
        links = f"[@click=app.step]{step}[/] · [@click=app.go_on]{go_on}[/]"
        self.border_subtitle = links if held else ""

    def render(self) -> Content:
        """Draw a line for each candidate."""
        if self.token is None:
            return Content.styled(
                text(
                    "답이 오면 그 토큰의 후보가 보입니다.", "The candidates of a reply's tokens appear here."
                ),
                _MUTED,
            )
        rows = candidate_rows(self.token, SHOWN, self.sampling)
        lines = [self._line(row) for row in rows]
        if self.size.height > SHOWN:
            lines.insert(0, self._heading())
        if self.size.height > len(lines) and (note := self._note(len(rows))):
            lines.append(Content.styled(note, _MUTED))
        return Content("\n").join(lines)

    def _take(self) -> None:
        self._flush = None
        self.token = self._latest

    @property
    def _widths(self) -> tuple[int, int]:
        """The cells of a token's text, and of the bar if there is room for one."""
        room = self.size.width - _SIGN - _BEFORE - _AFTER
        name = min(room, 14)
        return name, max(0, room - name - 1)

    def _heading(self) -> Content:
        name, _ = self._widths
        titles = _right(text("모델", "model"), _BEFORE) + _right(text("표집 뒤", "sampled"), _AFTER)
        return Content.styled(" " * _SIGN + fit(text("토큰", "token"), name) + titles, _MUTED)

    def _line(self, row: CandidateRow) -> Content:
        name, width = self._widths
        sign = CHOSEN if row.chosen else CUT if row.is_cut else ""
        style = _MUTED if row.is_cut else "bold" if row.chosen else ""
        after = text("잘림", "cut") if row.is_cut else f"{row.after:.1%}"
        figures = _right(f"{row.before:.1%}", _BEFORE) + _right(after, _AFTER)
        return Content.assemble(
            (fit(sign, _SIGN), _MUTED if row.is_cut else "$accent"),
            (fit(row.text, name), style),
            (figures, style),
            " " if width else "",
            (bar(row.after, width), "$accent"),
        )

    def _note(self, candidates: int) -> str:
        """Return what explains that there are so few."""
        if not self.keeps_to_known:
            return ""
        if candidates == 1:
            return text(
                "이 모델은 배운 응답 안에서만 고르는데, 여기서 이어지는 것은 하나뿐입니다.",
                "This model keeps to replies it was taught, and only one goes on from here.",
            )
        return text("이 모델은 배운 응답 안에서만 고릅니다.", "This model keeps to replies it was taught.")


def _right(title: str, width: int) -> str:
    return " " * (width - cell_len(title)) + title
