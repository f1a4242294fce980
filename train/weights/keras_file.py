"""`tf_model.h5`: what `TFGPT2LMHeadModel.save_pretrained` of transformers 4 wrote, as in the published KoGPT2 recipe."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from train.weights.stored import ELEMENTS, StoredTensor, in_language_model, reading

# Before it stands whatever Keras called the model, as transformer/tfgpt2lm_head_model_1/transformer/.
_NAME = re.compile(
    r"(?:^|/)(wte|wpe|ln_f|h_\._\d+/(?:ln_1|ln_2|attn/c_attn|attn/c_proj|mlp/c_fc|mlp/c_proj))/(\w+):0$"
)
_KINDS = {"gamma": "weight", "beta": "bias", "embeddings": "weight", "weight": "weight", "bias": "bias"}


def open_keras(path: Path) -> dict[str, StoredTensor]:
    """Return the tensors of a file by their names in `GPT2LMHeadModel`.

    Raises:
        ModelError: it is damaged.
    """
    found: dict[str, StoredTensor] = {}

    def visit(place: str, item: Any) -> None:
        matched = _NAME.search(place)
        if not matched or matched[2] not in _KINDS or not isinstance(item, h5py.Dataset):
            return
        if item.is_virtual or item.external:
            raise ValueError("numbers that lie in another file")
        # A bias of TFConv1D is a row, [1, width].
        shape = (
            item.shape[1:]
            if matched[2] == "bias" and item.shape[:1] == (1,) and item.ndim == 2
            else item.shape
        )
        name = f"{matched[1].replace('h_._', 'h.').replace('/', '.')}.{_KINDS[matched[2]]}"
        element = ELEMENTS[item.dtype.name]
        found[in_language_model(name)] = StoredTensor(shape, element, _reader(path, place, shape, element))

    with reading(path), h5py.File(path, "r") as file:
        file.visititems(visit)  # follows no link to another file
    return found


def _reader(
    path: Path, place: str, shape: tuple[int, ...], element: np.dtype[Any]
) -> Callable[[], NDArray[Any]]:
    def read() -> NDArray[Any]:
        with reading(path), h5py.File(path, "r") as file:
            return np.asarray(file[place][()], element).reshape(shape)

    return read
