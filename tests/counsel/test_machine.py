"""`counsel doctor` on the machine itself, in terminals that answer as real ones do."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import pytest

from engine import locations
from tests.counsel.test_commands import run
from tui import settings

PARTS = [
    "python",
    "packages",
    "terminal",
    "colours",
    "korean",
    "ambiguous",
    "kitty",
    "clipboard",
    "folders",
    "settings",
    "model",
    "speed",
]


def examine(code: int = 0) -> dict[str, dict[str, Any]]:
    done = run("doctor", "--json", TERM="dumb")
    assert done.returncode == code, done.stderr
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def examine_in_terminal(widths: list[int], kitty: str, size: tuple[int, int] = (40, 120)) -> dict[str, str]:
    """Run it in a terminal that draws the two texts in `widths` cells, and return each part's line."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "counsel", "doctor", "--lang", "en"],
        stdin=slave,
        stdout=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        env={**os.environ, "TERM": "xterm-256color", "PATH": "/nowhere", "DISPLAY": ""},
    )
    os.close(slave)
    heard, positions, deadline = b"", iter(widths), time.monotonic() + 60
    while time.monotonic() < deadline and select.select([master], [], [], 60)[0]:
        try:
            new = os.read(master, 65536)
        except OSError:  # it has ended
            break
        heard += new
        if b"\x1b[6n" in new and (width := next(positions, 0)):
            os.write(master, b"\x1b[1;%dR" % (width + 1))
        if b"\x1b[?u" in new:
            os.write(master, kitty.encode() + b"\x1b[?62;22c")
    os.close(master)
    assert process.wait(20) == 0
    wiped = re.sub(r"[^\n]*\x1b\[K", "", heard.decode())
    lines = re.sub(r"\x1b\[\??\d*[a-z]", "", wiped).splitlines()
    return {title: line for line in lines if ": " in line for title in [line[9:].partition(":")[0]]}


def test_a_terminal_as_it_should_be() -> None:
    lines = examine_in_terminal([6, 6], kitty="\x1b[?0u")
    assert lines["width of Korean"] == "ok       width of Korean: 2 cells"
    assert lines["width of ambiguous characters"].endswith(": 1 cell")
    assert lines["Kitty keyboard"].startswith("ok")
    assert "left off" in lines["Kitty keyboard"]
    assert lines["terminal"] == "ok       terminal: 120×40, xterm-256color"
    assert lines["colours"].startswith("ok")
    assert "xclip" in lines["clipboard"]
    assert lines["speed"].split(": ")[1].split()[0].isdigit()


def test_a_terminal_in_which_the_app_would_be_out_of_line() -> None:
    lines = examine_in_terminal([3, 12], kitty="\x1b[?1u", size=(20, 60))
    for title, told in (
        ("width of Korean", "1 cells"),
        ("width of ambiguous characters", "2 cells"),
        ("Kitty keyboard", "printf"),
        ("terminal", "60×20"),
    ):
        assert lines[title].startswith("warning")
        assert told in lines[title]


def test_a_terminal_that_does_not_answer() -> None:
    lines = examine_in_terminal([], kitty="")
    assert lines["width of Korean"].startswith("warning")
    assert "does not say" in lines["width of ambiguous characters"]
    assert "has none" in lines["Kitty keyboard"]


def test_every_part_for_programs_and_with_nothing_to_draw_on(trained: Path) -> None:
    settings.remember(model=str(trained))
    checks = examine()
    assert list(checks) == PARTS
    assert "counsel chat --plain" in checks["terminal"]["detail"]
    assert str(trained) in checks["model"]["detail"]
    assert checks["speed"]["tokens_per_second"] > 0
    assert checks["settings"]["status"] == "ok"
    assert "printf" not in checks["kitty"]["detail"]
    assert run("doctor", TERM="dumb").stdout.count("\x1b") == 0


def test_what_is_wrong_on_the_disk_is_named_with_the_remedy(trained: Path) -> None:
    settings.remember(model=str(trained))
    path = locations.settings()
    path.write_text(path.read_text() + "pac = 3\n")
    path.chmod(0o644)
    locations.conversations().parent.parent.mkdir(parents=True, exist_ok=True)
    locations.conversations().parent.write_text("a file in the folder's place")
    checks = examine()
    assert "pace" in checks["settings"]["detail"]
    assert f"chmod go= {path}" in checks["folders"]["detail"]
    assert str(locations.conversations().parent) in checks["folders"]["detail"]
    assert checks["folders"]["status"] == checks["settings"]["status"] == "warning"


def test_a_model_that_does_not_load_is_a_failure() -> None:
    settings.remember(model="/nowhere")
    checks = examine(code=1)
    assert checks["model"]["status"] == "failure"
    assert "/nowhere" in checks["model"]["detail"]
    assert "speed" not in checks


@pytest.mark.parametrize("missing", ["tokenizers", "ai_edge_litert"])
def test_a_missing_package_is_named_and_all_else_is_checked(missing: str) -> None:
    """The distribution cannot be taken away, so that Python is told that it is not there."""
    code = (
        "import importlib.util as u, sys; find = u.find_spec\n"
        f"u.find_spec = lambda name, package=None: None if name == {missing!r} else find(name, package)\n"
        f"sys.modules[{missing!r}] = None\n"
        "sys.argv = ['counsel', 'doctor']; from counsel.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{missing.replace('_', '-')}: 없습니다" in done.stdout
    assert "make chat" in done.stdout
    assert "고장  모델" in done.stdout
    assert "Traceback" not in done.stderr
