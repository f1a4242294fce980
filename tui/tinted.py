"""A reply whose pieces are tinted by how little the model expected them."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widgets import Static

from engine.language import text
from tui.tints import THRESHOLDS, Span

# From what was expected to what was not. Shapes tell the greater surprises where there are no colours at all.
TINTS = ("", "on $warning 20%", "underline on $warning 35%", "bold underline on $warning 55%")
_CURSOR = "bold $background on $accent"


class TintedText(Static):
    """The reply, made of `pieces`; one of them is marked, and a click tells of another."""

    pieces: reactive[Sequence[Span]] = reactive(())
    place: reactive[int] = reactive(0)

    @dataclass
    class Clicked(Message):
        """The person wants to look at the token at this place."""

        place: int

    def __init__(self, pieces: Sequence[Span]) -> None:
        super().__init__()
        self.set_reactive(TintedText.pieces, pieces)

    def render(self) -> Content:
        """Draw all pieces in a row, wrapped as any text."""
        return Content("").join(self._draw(piece) for piece in self.pieces)

    def line_of(self, place: int) -> int:
        """Return the line in which the token at a place is drawn."""
        for line in range(self.size.height):
            for segment in self.render_line(line):
                first = (segment.style.meta if segment.style else {}).get("first", -1)
                if first != -1 and first >= self._piece_at(place).first:
                    return line
        return 0

    def on_click(self, event: events.Click) -> None:
        """Tell which token was meant: of a character's bytes, the first."""
        first = event.style.meta.get("first")
        if first is not None:
            self.post_message(self.Clicked(first))

    def _piece_at(self, place: int) -> Span:
        return next(piece for piece in self.pieces if piece.first <= place <= piece.last)

    def _draw(self, piece: Span) -> Content:
        here = piece.first <= self.place <= piece.last
        drawn = Content.styled(piece.text, _CURSOR if here else TINTS[piece.tint])
        return drawn.stylize(Style.from_meta({"first": piece.first}))


def legend() -> Content:
    """Return one line that says what the tints mean."""
    shares = [f"{threshold:.0%}" for threshold in THRESHOLDS]
    words = [
        text(f"{shares[0]} 이상", f"{shares[0]} or more"),
        *(text(f"{share} 미만", f"under {share}") for share in shares),
    ]
    parts = [Content.styled(f" {word} ", tint) for word, tint in zip(words, TINTS, strict=True)]
    return Content.assemble(
        (text("모델이 본 확률 ", "the model's share "), "$foreground-muted"), Content(" ").join(parts)
    )
