"""Two small questions over the conversation: which of a few things to do, and a line of text."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from engine.language import text
from tui.field import Field


class Choose(ModalScreen[str | None]):
    """Says something and offers a few things to do; ends with the one that was chosen, or None.

    Args:
        title: what it is about.
        words: what the person should know.
        choices: what each is called in the program and on the screen.
    """

    CSS_PATH = "ask.tcss"
    AUTO_FOCUS = "OptionList"
    BINDING_GROUP_TITLE = text("물음", "Questions")
    BINDINGS = [Binding("escape", "dismiss(None)", text("닫기", "close"))]

    def __init__(self, title: str, words: str, choices: list[tuple[str | None, str]]) -> None:
        super().__init__()
        self._title = title
        self._words = words
        self._choices = choices

    def compose(self) -> ComposeResult:
        """Lay out the words above the choices."""
        with Vertical(classes="ask") as box:
            box.border_title = self._title
            box.border_subtitle = text("Esc 닫기", "Esc close")
            yield Static(self._words, markup=False)
            yield OptionList(*(title for _, title in self._choices), compact=True, markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """End with what was chosen."""
        self.dismiss(self._choices[event.option_index][0])


class AskLine(ModalScreen[str | None]):
    """Asks for a line of text; ends with it, or with None.

    Args:
        title: what is asked for.
        words: what the person should know.
        value: what stands there at first.
        hidden: whether what is typed is not to be seen.
    """

    CSS_PATH = "ask.tcss"
    AUTO_FOCUS = "Input"
    BINDING_GROUP_TITLE = text("물음", "Questions")
    BINDINGS = [Binding("escape", "dismiss(None)", text("닫기", "close"))]

    def __init__(self, title: str, words: str, value: str = "", *, hidden: bool = False) -> None:
        super().__init__()
        self._title = title
        self._words = words
        self._value = value
        self._hidden = hidden

    def compose(self) -> ComposeResult:
        """Lay out the line above the words."""
        with Vertical(classes="ask") as box:
            box.border_title = self._title
            box.border_subtitle = text("Enter 확인 · Esc 닫기", "Enter confirm · Esc close")
            yield Field(self._value, password=self._hidden, compact=True)
            yield Static(self._words, markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """End with the line."""
        self.dismiss(event.value)
