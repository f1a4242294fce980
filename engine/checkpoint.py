"""A GPT-2 checkpoint on disk: its geometry and its weights, read in place from `model.safetensors`."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import ml_dtypes  # noqa: F401 -- teaches numpy, and so safetensors, the type bfloat16
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from engine.errors import ModelError
from engine.language import text

Array = NDArray[np.float32]
PREFIX = "transformer."
HEAD = "lm_head.weight"
ACTIVATIONS = ("gelu_new", "gelu_pytorch_tanh")
_CHUNK = 8192  # rows that are read at once
FLOATS = ("F32", "F16", "BF16", "F64")
# What `counsel adopt` reads
OTHER_FORMATS = ("model.safetensors.index.json", "pytorch_model*", "flax_model*", "tf_model*")


def read_json(path: Path) -> dict[str, Any]:
    """Return the object that a JSON file holds.

    Raises:
        ModelError: the file is missing, or is no JSON object.
    """
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ModelError(
            text(
                f"{path}: 파일이 없습니다. `counsel train`이 만든 폴더나 Hugging Face GPT-2 폴더를 지정하세요.",
                f"{path}: no such file. Name a folder that `counsel train` wrote, or a Hugging Face GPT-2 one.",
            )
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(_unreadable(path, error)) from error
    if not isinstance(content, dict):
        raise ModelError(_unreadable(path, text("JSON 객체가 아님", "no JSON object")))
    return content


def _unreadable(path: Path, reason: object) -> str:
    detail = " ".join(str(reason).split())
    return text(
        f"{path}: 읽을 수 없습니다({detail}). 손상되었으니 다시 복사하거나 다시 학습하세요.",
        f"{path}: cannot be read ({detail}). It is damaged: copy it again, or train again.",
    )


def _without_weights(path: Path) -> str:
    others = sorted(other.name for pattern in OTHER_FORMATS for other in path.parent.glob(pattern))
    if others:
        return text(
            f"{path}: 없고 {others[0]}이(가) 있습니다. `counsel adopt {path.parent} --out DIR`로 모델 폴더를 만드세요.",
            f"{path}: missing, but there is {others[0]}. Make a model folder of it: `counsel adopt {path.parent} --out DIR`.",
        )
    return text(
        f"{path}: 가중치 파일이 없습니다. safetensors 형식으로 저장된 모델 폴더를 지정하세요.",
        f"{path}: the weights are missing. Name a model folder saved as safetensors.",
    )


@dataclass(frozen=True)
class Geometry:
    """The shape of a GPT-2: all that `config.json` says of its arithmetic."""

    vocab_size: int
    context: int
    width: int
    layers: int
    heads: int
    epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        """The number of features of one attention head."""
        return self.width // self.heads

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read `config.json`.

        Raises:
            ModelError: the file is missing, damaged, or describes another architecture.
        """
        config = read_json(path)
        names = ("vocab_size", "n_positions", "n_embd", "n_layer", "n_head")
        epsilon = config.get("layer_norm_epsilon", 1e-5)
        activation = config.get("activation_function", "gelu_new")
        inner = config.get("n_inner")
        if (
            config.get("model_type") != "gpt2"
            or activation not in ACTIVATIONS
            or inner not in (None, 4 * (config.get("n_embd") or 0))
            or config.get("scale_attn_weights", True) is not True
            or config.get("scale_attn_by_inverse_layer_idx", False) is not False
        ):
            raise ModelError(
                text(
                    f"{path}: GPT-2가 아닙니다(model_type {config.get('model_type')!r}, "
                    f"activation_function {activation!r}, n_inner {inner}). "
                    "KoGPT2와 같은 구조의 모델을 지정하세요.",
                    f"{path}: not a plain GPT-2 (model_type {config.get('model_type')!r}, "
                    f"activation_function {activation!r}, n_inner {inner}). "
                    "Name a model of KoGPT2's architecture.",
                )
            )
        missing = [name for name in names if type(config.get(name)) is not int or config[name] < 1]
        if not isinstance(epsilon, float) or not 0 < epsilon < 1:
            missing.append("layer_norm_epsilon")
        if missing or config["n_embd"] % config["n_head"]:
            raise ModelError(_unreadable(path, ", ".join(missing) or "n_embd % n_head != 0"))
        vocab_size, context, width, layers, heads = (config[name] for name in names)
        return cls(vocab_size, context, width, layers, heads, epsilon)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every tensor, by its name in `GPT2LMHeadModel` (matrices are [in, out])."""
        width = self.width
        shapes: dict[str, tuple[int, ...]] = {
            "wte.weight": (self.vocab_size, width),
            "wpe.weight": (self.context, width),
        }
        for layer in range(self.layers):
            block = f"h.{layer}."
            for name, size in (("attn.c_attn", 3 * width), ("attn.c_proj", width), ("mlp.c_fc", 4 * width)):
                shapes |= {f"{block}{name}.weight": (width, size), f"{block}{name}.bias": (size,)}
            shapes |= {f"{block}mlp.c_proj.weight": (4 * width, width), f"{block}mlp.c_proj.bias": (width,)}
            for name in ("ln_1", "ln_2"):
                shapes |= {f"{block}{name}.weight": (width,), f"{block}{name}.bias": (width,)}
        shapes |= {"ln_f.weight": (width,), "ln_f.bias": (width,)}
        return {PREFIX + name: shape for name, shape in shapes.items()}


class Weights:
    """The tensors of `model.safetensors`, memory-mapped: a row that is not asked for is never read.

    Raises:
        ModelError: the file is missing, truncated, or its tensors do not fit the geometry.
    """

    def __init__(self, path: Path, geometry: Geometry) -> None:
        self.path = path
        self._file: Any
        try:
            self._file = safe_open(path, framework="np")
            names = set(self._file.keys())
        except FileNotFoundError:
            raise ModelError(_without_weights(path)) from None
        except (OSError, SafetensorError) as error:
            raise ModelError(_unreadable(path, error)) from error
        # A bare GPT2Model saves its tensors without the prefix of GPT2LMHeadModel.
        self._cut = "" if PREFIX + "wte.weight" in names else PREFIX
        self.has_own_head = HEAD in names
        shapes = geometry.shapes()
        if self.has_own_head:
            shapes[HEAD] = (geometry.vocab_size, geometry.width)
        for name, shape in shapes.items():
            stored = name.removeprefix(self._cut)
            found = tuple(self._file.get_slice(stored).get_shape()) if stored in names else None
            if found is not None and (kind := self._file.get_slice(stored).get_dtype()) not in FLOATS:
                raise ModelError(
                    text(
                        f"{path}: 텐서 {stored}의 형식이 {kind}입니다. {', '.join(FLOATS)} 가운데 하나로 저장하세요.",
                        f"{path}: tensor {stored} is of type {kind}. Save it as one of {', '.join(FLOATS)}.",
                    )
                )
            if found != shape:
                raise ModelError(
                    text(
                        f"{path}: 텐서 {stored}의 모양이 {found or '없음'}입니다. config.json에 따르면 {shape}여야 "
                        "합니다. 둘을 같은 모델에서 가져오세요.",
                        f"{path}: tensor {stored} has the shape {found or 'missing'}, config.json asks for {shape}. "
                        "Take both files from the same model.",
                    )
                )

    def tensor(self, name: str) -> Array:
        """Return a whole tensor as float32, by its name in `GPT2LMHeadModel`.

        Raises:
            ModelError: it holds NaN or infinity.
        """
        stored = name.removeprefix(self._cut)
        array = np.empty(self._file.get_slice(stored).get_shape(), np.float32)
        for start in range(0, len(array), _CHUNK):
            rows = slice(start, min(start + _CHUNK, len(array)))
            with safe_open(self.path, framework="np") as file, np.errstate(over="ignore"):
                array[rows] = file.get_slice(stored)[rows]  # opened anew, so that its pages are given back
        return self.checked(name, array)

    def rows(self, name: str, indices: Sequence[int]) -> Array:
        """Return rows of a matrix as float32 [len(indices), width], reading nothing else of it."""
        matrix = self._file.get_slice(name.removeprefix(self._cut))
        return self.checked(name, np.concatenate([matrix[i : i + 1] for i in indices]))

    def checked(self, name: str, stored: NDArray[Any]) -> Array:
        """Return an array as float32, or say that what `name` holds is no number."""
        array = np.asarray(stored, np.float32)
        if not np.isfinite(array).all():
            raise ModelError(
                text(
                    f"{self.path}: 텐서 {name}에 수가 아닌 값(NaN, 무한대)이 있습니다. 더 낮은 학습률로 다시 학습하세요.",
                    f"{self.path}: tensor {name} holds NaN or infinity. Train again with a lower learning rate.",
                )
            )
        return array


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    chunk = memoryview(bytearray(1 << 23))  # large, so that other threads get on meanwhile
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(chunk):
            digest.update(chunk[:size])
    return digest.hexdigest()
