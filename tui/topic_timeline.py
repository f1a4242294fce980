"""The topics of a session's turns: one sign a turn, in the order in which they came."""

from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from engine.events import first_levels
from tui.messages import JumpTo
from tui.topic_signs import SIGN, UNKNOWN, Sign

_ROWS = 2  # the newest turns are shown, as many as go into them


class TopicTimeline(Widget):
    """A sign for each turn; a click on one goes to it."""

    turns: reactive[tuple[tuple[int, str], ...]] = reactive(
        (), layout=True
    )  # keys and labels, the oldest first
    signs: reactive[dict[str, Sign]] = reactive({})
    marked: reactive[str | None] = reactive(None)  # the label whose turns stand out

    @property
    def _shown(self) -> tuple[tuple[int, str], ...]:
        room = max(1, self.content_size.width // SIGN) * _ROWS
        return self.turns if len(self.turns) <= room else self.turns[-(room - 1) :]

    @property
    def _left_out(self) -> bool:
        return len(self._shown) < len(self.turns)

    def render(self) -> Content:
        """Draw the signs, the marked ones reversed; an ellipsis stands for older ones."""
        cells = [Content.styled("… ", "$foreground-muted")] if self._left_out else []
        cells += [self._cell(label) for _, label in self._shown]
        width = max(1, self.content_size.width // SIGN)
        rows = [Content("").join(cells[start : start + width]) for start in range(0, len(cells), width)]
        return Content("\n").join(rows)

    def _cell(self, label: str) -> Content:
        sign = self.signs.get(first_levels(label), UNKNOWN)
        return Content.styled(
            sign.letter, f"{sign.colour} {'reverse' if label == self.marked else ''}".strip()
        )

    def on_click(self, event: events.Click) -> None:
        """Go to the turn that was clicked."""
        width = max(1, self.content_size.width // SIGN)
        place = event.y * width + event.x // SIGN - self._left_out
        if event.x // SIGN < width and 0 <= place < len(self._shown):
            self.post_message(JumpTo(self._shown[place][0]))
