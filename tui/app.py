"""The app: the conversation, the topics and the sampling panel around one engine."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events, work
from textual.binding import Binding
from textual.worker import Worker, WorkerState

from engine import CounselError, Sampling
from engine.characters import printable
from engine.language import text
from engine.logs import log
from engine.safety import warm_up
from tui.answering import REPLY_GROUP
from tui.header import Header
from tui.keeping import KeepingApp
from tui.lines import LinesScreen
from tui.looking import LookingApp
from tui.messages import EngineFailed, EngineReady
from tui.notice import Notice
from tui.page import Page
from tui.quiet_corner import QuietCorner
from tui.sampling import SamplingPanel
from tui.settings import Settings
from tui.stepping import SteppingApp

if TYPE_CHECKING:
    from engine import Engine  # brings tokenizers and more, which the first paint does not wait for


class CounselApp(LookingApp, KeepingApp, SteppingApp):
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
        load: "Callable[[], Engine]",
        given: dict[str, float] | None = None,
        typed: str = "",
        chosen: Settings | None = None,
    ) -> None:
        super().__init__(chosen)
        self._load_engine = load
        self._given = given or {}
        self._typed = typed
        self.sampling = Sampling(**self._given)  # type: ignore[arg-type]

    def on_mount(self) -> None:
        """Load the model once the screen is painted."""
        prompt = self.prompt
        self.set_focus(prompt)
        *sent, begun = printable(self._typed.replace("\r", "\n"), keep="\n").split("\n")
        for line in sent:
            prompt.insert(line)
            prompt.action_send()
        prompt.insert(begun)
        self.call_after_refresh(self._load)

    @work(thread=True, exit_on_error=False, group="load", description="load the model")
    def _load(self) -> None:
        warm_up()  # someone in danger may be typing
        try:
            self.post_message(EngineReady(self._load_engine()))
        except CounselError as error:
            log.error("no model", exc_info=error)
            self.post_message(EngineFailed(str(error)))

    def on_engine_ready(self, event: EngineReady) -> None:
        """Take the model's recommended sampling, then answer what was said meanwhile."""
        self.engine = event.engine
        self.query_one(Header).model = event.engine.model.name
        self.topic_sidebar.show_labels(event.engine.labels)
        if self.sampling == Sampling(**self._given):  # type: ignore[arg-type]  # nobody turned a knob yet
            self.sampling = replace(event.engine.default_sampling, **self._given)  # type: ignore[arg-type]
            self.query_one(SamplingPanel).start_from(self.sampling)
        self.answer_next()

    def on_engine_failed(self, event: EngineFailed) -> None:
        """Say what is wrong; the rest of the app goes on."""
        self.failed = True
        self.chat.note(Notice(event.reason, error=True))
        self.answer_next()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what went wrong with the model where nobody expected it."""
        if event.state is WorkerState.ERROR and event.worker.group != REPLY_GROUP:
            error = event.worker.error
            self.post_message(EngineFailed(f"{type(error).__name__}: {error}"))

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
