"""The grounding exercise, one sense after the other."""

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Digits, Input, Static

from engine.characters import printable, sentences
from engine.language import text
from tui.field import Field
from tui.grounding import STEPS, ending, privacy


class GroundingGuide(Vertical):
    """Shows a step at a time; Enter goes on, whether something was typed or not."""

    @dataclass
    class Typed(Message):
        """Something was typed with a step; it is kept nowhere."""

        words: str

    def __init__(self) -> None:
        super().__init__()
        self._step = 0

    @property
    def is_over(self) -> bool:
        """Whether the last step is done."""
        return self._step == len(STEPS)

    def compose(self) -> ComposeResult:
        """Lay out the number, what to do, and room to type."""
        yield Digits(id="count")
        yield Static(id="sense")
        yield Field(id="noticed", placeholder=privacy())
        yield Static(text("Enter 다음으로", "Enter goes on"), id="round")

    def on_mount(self) -> None:
        """Begin."""
        noticed = self.query_one(Input)
        noticed.focus()
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the next sense."""
        event.stop()
        typed = printable(event.value).strip()
        event.input.clear()
        self._step += 1
        self._draw()
        if typed:
            self.post_message(self.Typed(typed))

    def _draw(self) -> None:
        if self.is_over:
            self.query_one(Input).display = False
            self.query_one(Digits).display = False
            self.query_one("#sense", Static).update("\n".join(sentences(ending())))
            self.query_one("#round", Static).update(
                text("Enter 다른 운동 · Esc 대화로", "Enter another one · Esc back to the chat")
            )
            return
        step = STEPS[self._step]
        self.query_one(Digits).update(str(step.count))
        self.query_one("#sense", Static).update("\n".join(sentences(step.words)))
