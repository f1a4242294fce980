"""What every format gives: tensors that are read when asked for, and one line when the file is damaged."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from engine.characters import printable
from engine.checkpoint import PREFIX
from engine.errors import CounselError, ModelError
from engine.language import text

# By the names that numpy, flax and torch share. Only floats are weights; the others are masks and counters.
ELEMENTS = {
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float32": np.dtype(np.float32),
    "float64": np.dtype(np.float64),
    **{name: np.dtype(name) for name in ("bool", "uint8", "uint16", "uint32", "uint64")},
    **{name: np.dtype(name) for name in ("int8", "int16", "int32", "int64")},
}
_SHOWN = 80  # characters of what a damaged file holds, or of what a library says about it


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a file.

    Attributes:
        shape: as `Geometry.shapes` counts its axes.
        element: the type in which it is stored, one of `ELEMENTS`.
        read: reads it, as `element` [*shape].
    """

    shape: tuple[int, ...]
    element: np.dtype[Any]
    read: Callable[[], NDArray[Any]]


def in_language_model(name: str) -> str:
    """Return the name in `GPT2LMHeadModel` of a tensor that a bare `GPT2Model` saved without the prefix."""
    return PREFIX + name if name.startswith(("wte.", "wpe.", "h.", "ln_f.")) else name


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Say in one line that a file cannot be read, whatever a library raises over it.

    Raises:
        ModelError: instead of any other exception.
    """
    try:
        yield
    except CounselError:
        raise
    except (
        Exception
    ) as error:  # five libraries, and bytes that anyone may have made: no list of types is complete
        detail = shown(f"{type(error).__name__}: {error}")
        raise ModelError(
            text(
                f"{path}: 가중치를 읽을 수 없습니다({detail}). 손상된 파일이니 다시 복사하거나 내려받으세요.",
                f"{path}: the weights cannot be read ({detail}). The file is damaged: copy or download it again.",
            )
        ) from error


def shown(words: str) -> str:
    """Return words out of a file as they may stand in a message: one line, short, without control characters."""
    line = printable(" ".join(words.split()))
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def size_of(shape: object) -> int:
    """Return the number of elements of a shape that a file states.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(shape, (tuple, list)) or len(shape) > 8 or not all(is_count(axis) for axis in shape):
        raise ValueError("no shape")
    return math.prod(shape)


def is_count(number: object) -> bool:
    """Return whether something out of a file is a number that can count elements."""
    return type(number) is int and 0 <= number < 2**48
