"""What a person, or a pipe, says to the plain conversation, line by line."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from io import TextIOWrapper

import click

from counsel.standard_input import lines

PROMPT = "> "


def is_typed() -> bool:
    """Return whether a person types at a terminal."""
    return bool(sys.stdin and sys.stdin.isatty())


def utterances() -> Iterator[str]:
    """Yield each line until the input ends; at a terminal, after a prompt sign.

    Raises:
        CounselError: a line of a pipe is not UTF-8.
    """
    if not is_typed():
        yield from lines()
        return
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # half a syllable, deleted byte by byte, is no reason to end
    edited = sys.stdout.isatty()
    if edited and os.environ.get("TERM", "dumb") != "dumb":
        with suppress(ImportError):  # there is none on Windows
            import readline  # noqa: F401  # `input` edits lines by it; it sends escape sequences
    while True:
        try:
            line = _ask(edited)
        except KeyboardInterrupt:
            click.echo(err=not edited)  # what comes next begins a line
            raise
        if line is None:
            click.echo(err=not edited)
            return
        yield line


def _ask(edited: bool) -> str | None:
    """Return the next line that is typed, or None at the end of the input."""
    if edited:
        try:
            return input(PROMPT)
        except EOFError:
            return None
    click.echo(PROMPT, nl=False, err=True)  # no part of what is read on in a pipe
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None
