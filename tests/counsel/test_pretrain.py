"""`counsel pretrain` as it is typed."""

import tomllib
from pathlib import Path

import pytest

from counsel.pretrain import make
from engine.model_directory import ModelDirectory
from tests.conftest import FIXTURES, example_rows
from tests.counsel.test_commands import fails, run

TINY = str(FIXTURES / "tiny-gpt2")
SCRATCH = ("--base", "scratch", "--size", "tiny")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("\n".join(question for _, question, _ in example_rows()))
    return path


def test_help_is_korean_first_english_second() -> None:
    korean, english = run("pretrain", "--help"), run("pretrain", "--help", "--lang", "en")
    assert "--document" in korean.stdout
    assert "표의 열 이름" in korean.stdout
    assert "Names of a table's columns" in english.stdout
    for pointless in ("--loss", "--label-weight", "--best-by", "--recipe", "--balance"):
        assert pointless not in english.stdout


def test_from_scratch_and_the_same_again_from_its_configuration(tmp_path: Path, corpus: Path) -> None:
    out, again = tmp_path / "model", tmp_path / "again"
    shape = ("--vocab-size", "2000", "--width", "32", "--heads", "4", "--layers", "1", "--context", "16")
    learning = ("--batch-size", "4", "--max-steps", "3", "--validation", "0", "--dropout", "0")
    done = run("pretrain", str(corpus), *SCRATCH, *shape, *learning, "--out", str(out), "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "Documents: 64" in done.stderr
    geometry = ModelDirectory.load(out).geometry
    assert (geometry.width, geometry.heads, geometry.layers, geometry.context) == (32, 4, 1, 16)
    written = tomllib.loads((out / "train.toml").read_text())
    assert written["learning"]["epochs"] == 1  # no recipe of `counsel train` has a say here
    call = make().make_context("pretrain", ["--config", str(out / "train.toml"), "--out", str(again)]).params
    expected = {"corpus": (corpus,), "out": again, "base": "scratch", "vocab_size": 2000, "width": 32}
    expected |= {
        "context": 16,
        "batch_size": 4,
        "max_steps": 3,
        "validation_share": 0.0,
        "learning_rate": 1e-3,
    }
    assert {name: call[name] for name in expected} == expected


def test_what_cannot_be_meant_is_told_at_once(tmp_path: Path, corpus: Path) -> None:
    out = ("--out", str(tmp_path / "model"))
    assert "--layers" in fails("pretrain", str(corpus), "--base", TINY, "--layers", "3", *out)
    assert "--context 4096" in fails("pretrain", str(corpus), "--base", TINY, "--context", "4096", *out)
    assert "--width 30" in fails("pretrain", str(corpus), *SCRATCH, "--width", "30", "--heads", "4", *out)
    assert "블록은 2개" in fails("pretrain", str(corpus), *SCRATCH, "--freeze", "3", *out)
    assert "블록은 1개" in fails("pretrain", str(corpus), *SCRATCH, "--layers", "1", "--freeze", "2", *out)
    assert "--out" in fails("pretrain", str(corpus), *SCRATCH)
    assert "--context를 줄이세요" in fails("pretrain", str(corpus), *SCRATCH, "--context", "1000", *out)
    assert not (tmp_path / "model").exists()
