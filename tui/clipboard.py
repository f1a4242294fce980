"""A text into the clipboard of the person's machine, and the truth about whether it arrived."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_PATIENCE = 3  # seconds that a program gets to take a text over


@dataclass(frozen=True)
class Way:
    """A program that takes a text on its standard input and puts it into the clipboard.

    Attributes:
        command: the program and its arguments.
        encoding: of the text that it expects.
    """

    command: tuple[str, ...]
    encoding: str = "utf-8"

    @property
    def name(self) -> str:
        """The program's name."""
        return self.command[0]


def way(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Way | None:
    """Return the program to use here, or None where only the terminal can do it.

    Over SSH every program here would fill the clipboard of the other machine.
    """
    if "SSH_CONNECTION" in environment or "SSH_TTY" in environment:
        return None
    path = environment.get("PATH")
    return next((each for each in _ways(environment, platform) if shutil.which(each.name, path=path)), None)


def copy(text: str, through: Way) -> bool:
    """Give a text to a program, and tell whether it took it over. It takes its time: not for the screen's thread."""
    try:
        done = subprocess.run(  # noqa: S603  # one of the programs below
            through.command,
            input=text.encode(through.encoding),
            # Not a pipe: xclip and wl-copy stay in the background, and would keep it open.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _ways(environment: Mapping[str, str], platform: str) -> Iterator[Way]:
    windows = Way(("clip.exe",), "utf-16-le")  # the only one that it takes Korean in
    if platform == "darwin":
        yield Way(("pbcopy",))
    elif platform == "win32" or "WSL_DISTRO_NAME" in environment:
        yield windows
    if environment.get("WAYLAND_DISPLAY"):
        yield Way(("wl-copy",))
    if environment.get("DISPLAY"):
        yield Way(("xclip", "-selection", "clipboard"))
        yield Way(("xsel", "--clipboard", "--input"))
