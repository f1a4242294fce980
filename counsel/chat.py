"""`counsel-tui`, also `counsel chat`: the full-screen app, or the conversation as plain lines."""

import gc
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from counsel.console import EXIT_BAD_INPUT, EXIT_HANGUP, run, shared_options, warn
from counsel.options import engine_options, take_loading, take_sampling
from counsel.serve import is_served, serve, serve_options, take_serving
from engine.language import text

if TYPE_CHECKING:
    from pathlib import Path

    from engine import Engine
    from tui.settings import Settings


def make(program: str = "counsel") -> click.Command:
    """Build the command in the chosen language, for the program that it is called by."""

    @shared_options(program)
    @serve_options
    @engine_options
    @click.command(
        "chat",
        help=text(
            "대화 화면을 엽니다. 적은 말은 이 컴퓨터를 떠나지 않고, 보관을 켜지 않으면 저장되지 않습니다.",
            "Open the chat. What you write never leaves this machine, and is not stored unless you keep it.",
        ),
    )
    @click.option(
        "--plain",
        is_flag=True,
        help=text(
            "화면 대신 한 줄씩 주고받습니다. 화면 낭독기를 위한 것이고, 파이프와 TERM=dumb에서는 저절로 그렇게 합니다.",
            "Plain lines instead of a screen, for screen readers; in pipes and under TERM=dumb it is so by itself.",
        ),
    )
    @click.option(
        "--words",
        is_flag=True,
        help=text(
            "--plain에서 답을 문장이 아니라 낱말이 나오는 대로 적습니다.",
            "With --plain, write a reply word by word as it comes, not by sentences.",
        ),
    )
    @click.option(
        "--reduced-motion",
        is_flag=True,
        help=text("움직임 없이 보여 줍니다.", "Show everything without animation."),
    )
    def chat(plain: bool, words: bool, reduced_motion: bool, **options: Any) -> None:
        from tui import settings  # without Textual

        given = take_sampling(options)
        serving = take_serving(options)
        if serving is not None:
            serve(**serving)
            return
        chosen = settings.load()
        if reduced_motion:
            chosen = replace(chosen, reduced_motion=True)
        loading = take_loading(options)

        def load(path: "Path | None" = loading["path"]) -> "Engine":
            from engine import Engine

            engine = Engine.load(**loading | {"path": path})
            gc.freeze()  # or the collector would walk through all that was imported, for 0.1 s, again and again
            return engine

        if plain or not (is_served() or _has_screen()):
            _chat_plainly(load, given, words, chosen)
        else:
            _open_screen(load, given, chosen)

    return chat


def _has_screen() -> bool:
    """Return whether there is a terminal that an app can draw on."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return os.environ.get("TERM") != "dumb" and all(stream and stream.isatty() for stream in streams)


def _chat_plainly(
    load: "Callable[[], Engine]", given: dict[str, float], words: bool, chosen: "Settings"
) -> None:
    from counsel.plain import PlainChat
    from counsel.plain_input import is_typed, utterances

    for problem in chosen.problems:
        warn(problem)
    session = PlainChat(
        load,
        given,
        utterances(),
        typed=is_typed(),
        by_words=words,
        always_kept=chosen.keep == "always",
    )
    session.run()
    if session.failed and not is_typed():  # a script wants to know
        sys.exit(EXIT_BAD_INPUT)


def _open_screen(load: "Callable[[], Engine]", given: dict[str, float], chosen: "Settings") -> None:
    from tui.terminal import drawing_undisturbed, typing_ahead

    try:
        with drawing_undisturbed(), typing_ahead() as typed:
            from tui.app import CounselApp

            app = CounselApp(load, given, typed, chosen)
            app.run()
    except OSError:
        if is_served() or sys.stdin.isatty():
            raise
        sys.exit(EXIT_HANGUP)  # the terminal was closed, and there is nobody to tell
    sys.exit(app.return_code)


def main() -> None:
    """Run `counsel-tui`."""
    run(lambda: make("counsel-tui"), "counsel-tui")
