"""How often each topic came up in a session, and the way to its messages."""

from collections import Counter

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.events import first_levels
from engine.language import text
from tui.bars import fit
from tui.messages import JumpTo, ShowOnly
from tui.topic_signs import SIGN, UNKNOWN, Sign

_COUNT = 4  # cells of a number


class TopicCounts(OptionList):
    """A line a topic, the most frequent first: Enter goes to its messages, Space shows no others."""

    BINDING_GROUP_TITLE = text("이 대화의 주제", "Topics of this conversation")
    BINDINGS = [
        Binding(
            "enter",
            "jump(-1)",
            text("메시지로", "go to it"),
            tooltip=text(
                "이 주제의 마지막 메시지로, 누를 때마다 그 앞 메시지로",
                "Go to the last message of this topic, and with every press to the one before",
            ),
        ),
        Binding(
            "left",
            "jump(-1)",
            text("앞 메시지", "earlier"),
            tooltip=text("이 주제의 앞 메시지로", "Go to this topic's message before"),
            show=False,
        ),
        Binding(
            "right",
            "jump(1)",
            text("뒤 메시지", "later"),
            tooltip=text("이 주제의 뒤 메시지로", "Go to this topic's next message"),
            show=False,
        ),
        Binding(
            "space",
            "only",
            text("이 주제만", "only these"),
            tooltip=text(
                "이 주제의 메시지만 보기, 다시 모두 보기", "Show only messages of this topic, or all again"
            ),
        ),
    ]

    def __init__(self) -> None:
        super().__init__(markup=False, compact=True)
        self._turns: tuple[tuple[int, str], ...] = ()
        self._signs: dict[str, Sign] = {}
        self._visited: int | None = None  # the key of the turn that was gone to last

    def show(self, turns: tuple[tuple[int, str], ...], signs: dict[str, Sign]) -> None:
        """Count the labels of the turns anew, and stay at the topic that is highlighted."""
        self._turns, self._signs = turns, signs
        self._draw()

    def on_resize(self) -> None:
        """Keep the numbers at the right edge."""
        self._draw()

    def _draw(self) -> None:
        stay = self.label
        latest_first = (label for _, label in reversed(self._turns))  # among those that are as frequent
        counts = Counter(latest_first)
        self.clear_options()
        self.add_options(Option(self._line(label, n), id=label) for label, n in counts.most_common())
        if stay is not None and stay in counts:
            self.highlighted = self.get_option_index(stay)

    @property
    def label(self) -> str | None:
        """The topic that is highlighted."""
        return self.highlighted_option.id if self.highlighted_option else None

    def on_key(self, event: events.Key) -> None:
        """Take the one letter that does not go to the prompt; no sentence begins with a blank."""
        if event.key == "space":
            event.stop()
            event.prevent_default()
            self.action_only()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go to a message of the topic that was clicked."""
        event.stop()
        self.action_jump(-1)

    def action_jump(self, direction: int) -> None:
        """Go to the topic's message before or after the one that was gone to last, round in a circle."""
        keys = [key for key, label in self._turns if label == self.label]
        if not keys:
            return
        if self._visited in keys:
            place = (keys.index(self._visited) + direction) % len(keys)
        else:
            place = -1 if direction < 0 else 0
        self._visited = keys[place]
        self.post_message(JumpTo(self._visited))

    def action_only(self) -> None:
        """Show the messages of the topic alone, or all of them again."""
        if self.label is not None:
            self.post_message(ShowOnly(self.label))

    def _line(self, label: str, count: int) -> Content:
        sign = self._signs.get(first_levels(label), UNKNOWN)
        width = self.scrollable_content_region.width - SIGN - len(" ") - _COUNT
        return Content.assemble(
            (sign.letter, sign.colour),
            " ",
            fit(label, max(1, width)),
            (str(count).rjust(_COUNT), "$foreground-muted"),
        )
