"""The quiet corner: breathing and grounding exercises, while the conversation waits behind them."""

import time
from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.language import text
from engine.safety import judge
from tui.breathing import PATTERNS, caution
from tui.breathing_guide import BreathingGuide
from tui.grounding import explained, name
from tui.grounding_guide import GroundingGuide
from tui.lines import LinesPanel
from tui.page import Page
from tui.prompt import Prompt


def _exercises() -> list[tuple[str, str]]:
    """Return the name of each exercise, and a sentence about it."""
    return [*((pattern.name, pattern.explained) for pattern in PATTERNS), (name(), explained())]


class QuietCorner(Page):
    """A choice of exercises, then the one that was chosen.

    Args:
        clock: gives seconds.
    """

    CSS_PATH = ["page.tcss", "quiet_corner.tcss"]
    BINDING_GROUP_TITLE = text("숨 고르는 자리", "Quiet corner")
    BINDINGS = [
        Binding("f8", "dismiss", text("대화로", "back to the chat")),
        *(
            # With priority, since what is typed on a page goes to the prompt.
            Binding(str(number), f"choose({number - 1})", title, tooltip=title, show=False, priority=True)
            for number, (title, _) in enumerate(_exercises(), start=1)
        ),
        Binding("enter", "choose_anew", text("다른 운동", "another exercise")),
    ]

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._guide: BreathingGuide | GroundingGuide | None = None  # of the exercise that was chosen

    def compose(self) -> ComposeResult:
        """Lay out the exercises, and below them the phone lines if there were any before."""
        with Vertical(id="over"):
            with VerticalScroll(id="corner", can_focus=False) as corner:
                corner.border_title = text("숨 고르는 자리", "Quiet corner")
                corner.border_subtitle = text("Esc 대화로", "Esc back to the chat")
                yield Choices()
            yield LinesPanel()

    def on_mount(self) -> None:
        """Show the lines that the conversation behind shows, now or later."""
        self.watch(self.app.query_one(LinesPanel), "lines", self.query_one(LinesPanel).show)

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Begin the exercise that was chosen."""
        await self.action_choose(event.option_index)

    async def action_choose(self, index: int) -> None:
        """Begin an exercise by its place in the list."""
        breathes = index < len(PATTERNS)
        self._guide = BreathingGuide(PATTERNS[index], self._clock) if breathes else GroundingGuide()
        await self._show(self._guide)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Choose only where there is a choice."""
        match action:
            case "choose":
                return self._guide is None
            case "choose_anew":
                return self._guide is not None and self._guide.is_over
        return super().check_action(action, parameters)

    async def action_choose_anew(self) -> None:
        """Go back to the list after the end of an exercise."""
        self._guide = None
        await self._show(Choices())

    async def _show(self, content: Widget) -> None:
        corner = self.query_one("#corner")
        await corner.remove_children()
        await corner.mount(content)

    def on_grounding_guide_typed(self, event: GroundingGuide.Typed) -> None:
        """Forget what was typed, unless someone is in danger: that is answered as all that is said."""
        if judge(event.words) is not None:
            self.dismiss()
            self.app.post_message(Prompt.Sent(event.words))


class Choices(Vertical):
    """What there is to choose from, and what to know before."""

    def compose(self) -> ComposeResult:
        """Lay out one option an exercise."""
        yield Static(
            text(
                "잠시 쉬어 가요. 대화는 뒤에서 기다립니다.",
                "Rest for a moment. The conversation waits behind.",
            )
        )
        yield OptionList(
            *(
                Option(Content.assemble((f"{number}  {title}", "bold"), f"\n   {words}"))
                for number, (title, words) in enumerate(_exercises(), start=1)
            )
        )
        yield Static(caution(), id="caution")

    def on_mount(self) -> None:
        """Let the arrow keys choose."""
        self.query_one(OptionList).focus()
