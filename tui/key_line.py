"""The line at the bottom: the five keys that matter now."""

from itertools import islice

from textual.content import Content
from textual.widgets import Static

from tui.keys import active_commands, key_name

_SHOWN = 5
_ALWAYS = ("f4", "f1")  # a human's phone number, and help; they stand last


class KeyLine(Static):
    """The keys of what has the focus first, then those of the app; a click presses one."""

    def on_mount(self) -> None:
        """Follow the focus and what the app is doing."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._draw())
        self._draw()

    def _draw(self) -> None:
        shown = [active.binding for active in active_commands(self.screen) if active.binding.show]
        always = [binding for key in _ALWAYS for binding in shown if binding.key == key]
        here = [binding for binding in shown if binding not in always]
        here.sort(key=lambda binding: binding.key != "escape")  # what can be stopped or left comes first
        lines = [*islice(here, _SHOWN - len(always)), *always]
        self.update(
            Content("   ").join(
                Content.from_markup(
                    f"[@click=app.simulate_key('{binding.key}')][bold $accent]$key[/] $words[/]",
                    key=key_name(binding.key),
                    words=binding.description,
                )
                for binding in lines
            )
        )
