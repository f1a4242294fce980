"""A graph on disk is used again, and rebuilt when it is damaged or stale."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from engine import ModelError, graph_cache, locations
from engine.model_directory import ModelDirectory
from engine.precision import Precision
from engine.runtime import Runtime
from tests.conftest import FIXTURES

IDS = [1, 2, 3]


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def entries() -> dict[str, int]:
    """The files of the cache and when they were written."""
    return {
        str(path): path.stat().st_mtime_ns for path in locations.graph_cache().rglob("*") if path.is_file()
    }


def answer(model: ModelDirectory, precision: Precision = "int8") -> np.ndarray:
    return Runtime(model, precision).append(IDS)


@pytest.mark.usefixtures("own_cache")
def test_it_is_built_once(tiny: ModelDirectory) -> None:
    before = answer(tiny)
    written = entries()
    assert len(written) == 3
    np.testing.assert_array_equal(answer(tiny), before)
    assert entries() == written
    answer(tiny, "fp32")
    assert written.items() < entries().items()


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "remove"])
@pytest.mark.parametrize("name", ["graph.tflite", "packed.xnnpack", "sha256"])
def test_a_damaged_file_is_rebuilt(tiny: ModelDirectory, name: str, damage: str) -> None:
    before = answer(tiny)
    (path,) = locations.graph_cache().rglob(name)
    good = path.read_bytes()
    middle = len(good) // 2
    flipped = good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]
    path.unlink()
    if damage != "remove":
        path.write_bytes({"flip": flipped, "truncate": good[:middle], "empty": b""}[damage])
    np.testing.assert_array_equal(answer(tiny), before)
    assert path.read_bytes() == good


@pytest.mark.usefixtures("own_cache")
def test_those_that_were_not_used_for_long_are_forgotten(
    tiny: ModelDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(tiny, "fp16")
    old = entries()
    answer(tiny, "fp32")
    answer(tiny, "int8")
    new = entries().items() - old.items()
    monkeypatch.setattr(graph_cache, "KEPT", sum(Path(path).stat().st_size for path, _ in new))
    answer(tiny, "fp32")
    assert entries().items() == new
    answer(tiny, "fp16")  # still to be had; no other fits beside it
    assert len(entries()) == 3


def test_other_weights_get_another_graph(own_cache: Path, tiny: ModelDirectory) -> None:
    folder = own_cache / "model"
    shutil.copytree(FIXTURES / "tiny-gpt2", folder)
    before = answer(ModelDirectory.load(folder), "fp32")
    tensors = load_file(folder / "model.safetensors")
    tensors["transformer.h.1.mlp.c_fc.bias"] = tensors["transformer.h.1.mlp.c_fc.bias"] + 1
    save_file(tensors, folder / "model.safetensors")
    after = answer(ModelDirectory.load(folder), "fp32")
    assert not np.allclose(before, after)
    np.testing.assert_allclose(before, answer(tiny, "fp32"))


def test_a_cache_that_cannot_be_written_is_named(
    own_cache: Path, tiny: ModelDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_cache / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(own_cache / "file"))
    with pytest.raises(ModelError, match=r"file.*counsel"):
        answer(tiny)


@pytest.mark.usefixtures("own_cache")
def test_two_that_build_at_once_get_the_same(tiny: ModelDirectory) -> None:
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(lambda _: answer(tiny), range(4))
    for other in others:
        np.testing.assert_array_equal(other, first)
    assert len(entries()) == 3


@pytest.mark.usefixtures("own_cache")
def test_a_full_disk_is_told_before_anything_breaks(
    tiny: ModelDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage("/")._replace(free=10_000)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: full)
        with pytest.raises(ModelError, match="No space"):
            answer(tiny)
    assert not entries()
    answer(tiny)


@pytest.mark.usefixtures("own_cache")
def test_what_a_killed_build_left_is_cleared_away(tiny: ModelDirectory) -> None:
    answer(tiny)
    left = locations.graph_cache() / "building-x"
    left.mkdir()
    answer(tiny)
    assert left.exists()  # it may still be at work
    os.utime(left, (0, 0))
    answer(tiny)
    assert not left.exists()


def test_a_cache_that_can_only_be_read_does(own_cache: Path, tiny: ModelDirectory) -> None:
    before = answer(tiny)

    def refuse(*_: object) -> None:
        raise PermissionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "utime", refuse)  # as root, which tests may run as, nothing is refused
        np.testing.assert_array_equal(answer(tiny), before)
    assert own_cache.exists()
