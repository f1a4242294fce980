"""The command palette (Ctrl+P): every action of the moment, made from the bindings, and what has no key."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.app import App
from textual.binding import ActiveBinding
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input

from engine.language import text
from tui.keys import Entry, active_commands, function_key, key_name

if TYPE_CHECKING:
    from tui.frame import FramedApp

_LEFT = 24  # cells of title and key


class Commands(Provider):
    """What the app can do now."""

    async def discover(self) -> Hits:
        """Yield what there is to choose from before anything is typed."""
        for entry in self._entries():
            if not entry.rare:
                yield DiscoveryHit(_line(Content(entry.title), entry), entry.run, entry.title)

    async def search(self, query: str) -> Hits:
        """Yield what fits the words typed; one line that says so if nothing does."""
        matcher = self.matcher(query)
        found = False
        for entry in self._entries():
            score = matcher.match(f"{entry.title} {entry.explanation}")
            if score > 0:
                found = True
                yield Hit(score, _line(matcher.highlight(entry.title), entry), entry.run, entry.title)
        if not found:
            yield Hit(1, text("맞는 명령이 없습니다", "no such command"), lambda: None)

    def _entries(self) -> Iterator[Entry]:
        app: FramedApp = self.app  # type: ignore[assignment]
        seen = {"command_palette"}  # which is here
        for active in sorted(active_commands(self.screen), key=_place):
            binding = active.binding
            if binding.tooltip and binding.action not in seen:
                seen.add(binding.action)
                run = partial(app.run_action, binding.action, active.node)
                title = binding.description or binding.tooltip
                yield Entry(title, binding.tooltip, run, key=key_name(binding.key))
        yield from app.palette_entries()


def _place(active: ActiveBinding) -> tuple[bool, bool, int]:
    """Sort the conversation's keys first, then F1, F2, …, last those of what has the focus."""
    key = active.binding.key
    return not isinstance(active.node, App), not key.startswith("ctrl+"), function_key(key)


def _line(title: Content, entry: Entry) -> Content:
    """Return title, key and explanation in columns."""
    gap = max(1, _LEFT - title.cell_length - cell_len(entry.key))
    return Content.assemble(
        title, " " * gap, (entry.key, "$accent"), "  ", (entry.explanation, "$text-muted")
    )


class Palette(CommandPalette):
    """Textual's palette in the person's language."""

    def __init__(self) -> None:
        super().__init__([Commands], placeholder=text("무엇을 할까요?", "What shall be done?"))

    def _action_command_list(self, action: str) -> None:
        """Turn pages once the list is laid out; Textual's fails before."""
        if self.query_one(CommandList).scrollable_content_region.width:
            super()._action_command_list(action)

    def on_mount(self) -> None:
        """Nothing blinks."""
        self.query_one(Input).cursor_blink = False
