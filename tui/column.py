"""A column of a comparison: one answer that grows, and what it was sampled with."""

from dataclasses import dataclass
from threading import Event as Flag
from typing import Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from engine import Event, Reply, Token
from engine.language import text
from engine.referral import Scripted
from tui.comparison import Setting

State = Literal["waiting", "answering", "ended"]
_FLUSH = 0.04  # seconds: tokens that come sooner are drawn together


class Column(VerticalScroll, can_focus=True):
    """One answer.

    Args:
        setting: what it is sampled with.
    """

    state: reactive[State] = reactive("waiting")
    twin: reactive[int | None] = reactive(None)  # the number of an earlier column that says the same

    @dataclass
    class Told(Message):
        """Something came of the answer; the worker's thread says it."""

        event: Event | Scripted

    @dataclass
    class Failed(Message):
        """No answer came; `reason` is for the person."""

        reason: str

    @dataclass
    class Ended(Message):
        """The answer is there, or will not come."""

    @dataclass
    class Clicked(Message):
        """The person points at a column."""

        column: "Column"

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.setting = setting
        self.reply: Reply | None = None
        self.stop = Flag()  # asks the sampling to end
        self._text = ""
        self._note = ""
        self._shown = Static(text("차례를 기다립니다.", "Waits for its turn."), markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the answer."""
        yield self._shown

    def on_mount(self) -> None:
        """Say what differs; draw what has come at a steady pace."""
        self.border_title = self.setting.name
        self._timer = self.set_interval(_FLUSH, self._flush)

    @property
    def answer(self) -> str:
        """What the model said; empty as long as it has not ended."""
        return self.reply.text if self.reply else ""

    def watch_twin(self) -> None:
        """Say it in the line below the answer."""
        same = [] if self.twin is None else [text(f"{self.twin}번과 같음", f"same as {self.twin}")]
        self.border_subtitle = " · ".join([*same, self._note])

    def begin(self) -> None:
        """Take the turn."""
        self.state = "answering"
        self._shown.update("…")

    def on_column_told(self, event: Told) -> None:
        """Let the answer grow, or end."""
        event.stop()
        match event.event:
            case Token():
                self._text += event.event.text
            case Reply():
                self.reply = event.event if event.event.text else None
                self._end(event.event.text, _notes(event.event))
            case Scripted():
                self._end(event.event.text, text("안내", "a note"))

    def on_column_failed(self, event: Failed) -> None:
        """Say why there is no answer."""
        event.stop()
        self.add_class("error")
        self._end(event.reason, "")

    def on_click(self, event: events.Click) -> None:
        """Tell that this one is meant."""
        event.stop()
        self.post_message(self.Clicked(self))

    def _flush(self) -> None:
        if self._text:
            self._shown.update(self._text)

    def _end(self, content: str, note: str) -> None:
        self._timer.stop()
        self._shown.update(content)
        self._note = note
        self.watch_twin()
        self.state = "ended"
        self.post_message(self.Ended())


def _notes(reply: Reply) -> str:
    tokens = text(f"토큰 {len(reply.token_ids)}개", f"{len(reply.token_ids)} tokens")
    return text("멈춤 · ", "stopped · ") + tokens if reply.finish_reason == "stopped" else tokens
