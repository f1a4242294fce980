"""The sidebar with the topic labels of the last reply."""

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from engine import Topic, Topics
from engine.language import text
from tui.bars import bar, fit

_PERCENT = 5  # cells of " 100%"
_BEFORE = 3  # cells of "99›"; an arrow is two cells wide in many Korean fonts
_SEEN = 0.005  # a probability below this is written as 0 %
_MUTED = "$foreground-muted"  # $text-muted is white in a Content


class TopicSidebar(Static):
    """The likeliest labels as bars, what is left for all others, and what the memory made of them."""

    topics: reactive[Topics | None] = reactive(None)

    def on_mount(self) -> None:
        """Name the panel."""
        self.border_title = text("주제", "Topics")

    def watch_topics(self, topics: Topics | None) -> None:
        """Say how sure the model is, and what an arrow means if there is one."""
        if topics is None:
            return
        bits = f"{'≥ ' if topics.rest >= _SEEN else ''}{topics.entropy:.1f}"
        self.border_subtitle = text(f"불확실성 {bits}비트", f"uncertainty {bits} bits")
        explained = text(" · 기억 전›후", " · memory from›to") if self._moved else ""
        self.border_title = text("주제", "Topics") + explained

    @property
    def _moved(self) -> dict[str, str]:
        """The model's own percentages of the labels that the memory favoured, where one can see the difference."""
        if self.topics is None:
            return {}
        favoured = [topic for topic in self.topics.likeliest if topic.label in dict(self.topics.memory)]
        own = {topic.label: f"{topic.model_probability:.0%}" for topic in favoured}
        return {t.label: own[t.label] for t in favoured if own[t.label] != f"{t.probability:.0%}"}

    def render(self) -> Content:
        """Draw one line a label."""
        if self.topics is None:
            return Content.styled(
                text("답이 오면 그 주제가 여기에 보입니다.", "The topics of a reply appear here."),
                _MUTED,
            )
        lines = [self._line(topic) for topic in self.topics.likeliest]
        if self.topics.rest >= _SEEN:
            rest = self.topics.rest
            lines.append(self._line(Topic(text("그 밖", "others"), rest, rest)))
        return Content("\n").join(lines)

    def _line(self, topic: Topic) -> Content:
        """Draw a label, its bar and its percentage; the model's own one before it if the memory favoured the label."""
        assert self.topics
        moved = self._moved
        figures = _PERCENT + (_BEFORE if moved else 0)
        width = max(12, self.content_size.width - figures)
        name = width * 2 // 3 if width < 20 else width // 2
        chosen = topic.label == self.topics.chosen
        style = "bold" if chosen else _MUTED
        before = moved[topic.label].replace("%", "›") if topic.label in moved else ""
        percent = f"{topic.probability:.0%}"
        return Content.assemble(
            (fit(topic.label, name), style),
            (bar(topic.probability, width - name), "$accent" if chosen else "$secondary"),
            (before.rjust(figures - len(percent)), _MUTED),
            (percent, style),
        )
