"""The weights of a folder, in whichever format they are."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.checkpoint import read_json
from engine.errors import ModelError
from engine.hashes import known_sha256
from engine.language import text
from engine.model_directory import WEIGHTS_FILE
from train.weights.flax_file import open_flax
from train.weights.keras_file import open_keras
from train.weights.safetensors_file import open_safetensors
from train.weights.stored import StoredTensor, shown
from train.weights.torch_file import open_torch

# In the order in which they are looked for.
FORMATS: Mapping[str, Callable[[Path], dict[str, StoredTensor]]] = {
    WEIGHTS_FILE: open_safetensors,
    "pytorch_model.bin": open_torch,
    "flax_model.msgpack": open_flax,
    "tf_model.h5": open_keras,
}
INDEX = ".index.json"  # beside weights in several files: {"weight_map": {tensor: file}}
_OPENERS = {Path(name).suffix: opener for name, opener in FORMATS.items()}


@dataclass(frozen=True)
class StoredWeights:
    """The tensors of a checkpoint, none of them read yet.

    Attributes:
        files: in which they lie.
        tensors: by their names in `GPT2LMHeadModel`.
    """

    files: Sequence[Path]
    tensors: Mapping[str, StoredTensor]

    @property
    def sha256(self) -> str:
        """The hash of the file or, if they are several, of the hashes of all."""
        digests = [known_sha256(file) for file in self.files]
        return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def find_files(folder: Path) -> list[Path]:
    """Return the files of the first format in `FORMATS` that a folder holds, whether all exist or not; [] if it has none.

    Raises:
        ModelError: the index of several files is damaged.
    """
    for name in FORMATS:
        if (folder / name).exists():
            return [folder / name]
        if (index := folder / f"{name}{INDEX}").exists():
            return _listed(index)
    return []


def open_weights(folder: Path) -> StoredWeights:
    """Open the weights of a folder.

    Raises:
        ModelError: there are none, or they are damaged.
    """
    files = find_files(folder)
    accepted = ", ".join(FORMATS)
    if not files:
        raise ModelError(
            text(
                f"{folder}: 가중치 파일이 없습니다. {accepted} 가운데 하나(여러 파일로 나뉘었으면 {INDEX} 파일과 함께)가 "
                "있는 폴더를 지정하세요.",
                f"{folder}: holds no weights. Name a folder with one of {accepted} (or with their {INDEX}, if they are "
                "several files).",
            )
        )
    tensors: dict[str, StoredTensor] = {}
    for file in files:
        if not file.exists():
            raise ModelError(
                text(
                    f"{file}: 여러 파일로 나뉜 가중치 가운데 하나가 없습니다. 폴더 전체를 다시 복사하거나 내려받으세요.",
                    f"{file}: one of several files of weights is missing. Copy or download the whole folder again.",
                )
            )
        tensors |= _OPENERS[file.suffix](file)
    return StoredWeights(files, tensors)


def _listed(index: Path) -> list[Path]:
    """Return the files that an index names, which lie beside it."""
    suffix = Path(index.name.removesuffix(INDEX)).suffix
    listed = read_json(index).get("weight_map")
    names = sorted({str(name) for name in listed.values()}) if isinstance(listed, dict) else []
    wrong = [name for name in names if Path(name).name != name or Path(name).suffix != suffix]
    if wrong or not names:
        named = shown(wrong[0]) if wrong else "weight_map"
        raise ModelError(
            text(
                f"{index}: '{named}'은(는) 같은 폴더의 {suffix} 파일이 아닙니다. 모델과 함께 저장된 파일을 쓰세요.",
                f"{index}: '{named}' names no {suffix} file beside it. Use the file that was saved with the model.",
            )
        )
    return [index.parent / name for name in names]
