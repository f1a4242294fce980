"""Phone lines: those of the package, a person's own, and the one that is no more."""

import re
import subprocess
from datetime import date
from pathlib import Path

import pytest

from engine import language, locations
from engine.lines import load_lines
from engine.referral import refer
from engine.reply_check import objection
from engine.safety import KINDS, LEVELS, Crisis

ROOT = Path(__file__).parents[2]
MERGED = "13" + "93"  # the line that 109 replaced on 2024-01-01
CRISES = [Crisis(level, kind, "x") for level in LEVELS for kind in KINDS]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "lines.toml"
    monkeypatch.setattr(locations, "own_lines", lambda: path)
    return path


def test_the_lines_are_complete() -> None:
    lines = load_lines().shipped
    assert {line.number for line in lines} == {"109", "1577-0199", "1388", "1366", "112", "119"}
    for line in lines:
        assert line.source
        assert isinstance(line.verified_on, date)
        assert all((*line.name, *line.whom, *line.hours))


@pytest.mark.parametrize("crisis", CRISES, ids=str)
def test_every_crisis_gets_109_and_what_to_do(crisis: Crisis, own: Path) -> None:  # noqa: ARG001
    referral = refer(crisis)
    numbers = [line.number for line in referral.lines]
    assert "109" in numbers[:4]
    assert objection(referral.text) is None
    assert len(referral.text) < 250
    if crisis.is_acute and crisis.kind != "harm-to-others":
        assert {"119", "112"} & set(numbers[:2])
    if crisis.kind == "violence":
        assert numbers[0] == "112"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "_chosen", "en")
        english = refer(crisis).text
    assert english != referral.text
    assert not re.search("[가-힣]", english)


def test_lines_of_another_country_come_first(own: Path) -> None:
    own.write_text(
        '[[line]]\nnumber = "988"\nname = "Lifeline"\nfor = "anyone"\nhours = "24 hours"\n', "utf-8"
    )
    assert refer(Crisis("active", "suicide", "x")).lines[0].number == "988"
    own.write_text('[[line]]\nnumber = "988"\nname = "Lifeline"\nkinds = ["suicide"]\n', "utf-8")
    assert refer(Crisis("active", "violence", "x")).lines[0].number == "112"


@pytest.mark.parametrize(
    "content",
    ["x", "[[line]]\nname = 'x'", "[[line]]\nnumber='1'\nname='x'\nkinds=['y']", "line = 3", b"\xff"],
)
def test_a_broken_file_of_ones_own_never_hides_a_line(own: Path, content: str | bytes) -> None:
    own.write_bytes(content if isinstance(content, bytes) else content.encode())
    lines = load_lines()
    assert lines.problem is not None
    assert "lines.toml" in lines.problem
    assert len(lines.all()) == 6


def test_the_line_that_is_no_more_is_nowhere() -> None:
    """But for token numbers, which are no telephone numbers."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    number = re.compile(rf"(?<![\d.,@-]){MERGED}(?![\d.,-]\d|\d)")
    found = []
    for name in tracked.decode().split("\0"):
        path = ROOT / name
        if (
            not name
            or path.suffix in {".safetensors", ".npz", ".png", ".lock"}
            or path.name == "tokenizer.json"
        ):
            continue
        if path.is_file() and number.search(path.read_bytes().decode("utf-8", errors="ignore")):
            found.append(name)
    assert found == []
