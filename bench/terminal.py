"""A real terminal for programs under test: a pseudo-terminal with a screen that can be read as text."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import pyte


class Terminal:
    """A process in a terminal of its own.

    Args:
        command: the words of the command line.
        columns: of the screen.
        rows: of the screen.
        environment: the process's whole environment.
        term: what `TERM` is set to.

    Attributes:
        started: `time.perf_counter()` just before the process started.
    """

    def __init__(
        self,
        command: Sequence[str],
        columns: int,
        rows: int,
        environment: Mapping[str, str] | None = None,
        term: str = "xterm-256color",
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        self._resize_device(slave, columns, rows)
        self.raw = b""
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_take_terminal,  # so that Ctrl+C is a signal
            env={**(environment or os.environ), "TERM": term, "COLORTERM": "truecolor"},
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

    @property
    def text(self) -> str:
        """What the screen shows."""
        # Not `display`, which stumbles over the right half of a wide character whose left half was drawn over; a right
        # half is an empty text.
        screen = self._screen
        return "\n".join(
            "".join(screen.buffer[row][column].data for column in range(screen.columns))
            for row in range(screen.lines)
        )

    def send(self, typed: str) -> None:
        """Type, as the bytes that a terminal sends."""
        os.write(self._master, typed.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window."""
        self._screen.resize(rows, columns)
        self._resize_device(self._master, columns, rows)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def wait_for(self, seen: Callable[[str], bool], seconds: float = 20) -> float:
        """Read until the screen's text satisfies `seen`; return the seconds since the start of the process.

        Raises:
            TimeoutError: it did not; the message is the screen.
        """
        deadline = time.monotonic() + seconds
        while not seen(self.text):
            if not self._read(deadline - time.monotonic()):
                raise TimeoutError(self.text)
        return time.perf_counter() - self.started

    def press(self, key: str, seen: Callable[[str], bool], seconds: float = 0.1) -> float:
        """Type a key, and return the seconds until the bytes came that make the screen satisfy `seen`.

        Bytes are taken in for so many seconds before any is interpreted, which takes longer here than in a terminal.
        """
        begun = time.perf_counter()
        self.send(key)
        while True:
            until = time.perf_counter() + seconds
            came: list[tuple[float, bytes]] = []
            while (left := until - time.perf_counter()) > 0:
                if content := self._take(left):
                    came.append((time.perf_counter() - begun, content))
            moments = []
            for moment, content in came:
                self._feed(content)
                if seen(self.text):
                    moments.append(moment)
            if moments:
                return moments[0]
            if time.perf_counter() > begun + 20:
                raise TimeoutError(self.text)

    def wait_for_end(self, seconds: float = 20) -> int:
        """Read until the process ends and return its exit status."""
        deadline = time.monotonic() + seconds
        while self._read(min(0.2, deadline - time.monotonic())) or self.process.poll() is None:
            if time.monotonic() > deadline:
                raise TimeoutError(self.text)
        return self.process.wait()

    def _read(self, seconds: float) -> bool:
        """Take in what the process wrote; false if it wrote nothing in time."""
        content = self._take(seconds)
        self._feed(content)
        return bool(content)

    def _take(self, seconds: float) -> bytes:
        """Return what the process wrote; nothing if it wrote nothing in time."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, seconds))
        if not ready:
            return b""
        try:
            return os.read(self._master, 65536)
        except OSError:  # Linux's way of saying that the process closed its terminal
            return b""

    def _feed(self, content: bytes) -> None:
        self.raw += content
        # pyte takes the "m" of a private sequence such as ESC[>4;1m for colours.
        self._stream.feed(content.replace(b"\x1b[>4;1m", b"").replace(b"\x1b[>4;0m", b""))

    @staticmethod
    def _resize_device(descriptor: int, columns: int, rows: int) -> None:
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _take_terminal() -> None:
    """Make standard input the terminal that controls this process."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
