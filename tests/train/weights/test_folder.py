"""Weights in several files."""

import json
from pathlib import Path

import pytest

from engine.errors import ModelError
from tests.train.checkpoints import copy_checkpoint
from train.weights.folder import open_weights


@pytest.mark.parametrize(
    ("fixture", "name", "index"),
    [
        ("torch-zip", "pytorch_model.bin", "pytorch_model.bin.index.json"),
        ("flax", "flax_model.msgpack", "flax_model.msgpack.index.json"),
        ("keras", "tf_model.h5", "tf_model.h5.index.json"),
    ],
)
def test_an_index_names_the_files_of_any_format(fixture: str, name: str, index: str, tmp_path: Path) -> None:
    folder = copy_checkpoint(fixture, tmp_path / "base")
    alone = open_weights(folder).tensors
    shard = (folder / name).with_stem(f"{Path(name).stem}-00001-of-00001")
    (folder / name).rename(shard)
    (folder / index).write_text(json.dumps({"metadata": {}, "weight_map": {"anything": shard.name}}))
    assert open_weights(folder).tensors.keys() == alone.keys()
    assert open_weights(folder).files == [shard]


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    folder = copy_checkpoint("safetensors-shards", tmp_path / "base")
    (folder / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(ModelError, match="model-00002-of-00003"):
        open_weights(folder)


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{",
        "{}",
        '{"weight_map": {}}',
        '{"weight_map": [1]}',
        '{"weight_map": {"a": 1}}',
        '{"weight_map": {"a": "../model-00001-of-00003.safetensors"}}',
        '{"weight_map": {"a": "/etc/passwd"}}',
        '{"weight_map": {"a": "pytorch_model.bin"}}',
    ],
)
def test_a_damaged_index(content: str, tmp_path: Path) -> None:
    folder = copy_checkpoint("safetensors-shards", tmp_path / "base")
    (folder / "model.safetensors.index.json").write_text(content)
    with pytest.raises(ModelError, match=r"index\.json"):
        open_weights(folder)
