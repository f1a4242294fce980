"""What a person sees while a model trains: a page where the terminal has room for it, else plain lines."""

import sys
from typing import Self

from rich.console import Console
from rich.text import Text

from train.events import Event, Plan
from train.watching.live import LivePage, fits
from train.watching.plain import PlainLines


class Progress:
    """Shows the events of one training after the other; each `Plan` begins a new one.

    Args:
        name: of what is trained.
        console: where it is shown; standard error unless given.

    Example:
        with Progress("my-model") as progress:
            fine_tune(request, progress.watch)
    """

    def __init__(self, name: str, console: Console | None = None) -> None:
        self._name = name
        # Whether this is a terminal is a matter of fact: FORCE_COLOR must not put a moving page into a file.
        self._console = console or Console(stderr=True, force_terminal=sys.stderr.isatty())
        self._view: LivePage | PlainLines | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def watch(self, event: Event) -> None:
        """Show one event of the training."""
        if isinstance(event, Plan):
            self._close()
            view = LivePage if fits(self._console) else PlainLines
            self._view = view(self._name, event, self._console)
        elif self._view:
            self._view.watch(event)
        else:  # a notice about what goes before the plan
            self._console.print(Text(getattr(event, "message", "")), soft_wrap=True)

    def _close(self) -> None:
        if self._view:
            self._view.close()
            self._view = None
