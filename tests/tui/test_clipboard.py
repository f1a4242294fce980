"""Copied means copied: programs on PATH that write down what arrives."""

import base64
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.terminal import Terminal
from engine import Engine
from tests.tui.conftest import say, settle
from tui.app import CounselApp
from tui.clipboard import Way, copy, way
from tui.spoken import Utterance

SAID = "요즘 잠 때문에 힘들어 🌙\n둘째 줄"


def program(folder: Path, name: str, *, code: int = 0) -> Path:
    """Put a program on the path that keeps what it was given, and return where."""
    kept = folder / f"{name}.kept"
    script = folder / name
    script.write_text(f'#!/bin/sh\n/bin/cat > "{kept}"\nexit {code}\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return kept


def with_x_only(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let the app find itself on a desktop with no other programs than those in the folder."""
    for name in ("SSH_CONNECTION", "SSH_TTY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("DISPLAY", ":0")


@pytest.mark.parametrize(
    ("name", "platform", "variables", "encoding"),
    [
        ("pbcopy", "darwin", {}, "utf-8"),
        ("wl-copy", "linux", {"WAYLAND_DISPLAY": "wayland-0"}, "utf-8"),
        ("xclip", "linux", {"DISPLAY": ":0"}, "utf-8"),
        ("xsel", "linux", {"DISPLAY": ":0"}, "utf-8"),
        ("clip.exe", "linux", {"WSL_DISTRO_NAME": "Ubuntu"}, "utf-16-le"),
        ("clip.exe", "win32", {}, "utf-16-le"),
    ],
)
def test_the_text_arrives(
    tmp_path: Path,
    name: str,
    platform: str,
    variables: dict[str, str],
    encoding: str,
) -> None:
    kept = program(tmp_path, name)
    found = way({"PATH": str(tmp_path), **variables}, platform)
    assert found is not None
    assert copy(SAID, replace(found, command=(str(tmp_path / name), *found.command[1:])))
    assert kept.read_bytes().decode(encoding) == SAID


def test_over_ssh_and_without_a_display_no_program_is_asked(tmp_path: Path) -> None:
    program(tmp_path, "xclip")
    here = {"PATH": str(tmp_path), "DISPLAY": ":0"}
    assert way(here, "linux") is not None
    assert way({**here, "SSH_CONNECTION": "1 2 3 4"}, "linux") is None
    assert way({"PATH": str(tmp_path)}, "linux") is None
    assert way({"PATH": os.devnull, "DISPLAY": ":0"}, "linux") is None


def test_a_program_that_fails_has_copied_nothing(tmp_path: Path) -> None:
    program(tmp_path, "broken", code=1)
    assert not copy(SAID, Way((str(tmp_path / "broken"),)))
    assert not copy(SAID, Way((str(tmp_path / "missing"),)))


async def test_the_app_copies_a_message_or_all(
    trained_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = program(tmp_path, "xclip")
    with_x_only(monkeypatch, tmp_path)
    app = CounselApp(lambda: trained_engine, {"temperature": 0.0})
    told: list[str] = []
    monkeypatch.setattr(app, "notify", lambda message, **_: told.append(message))
    async with app.run_test() as pilot:
        await pilot.press("ctrl+y")  # nothing was said yet
        await say(pilot, "요즘 잠 때문에 힘들어")
        await settle(pilot)
        await pilot.press("ctrl+y")
        await settle(pilot)
        assert kept.read_text() == "잠 이야기를 더 들려주세요."
        assert told == ["복사했습니다."]
        app.query_one(Utterance).focus()
        await pilot.press("ctrl+y")
        await settle(pilot)
        assert kept.read_text() == "요즘 잠 때문에 힘들어"
        await app.run_action("copy_all")
        await settle(pilot)
        assert kept.read_text() == "나: 요즘 잠 때문에 힘들어\n\n증상/불면: 잠 이야기를 더 들려주세요.\n"


async def test_what_did_not_arrive_is_not_called_copied(
    trained_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "xclip", code=1)
    with_x_only(monkeypatch, tmp_path)
    app = CounselApp(lambda: trained_engine, {"temperature": 0.0})
    told: list[str] = []
    monkeypatch.setattr(app, "notify", lambda message, **_: told.append(message))
    async with app.run_test() as pilot:
        await say(pilot, "요즘 잠 때문에 힘들어")
        await settle(pilot)
        await pilot.press("ctrl+y")
        await settle(pilot)
        assert any("xclip" in message for message in told)
        assert not any("복사했습니다" in message for message in told)
        assert app.clipboard == "잠 이야기를 더 들려주세요."  # the terminal was asked instead


def test_over_ssh_the_terminal_is_asked_in_words_that_it_understands() -> None:
    command = [sys.executable, "-c", "from counsel.chat import main; main()"]
    with Terminal(command, 80, 24, {**os.environ, "SSH_CONNECTION": "::1 1 ::1 22"}) as terminal:
        terminal.wait_for(lambda screen: "보내기" in screen)
        terminal.send("오늘 밤에 죽고 싶어\r")  # answered at once, without a model
        terminal.wait_for(lambda screen: "안내" in screen)
        terminal.send("\x1b[Z")  # Shift+Tab
        terminal.wait_for(lambda screen: "━ 안내 ━" in screen)
        terminal.send("\x1b[A")  # up
        terminal.wait_for(lambda screen: "━ 나 ━" in screen)
        terminal.send("\x19")  # Ctrl+Y
        terminal.wait_for(lambda screen: "부탁했습니다" in screen)
    asked = terminal.raw.split(b"\x1b]52;c;", 1)[1].split(b"\x07", 1)[0]
    assert base64.b64decode(asked).decode() == "오늘 밤에 죽고 싶어"
