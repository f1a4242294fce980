"""`pytorch_model.bin` in both forms: nothing in it is ever run, and damage is one line."""

import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from engine.errors import ModelError
from engine.model_directory import ModelDirectory
from tests.conftest import FIXTURES
from tests.train.weights.damage import changes, lengths, read_damaged
from train.weights.torch_file import MAGIC, open_torch

ZIP = FIXTURES / "checkpoints" / "torch-zip" / "pytorch_model.bin"
PICKLE = FIXTURES / "checkpoints" / "torch-pickle" / "pytorch_model.bin"
FORMS = ["zip", "pickle"]


class _Call:
    """Pickles as a call of a function."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        return self.call


def _write(state: bytes, form: str, path: Path) -> Path:
    """Write the pickle of a state dict as `torch.save` lays it out."""
    if form == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", state)
        return path
    others = [pickle.dumps(part, 2) for part in (MAGIC, 1001, {"little_endian": True})]
    path.write_bytes(b"".join([*others, state, pickle.dumps([], 2)]))
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("nested", [False, True])
def test_code_is_refused_by_name_and_never_run(
    form: str, protocol: int, nested: bool, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    call: object = _Call(os.mkdir, str(victim))
    state = pickle.dumps({"wte.weight": [call]} if nested else call, protocol)
    pickle.loads(state)  # noqa: S301 -- it does what it is to be kept from
    victim.rmdir()
    with pytest.raises(ModelError) as caught:
        open_torch(_write(state, form, tmp_path / "pytorch_model.bin"))
    assert protocol == 0 or "posix.mkdir" in str(caught.value)
    assert not victim.exists()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "state",
    [
        b"\x80\x02(S'x'\nios\nsystem\n.",  # INST
        b"\x80\x02cos\nsystem\n(S'x'\no.",  # OBJ
        b"\x80\x02cos\nsystem\n)\x81.",  # NEWOBJ
        b"\x80\x04\x8c\x02os\x8c\x06system\x93.",  # STACK_GLOBAL
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}b.",  # attributes for a function
        b"\x80\x02ctorch\nFloatStorage\n)R.",  # a storage called
        b"\x80\x02c__builtin__\neval\nU\x011\x85R.",
        b"\x80\x02ccollections\nOrderedDict.fromkeys\n.",
        b"\x80\x02\x82\x01.",  # an extension of copyreg
        b"\x80\x02X\xff\xff\xff\x7fabc.",  # a text of gigabytes
        b"\x80\x02}" + b"\x86" * 10 + b".",
        b"\x80\x02)" + b"q\x00h\x00h\x00\x86" * 60 + b"}h\x00K\x01s.",  # a key whose hash would take an age
        b"",
        b".",
        b"\x80\x02].",
    ],
)
def test_pickles_that_no_tensor_needs(state: bytes, form: str, tmp_path: Path) -> None:
    path = _write(state, form, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError):
        open_torch(path)


@pytest.mark.parametrize(
    "view",
    [
        (0, (2, 3), (3, 2)),
        (1, (2, 3), (3, 1)),
        (7, (1,), (1,)),
        (-1, (2, 3), (3, 1)),
        (0, (2, 3), (-3, 1)),
        (0, (2, -3), (3, 1)),
        (0, (2,), (3, 1)),
        (0, (2**62, 2**62), (0, 2**62)),
        (0, (10**30,), (1,)),
        (True, (2, 3), (3, 1)),
        (0.0, (2, 3), (3, 1)),
        (0, "23", "31"),
        (0, (1,) * 9, (1,) * 9),
    ],
)
def test_tensors_outside_their_storage(view: tuple[object, ...], tmp_path: Path) -> None:
    sound = _archive((0, (2, 3), (3, 1)), tmp_path / "sound.bin")
    np.testing.assert_array_equal(
        open_torch(sound)["transformer.wte.weight"].read(), np.arange(6, dtype=np.float32).reshape(2, 3)
    )
    with pytest.raises(ModelError):
        open_torch(_archive(view, tmp_path / "pytorch_model.bin"))


@pytest.mark.parametrize("form", FORMS)
def test_a_number_alone_sets_no_memory_aside(form: str, tmp_path: Path) -> None:
    state = b"\x80\x02}r\xff\xff\xff\x7f."  # Python's unpickler makes a table of 32 GB for this
    assert open_torch(_write(state, form, tmp_path / "pytorch_model.bin")) == {}


def _archive(view: tuple[object, ...], path: Path) -> Path:
    """Write a zip file with one tensor that looks at the storage 0, 1, …, 5."""
    state = (
        b"\x80\x02}X\n\x00\x00\x00wte.weightctorch._utils\n_rebuild_tensor_v2\n"
        b"((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x06tQ"
        + b"".join(pickle.dumps(part, 2)[2:-1] for part in (*view, False))
        + b"}tRs."
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", state)
        archive.writestr("archive/data/0", struct.pack("<6f", *range(6)))
    return path


def _rewrite(change: Callable[[str, bytes], bytes], path: Path, method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(ZIP) as old, zipfile.ZipFile(path, "w", method) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return path


def _is_tiny(path: Path, tiny: ModelDirectory) -> None:
    tensors = open_torch(path)
    for name in tiny.geometry.shapes():
        np.testing.assert_array_equal(tensors[name].read(), tiny.weights.tensor(name))


def test_a_compressed_archive(tmp_path: Path, tiny: ModelDirectory) -> None:
    _is_tiny(_rewrite(lambda _, part: part, tmp_path / "a.bin", zipfile.ZIP_DEFLATED), tiny)


def test_an_archive_from_a_big_endian_machine(tmp_path: Path, tiny: ModelDirectory) -> None:
    def change(name: str, part: bytes) -> bytes:
        if name.endswith("/byteorder"):
            return b"big"
        return np.frombuffer(part, "<u4").byteswap().tobytes() if "/data/" in name else part

    _is_tiny(_rewrite(change, tmp_path / "a.bin"), tiny)


def test_few_bytes_that_promise_gigabytes_are_not_unpacked(tmp_path: Path) -> None:
    bomb = bytes(1 << 26)
    path = _rewrite(
        lambda name, part: bomb if name.endswith("/0") else part, tmp_path / "a.bin", zipfile.ZIP_DEFLATED
    )
    assert path.stat().st_size < 1 << 20
    with pytest.raises(ModelError, match="data/0"):
        open_torch(path)["transformer.wte.weight"].read()
    path = _rewrite(
        lambda name, part: bomb if name.endswith(".pkl") else part, tmp_path / "b.bin", zipfile.ZIP_DEFLATED
    )
    with pytest.raises(ModelError, match=r"data\.pkl"):
        open_torch(path)


def test_a_flipped_bit_of_an_archive_is_noticed(tmp_path: Path) -> None:
    content = bytearray(ZIP.read_bytes())
    content[len(content) // 2] ^= 1  # among the numbers
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="CRC"):
        _ = [tensor.read() for tensor in open_torch(path).values()]


@pytest.mark.parametrize("form", FORMS)
def test_a_truncated_file(form: str, tmp_path: Path) -> None:
    content = (ZIP if form == "zip" else PICKLE).read_bytes()
    path = tmp_path / "pytorch_model.bin"
    for length in (0, 1, 3, 100, 5000, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(ModelError, match=r"pytorch_model\.bin"):
            open_torch(path)


@given(changes, lengths)
def test_damaged_archives(tmp_path_factory: pytest.TempPathFactory, changed: Any, length: int | None) -> None:
    read_damaged(ZIP, changed, length, tmp_path_factory.mktemp("damaged"))


@given(changes, lengths)
def test_damaged_pickles(tmp_path_factory: pytest.TempPathFactory, changed: Any, length: int | None) -> None:
    read_damaged(PICKLE, changed, length, tmp_path_factory.mktemp("damaged"))
