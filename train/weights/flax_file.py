"""`flax_model.msgpack`: what `FlaxGPT2LMHeadModel.save_pretrained` of transformers 4 wrote, read without flax.

A msgpack map of maps, as `flax.serialization.to_bytes` makes it: `transformer`, `h`, `0`, `attn`, `c_attn`, `kernel`. An array
is an extension of type 1: its shape, type and bytes in msgpack again; one of over a gigabyte is cut into chunks.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from train.weights.stored import ELEMENTS, StoredTensor, in_language_model, reading, shown, size_of

_ARRAY = 1
_CHUNKED = "__msgpack_chunked_array__"
_WEIGHTS = ("kernel", "scale", "embedding")


def open_flax(path: Path) -> dict[str, StoredTensor]:
    """Return the tensors of a file by their names in `GPT2LMHeadModel`. All of them are held in memory.

    Raises:
        ModelError: it is damaged, or holds anything but arrays.
    """
    with reading(path):
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            # The limit keeps a damaged length from setting aside memory for a list that never comes: flax writes none.
            tree = msgpack.unpackb(content, ext_hook=_array, max_array_len=1)
        return {in_language_model(name): _stored(array) for name, array in _leaves(tree, ())}


def _array(code: int, content: bytes) -> NDArray[Any]:
    if code != _ARRAY:
        raise ValueError(f"msgpack extension {code} instead of an array")
    shape, name, numbers = msgpack.unpackb(content, max_array_len=16)
    element = ELEMENTS[name]
    if len(numbers) != size_of(shape) * element.itemsize:
        raise ValueError(f"{len(numbers)} bytes for an array of the shape {shape}")
    return np.frombuffer(numbers, element).reshape(shape)


def _leaves(tree: Any, path: tuple[str, ...]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Give every array by its name in torch, whose matrices are the transpose of flax's."""
    if isinstance(tree, dict) and _CHUNKED in tree:
        shape = [tree["shape"][str(axis)] for axis in range(len(tree["shape"]))]
        chunks = [tree["chunks"][str(number)] for number in range(len(tree["chunks"]))]
        size_of(shape)
        tree = np.concatenate(chunks).reshape(shape)
    if isinstance(tree, dict):
        for name, part in tree.items():
            yield from _leaves(part, (*path, name))
    elif isinstance(tree, np.ndarray) and path:
        *layer, kind = path
        yield ".".join([*layer, "weight" if kind in _WEIGHTS else kind]), tree.T if kind == "kernel" else tree
    else:
        raise TypeError(shown(f"{'.'.join(path)}: a {type(tree).__name__} instead of an array"))


def _stored(array: NDArray[Any]) -> StoredTensor:
    return StoredTensor(array.shape, array.dtype, lambda: array)
