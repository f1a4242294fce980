"""`pytorch_model.bin`: what `torch.save` writes, read without torch; code in it is refused and never run.

Since torch 1.6 it is a zip archive: `data.pkl` describes the tensors, and `data/0`, `data/1`, … are the numbers. Before, and
with `_use_new_zipfile_serialization=False` still, it is five pickles one after the other, and behind them the numbers.
"""

import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.language import text
from train.weights.pickled import ForbiddenError, Machine, Name
from train.weights.stored import ELEMENTS, StoredTensor, in_language_model, is_count, reading, size_of

MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of the older form
_LARGEST_PICKLE = 1 << 24  # bytes; that of GPT-2 XL has a tenth of a million
_STORAGES = {
    "torch.HalfStorage": "float16",
    "torch.BFloat16Storage": "bfloat16",
    "torch.FloatStorage": "float32",
    "torch.DoubleStorage": "float64",
    "torch.BoolStorage": "bool",
    "torch.ByteStorage": "uint8",
    "torch.CharStorage": "int8",
    "torch.ShortStorage": "int16",
    "torch.IntStorage": "int32",
    "torch.LongStorage": "int64",
    "torch.storage.UntypedStorage": "uint8",
}
_ELEMENTS = {f"torch.{name}": element for name, element in ELEMENTS.items()}


@dataclass(frozen=True)
class _Storage:
    """Numbers in a row, on which one or more tensors look; hashable, so that it can be kept once read."""

    key: str
    element: np.dtype[Any]
    count: int

    @property
    def size(self) -> int:
        """The number of its bytes."""
        return self.count * self.element.itemsize


@dataclass(frozen=True)
class _Tensor:
    """A look at a storage, all in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def of(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """Return the tensor out of its storage's numbers [count]."""
        steps = [stride * numbers.itemsize for stride in self.strides]
        view = as_strided(numbers[self.offset :], self.shape, steps, writeable=False)
        return (
            view if view.size == numbers.size else view.copy()
        )  # a small part does not hold the whole in memory


Load = Callable[[_Storage], NDArray[Any]]


def open_torch(path: Path) -> dict[str, StoredTensor]:
    """Return the tensors of a file that `torch.save` wrote from a state dict, by their names in `GPT2LMHeadModel`.

    Raises:
        ModelError: it is damaged, or holds anything but tensors.
    """
    with reading(path):
        with path.open("rb") as file:
            is_zip = file.read(4) == b"PK\x03\x04"
        try:
            state, load = _open_zip(path) if is_zip else _open_pickles(path)
        except ForbiddenError as error:
            raise ModelError(_forbidden(path, error.name)) from error
        if not isinstance(state, dict):
            raise TypeError(f"a {type(state).__name__} instead of tensors by name")
    load = lru_cache(maxsize=1)(load)  # where all tensors lie in one storage, it is read once
    return {
        in_language_model(name): StoredTensor(
            tensor.shape, tensor.storage.element, _reader(path, tensor, load)
        )
        for name, tensor in state.items()
        if isinstance(tensor, _Tensor) and isinstance(name, str)
    }


def _forbidden(path: Path, name: str) -> str:
    return text(
        f"{path}: 텐서가 아니라 코드({name})가 들어 있어 읽지 않았고, 아무것도 실행하지 않았습니다. "
        "믿을 수 있는 곳에서 받은 파일이면 safetensors로 다시 저장하세요.",
        f"{path}: refused and not run, since it holds not only tensors but code ({name}). "
        "If you trust whoever made it, save it again as safetensors.",
    )


def _reader(path: Path, tensor: _Tensor, load: Load) -> Callable[[], NDArray[Any]]:
    def read() -> NDArray[Any]:
        with reading(path):
            return tensor.of(load(tensor.storage))

    return read


def _open_zip(path: Path) -> tuple[Any, Load]:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        (pickle,) = [name for name in names if name.endswith("/data.pkl") and name.count("/") == 1]
        folder = pickle.removesuffix("data.pkl")
        order = f"{folder}byteorder"
        is_big = order in names and _unzip(archive, order, _LARGEST_PICKLE) == b"big"
        state = _machine({}).read(io.BytesIO(_unzip(archive, pickle, _LARGEST_PICKLE)))

    def load(storage: _Storage) -> NDArray[Any]:
        with zipfile.ZipFile(path) as archive:
            stored = _unzip(archive, f"{folder}data/{storage.key}", storage.size)
        numbers = np.frombuffer(stored, storage.element, storage.count)
        return numbers.byteswap() if is_big else numbers

    return state, load


def _unzip(archive: zipfile.ZipFile, name: str, largest: int) -> bytes:
    """Return a part of an archive of at most `largest` bytes, its checksum compared."""
    part = archive.getinfo(name)
    # torch compresses nothing. Weights that somebody compressed stay about as large; a few bytes that promise gigabytes
    # are a trap.
    if part.file_size > largest or part.file_size > max(8 * part.compress_size, _LARGEST_PICKLE):
        raise ValueError(f"{name}: {part.file_size} bytes")
    return archive.read(part)


def _open_pickles(path: Path) -> tuple[Any, Load]:
    with path.open("rb") as file:
        file.seek(0, io.SEEK_END)
        end = file.tell()
        file.seek(0)
        head = io.BytesIO(file.read(_LARGEST_PICKLE))
        storages: dict[str, _Storage] = {}
        machine = _machine(storages)
        if machine.read(head) != MAGIC:
            raise ValueError("not a file of torch.save")
        _protocol, _system, state, keys = (machine.read(head) for _ in range(4))
        starts: dict[str, int] = {}
        position = head.tell()
        for key in keys:
            if not isinstance(key, str):
                raise TypeError("no storage")
            file.seek(position)
            (count,) = struct.unpack("<q", file.read(8))
            starts[key] = position + 8
            position += 8 + storages[key].size
            if count != storages[key].count or position > end:
                raise ValueError("truncated")

    def load(storage: _Storage) -> NDArray[Any]:
        return np.memmap(path, storage.element, "r", starts[storage.key], (storage.count,))

    return state, load


def _machine(storages: dict[str, _Storage]) -> Machine:
    """Return what reads the pickles; the storages that it meets are gathered, by their keys."""

    def find(identity: Any) -> _Storage:
        kind, name, key, _device, count, *view = identity  # a view into another storage: before torch 0.4
        if not isinstance(name, Name) or name.full not in _STORAGES:
            raise TypeError("no storage")
        element = ELEMENTS[_STORAGES[name.full]]
        if kind != "storage" or not isinstance(key, str) or not is_count(count) or view not in ([], [None]):
            raise ValueError("no storage")
        storage = _Storage(key, element, count)
        if storages.setdefault(key, storage) != storage:
            raise ValueError("a storage of two kinds")
        return storage

    return Machine(_CALLS, frozenset(_STORAGES) | frozenset(_ELEMENTS), find)


def _rebuild(storage: object, offset: object, shape: object, strides: object, *_: object) -> _Tensor:
    if not isinstance(storage, _Storage) or not isinstance(shape, tuple) or not isinstance(strides, tuple):
        raise TypeError("no tensor")
    size = size_of(shape)
    size_of(strides)
    if type(offset) is not int or offset < 0:
        raise ValueError("no offset")
    last = offset + sum((axis - 1) * stride for axis, stride in zip(shape, strides, strict=True))
    if size and last >= storage.count:
        raise ValueError("a tensor outside its storage")
    return _Tensor(storage, offset, shape, strides)


def _rebuild_untyped(storage: object, offset: object, shape: object, strides: object, *rest: Any) -> _Tensor:
    """Rebuild a tensor of a type that has no storage of its own, and so states it."""
    _requires_gradient, _hooks, name, *_ = rest
    if not isinstance(storage, _Storage) or not isinstance(name, Name):
        raise TypeError("no tensor")
    element = _ELEMENTS[name.full]
    typed = replace(storage, element=element, count=storage.count // element.itemsize)
    if typed.size != storage.size:
        raise ValueError("half an element")
    return _rebuild(typed, offset, shape, strides)


def _rebuild_parameter(tensor: object, *_: object) -> object:
    return tensor


def _ordered(pairs: Sequence[tuple[object, object]] = ()) -> dict[str, object]:
    if not all(isinstance(name, str) for name, _ in pairs):
        raise TypeError("no names")
    return {str(name): value for name, value in pairs}


_CALLS: Mapping[str, Callable[..., Any]] = {
    "collections.OrderedDict": _ordered,
    "torch._utils._rebuild_tensor": _rebuild,
    "torch._utils._rebuild_tensor_v2": _rebuild,
    "torch._utils._rebuild_tensor_v3": _rebuild_untyped,
    "torch._utils._rebuild_parameter": _rebuild_parameter,
}
