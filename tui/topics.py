"""The sidebar of the topics: those of the last utterance, and those of the session."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static

from engine import Topics
from engine.language import text
from tui.topic_bars import TopicBars
from tui.topic_counts import TopicCounts
from tui.topic_signs import signs_of
from tui.topic_timeline import TopicTimeline


class TopicSidebar(Vertical):
    """The distribution for the last utterance as bars, and below it the topics of the session.

    Args:
        id: of the widget.
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._labels: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """Lay out the two boxes."""
        yield TopicBars(id="topic-bars")
        with Vertical(id="session-topics"):
            yield TopicTimeline()
            yield Static(
                text("주제마다 한 칸씩 쌓입니다.", "One sign a reply gathers here."),
                classes="hint",
            )
            yield TopicCounts()

    def on_mount(self) -> None:
        """Name the lower box, which begins empty."""
        session = self.query_one("#session-topics")
        session.border_title = text("이 대화", "This conversation")
        session.border_subtitle = text("Ctrl+T 모든 주제", "Ctrl+T all topics")
        self.show_session(())

    def show_labels(self, labels: Iterable[str]) -> None:
        """Take over the labels of a model."""
        self._labels = tuple(labels)
        self.query_one(TopicBars).show_levels_of(self._labels)

    def show(self, topics: Topics | None) -> None:
        """Show the distribution for an utterance."""
        self.query_one(TopicBars).topics = topics

    def show_session(self, turns: Iterable[tuple[int, str]]) -> None:
        """Show the topics of the replies so far.

        Args:
            turns: the key of each exchange and the label of its reply, as `Transcript.topics` gives them.
        """
        kept = tuple(turns)
        signs = signs_of([*self._labels, *(label for _, label in kept)])
        timeline, counts = self.query_one(TopicTimeline), self.query_one(TopicCounts)
        timeline.signs, timeline.turns = signs, kept
        counts.show(kept, signs)
        self.query_one("#session-topics > .hint").display = not kept

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Let the highlighted topic's turns stand out in the timeline."""
        event.stop()
        self._mark()

    def on_descendant_focus(self) -> None:
        """Mark the turns of a topic only while the list is in use."""
        self._mark()

    def on_descendant_blur(self) -> None:
        """See `on_descendant_focus`."""
        self._mark()

    def _mark(self) -> None:
        counts = self.query_one(TopicCounts)
        self.query_one(TopicTimeline).marked = counts.label if counts.has_focus else None
