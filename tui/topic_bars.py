"""The distribution over the topics of one utterance as bars, by label or rolled up to a level."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from engine import Topic, Topics
from engine.events import LEVEL, first_levels
from engine.language import text
from tui.bars import bar, fit

ALL = 0  # the depth at which labels are whole
_FEW, _MANY, _TALL = (
    5,
    8,
    36,
)  # bars besides the rest's, and the lines of a screen from which on there are more
_LEAST_BAR = 6  # cells
_PERCENT = 5  # cells of " 100%"
_BEFORE = 3  # cells of "99›"; an arrow is two cells wide in many Korean fonts
_SEEN = 0.005  # a probability below this is written as 0 %
_MUTED = "$foreground-muted"  # $text-muted is white in a Content


class TopicBars(Widget, can_focus=True):
    """The likeliest labels as bars, what is left for all others, and what the memory made of them."""

    BINDING_GROUP_TITLE = text("주제 패널", "Topics panel")
    BINDINGS = [
        Binding(
            "left",
            "turn_level(-1)",
            text("앞 단계", "level before"),
            tooltip=text("라벨을 묶는 단계를 앞으로", "Roll the labels up to the level before"),
            show=False,
        ),
        Binding(
            "right",
            "turn_level(1)",
            text("다음 단계", "next level"),
            tooltip=text("라벨을 묶는 단계를 뒤로", "Roll the labels up to the next level"),
        ),
    ]

    topics: reactive[Topics | None] = reactive(None, layout=True)
    depths: reactive[tuple[int, ...]] = reactive((ALL,), layout=True)  # those that labels can be rolled up to
    depth: reactive[int] = reactive(ALL)

    def on_mount(self) -> None:
        """Name the panel."""
        self._describe()

    def watch_topics(self) -> None:
        """Say how sure the model is."""
        self._describe()

    def watch_depth(self) -> None:
        """Say what the arrows mean, if there are any at this level."""
        self._describe()

    def _describe(self) -> None:
        explained = text(" · 기억 전›후", " · memory from›to") if self._moved else ""
        self.border_title = text("주제", "Topics") + explained
        if self.topics is None or not self.topics.likeliest:
            self.border_subtitle = ""
            return
        bits = f"{'≥ ' if self.topics.rest >= _SEEN else ''}{self.topics.entropy:.1f}"
        unsure = not self.topics.is_sure
        said = text("확실하지 않음 ·", "not sure ·") if unsure else text("불확실성", "uncertainty")
        self.border_subtitle = f"{said} {bits}{text('비트', ' bits')}"
        self.set_class(unsure, "-unsure")

    def show_levels_of(self, labels: Sequence[str]) -> None:
        """Offer the levels that a model's labels have."""
        deepest = max((label.count(LEVEL) + 1 for label in labels), default=1)
        self.depths = (ALL, *range(1, deepest))
        self.depth = ALL

    def action_turn_level(self, steps: int) -> None:
        """Go to the level beside, and stop at the ends."""
        place = self.depths.index(self.depth) + steps
        self.depth = self.depths[min(len(self.depths) - 1, max(0, place))]

    def on_click(self, event: events.Click) -> None:
        """Go to the level that was clicked."""
        self.depth = event.style.meta.get("depth", self.depth)

    @property
    def _rolled(self) -> tuple[Topic, ...]:
        """The labels, or what they have in common, in descending order."""
        if self.topics is None:
            return ()
        return self.topics.level(self.depth) if self.depth else self.topics.likeliest

    @property
    def _moved(self) -> dict[str, str]:
        """The model's own percentages of what the memory favoured, where one can see the difference."""
        favoured = {self._cut(label) for label, _ in self.topics.memory} if self.topics else set()
        own = {t.label: f"{t.model_probability:.0%}" for t in self._rolled if t.label in favoured}
        return {
            t.label: own[t.label]
            for t in self._rolled
            if own.get(t.label, "") not in ("", f"{t.probability:.0%}")
        }

    def _cut(self, label: str) -> str:
        return first_levels(label, self.depth) if self.depth else label

    def get_content_height(self, *_: object) -> int:
        """Return the same height for any distribution, so that what is below stays in its place."""
        return (len(self.depths) > 1) * 2 + self._bars + 1

    @property
    def _bars(self) -> int:
        return _MANY if self.app.size.height >= _TALL else _FEW

    def render(self) -> Content:
        """Draw the levels in one line, and one line for each label."""
        lines = [self._tabs(), Content()] if len(self.depths) > 1 else []
        if self.topics is None:
            hint = text("답이 오면 그 주제가 여기에 보입니다.", "The topics of a reply appear here.")
            return Content("\n").join([*lines, Content.styled(hint, _MUTED)])
        if not self.topics.likeliest:
            hint = text("이 모델은 주제를 알려 주지 않습니다.", "This model tells no topics.")
            return Content.styled(hint, _MUTED)
        rolled = self._rolled
        # One that would read 0 % is not named: who speaks of a heartbeat need not read of self-harm.
        shown = tuple(t for t in rolled[: self._bars] if t.probability >= _SEEN) or rolled[:1]
        rest = max(0.0, 1.0 - sum(topic.probability for topic in shown))
        if rest >= _SEEN:
            shown = (*shown, Topic(self._rest_name(len(rolled) - len(shown)), rest, rest))
        width = self.content_size.width - _PERCENT - (_BEFORE if self._moved else 0)
        longest = max(cell_len(topic.label) for topic in shown) + 1
        name = max(width // 2, min(longest, width - _LEAST_BAR), 1)
        lines += [self._line(topic, name, max(1, width - name)) for topic in shown]
        return Content("\n").join(lines)

    def _rest_name(self, count: int) -> str:
        """Name the last bar; where not all labels were found, it may hold some of what the bars above roll up."""
        assert self.topics
        if self.topics.rest < _SEEN:
            return text(f"그 밖 {count}개", f"{count} others")
        return text("그 밖(미분류)", "others, unsplit") if self.depth else text("그 밖", "others")

    def _tabs(self) -> Content:
        """Draw the levels, the present one marked; each is there for the mouse as well."""
        parts: list[Content] = []
        for depth in self.depths:
            name = text(f"{depth}단계", f"level {depth}") if depth else text("전체", "labels")
            style = "$accent reverse" if depth == self.depth else _MUTED
            parts.append(Content.styled(f" {name} ", style).stylize(Style.from_meta({"depth": depth})))
        return Content("").join(parts)

    def _line(self, topic: Topic, name: int, width: int) -> Content:
        """Draw a label, its bar and its percentage; the model's own one before it if the memory favoured the label."""
        assert self.topics
        moved = self._moved
        chosen = topic.label == self._cut(self.topics.chosen)
        style = "bold" if chosen else _MUTED
        before = moved[topic.label].replace("%", "›") if topic.label in moved else ""
        percent = f"{topic.probability:.0%}"
        figures = _PERCENT + (_BEFORE if moved else 0)
        return Content.assemble(
            (fit(topic.label, name), style),
            (bar(topic.probability, width), "$accent" if chosen else "$secondary"),
            (before.rjust(figures - len(percent)), _MUTED),
            (percent, style),
        )
