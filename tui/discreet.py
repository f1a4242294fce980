"""An app that hides what was said: at a key, and in its last words if it breaks down."""

import os

from textual.app import App
from textual.binding import Binding

from engine.language import text
from engine.logs import log, places
from tui.blank import BlankScreen


class DiscreetApp(App[None], inherit_bindings=False):  # without Ctrl+Q, which is flow control in terminals
    """Ends without Textual's traceback, which shows local variables and in them what the person said."""

    BINDING_GROUP_TITLE = text("어디서나", "Everywhere")
    BINDINGS = [
        Binding(
            "f9",
            "blank",
            text("가리기", "blank"),
            tooltip=text(
                "화면을 가리기, 아무 키나 누르면 돌아오기", "Blank the screen; any key brings it back"
            ),
            show=False,
            priority=True,
        )
    ]

    def on_mount(self) -> None:
        """End with the server that shows the app in a browser, even one that was killed: nobody can get here any more."""
        if self.is_web:
            server = os.getppid()
            self.set_interval(2, lambda: None if os.getppid() == server else self.exit())

    def action_blank(self) -> None:
        """Hide everything, over whatever screen, until a key."""
        self.push_screen(BlankScreen())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let no key do anything while all is hidden, not even one that holds everywhere: it brings all back."""
        return not isinstance(self.screen, BlankScreen) and super().check_action(action, parameters)

    def _handle_exception(self, error: Exception) -> None:
        self._broke_down = error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Say where it broke, in the file and line of the program."""
        log.error("broke down", exc_info=self._broke_down)
        *_, place = ["?", *places(self._broke_down)]
        kind = type(self._broke_down).__name__
        self.panic(
            text(
                f"counsel-tui가 멈추었습니다({kind}, {place}). "
                "보관을 켜지 않았다면 적은 말은 어디에도 남지 않았습니다.",
                f"counsel-tui broke down ({kind}, {place}). "
                "Unless you switched keeping on, what you wrote was kept nowhere.",
            )
        )
