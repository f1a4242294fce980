"""A graph on disk is used again, and rebuilt when it is damaged or stale."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from engine import ModelError
from engine.graph_cache import get_graph
from engine.model_directory import ModelDirectory
from engine.runtime import PASSES, Runtime
from tests.conftest import FIXTURES


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.usefixtures("own_cache")
def test_it_is_built_once(tiny: ModelDirectory) -> None:
    path = get_graph(tiny, "int8", 48, PASSES)
    written = path.stat().st_mtime_ns
    assert get_graph(tiny, "int8", 48, PASSES) == path
    assert path.stat().st_mtime_ns == written
    assert get_graph(tiny, "fp32", 48, PASSES) != path


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("damage", ["flip", "truncate", "empty"])
def test_a_damaged_file_is_rebuilt(tiny: ModelDirectory, damage: str) -> None:
    path = get_graph(tiny, "int8", 48, PASSES)
    good = path.read_bytes()
    middle = len(good) // 2
    flipped = good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]
    path.write_bytes({"flip": flipped, "truncate": good[:middle], "empty": b""}[damage])
    assert get_graph(tiny, "int8", 48, PASSES).read_bytes() == good


def test_other_weights_get_another_graph(own_cache: Path, tiny: ModelDirectory) -> None:
    folder = own_cache / "model"
    shutil.copytree(FIXTURES / "tiny-gpt2", folder)
    before = Runtime(ModelDirectory.load(folder), 48, "fp32").append([1, 2, 3])
    tensors = load_file(folder / "model.safetensors")
    tensors["transformer.h.1.mlp.c_fc.bias"] = tensors["transformer.h.1.mlp.c_fc.bias"] + 1
    save_file(tensors, folder / "model.safetensors")
    after = Runtime(ModelDirectory.load(folder), 48, "fp32").append([1, 2, 3])
    assert not np.allclose(before, after)
    np.testing.assert_allclose(before, Runtime(tiny, 48, "fp32").append([1, 2, 3]))


def test_a_cache_that_cannot_be_written_is_named(
    own_cache: Path, tiny: ModelDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_cache / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(own_cache / "file"))
    with pytest.raises(ModelError, match=r"file.*counsel"):
        get_graph(tiny, "int8", 48, PASSES)
