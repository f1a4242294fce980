"""The sidebar with the topic labels of the last reply."""

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from engine import Topics
from engine.language import text
from tui.bars import bar, fit

_PERCENT = 5  # cells of " 100%"


class TopicSidebar(Static):
    """The likeliest labels as bars, and what is left for all others."""

    topics: reactive[Topics | None] = reactive(None)

    def on_mount(self) -> None:
        """Name the panel."""
        self.border_title = text("주제", "Topics")

    def render(self) -> Content:
        """Draw one line a label."""
        if self.topics is None:
            return Content.styled(
                text("답이 오면 그 주제가 여기에 보입니다.", "The topics of a reply appear here."),
                "$text-muted",
            )
        lines = [
            self._line(topic.label, topic.probability, topic.label == self.topics.chosen)
            for topic in self.topics.likeliest
        ]
        if self.topics.rest >= 0.0005:
            lines.append(self._line(text("그 밖", "others"), self.topics.rest, chosen=False))
        return Content("\n").join(lines)

    def _line(self, label: str, probability: float, chosen: bool) -> Content:
        width = max(12, self.content_size.width - _PERCENT)
        name = width * 2 // 3 if width < 20 else width // 2
        style = "bold" if chosen else "$text-muted"
        return Content.assemble(
            (fit(label, name), style),
            (bar(probability, width - name), "$accent" if chosen else "$secondary"),
            (f"{probability:>{_PERCENT}.0%}", style),
        )
