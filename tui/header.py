"""The line on top: what runs, what it is doing, and the switches of the screen."""

from typing import Literal

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from engine.language import text
from tui.panels import SAMPLING, TOPICS

Status = Literal["loading", "reading", "answering", "ready", "missing"]
_STATUS: dict[Status, tuple[str, str]] = {
    "loading": ("모델을 불러오는 중", "loading the model"),
    "reading": ("읽는 중", "reading"),
    "answering": ("답하는 중", "answering"),
    "ready": ("준비됨", "ready"),
    "missing": ("모델 없음", "no model"),
}


class Header(Horizontal):
    """A quiet line. What a click does stands in the action of each text."""

    model: reactive[str] = reactive("")
    status: reactive[Status] = reactive("loading")
    panels: reactive[tuple[str, ...]] = reactive(())
    kept: reactive[bool | None] = reactive(None)  # None: nobody can switch it

    def compose(self) -> ComposeResult:
        """Lay out what is told on the left, and what can be switched on the right."""
        yield Static(id="told")
        yield Static(id="switches")

    def on_mount(self) -> None:
        """Draw the line anew whenever something of it changes."""
        for name in ("model", "status", "panels", "kept"):
            self.watch(self, name, self._draw)

    def _draw(self) -> None:
        told = [Content.styled("counsel", "bold $accent")]
        if self.model:
            told.append(_clickable(self.model, "app.details"))
        told.append(Content(text(*_STATUS[self.status])))
        self.query_one("#told", Static).update(Content(" · ").join(told))
        switches = [
            self._panel(TOPICS, text("주제", "topics")),
            self._panel(SAMPLING, text("샘플링", "sampling")),
        ]
        if self.kept is not None:
            kept = text("켜짐", "on") if self.kept else text("꺼짐", "off")
            switches.append(_clickable(text(f"이 대화 보관: {kept}", f"keep this chat: {kept}"), "app.keep"))
        self.query_one("#switches", Static).update(Content("  ").join(switches))

    def _panel(self, name: str, title: str) -> Content:
        content = _clickable(title, f"app.panel('{name}')")
        return content.stylize("bold $foreground") if name in self.panels else content


def _clickable(words: str, action: str) -> Content:
    return Content.from_markup(f"[@click={action}]$words[/]", words=words)
