"""`counsel-tui`, also `counsel chat`: the full-screen app."""

import sys
from typing import TYPE_CHECKING, Any

import click

from counsel.console import run, shared_options
from counsel.options import engine_options, take_loading, take_sampling
from counsel.serve import is_served, serve, serve_options, take_serving
from engine.errors import CounselError
from engine.language import text

if TYPE_CHECKING:
    from engine import Engine


def make(program: str = "counsel") -> click.Command:
    """Build the command in the chosen language, for the program that it is called by."""

    @shared_options(program)
    @serve_options
    @engine_options
    @click.command(
        "chat",
        help=text(
            "대화 화면을 엽니다. 적은 말은 이 컴퓨터를 떠나지 않고 저장되지 않습니다.",
            "Open the chat. What you write never leaves this machine and is not stored.",
        ),
    )
    def chat(**options: Any) -> None:
        given = take_sampling(options)
        serving = take_serving(options)
        if serving is not None:
            serve(**serving)
            return
        if not is_served() and not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
            raise CounselError(
                text(
                    "터미널이 아니어서 화면을 열 수 없습니다. 파이프에서는 `counsel ask`를 쓰세요.",
                    "Not a terminal, so there is no screen to draw on. In a pipe, use `counsel ask`.",
                )
            )
        from tui.terminal import drawing_undisturbed, typing_ahead

        with drawing_undisturbed(), typing_ahead() as typed:
            from tui.app import CounselApp

            def load() -> "Engine":
                from engine import Engine

                return Engine.load(**take_loading(options))

            app = CounselApp(load, given, typed)
            app.run()
        sys.exit(app.return_code)

    return chat


def main() -> None:
    """Run `counsel-tui`."""
    run(lambda: make("counsel-tui"), "counsel-tui")
