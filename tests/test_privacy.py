"""`docs/privacy.md` names every file that can be written: sessions and commands in an empty home."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from click import Context

from bench.terminal import Terminal
from counsel.cli import LazyGroup
from engine import locations

DOCUMENT = (Path(__file__).parent.parent / "docs" / "privacy.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in DOCUMENT.splitlines()
    if line.startswith("| `~")
]
NAMED = {row[0].strip("`") for row in ROWS}
SAID = "요즘 잠 때문에 힘들어"
F2, F9, F10 = "\x1bOQ", "\x1b[20~", "\x1b[21~"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("home", "tmp", "work"):
        (tmp_path / name).mkdir()
    return tmp_path / "home"


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return {**kept, "HOME": str(home), "TMPDIR": str(home.parent / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}


def written(home: Path) -> Iterator[str]:
    """Yield all files that are there, those of the home as the document writes them."""
    for path in home.parent.rglob("*"):
        if path.is_file():
            inside = path.is_relative_to(home)
            yield f"~/{path.relative_to(home)}" if inside else str(path)


def is_named(path: str) -> bool:
    return any(fnmatch(path, f"{name}*" if name.endswith("/") else name) for name in NAMED)


def chat(home: Path, model: Path, *keys: str) -> None:
    """Hold a short conversation in a terminal, pressing some keys after it."""
    command = [sys.executable, "-m", "counsel", "chat", "--model", str(model), "--temperature", "0"]
    with Terminal(command, 100, 30, environment(home)) as terminal:
        terminal.wait_for(lambda screen: "109" in screen)
        terminal.send(f"{SAID}\r")
        terminal.wait_for(lambda screen: "잠 이야기를 더" in screen)
        for key in keys:
            terminal.send(key)
        terminal.send(F10)
        assert terminal.wait_for_end() == 0


def run(home: Path, *words: str, said: str = "") -> None:
    done = subprocess.run(
        [sys.executable, "-m", "counsel", *words],
        input=said.encode(),
        capture_output=True,
        env=environment(home),
        cwd=home.parent / "work",
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


def test_a_session_in_which_nothing_is_asked_to_be_kept_leaves_the_cache_alone(
    home: Path, trained: Path
) -> None:
    chat(home, trained)
    run(home, "ask", "--model", str(trained), said=SAID)
    run(home, "config", "show")
    files = list(written(home))
    assert files
    assert all(path.startswith("~/.cache/counsel/") for path in files), files
    assert all(is_named(path) for path in files), files


def test_whatever_is_asked_for_every_file_is_named(home: Path, trained: Path) -> None:
    run(home, "config", "set", "log", "true")
    run(home, "config", "set", "keep", "always")
    run(home, "config", "set", "model", str(trained))
    run(home, "doctor")
    chat(home, trained, F2, F2, F9, " ")
    run(home, "ask", "--json", said=SAID)
    files = list(written(home))
    unnamed = [path for path in files if not is_named(path)]
    assert not unnamed
    for name in (
        "~/.config/counsel/settings.toml",
        "~/.local/state/counsel/log/",
        "~/.cache/counsel/graphs/",
    ):
        assert any(path.startswith(name) for path in files), name


def test_the_document_names_all_places_that_the_program_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
        monkeypatch.delenv(f"XDG_{kind}_HOME", raising=False)
    places = [
        place()
        for name, place in vars(locations).items()
        if callable(place) and getattr(place, "__module__", "") == locations.__name__
    ]
    assert len(places) > 4
    for place in places:
        assert str(place).replace(str(Path.home()), "~") in DOCUMENT


def test_every_file_comes_with_what_shows_it_and_what_deletes_it_in_both_languages() -> None:
    assert len(ROWS) == 2 * len(NAMED)
    for name, *_, shows, deletes in ROWS:
        assert shows.startswith("`"), name
        assert deletes.startswith("`"), name
    known = LazyGroup().list_commands(Context(LazyGroup()))
    for command in re.findall(r"`(?:rm \"\$\()?counsel ([a-z]+)", DOCUMENT):
        assert command in known, command
