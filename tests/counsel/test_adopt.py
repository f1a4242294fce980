"""`counsel adopt`: checkpoints of other libraries become model folders that answer."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from counsel import adopt
from engine import Engine
from engine.errors import CounselError
from engine.model_directory import SHIPPED, ModelDirectory
from tests.conftest import LABELS, example_rows, write_csv
from tests.train.checkpoints import FORMATS, TINY, copy_checkpoint
from tests.train.hub import COMMIT, REPOSITORY, serving
from train.base import open_base


def _adopt(*arguments: object) -> None:
    adopt.make().main([str(argument) for argument in arguments], standalone_mode=False)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "torch-views"])
def test_the_weights_of_every_format_stay_as_they_are(
    name: str, tmp_path: Path, tiny: ModelDirectory
) -> None:
    _adopt(copy_checkpoint(name, tmp_path / "base"), "--out", tmp_path / "model")
    model = ModelDirectory.load(tmp_path / "model")
    assert model.name == "model"
    assert model.card["adopted_from"] == open_base(str(tmp_path / "base")).identity
    assert {**model.card["sha256"]}.keys() >= {"config.json", "model.safetensors", "tokenizer.json"}
    for key in tiny.geometry.shapes():
        np.testing.assert_array_equal(model.weights.tensor(key), tiny.weights.tensor(key))


def test_the_recipe_s_model_answers_with_topics(tmp_path: Path) -> None:
    """`model.save_pretrained('chatbot')` of the published recipe: no tokenizer, no labels."""
    chatbot = copy_checkpoint("keras", tmp_path / "chatbot", tokenizer=False, n_positions=48)
    data = write_csv(tmp_path / "rows.csv", example_rows())
    out = tmp_path / "model"
    _adopt(chatbot, "--tokenizer", TINY, "--labels", data, "--name", "상담이", "--out", out)
    with Engine.load(out) as engine:
        assert engine.model.name == "상담이"
        assert set(engine.labels) == set(LABELS)
        assert engine.model.labels["일상"] == 16
        assert engine.reply("안녕", seed=1).topic in LABELS


def test_without_labels_topics_are_written_freely(tmp_path: Path) -> None:
    _adopt(copy_checkpoint("torch-zip", tmp_path / "base"), "--out", tmp_path / "model")
    with Engine.load(tmp_path / "model") as engine:
        assert engine.labels == ()
        topics = engine.reply("안녕", seed=1).topics
        assert [topic.label for topic in topics.likeliest] == [topics.chosen]  # whatever it wrote


def test_a_model_of_ours_keeps_its_card(tmp_path: Path) -> None:
    _adopt(SHIPPED, "--out", tmp_path / "model", "--precision", "float16")
    before, after = ModelDirectory.load(SHIPPED), ModelDirectory.load(tmp_path / "model")
    assert after.labels == before.labels
    assert after.card["licences"] == before.card["licences"]
    with Engine(before) as one, Engine(after) as other:
        assert one.topics("요즘 잠을 못 자요", 3) == other.topics("요즘 잠을 못 자요", 3)
    assert {array.dtype for array in load_file(after.path / "model.safetensors").values()} == {
        np.dtype(np.float16)
    }


def test_halves_that_overflow_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    base = copy_checkpoint("torch-zip", tmp_path / "base")
    (base / "pytorch_model.bin").unlink()
    tensors = load_file(TINY / "model.safetensors")
    tensors["transformer.ln_f.bias"] += 1e5
    save_file(tensors, base / "model.safetensors")
    with pytest.raises(CounselError, match="--precision float32"):
        _adopt(base, "--out", tmp_path / "model", "--precision", "float16")
    assert not (tmp_path / "model").exists()
    _adopt(base, "--out", tmp_path / "model")


def test_what_is_there_is_not_lost(tmp_path: Path) -> None:
    base = copy_checkpoint("torch-zip", tmp_path / "base")
    _adopt(base, "--out", tmp_path / "model")
    with pytest.raises(CounselError, match="--overwrite"):
        _adopt(base, "--out", tmp_path / "model")
    _adopt(base, "--out", tmp_path / "model", "--overwrite", "--name", "둘째")
    assert ModelDirectory.load(tmp_path / "model").name == "둘째"
    with pytest.raises(CounselError):
        _adopt(base, "--out", base, "--overwrite")
    assert open_base(str(base))


def _run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does, in a process that may not import TensorFlow."""
    code = """if True:
        import sys
        sys.modules["tensorflow"] = None
        import importlib.util
        find = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *rest: name == "tensorflow" or find(name, *rest)
        from counsel import adopt
        from counsel.console import run
        run(adopt.make, "counsel adopt")
    """
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_from_the_hub_to_an_answer_without_tensorflow(tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in copy_checkpoint("flax", tmp_path / "base").iterdir()}
    out = tmp_path / "model"
    with serving(files) as hub:
        environment = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "cache")}
        done = _run(REPOSITORY, "--revision", COMMIT, "--out", out, **environment)
    assert done.returncode == 0, done.stderr
    assert "내려받습니다" in done.stderr
    assert f"counsel ask --model {out}" in done.stdout
    assert json.loads((out / "counsel.json").read_text())["adopted_from"] == f"{REPOSITORY}@{COMMIT[:12]}"


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    for arguments in (["nowhere/here/at-all"], [tmp_path], [TINY, "--revision", "main"]):
        done = _run(*arguments, "--out", tmp_path / "model")
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith("오류: ")
    assert "빠져" in _run(TINY).stderr
