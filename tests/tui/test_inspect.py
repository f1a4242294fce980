"""Inspect: walking the tokens of a reply, and going on from another one."""

from typing import Any

from textual.app import App

from engine import Engine, Reply
from tui.inspect import InspectScreen
from tui.messages import ContinueFrom


class Host(App[None]):
    """Nothing but the screen, and what it ended with."""

    def __init__(self, engine: Engine, reply: Reply) -> None:
        super().__init__()
        self._engine, self._reply = engine, reply
        self.result: Any = "open"

    def on_mount(self) -> None:
        self.push_screen(InspectScreen(self._engine, 7, self._reply), self._end)

    def _end(self, result: ContinueFrom | None) -> None:
        self.result = result
