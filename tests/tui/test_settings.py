"""The settings file: what holds, what is told of mistakes, and what a choice leaves as it was."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from textual.widgets import Static

from engine import Engine, locations
from engine.errors import CounselError
from tui import settings
from tui.app import CounselApp
from tui.settings import Settings, load, remember


def write(content: str) -> Path:
    path = locations.settings()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
    return path


def test_without_a_choice_there_is_no_file() -> None:
    assert load() == Settings()
    assert not locations.settings().exists()


def test_what_is_chosen_holds_the_next_time_and_is_nobody_elses() -> None:
    remember(theme="counsel-light", panels=("sampling", "topics"), reduced_motion=True, pace=7)
    kept = load()
    assert (kept.theme, kept.panels, kept.reduced_motion, kept.pace) == (
        "counsel-light",
        ("sampling", "topics"),
        True,
        7.0,
    )
    assert not kept.problems
    path = locations.settings()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in path.parent.iterdir()] == [path.name]  # no workshop is left


def test_what_a_person_wrote_by_hand_stays() -> None:
    path = write('# 내 설정\nkeep = "always"  # 언제나\n\nfuture-key = [1, 2]\npace = 3.5\n')
    remember(pace=20.0)
    assert path.read_text("utf-8") == (
        '# 내 설정\nkeep = "always"  # 언제나\n\nfuture-key = [1, 2]\npace = 20.0\n'
    )
    remember(pace=None)
    assert "pace" not in path.read_text("utf-8")
    assert load().keep == "always"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('them = "x"', ("them", "theme")),
        ("quiet_line = false", ("quiet_line", "quiet-line")),
        ("[panel]\nx = 1", ("panel", "panels")),
        ('reduced-motion = "yes"', ("reduced-motion", "true")),
        ("log = 1", ("log", "true")),
        ('keep = "sometimes"', ("keep", "never", "always")),
        ('panels = ["topics", "x"]', ("panels", "sampling")),
        ("panels = [[1]]", ("panels", "sampling")),
        ("keep = [1]", ("keep", "never")),
        ("pace = 900", ("pace", "200")),
        ("pace = nan", ("pace", "200")),
        ("theme = 3", ("theme",)),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_rest_is_used(line: str, said: tuple[str, ...]) -> None:
    path = write(f'lang = "en"\n\n{line}\n')
    kept = load()
    assert kept.lang == "en"
    (problem,) = kept.problems
    assert problem.startswith(f"{path}:3: ")
    assert all(word in problem for word in said)


@pytest.mark.parametrize("content", [b"theme = ", b"theme = '\xff'", b"theme = 'a'\ntheme = 'b'\n"])
def test_a_file_that_is_no_toml_is_told_and_never_written_over(content: bytes) -> None:
    path = write("")
    path.write_bytes(content)
    kept = load()
    assert kept == Settings(problems=kept.problems)
    assert str(path) in kept.problems[0]
    with pytest.raises(CounselError, match="counsel config edit"):
        remember(log=True)
    assert path.read_bytes() == content


def test_a_folder_where_nothing_can_be_written_is_an_error_with_a_remedy() -> None:
    locations.settings().parent.parent.mkdir(parents=True, exist_ok=True)
    locations.settings().parent.write_text("a file in the folder's place")
    with pytest.raises(CounselError, match="counsel"):
        remember(log=True)
    assert load().problems


def test_a_link_to_a_file_elsewhere_stays_a_link(tmp_path: Path) -> None:
    elsewhere = tmp_path / "dotfiles.toml"
    elsewhere.write_text("log = true\n")
    locations.settings().parent.mkdir(parents=True)
    locations.settings().symlink_to(elsewhere)
    remember(theme="nord")
    assert locations.settings().is_symlink()
    assert tomllib.loads(elsewhere.read_text()) == {"log": True, "theme": "nord"}


def test_a_value_that_cannot_be_used_is_not_written() -> None:
    with pytest.raises(CounselError, match="keep"):
        remember(keep="often")
    with pytest.raises(StopIteration):
        settings.explanation_of("nothing")
    assert not locations.settings().exists()


VALUES = {
    "theme": st.text(),
    "lang": st.sampled_from(["ko", "en"]),
    "reduced_motion": st.booleans(),
    "panels": st.sampled_from([(), ("topics",), ("topics", "sampling")]),
    "pace": st.floats(0, 200),
    "model": st.text(),
    "keep": st.sampled_from(["never", "always"]),
}


@examples(max_examples=25)
@given(st.fixed_dictionaries({}, optional=VALUES))
def test_every_value_comes_back_as_it_was(changes: dict[str, Any]) -> None:
    locations.settings().unlink(missing_ok=True)
    remember(**changes)
    assert load() == Settings(**changes)


def test_every_setting_is_explained() -> None:
    for name in settings.names():
        assert settings.explanation_of(name)
        assert settings.allowed(name)
        assert settings.checked(name, settings.default_of(name)) == settings.default_of(name)


def test_reading_them_loads_nothing_heavy() -> None:
    code = "import sys; from tui.settings import load; load(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    ).stdout.split()
    assert not {"textual", "rich", "tomlkit", "numpy"} & set(loaded)


async def test_what_cannot_be_used_is_told_on_the_screen(trained_engine: Engine) -> None:
    write("them = 3\nquiet-line = false\n")
    app = CounselApp(lambda: trained_engine, chosen=load())
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        for _ in range(100):
            if app.screen.query("Toast"):
                break
            await pilot.pause(0.02)
        assert "'theme'" in str(app.screen.query_one("Toast", Static).render())
