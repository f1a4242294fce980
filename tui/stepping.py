"""How a reply is sampled while it comes: the knobs, the pace, and one token at a key press."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.timer import Timer

from engine.language import text
from tui.keys import Command
from tui.messages import EngineReady, ReplyEnded, TokenDrawn
from tui.next_token import NextToken
from tui.panels import SAMPLING, room_for
from tui.rows import ParameterRow
from tui.sampling import SamplingPanel
from tui.settings import Settings
from tui.talking import TalkingApp

_REMEMBER = 1.0  # seconds after the last change of the pace


class SteppingApp(TalkingApp):
    """The sampling side: turned knobs hold from the next token on, and F5 lets the tokens come one by one."""

    BINDINGS = [
        Binding(
            "f5",
            "step",
            text("한 토큰씩", "step"),
            tooltip=text(
                "답을 붙들고, 누를 때마다 한 토큰씩", "Hold the reply; each press samples one token"
            ),
            show=False,
            priority=True,
        ),
    ]
    PALETTE: ClassVar[tuple[Command, ...]] = (
        Command(
            "next_token",
            text("다음 토큰 보기", "next token"),
            text(
                "토큰의 후보와 확률을 보이거나 감추기",
                "Show or hide a token's candidates and their probabilities",
            ),
        ),
    )

    def __init__(self, chosen: Settings | None = None) -> None:
        super().__init__(chosen)
        self.pace.characters_per_second = self.chosen.pace
        self._remembering: Timer | None = None

    def compose_sampling(self) -> ComposeResult:
        """Lay out the right panel."""
        yield SamplingPanel(self.sampling, self.memory, self.chosen.pace, id="sampling")
        yield NextToken(self.sampling, id="next-token")

    def on_engine_ready(self, event: EngineReady) -> None:
        """Tell the view what kind of model it looks at."""
        self.next_token.keeps_to_known = event.engine.model.replies == "known"

    def on_sampling_panel_changed(self, event: SamplingPanel.Changed) -> None:
        """Use the new values, of the sampling from the next token on, of the memory from the next question on."""
        self.sampling, self.memory = event.sampling, event.memory
        self.next_token.sampling = event.sampling
        if event.pace != self.pace.characters_per_second:
            self.pace.characters_per_second = event.pace
            if self._remembering is not None:
                self._remembering.stop()
            self._remembering = self.set_timer(_REMEMBER, self._remember_pace)  # one may be turning it still

    def on_unmount(self) -> None:
        """Remember a pace that was chosen just now."""
        if self._remembering is not None:
            self._remember_pace()

    def on_token_drawn(self, event: TokenDrawn) -> None:
        """Show what the token was chosen from."""
        self.next_token.follow(event.token)

    def on_reply_ended(self, event: ReplyEnded) -> None:
        """Let the panel know which seed could be fixed."""
        self.screen_stack[0].query_one(SamplingPanel).note_seed(event.reply.seed)

    @property
    def next_token(self) -> NextToken:
        """What a token is chosen from."""
        return self.screen_stack[0].query_one(NextToken)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let Esc leave a number that is typed, then the steps, then all else."""
        if len(self.screen_stack) > 1:
            return action not in ("step", "go_on") and super().check_action(action, parameters)
        if action in ("stop", "to_prompt", "go_on"):
            row = self.focused
            if isinstance(row, ParameterRow) and row.typed is not None:
                return False  # the row's own key
            if (action == "go_on") != self.pace.is_held:
                return False
        return super().check_action(action, parameters)

    def action_step(self) -> None:
        """Hold the reply that is being sampled, or the next one; if it is held, let one token through."""
        if not self.pace.is_held:
            self._hold()
        elif self.answering is None:
            self.action_go_on()
        else:
            self.pace.step()

    def action_go_on(self) -> None:
        """Let tokens come at their pace again."""
        self.pace.go_on()
        self.next_token.held = False
        self.refresh_bindings()

    def action_next_token(self) -> None:
        """Show or hide what a token is chosen from."""
        self._look(not self.next_token.display or SAMPLING not in self._panels_shown)

    def _look(self, wanted: bool) -> None:
        """Show what a token is chosen from, or hide it; the style sheet hides other things for it."""
        self.query_one("#sampling-side").set_class(wanted, "-looking")
        if wanted:
            self.panels = self.panels.opened(
                SAMPLING, room_for(self.size.width)
            )  # not remembered: nobody chose it

    @property
    def _panels_shown(self) -> tuple[str, ...]:
        return self.panels.shown(room_for(self.size.width))

    def stop(self) -> None:
        """End the reply that is being sampled, and the steps."""
        super().stop()
        self.action_go_on()

    def _hold(self) -> None:
        self.pace.hold()
        self.next_token.held = True
        self._look(True)
        self.refresh_bindings()

    def _remember_pace(self) -> None:
        self._remembering = None
        self.remember(pace=self.pace.characters_per_second)
