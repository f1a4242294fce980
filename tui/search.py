"""The line in which a person searches the conversation."""

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from engine.language import text
from tui.field import Field


class SearchLine(Horizontal):
    """Words, how often they were found, and where one is. Not there before it is asked for."""

    @dataclass
    class Changed(Message):
        """Other words are searched for."""

        words: str

    @dataclass
    class Stepped(Message):
        """The person goes on to the place before (-1) or after (1)."""

        step: int

    def compose(self) -> ComposeResult:
        """Lay out the words and the count."""
        yield SearchInput(
            placeholder=text("대화에서 찾을 말", "words to find in the conversation"), compact=True
        )
        yield Static(id="found", markup=False)

    def on_mount(self) -> None:
        """Name the line."""
        self.border_title = text("찾기", "Search")
        self.border_subtitle = text("Enter ↑ ↓ 옮기기 · Esc 닫기", "Enter ↑ ↓ go on · Esc closes")
        self.display = False

    @property
    def words(self) -> str:
        """What is searched for."""
        return self.query_one(Input).value.strip()

    def open(self) -> None:
        """Come, with the words of the last time."""
        self.display = True
        self.query_one(Input).focus()
        if self.words:
            self.post_message(self.Changed(self.words))

    def tell(self, place: int, count: int) -> None:
        """Say how often the words were found, and which of the places is shown, from 0."""
        none = text("없음", "none") if self.words else ""
        self.query_one("#found", Static).update(f"{place + 1}/{count}" if count else none)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search as the person types."""
        event.stop()
        if self.display:
            self.post_message(self.Changed(self.words))


class SearchInput(Field):
    """Takes the words, and the keys that go on; on the line itself, those of `Input` would come before them."""

    BINDING_GROUP_TITLE = text("찾기", "Search")
    BINDINGS = [
        Binding(
            "enter,up",
            "step(-1)",
            text("앞의 것", "earlier"),
            tooltip=text("앞에서 찾은 곳으로", "Go to the one found before"),
        ),
        Binding(
            "down",
            "step(1)",
            text("다음 것", "later"),
            tooltip=text("뒤에서 찾은 곳으로", "Go to the one found after"),
        ),
        Binding("ctrl+f", "app.search", show=False),
    ]

    def action_step(self, step: int) -> None:
        """Go on to another place."""
        self.post_message(SearchLine.Stepped(step))
