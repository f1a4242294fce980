"""The command palette (Ctrl+P): every action of the moment, made from the bindings, and what has no key."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from engine.language import text
from tui.keys import Entry, active_commands, key_name

if TYPE_CHECKING:
    from tui.frame import FramedApp


class Commands(Provider):
    """What the app can do now."""

    async def discover(self) -> Hits:
        """Yield what there is to choose from before anything is typed."""
        for entry in self._entries():
            if not entry.rare:
                yield DiscoveryHit(Content(entry.title), entry.run, entry.title, _plain(entry.explanation))

    async def search(self, query: str) -> Hits:
        """Yield what fits the words typed; one line that says so if nothing does."""
        matcher = self.matcher(query)
        found = False
        for entry in self._entries():
            score = matcher.match(f"{entry.title} {entry.explanation}")
            if score > 0:
                found = True
                yield Hit(
                    score, matcher.highlight(entry.title), entry.run, entry.title, _plain(entry.explanation)
                )
        if not found:
            yield Hit(1, text("맞는 명령이 없습니다", "no such command"), lambda: None)

    def _entries(self) -> Iterator[Entry]:
        app: FramedApp = self.app  # type: ignore[assignment]
        seen = {"command_palette"}  # which is here
        for active in active_commands(self.screen):
            binding = active.binding
            if binding.action not in seen:
                seen.add(binding.action)
                title = f"{binding.description or binding.tooltip}  {key_name(binding.key)}"
                run = partial(app.run_action, binding.action, active.node)
                yield Entry(title, binding.tooltip, run)
        yield from app.palette_entries()


def _plain(words: str) -> str:
    """Keep a folder's name from being read as markup."""
    return words.replace("[", r"\[")


class Palette(CommandPalette):
    """Textual's palette in the person's language."""

    def __init__(self) -> None:
        super().__init__([Commands], placeholder=text("무엇을 할까요?", "What shall be done?"))
