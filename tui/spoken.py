"""What one of the two said: a message that can be reached, folded, and searched."""

import re
from dataclasses import dataclass

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from engine.language import text

_LONG = 1200  # characters, from which on a message is folded
_LINES = 24  # the same, in lines


class Spoken(Static, can_focus=True):
    """A message of an exchange.

    Args:
        key: of the exchange.
    """

    BINDING_GROUP_TITLE = text("메시지", "Messages")
    BINDINGS = [
        Binding(
            "ctrl+y", "app.copy", text("복사", "copy"), tooltip=text("메시지를 복사하기", "Copy the message")
        ),
        Binding("ctrl+e", "app.edit", text("고치기", "edit")),
        Binding("ctrl+r", "app.answer_again", text("다시 답하기", "answer again")),
        Binding("up", "go(-1)", show=False, tooltip=text("위의 메시지로", "Go to the message above")),
        Binding("down", "go(1)", show=False, tooltip=text("아래의 메시지로", "Go to the message below")),
        Binding("home", "end(-1)", show=False, tooltip=text("처음 메시지로", "Go to the first message")),
        Binding("end", "end(1)", show=False, tooltip=text("마지막 메시지로", "Go to the last message")),
        Binding(
            "left", "turn(-1)", show=False, tooltip=text("앞의 답이나 갈래 보기", "See the variant before")
        ),
        Binding(
            "right", "turn(1)", show=False, tooltip=text("다음 답이나 갈래 보기", "See the next variant")
        ),
        Binding(
            "enter",
            "unfold",
            show=False,
            tooltip=text("긴 메시지를 펼치거나 접기", "Unfold or fold a long message"),
        ),
    ]

    @dataclass
    class Left(Message):
        """The person goes on from this message to the one above (-1) or below (1), or to the first or last one."""

        spoken: "Spoken"
        direction: int
        far: bool = False

    @dataclass
    class Turned(Message):
        """The person wants to see another one in the same place: the one before (-1) or the next (1)."""

        spoken: "Spoken"
        step: int

    def __init__(self, key: int) -> None:
        super().__init__("", markup=False)
        self.key = key
        self.count = 1  # how many there are in the same place
        self.words = ""  # what is searched for
        self._said = ""

    def take(self, key: int) -> None:
        """Be a message of another exchange; what was unfolded or selected in the one before is so no more."""
        self.key = key
        self.remove_class("-whole", "-folded")
        if self.text_selection is not None:
            others = self.screen.selections.items()
            self.screen.selections = {widget: part for widget, part in others if widget is not self}

    @property
    def said(self) -> str:
        """The text, without what is around it."""
        return self._said

    def draw(self, said: str, words: str = "") -> None:
        """Show a text, and in it the words that are searched for."""
        if (said, words) == (self._said, self.words):
            return
        self._said, self.words = said, words
        if words:
            found = re.compile(re.escape(words), re.IGNORECASE)
            self.update(Content(said).highlight_regex(found, style="reverse"))
        else:
            self.update(said)

    def name_it(self, title: str, place: int, count: int) -> None:
        """Say what it is, and which of several in the same place."""
        self.count = count
        name = f"{title} ‹ {place + 1}/{count} ›".strip() if count > 1 else title
        self.border_title = Content(name) if name else None  # a label is no markup

    def fold(self, *, again: bool = False) -> None:
        """Fold a long message; one that was unfolded stays so unless it is to be folded again."""
        long = len(self.said) > _LONG or self.said.count("\n") >= _LINES
        if long and (again or not self.has_class("-whole")):
            self.remove_class("-whole")
            self.add_class("-folded")
            self.border_subtitle = text(
                f"{len(self.said):,}자 · Enter로 펼치기", f"{len(self.said):,} characters · Enter unfolds"
            )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer only what does something here."""
        match action:
            case "turn":
                return self.count > 1
            case "unfold":
                return self.has_class("-folded") or self.has_class("-whole")
        return True

    def action_unfold(self) -> None:
        """Show all of a long message, or fold it again."""
        if self.has_class("-folded"):
            self.remove_class("-folded")
            self.add_class("-whole")
            self.border_subtitle = text("Enter로 접기", "Enter folds")
        else:
            self.fold(again=True)

    def action_go(self, direction: int) -> None:
        """Go on to the message above or below."""
        self.post_message(self.Left(self, direction))

    def action_end(self, direction: int) -> None:
        """Go on to the first or the last message of all."""
        self.post_message(self.Left(self, direction, far=True))

    def action_turn(self, step: int) -> None:
        """Show another one in the same place."""
        self.post_message(self.Turned(self, step))

    def on_focus(self) -> None:
        """Be seen whole, if there is room."""
        self.refresh_bindings()

    def on_click(self, event: events.Click) -> None:
        """Unfold a long message with a second click."""
        if event.chain == 2 and self.check_action("unfold", ()):
            self.action_unfold()


class Utterance(Spoken):
    """What the person said."""

    def show(self, said: str, place: int, count: int, words: str) -> None:
        """Show the words, and which of several in the same place they are."""
        self.draw(said, words)
        self.name_it(text("나", "me"), place, count)
        self.fold()
