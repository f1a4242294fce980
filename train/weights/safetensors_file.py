"""`model.safetensors`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import safe_open

from train.weights.stored import ELEMENTS, StoredTensor, in_language_model, reading

_ELEMENTS = {
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "BOOL": "bool",
    **{f"U{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"I{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
}


def open_safetensors(path: Path) -> dict[str, StoredTensor]:
    """Return the tensors of a file by their names in `GPT2LMHeadModel`.

    Raises:
        ModelError: it is damaged.
    """
    found = {}
    with reading(path), safe_open(path, framework="np") as file:
        for name in file.keys():  # noqa: SIM118 -- no dictionary
            described = file.get_slice(name)
            if described.get_dtype() in _ELEMENTS:  # others, as of 8 bits, are no weights that we read
                element = ELEMENTS[_ELEMENTS[described.get_dtype()]]
                shape = tuple(described.get_shape())
                found[in_language_model(name)] = StoredTensor(shape, element, _reader(path, name))
    return found


def _reader(path: Path, name: str) -> Callable[[], NDArray[Any]]:
    def read() -> NDArray[Any]:
        with reading(path), safe_open(path, framework="np") as file:  # anew, so that its pages are given back
            array: NDArray[Any] = file.get_tensor(name)
            return array

    return read
