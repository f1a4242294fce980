"""Where a person types."""

from dataclasses import dataclass

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.widgets import TextArea

from engine.characters import printable
from engine.language import text


class Prompt(TextArea):
    """A small text area: Enter sends, Ctrl+J breaks the line."""

    # For the footer. The keys themselves are taken in `on_key`: a binding with priority would overtake letters that
    # came with it, as when an input method commits its last syllable together with Enter.
    BINDINGS = [Binding("enter", "send", text("보내기", "send"))]

    @dataclass
    class Sent(Message):
        """The person said something."""

        text: str

    def on_mount(self) -> None:
        """Invite."""
        self.placeholder = text(
            "요즘 어떠세요? 한 문장으로 적어 보세요.", "How are you? Write a sentence, in Korean."
        )

    def on_key(self, event: events.Key) -> None:
        """Take the two keys that mean something else than in other text areas."""
        action = {"enter": self.action_send, "ctrl+j": self.action_break_line}.get(event.key)
        if action is not None:
            event.stop()
            event.prevent_default()
            action()

    def action_send(self) -> None:
        """Send what was typed, unless it is blank."""
        typed = printable(self.text, keep="\n").strip()
        if typed:
            self.clear()
            self.post_message(self.Sent(typed))

    def action_break_line(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def on_paste(self, event: events.Paste) -> None:
        """Compose what macOS gives decomposed (NFD), and drop what would steer the terminal, before it is inserted."""
        event.text = printable(event.text, keep="\n")

    def on_resize(self) -> None:
        """Keep the terminal's own cursor, where an input method composes, at the input's."""
        self.call_after_refresh(self.place_terminal_cursor)

    def place_terminal_cursor(self) -> None:
        """Put the terminal's own cursor where the next character will stand."""
        if self.has_focus:
            self.app.cursor_position = self.cursor_screen_offset
