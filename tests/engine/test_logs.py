"""The log: there if it is wanted, small, its owner's, and without a word of what was said."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Engine, locations, logs
from engine.companion import Companion
from engine.errors import CounselError
from tui import settings

SAID = "보랏빛 하마가 잠 때문에 힘들어"


@pytest.fixture
def written() -> Iterator[Path]:
    """Begin a log, and end it after the test."""
    logs.start()
    yield locations.logs() / "counsel.log"
    for handler in logs.log.handlers[1:]:
        handler.close()
        logs.log.removeHandler(handler)
    logs.log.setLevel(logging.NOTSET)


def ask(engine: object) -> None:
    for _ in Companion().answer(engine, SAID):  # type: ignore[arg-type]
        pass


class Failing:
    """Raises what quotes the person, in its words and in its variables."""

    def stream(self, said: str, **_: object) -> Iterator[None]:
        raise ValueError(f"cannot\n{said}\n") from KeyError(said)


def test_replies_and_failures_are_told_without_what_was_said(trained_engine: Engine, written: Path) -> None:
    ask(trained_engine)
    with pytest.raises(CounselError):
        ask(Failing())
    begun, reply, failure = written.read_text("utf-8").splitlines()
    assert "begins: Python" in begun
    assert "reply: " in reply
    assert "tokens" in reply
    assert "ERROR no answer (ValueError companion.py:" in failure
    assert "test_logs.py:" in failure
    assert not any(word in written.read_text("utf-8") for word in (*SAID.split(), "잠", "불면", "cannot"))


def test_an_error_in_place_of_words_is_not_quoted_either(written: Path) -> None:
    logs.log.error(ValueError(SAID))
    logs.log.error("failed\n%s", SAID)
    assert SAID not in written.read_text("utf-8")
    assert [line.split(maxsplit=3)[-1] for line in written.read_text("utf-8").splitlines()[1:]] == [
        "ValueError",
        "failed",
    ]


def test_only_its_owner_may_read_it_and_it_does_not_grow_for_ever(written: Path) -> None:
    assert written.parent.stat().st_mode & 0o777 == 0o700
    for _ in range(30):
        logs.log.info("x" * 100_000)
    files = sorted(path.name for path in written.parent.iterdir())
    assert files == ["counsel.log", "counsel.log.1", "counsel.log.2", "counsel.log.3"]
    assert sum(path.stat().st_size for path in written.parent.iterdir()) < 2_500_000
    assert {path.stat().st_mode & 0o777 for path in written.parent.iterdir()} == {0o600}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "counsel", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)


def test_there_is_one_only_if_the_settings_say_so() -> None:
    assert run("config", "path").returncode == 0
    assert not locations.logs().exists()
    settings.remember(log=True)
    assert run("config", "path").returncode == 0
    assert "begins" in (locations.logs() / "counsel.log").read_text("utf-8")


def test_where_it_cannot_be_written_all_else_goes_on() -> None:
    settings.remember(log=True)
    locations.logs().parent.mkdir(parents=True)
    locations.logs().write_text("a file in the folder's place")
    done = run("config", "path")
    assert done.returncode == 0
    assert str(locations.logs()) in done.stderr


def test_without_one_a_failure_says_nothing_by_itself(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CounselError):
        ask(Failing())
    assert capfd.readouterr() == ("", "")
