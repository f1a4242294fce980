"""The app around the conversation: header, side panels, themes, keys that hold everywhere."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Footer

from engine.language import text
from tui.discreet import DiscreetApp
from tui.header import Header
from tui.panels import SAMPLING, TOPICS, Panels, room_for
from tui.themes import DEFAULT, THEMES

_STOPS = {
    TOPICS: "*",
    SAMPLING: "ParameterRow",
}  # where one arrives in a panel: the first such that takes the focus


class FramedApp(DiscreetApp):
    """Three columns, of which a person at first sees only the conversation."""

    CSS_PATH = ["app.tcss", "topics.tcss"]
    TITLE = "counsel"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-medium"), (120, "-wide")]
    BINDINGS = [
        Binding("f2", f"panel('{TOPICS}')", text("주제", "topics")),
        Binding("f3", f"panel('{SAMPLING}')", text("샘플링", "sampling")),
        Binding("f10", "quit", text("끝내기", "quit")),
    ]

    panels: reactive[Panels] = reactive(Panels())

    def compose(self) -> ComposeResult:
        """Lay out header, columns and footer; the style sheet slides the panels over the rest where it is narrow."""
        yield Header(id="header")
        with Horizontal(id="panes"):
            with Vertical(id="topics-side", classes="side"):
                yield from self.compose_topics()
            with Vertical(id="conversation"):
                yield from self.compose_conversation()
            with Vertical(id="sampling-side", classes="side"):
                yield from self.compose_sampling()
        yield Footer()

    def compose_topics(self) -> ComposeResult:
        """Give the widgets of the left panel."""
        return ()

    def compose_conversation(self) -> ComposeResult:
        """Give the widgets of the middle."""
        return ()

    def compose_sampling(self) -> ComposeResult:
        """Give the widgets of the right panel."""
        return ()

    def on_mount(self) -> None:
        """Dress the app."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DEFAULT

    def on_resize(self) -> None:
        """Show as many panels as have room now."""
        self.call_later(self._show_panels)  # Textual takes the new size after this

    def watch_panels(self) -> None:
        """Show what was asked for."""
        self._show_panels()

    def action_panel(self, name: str) -> None:
        """Open a panel and go there; close it from there, or if there is nothing to go to."""
        room = room_for(self.size.width)
        is_open = name in self.panels.shown(room)
        self.panels = self.panels.opened(name, room)
        stop = self._stop_in(name)
        if is_open and (stop is None or self._side(name).has_focus_within):
            self.close_panel(name)
        elif stop is not None:
            self.screen.set_focus(stop)

    def close_panel(self, name: str) -> None:
        """Close a panel; who was there goes back to the prompt."""
        self.panels = self.panels.closed(name, room_for(self.size.width))
        self.set_focus(self.query_one("#prompt"))

    def close_panels_over(self) -> bool:
        """Close what has slid over the conversation, and tell whether there was anything."""
        over = self.panels.shown(0) if room_for(self.size.width) == 0 else ()
        for name in over:
            self.close_panel(name)
        return bool(over)

    def _show_panels(self) -> None:
        if not self.is_running or not self.query("#panes"):
            return
        shown = self.panels.shown(room_for(self.size.width))
        for name in (TOPICS, SAMPLING):
            self._side(name).display = name in shown
        self.query_one(Header).panels = shown

    def _side(self, name: str) -> Widget:
        return self.query_one(f"#{name}-side")

    def _stop_in(self, name: str) -> Widget | None:
        widgets = self._side(name).query(_STOPS[name]).results(Widget)
        return next((widget for widget in widgets if widget.focusable), None)
