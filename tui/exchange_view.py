"""One exchange on the screen: the utterance on the right, its answer below it on the left."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Size
from textual.layout import DockArrangeResult
from textual.widgets import Static

from engine.language import text
from tui.answer import Answer
from tui.growing import Growing
from tui.spoken import Utterance
from tui.transcript import Exchange

CALMING = ("공황", "두근거림")  # levels of labels whose replies offer the quiet corner


class Beginning(Static):
    """The line below which a new conversation begins."""

    def on_mount(self) -> None:
        """Say so."""
        self.border_title = text(" 새 대화 ", " new conversation ")


class Offer(Static):
    """Offers the quiet corner."""

    def __init__(self) -> None:
        super().__init__(
            text(
                "[@click=app.quiet_corner]숨 고르기 F8[/]",
                "[@click=app.quiet_corner]Breathe for a moment: F8[/]",
            )
        )


class ExchangeView(Vertical):
    """What was said and what was answered.

    Args:
        exchange: to begin with.
    """

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self.key = exchange.key
        self._begins = exchange.begins
        self._is_calming = False
        self.utterance = Utterance(exchange.key)
        self.answer = Answer(exchange.key)

    def compose(self) -> ComposeResult:
        """Lay out both, below a line if a new conversation begins here."""
        if self._begins:
            yield Beginning()
        yield self.utterance
        yield self.answer
        if self._is_calming:
            yield Offer()

    def can_take(self, exchange: Exchange) -> bool:
        """Tell whether it may be the view of another exchange: nobody is at it, and neither needs a line above."""
        return not (self._begins or exchange.begins or self.has_focus_within)

    def take(self, exchange: Exchange) -> None:
        """Be the view of another exchange: far less work than a new view and the end of this one."""
        self.key = exchange.key
        self.utterance.take(exchange.key)
        self.answer.take(exchange.key)

    def on_unmount(self) -> None:
        """Let go of the lines that were drawn: Textual's cache of colours holds on to a thousand removed widgets."""
        for widget in (self, self.utterance, self.answer):
            widget.refresh()

    def show(
        self,
        exchange: Exchange,
        branch: tuple[int, int],
        growing: Growing | None,
        words: str,
        *,
        quiet: bool,
    ) -> None:
        """Show the exchange as it is now.

        Args:
            exchange: with its answers.
            branch: which of several utterances in the same place it is, and how many there are.
            growing: what is known of an answer on its way.
            words: that are searched for.
            quiet: whether a reply tells in one quiet line how it came about.
        """
        self.utterance.show(exchange.said, *branch, words)
        self.answer.show(exchange, growing, words, quiet=quiet)
        topic = exchange.reply.topic if exchange.reply and not growing else ""
        calming = topic.rsplit("/", 1)[-1] in CALMING
        if self.is_attached and calming != self._is_calming:
            if calming:
                self.mount(Offer())
            else:
                self.query_children(Offer).remove()
        self._is_calming = calming

    def arrange(self, size: Size, optimal: bool = False) -> DockArrangeResult:
        """Lay out the messages below each other, and move the person's to the right."""
        arrangement = super().arrange(size, optimal)
        for place, placement in enumerate(arrangement.placements):
            if placement.widget is self.utterance:
                region = placement.region
                moved = region.at_offset((size.width - region.width, region.y))
                arrangement.placements[place] = placement._replace(region=moved)
        return arrangement
