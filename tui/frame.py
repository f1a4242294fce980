"""The app around the conversation: header, side panels, themes, keys that hold everywhere."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.widget import Widget

from engine.errors import CounselError
from engine.language import text
from tui import settings
from tui.discreet import DiscreetApp
from tui.header import Header, Status
from tui.key_line import KeyLine
from tui.keys import Command, Entry
from tui.panels import SAMPLING, TOPICS, Panels, room_for, takes_all
from tui.settings import Settings
from tui.themes import THEMES, title_of

_STOPS = {
    TOPICS: "*",
    SAMPLING: "ParameterRow",
}  # where one arrives in a panel: the first such that takes the focus


class FramedApp(DiscreetApp):
    """Three columns, of which a person at first sees only the conversation.

    Args:
        chosen: the settings to begin with.
    """

    CSS_PATH = ["app.tcss", "chat.tcss", "sampling.tcss", "topics.tcss"]
    TITLE = "counsel"
    ENABLE_COMMAND_PALETTE = False  # Textual's own; ours speaks the person's language
    HORIZONTAL_BREAKPOINTS = [(0, "-small"), (76, "-narrow"), (90, "-medium"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (28, "-low"), (36, "-tall")]
    BINDING_GROUP_TITLE = text("어디서나", "Everywhere")
    BINDINGS = [
        Binding(
            "f2",
            f"panel('{TOPICS}')",
            text("주제", "topics"),
            tooltip=text("주제 패널로 가기, 다시 누르면 닫기", "Go to the topics; once more closes them"),
        ),
        Binding(
            "f3",
            f"panel('{SAMPLING}')",
            text("샘플링", "sampling"),
            tooltip=text("샘플링 패널로 가기, 다시 누르면 닫기", "Go to the sampling; once more closes it"),
        ),
        Binding(
            "ctrl+p",
            "command_palette",
            text("명령", "commands"),
            tooltip=text("모든 명령에서 찾기", "Search in all commands"),
            show=False,
        ),
        Binding(
            "f1",
            "help",
            text("도움말", "help"),
            tooltip=text("이 도움말", "This help"),
            priority=True,
        ),
        Binding(
            "f10",
            "quit",
            text("끝내기", "quit"),
            tooltip=text("끝내기", "Quit"),
            priority=True,
        ),
        Binding("ctrl+c", "help_quit", show=False),
    ]
    PALETTE: ClassVar[tuple[Command, ...]] = ()  # what has no key

    panels: reactive[Panels] = reactive(Panels())
    status: reactive[Status] = reactive[Status]("loading")

    def __init__(self, chosen: Settings | None = None) -> None:
        super().__init__()
        self.chosen = chosen or Settings()
        self.set_reactive(FramedApp.panels, Panels(self.chosen.panels))
        if self.chosen.reduced_motion:
            self.animation_level = "none"
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self.chosen.theme if self.chosen.theme in self.available_themes else Settings.theme

    def compose(self) -> ComposeResult:
        """Lay out header, columns and footer; how much room each has stands in the style sheet."""
        yield Header(id="header")
        with Horizontal(id="panes"):
            with Vertical(id="topics-side", classes="side"):
                yield from self.compose_topics()
            with Vertical(id="conversation"):
                yield from self.compose_conversation()
            with Vertical(id="sampling-side", classes="side"):
                yield from self.compose_sampling()
        yield KeyLine(id="keys")

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
        """Say what of the settings cannot be used; end as by F10 when the system asks for it or the terminal is gone."""
        self.call_after_refresh(self._tell_problems)  # before that, nothing shows a notice
        if sys.platform != "win32":
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.exit, None, 128 + number)

    def _tell_problems(self) -> None:
        for problem in self.chosen.problems:
            self.notify(problem, severity="warning", timeout=15, markup=False)

    def on_resize(self) -> None:
        """Show as many panels as have room now."""
        self.call_later(self._show_panels)  # Textual takes the new size after this

    def watch_panels(self) -> None:
        """Show what was asked for."""
        self._show_panels()

    def watch_status(self, status: Status) -> None:
        """Say it in the header; other keys matter now."""
        for header in self.query(Header):
            header.status = status
        self.refresh_bindings()

    def remember(self, **changes: Any) -> None:
        """Keep what was chosen for the next start; it holds for now even if it cannot be written."""
        try:
            settings.remember(**changes)
        except CounselError as error:
            self.notify(str(error), severity="warning", markup=False)

    def action_command_palette(self) -> None:
        """Open the palette."""
        from tui.palette import Palette  # which the first paint does not wait for

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def palette_entries(self) -> Iterator[Entry]:
        """Yield what the palette offers beside the bindings."""
        declared = (command for owner in type(self).__mro__ for command in vars(owner).get("PALETTE", ()))
        for command in dict.fromkeys(declared):
            yield Entry(command.title, command.explanation, partial(self.run_action, command.action))
        ours = {theme.name for theme in THEMES}
        for name in self.available_themes:
            title = text("색: ", "colours: ") + title_of(name)
            yield Entry(title, "", partial(self.choose_theme, name), rare=name not in ours)

    def choose_theme(self, name: str) -> None:
        """Dress the app in other colours, and remember it."""
        self.theme = name
        self.remember(theme=name)

    def action_help(self) -> None:
        """Show all keys, over whatever screen, or go back to it."""
        from tui.help import HelpScreen  # it imports all screens

        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
        else:
            self.push_screen(HelpScreen())

    def action_panel(self, name: str) -> None:
        """Open a panel and go there; close it from there, or if there is nothing to go to."""
        room = room_for(self.size.width)
        is_open = name in self.panels.shown(room)
        self._choose_panels(self.panels.opened(name, room))
        stop = self._stop_in(name)
        if is_open and (stop is None or self._side(name).has_focus_within):
            self.close_panel(name)
        elif stop is not None:
            self.screen.set_focus(stop)

    def close_panel(self, name: str) -> None:
        """Close a panel; who was there goes back to the prompt."""
        self._choose_panels(self.panels.closed(name, room_for(self.size.width)))
        self.set_focus(self.query_one("#prompt"))

    def close_panels_over(self) -> bool:
        """Close what took room of a narrow conversation, and tell whether there was anything."""
        over = self.panels.shown(0) if room_for(self.size.width) == 0 else ()
        for name in over:
            self.close_panel(name)
        return bool(over)

    def _choose_panels(self, panels: Panels) -> None:
        if panels.beside != self.panels.beside:
            self.remember(panels=panels.beside)
        self.panels = panels

    def _show_panels(self) -> None:
        if not self.is_running or not self.query("#panes"):
            return
        shown = self.panels.shown(room_for(self.size.width))
        for name in (TOPICS, SAMPLING):
            self._side(name).display = name in shown
        # Not over it: where widgets overlap, Textual draws a wide letter across a hidden edge as two blanks.
        self.query_one("#conversation").display = not (shown and takes_all(self.size.width))
        self.query_one(Header).panels = shown

    def _side(self, name: str) -> Widget:
        return self.query_one(f"#{name}-side")

    def _stop_in(self, name: str) -> Widget | None:
        widgets = self._side(name).query(_STOPS[name]).results(Widget)
        return next((widget for widget in widgets if widget.focusable), None)
