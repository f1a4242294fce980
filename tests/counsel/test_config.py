"""`counsel config` in processes of its own."""

import json
import os
import shutil
import tomllib
from pathlib import Path

import pytest

from engine import locations
from tests.counsel.test_commands import fails, run
from tui import settings


def editor(folder: Path, content: str) -> str:
    """Return an editor that writes `content` over what it opens."""
    script = folder / "editor"
    script.write_text(f"#!/bin/sh\nprintf '%s' '{content}' > \"$1\"\n")
    script.chmod(0o700)
    return str(script)


def test_looking_at_settings_writes_nothing() -> None:
    path = run("config", "path").stdout.strip()
    assert path == str(locations.settings())
    shown = run("config", "show")
    assert shown.returncode == 0
    assert f"{path} (아직 없음)" in shown.stdout
    assert all(settings.explanation_of(name) in shown.stdout for name in settings.names())
    assert not Path(path).parent.exists()


def test_what_is_set_holds_until_it_is_unset() -> None:
    assert run("config", "set", "quiet-line", "off").stdout == "quiet-line = false\n"
    assert run("config", "set", "panels", "sampling,topics").returncode == 0
    assert run("config", "set", "pace", "20").returncode == 0
    written = tomllib.loads(locations.settings().read_text())
    assert written == {"quiet-line": False, "panels": ["sampling", "topics"], "pace": 20}
    assert run("config", "unset", "pace").stdout == f"pace = {settings.default_of('pace')}\n"
    told = json.loads(run("config", "show", "--json").stdout)["settings"]
    assert told["quiet-line"] == {"value": False, "from": "file"}
    assert told["pace"]["from"] == "default"


def test_the_model_of_the_settings_answers_from_any_folder(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(trained, tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    assert "yours" in fails("config", "set", "model", "yours")
    assert run("config", "set", "model", "mine").stdout == f'model = "{tmp_path / "mine"}"\n'
    monkeypatch.chdir("/")
    told = json.loads(run("ask", "--json", "요즘 잠 때문에 힘들어").stdout)
    assert told["topic"] == "증상/불면"
    assert told["model"].startswith("model@")
    locations.settings().write_text(
        f'model = "{os.path.relpath(tmp_path / "mine", locations.settings().parent)}"\n'
    )
    assert settings.load().model_folder
    assert json.loads(run("ask", "--json", "요즘 잠 때문에 힘들어").stdout)["model"] == told["model"]


def test_mistakes_name_the_nearest_and_what_may_be_written() -> None:
    assert "'theme'" in fails("config", "set", "them", "x")
    assert "0~200" in fails("config", "set", "pace", "fast")
    assert "never" in fails("config", "set", "keep", "sometimes")
    assert not locations.settings().exists()


def test_the_chosen_language_is_every_commands_unless_it_is_told_another() -> None:
    run("config", "set", "lang", "en")
    assert "Show the version" in run("--help").stdout
    assert "버전을 보이고" in run("--help", "--lang", "ko").stdout
    assert "버전을 보이고" in run("--help", COUNSEL_LANG="ko").stdout
    assert json.loads(run("config", "show", "--json", COUNSEL_LANG="ko").stdout)["settings"]["lang"][
        "from"
    ] == ("environment")


def test_what_was_edited_is_checked(tmp_path: Path) -> None:
    done = run("config", "edit", VISUAL=editor(tmp_path, "log = true\npac = 3\n"))
    assert done.returncode == 2
    assert f"{locations.settings()}:2: pac" in done.stderr
    assert "pace" in done.stderr
    assert run("config", "edit", VISUAL=editor(tmp_path, "log = true\n")).returncode == 0
    assert settings.load().log is True


def test_an_editor_that_changes_nothing_leaves_no_file() -> None:
    shown = run("config", "edit", VISUAL="cat")
    assert shown.returncode == 0
    assert all(f"# {settings.key_of(name)} = " in shown.stdout for name in settings.names())
    assert not locations.settings().exists()


@pytest.mark.parametrize("editor_name", ["/nowhere/editor", "false"])
def test_an_editor_that_does_not_open_is_told(editor_name: str) -> None:
    done = run("config", "edit", VISUAL=editor_name)
    assert done.returncode == 2
    assert "EDITOR" in done.stderr
    assert not locations.settings().exists()
