"""`flax_model.msgpack`: arrays and nothing else."""

import struct
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given

from engine.errors import ModelError
from tests.conftest import FIXTURES
from tests.train.weights.damage import changes, lengths, read_damaged
from train.weights.flax_file import open_flax

NAMES = ["flax", "flax-chunks"]


def _array(shape: list[int], name: str, numbers: bytes, code: int = 1) -> msgpack.ExtType:
    return msgpack.ExtType(code, msgpack.packb([shape, name, numbers]))


SOUND = _array([2], "float32", bytes(8))


@pytest.mark.parametrize(
    "tree",
    [
        {"wte": 1},
        {"wte": "abc"},
        {"wte": [SOUND, SOUND]},
        {"wte": {1: SOUND}},
        {"wte": _array([2], "float32", bytes(8), code=3)},
        {"wte": msgpack.ExtType(2, msgpack.packb([1.0, 2.0]))},
        {"wte": msgpack.Timestamp(0)},
        {"wte": _array([3], "float32", bytes(8))},
        {"wte": _array([-2], "float32", bytes(8))},
        {"wte": _array([2**40, 0], "float32", b"1")},
        {"wte": _array([2], "object", bytes(16))},
        {"wte": msgpack.ExtType(1, b"abc")},
        {"wte": {"__msgpack_chunked_array__": True}},
        {"wte": {"__msgpack_chunked_array__": True, "shape": {"0": 9}, "chunks": {"0": SOUND}}},
        {"wte": {"__msgpack_chunked_array__": True, "shape": {"0": 2}, "chunks": {"0": {"0": SOUND}}}},
        SOUND,
        7,
    ],
)
def test_what_is_no_array_is_refused(tree: Any, tmp_path: Path) -> None:
    path = tmp_path / "flax_model.msgpack"
    path.write_bytes(msgpack.packb(tree))
    with pytest.raises(ModelError, match=r"flax_model\.msgpack"):
        open_flax(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x81\xa3wte",
        b"\x80\x80",
        b"\x81\xa3wte" * 3000,  # maps within maps
        b"\xdd" + struct.pack(">I", 2**32 - 1),  # a list of four thousand million parts
        b"\xc9" + struct.pack(">IB", 2**32 - 1, 1),
    ],
)
def test_a_damaged_structure(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "flax_model.msgpack"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"flax_model\.msgpack"):
        open_flax(path)


def test_half_precision(tmp_path: Path) -> None:
    path = tmp_path / "flax_model.msgpack"
    halves = {"float16": np.array([1.5, -2], np.float16).tobytes(), "bfloat16": b"\xc0\x3f\x00\xc0"}
    for name, numbers in halves.items():
        path.write_bytes(msgpack.packb({"ln_f": {"scale": _array([2], name, numbers)}}))
        array = open_flax(path)["transformer.ln_f.weight"].read()
        np.testing.assert_array_equal(array.astype(np.float32), [1.5, -2])


@pytest.mark.parametrize("name", NAMES)
@given(changed=changes, length=lengths)
def test_damaged_files(
    tmp_path_factory: pytest.TempPathFactory, name: str, changed: Any, length: int | None
) -> None:
    path = FIXTURES / "checkpoints" / name / "flax_model.msgpack"
    read_damaged(path, changed, length, tmp_path_factory.mktemp("damaged"))
