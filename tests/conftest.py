"""Fixtures for all rooms: small real models, and a cache folder that no other test knows."""

import os

# Before Textual is imported, which reads them once.
os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"  # pictures do not depend on the tester's terminal
os.environ.pop("NO_COLOR", None)
# Left behind by pytest-xdist's readline, and stronger than the size of a real terminal.
os.environ.pop("COLUMNS", None)
os.environ.pop("LINES", None)

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlcipher3.dbapi2  # noqa: F401  # before TensorFlow, which would lend it an SQLite without full-text search
from hypothesis import settings
from safetensors.numpy import save_file

import engine.topics
from engine import Engine, language
from engine.model_directory import ModelDirectory

settings.register_profile("counsel", deadline=None)  # how long an example takes says nothing about it
settings.load_profile("counsel")

FIXTURES = Path(__file__).parent / "fixtures"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run what is marked `english` in an English process alone: bindings take their language when they are imported."""
    wanted = os.environ.get(language.VARIABLE) == "en"
    left = [item for item in items if (item.get_closest_marker("english") is not None) != wanted]
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=left)


LABELS = ("감정/불안", "감정/불안/발표", "증상/불면", "일상")


def example_rows() -> list[tuple[str, str, str]]:
    """Invented rows (label, question, response) with one word of its own for each label."""
    words = dict(zip(LABELS, ("불안", "발표", "잠", "점심"), strict=True))
    return [
        (label, f"{time} {word} 때문에 {state}", f"{word} 이야기를 더 들려주세요.")
        for label, word in words.items()
        for time in ("오늘", "어제", "요즘", "아까")
        for state in ("걱정돼요", "생각이 많아", "힘들어", "말하고 싶어요")
    ]


def write_csv(path: Path, rows: list[tuple[str, str, str]], header: str = "구분,유저,챗봇") -> Path:
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n", "utf-8")
    return path


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep graphs out of the tester's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings, conversations and logs out of the tester's own folders, and of another test's."""
    folder = tmp_path_factory.mktemp("person")
    for kind in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(folder / kind.lower()))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that `counsel train` made in a process of its own, and that has learnt `example_rows`."""
    folder = tmp_path_factory.mktemp("trained")
    data = write_csv(folder / "rows.csv", example_rows())
    command = [sys.executable, "-m", "counsel", "train", str(data), "--out", str(folder / "model")]
    options = [
        "--base",
        "scratch",
        "--size",
        "tiny",
        "--epochs",
        "40",
        "--batch-size",
        "16",
        "--dropout",
        "0",
    ]
    options += ["--learning-rate", "5e-3", "--validation", "0.1", "--patience", "0"]
    run = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return folder / "model"


@pytest.fixture(scope="session")
def trained_engine(trained: Path) -> Iterator[Engine]:
    with Engine.load(trained) as engine:
        yield engine


@pytest.fixture(scope="session")
def speaks_known(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The same, but it keeps to three replies about lunch."""
    folder = tmp_path_factory.mktemp("known") / "model"
    shutil.copytree(trained, folder)
    said = ["점심 이야기를 더 들려주세요.", "점심에는 무엇을 드셨나요?", "점심 이야기라면 언제든 좋아요."]
    lines = [json.dumps({"label": "일상", "text": reply}) for reply in said]
    (folder / "responses.jsonl").write_text("\n".join(lines))
    card = folder / "counsel.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"replies": "known", "sha256": {}}))
    with Engine(ModelDirectory.load(folder)) as engine:
        yield engine


@pytest.fixture
def unclear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no utterance be judged alone: a model of four labels finds each of them clear."""
    monkeypatch.setattr(engine.topics, "CLEAR_BITS", 0.0)


@pytest.fixture(scope="session")
def tiny() -> ModelDirectory:
    """A checkpoint that real transformers + torch saved (see bench/golden_logits.py)."""
    return ModelDirectory.load(FIXTURES / "tiny-gpt2")


@pytest.fixture(scope="session")
def long_model(tiny: ModelDirectory, tmp_path_factory: pytest.TempPathFactory) -> ModelDirectory:
    """As small as `tiny`, with KoGPT2's context of 1,024 tokens and random weights."""
    folder = tmp_path_factory.mktemp("long") / "model"
    shutil.copytree(tiny.path, folder)
    config = {**json.loads((folder / "config.json").read_text()), "n_positions": 1024}
    (folder / "config.json").write_text(json.dumps(config))
    generator = np.random.default_rng(0)
    shapes = replace(tiny.geometry, context=1024).shapes()
    save_file(
        {name: generator.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()},
        folder / "model.safetensors",
    )
    return ModelDirectory.load(folder)
