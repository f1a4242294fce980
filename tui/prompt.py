"""Where a person types."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.widgets import TextArea

from engine.characters import printable
from engine.language import text
from tui.recall import Recall

# Keys of a text area that mean something else in this app.
_TAKEN = ("ctrl+e", "ctrl+f", "ctrl+y", "f6", "f7", "pageup", "pagedown")


def _kept_bindings() -> Iterator[Binding]:
    for binding in TextArea.BINDINGS:
        assert isinstance(binding, Binding)
        keys = [key for key in binding.key.split(",") if key not in _TAKEN]
        if keys:
            yield replace(binding, key=",".join(keys))


class Prompt(TextArea, inherit_bindings=False):
    """A small text area: Enter sends, Ctrl+J breaks the line, Up in an empty one recalls what was said before.

    Args:
        earlier: gives what was said before, the oldest first.
    """

    # The keys are taken in `on_key`: a binding with priority would overtake letters that came before it, as when an input method
    # commits its last syllable together with Enter; another one would be overtaken by letters that came with it.
    BINDING_GROUP_TITLE = text("입력창", "Prompt")
    BINDINGS = [
        Binding("enter", "send", text("보내기", "send")),
        Binding("ctrl+j", "break_line", show=False, tooltip=text("줄 바꾸기", "Break the line")),
        *_kept_bindings(),
        Binding(
            "up", "recall(-1)", show=False, tooltip=text("앞에 한 말 불러오기", "Recall what you said before")
        ),
        Binding(
            "down",
            "recall(1)",
            show=False,
            tooltip=text("뒤에 한 말 불러오기", "Recall what you said after it"),
        ),
    ]

    @dataclass
    class Sent(Message):
        """The person said something.

        Attributes:
            text: the words.
            editing: the key of the exchange whose utterance they replace, if any.
        """

        text: str
        editing: int | None = None

    @dataclass
    class Recalled(Message):
        """Something that was said before is in the prompt again."""

        text: str

    def __init__(self, earlier: Callable[[], Sequence[str]], *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, compact=True, highlight_cursor_line=False)
        self.editing: int | None = None
        self._recall = Recall(earlier)
        self._recalled = ""
        self._draft = ""  # what was being typed when an edit began

    def on_mount(self) -> None:
        """Invite; nothing blinks."""
        self.cursor_blink = False
        self.placeholder = text(
            "요즘 어떠세요? 한 문장으로 적어 보세요.", "How are you? Write a sentence, in Korean."
        )

    async def on_key(self, event: events.Key) -> None:
        """Do at once what a key means here; recall where an arrow would not move the cursor."""
        recalls = event.key in ("up", "down") and self._may_recall(event.key)
        actions = [binding.action for binding in self._bindings.key_to_bindings.get(event.key, ())]
        action = next((each for each in actions if each.startswith("recall") == recalls), None)
        if event.key == "ctrl+c" and not self.selected_text:  # there is nothing to copy
            action = "app.help_quit"
        if action is not None:
            event.stop()
            event.prevent_default()
            await self.app.run_action(action, self)

    def action_send(self) -> None:
        """Send what was typed, unless it is blank."""
        typed = printable(self.text, keep="\n").strip()
        if typed:
            editing = self.editing
            if not self.leave_editing():
                self.clear()
            self._recall.leave()
            self.post_message(self.Sent(typed, editing))

    def action_break_line(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def take_up(self, key: int, said: str) -> None:
        """Take an utterance up again, to say something else in its place."""
        if self.editing is None:
            self._draft = self.text
        self.editing = key
        self.border_title = text("고치는 중", "editing")
        self.border_subtitle = text(
            "Enter 여기서 다시 · Esc 그만두기", "Enter goes on from here · Esc leaves"
        )
        self._put(said)

    def leave_editing(self) -> bool:
        """Go back to what was being typed before an edit, and tell whether there was one."""
        if not self.forget_editing():
            return False
        self._put(self._draft)
        return True

    def forget_editing(self) -> bool:
        """Let what stands here be said as something new, and tell whether it was an edit."""
        if self.editing is None:
            return False
        self.editing = None
        self.border_title = self.border_subtitle = None
        return True

    def action_recall(self, direction: int) -> None:
        """Bring back what was said before that (-1), or after it (1)."""
        said = self._recall.older() if direction < 0 else self._recall.newer()
        if said is not None:
            self._recalled = said
            self._put(said)
            if direction < 0:
                self.post_message(self.Recalled(said))

    def _may_recall(self, key: str) -> bool:
        untouched = self.text == (self._recalled if self._recall.is_away else "")
        if not untouched:
            self._recall.leave()
            untouched = not self.text
        return untouched and (self.cursor_location[0] == 0 if key == "up" else self._recall.is_away)

    def _put(self, words: str) -> None:
        self.text = words
        self.move_cursor(self.document.end)

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
