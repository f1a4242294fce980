"""The app: the conversation, the topics and the sampling panel around one engine."""

from textual import events
from textual.binding import Binding

from engine.characters import printable
from engine.language import text
from tui.lines import LinesScreen
from tui.loading import Load, LoadingApp
from tui.looking import LookingApp
from tui.page import Page
from tui.quiet_corner import QuietCorner
from tui.settings import Settings
from tui.stepping import SteppingApp


class CounselApp(LookingApp, LoadingApp, SteppingApp):
    """`counsel-tui`.

    Args:
        load: gives the engine; called in a thread, since it takes its time.
        given: sampling parameters that the person chose on the command line.
        typed: what was typed before the app was there: lines to send, and the beginning of one.
        chosen: the settings.
    """

    AUTO_FOCUS = "#prompt"
    BINDINGS = [
        Binding(
            "f4",
            "lines",
            text("전화", "lines"),
            tooltip=text("사람이 받는 전화번호", "Phone lines where a person answers"),
            priority=True,
        ),
        Binding(
            "f8",
            "quiet_corner",
            text("숨 고르기", "breathe"),
            tooltip=text(
                "숨을 고르거나 감각을 따라가며 쉬기", "Rest: guided breathing, or one sense after the other"
            ),
        ),
        Binding("pageup", "scroll(-1)", "↑", show=False, priority=True),
        Binding("pagedown", "scroll(1)", "↓", show=False, priority=True),
    ]

    def __init__(
        self,
        load: Load,
        given: dict[str, float] | None = None,
        typed: str = "",
        chosen: Settings | None = None,
    ) -> None:
        super().__init__(load, given, chosen)
        self._typed = typed

    def on_mount(self) -> None:
        """Load the model once the screen is painted."""
        prompt = self.prompt
        self.set_focus(prompt)
        *sent, begun = printable(self._typed.replace("\r", "\n"), keep="\n").split("\n")
        for line in sent:
            prompt.insert(line)
            prompt.action_send()
        prompt.insert(begun)
        self.call_after_refresh(self.load)

    def action_scroll(self, direction: int) -> None:
        """Turn a page of the conversation, or of a page over it."""
        if isinstance(self.screen, Page):
            self.screen.turn(direction)
        else:
            super().action_scroll(direction)

    def action_lines(self) -> None:
        """Show all phone lines, over whatever screen, or go back to it."""
        if isinstance(self.screen, LinesScreen):
            self.pop_screen()
        else:
            self.push_screen(LinesScreen())

    def action_quiet_corner(self) -> None:
        """Open the quiet corner over the conversation, which goes on behind it."""
        self.push_screen(QuietCorner())

    def action_help_quit(self) -> None:
        """Say how to leave, where Ctrl+C does something else."""
        self.notify(text("끝내려면 F10을 누르세요.", "Press F10 to quit."), timeout=3)

    def on_key(self, event: events.Key) -> None:
        """Let what is typed elsewhere reach the prompt: nothing that a person says is lost."""
        prompt = self.prompt
        over = isinstance(self.screen, Page)
        if event.is_printable and event.character and (over or not prompt.has_focus):
            if over:
                self.pop_screen()
            self.action_to_prompt()
            prompt.insert(event.character)
