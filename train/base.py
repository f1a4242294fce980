"""A checkpoint to start from: any GPT-2 of KoGPT2's architecture, in a folder or on the Hugging Face Hub."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.checkpoint import HEAD, PREFIX, Array, Geometry, read_json
from engine.errors import ModelError
from engine.language import text
from engine.model_directory import CARD_FILE, CONFIG_FILE, TOKENIZER_FILE, ModelDirectory, read_codec
from engine.template import Codec, Template
from train.hub import MERGES_FILE, VOCABULARY_FILE, Wanted, download, is_id
from train.weights.folder import StoredWeights, open_weights

EMBEDDING = f"{PREFIX}wte.weight"
FLOATS = ("float16", "bfloat16", "float32", "float64")
SPECIAL = ("bos", "eos", "pad")


@dataclass(frozen=True)
class Base:
    """A checkpoint whose parts belong together; its weights are not read yet.

    Attributes:
        identity: a model's name and the beginning of its weights' hash, as `ModelDirectory.identity`, or a hub's id and
            the beginning of the commit.
        path: the folder of the weights.
        geometry: the shape of its network.
        codec: its tokenizer and template.
        config: the content of `config.json`.
        card: the content of `counsel.json`, empty if there is none.
        weights: its tensors, by their names in `GPT2LMHeadModel`; their shapes are those of the geometry.
    """

    identity: str
    path: Path
    geometry: Geometry
    codec: Codec
    config: Mapping[str, Any]
    card: Mapping[str, Any]
    weights: StoredWeights

    @property
    def labels(self) -> Mapping[str, int]:
        """Its topic labels with the number of training rows of each; empty if unknown."""
        labels: Mapping[str, int] = self.card.get("labels", {})
        return labels

    @property
    def trained_on(self) -> list[dict[str, Any]]:
        """What its card says that it, and what it started from, was trained on; empty if unknown."""
        return [*self.card.get("base_trained_on", ()), *self.card.get("trained_on", ())]

    @property
    def licences(self) -> list[str]:
        """What its card says of licences; empty if unknown."""
        return [*self.card.get("licences", ())]

    def tensors(self) -> dict[str, Array]:
        """Read the weights, as float32, by the names and in the shapes of `Geometry.shapes`.

        Raises:
            ModelError: a tensor cannot be read or holds NaN or infinity, or the head is not tied to the embedding, as that
                of the trainer's network is.
        """
        embedding = self._tensor(EMBEDDING)
        if HEAD in self.weights.tensors and not np.array_equal(self._tensor(HEAD), embedding):
            raise ModelError(
                text(
                    f"{self.path}: 출력층({HEAD})이 임베딩과 다릅니다. KoGPT2처럼 둘을 공유하는(tie_word_embeddings) 모델을 "
                    "지정하세요.",
                    f"{self.path}: {HEAD} differs from the embedding. Name a model that ties them "
                    "(tie_word_embeddings), as KoGPT2 does.",
                )
            )
        others = (name for name in self.geometry.shapes() if name != EMBEDDING)
        return {EMBEDDING: embedding, **{name: self._tensor(name) for name in others}}

    def _tensor(self, name: str) -> Array:
        with np.errstate(over="ignore"):
            # In the order of C, since safetensors writes the bytes of an array that is a transpose as they lie.
            array = np.asarray(self.weights.tensors[name].read(), np.float32, order="C")
        if not np.isfinite(array).all():
            raise ModelError(
                text(
                    f"{self.path}: 텐서 {name}에 수가 아닌 값(NaN, 무한대)이 있습니다. 더 낮은 학습률로 다시 학습하거나 "
                    "다른 모델을 지정하세요.",
                    f"{self.path}: tensor {name} holds NaN or infinity. Train it again with a lower learning rate, or "
                    "name another model.",
                )
            )
        return array


def open_base(name: str, revision: str | None = None, tokenizer: str | None = None) -> Base:
    """Open a checkpoint and check that its parts belong together.

    Args:
        name: a folder or, if there is none of this name, an id on the Hugging Face Hub.
        revision: the branch, tag or commit on the hub.
        tokenizer: a folder or id to take the tokenizer from, for a checkpoint that was saved without.

    Raises:
        ModelError: a part is missing, damaged, or does not fit the others.
        CounselError: it cannot be downloaded.
    """
    folder, is_local = _find(name, revision, Wanted(weights=True, tokenizer=tokenizer is None))
    config, geometry = read_json(folder / CONFIG_FILE), Geometry.read(folder / CONFIG_FILE)
    # A directory of ours also says what its files' hashes are.
    card = ModelDirectory.load(folder).card if (folder / CARD_FILE).exists() else {}
    weights = open_weights(folder)
    _check_tensors(folder, weights, geometry)
    place = folder if tokenizer is None else _find(tokenizer, None, Wanted(weights=False, tokenizer=True))[0]
    codec = _read_codec(place, Template(**card.get("template", {})))
    _check_vocabulary(place, codec, folder, geometry)
    _check_ids(place, codec, folder / CONFIG_FILE, config, geometry)
    called = card.get("name", folder.resolve().name) if is_local else name
    identity = f"{called}@{weights.sha256[:12] if is_local else folder.name[:12]}"
    return Base(identity, folder, geometry, codec, config, card, weights)


def _find(name: str, revision: str | None, wanted: Wanted) -> tuple[Path, bool]:
    """Return the folder of a name, and whether it is the person's own rather than a download."""
    if Path(name).is_dir():
        if revision is not None:
            raise ModelError(
                text(
                    f"{name}: 폴더에는 리비전이 없습니다. --revision을 빼거나 허브의 이름을 주세요.",
                    f"{name}: a folder has no revisions. Leave --revision out, or give a name on the hub.",
                )
            )
        return Path(name), True
    if Path(name).exists() or not is_id(name):
        raise ModelError(
            text(
                f"{name}: 모델 폴더가 아닙니다. 폴더나 skt/kogpt2-base-v2 같은 허브의 이름을 주세요.",
                f"{name}: not a model folder. Give a folder, or a name on the hub such as skt/kogpt2-base-v2.",
            )
        )
    return download(name, revision, wanted), False


def _check_tensors(folder: Path, weights: StoredWeights, geometry: Geometry) -> None:
    shapes = geometry.shapes()
    missing = [name for name in shapes if name not in weights.tensors]
    if missing:
        more = f" (+{len(missing) - 1})" if len(missing) > 1 else ""
        file = weights.files[0]
        raise ModelError(
            text(
                f"{file}: 텐서 {missing[0]}{more}이(가) 없습니다. config.json과 같은 모델의 가중치를 쓰세요.",
                f"{file}: lacks the tensor {missing[0]}{more}. Use weights of the model that config.json describes.",
            )
        )
    if HEAD in weights.tensors:
        shapes[HEAD] = shapes[EMBEDDING]
    for name, shape in shapes.items():
        stored = weights.tensors[name]
        if stored.shape != shape or stored.element.name not in FLOATS:
            found = f"{stored.element.name} {stored.shape}"
            raise ModelError(
                text(
                    f"{folder}: 텐서 {name}이(가) {found}입니다. config.json에 따르면 실수(float)로 {shape}여야 합니다. "
                    "둘을 같은 모델에서 가져오세요.",
                    f"{folder}: tensor {name} is {found}, config.json asks for floats {shape}. Take both files from the "
                    "same model.",
                )
            )


def _read_codec(folder: Path, template: Template) -> Codec:
    if (folder / TOKENIZER_FILE).exists():
        return read_codec(folder / TOKENIZER_FILE, template)
    if not (folder / VOCABULARY_FILE).exists() or not (folder / MERGES_FILE).exists():
        raise ModelError(
            text(
                f"{folder}: {TOKENIZER_FILE}이(가) 없습니다. --tokenizer로 토크나이저가 있는 폴더나 skt/kogpt2-base-v2를 "
                f"주거나, AutoTokenizer.from_pretrained(...).save_pretrained('{folder}')로 저장하세요.",
                f"{folder}: has no {TOKENIZER_FILE}. Name a folder that has one, or skt/kogpt2-base-v2, with --tokenizer, "
                f"or save it: AutoTokenizer.from_pretrained(...).save_pretrained('{folder}').",
            )
        )
    from transformers import AutoTokenizer

    try:
        converted = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        tokenizer = converted.backend_tokenizer
    except Exception as error:  # whatever transformers raises over files that anyone may have made
        detail = " ".join(str(error).split())
        raise ModelError(
            text(
                f"{folder / VOCABULARY_FILE}: transformers가 토크나이저로 읽지 못합니다({detail}). {TOKENIZER_FILE}으로 "
                "저장하세요.",
                f"{folder / VOCABULARY_FILE}: transformers cannot read it as a tokenizer ({detail}). Save it as "
                f"{TOKENIZER_FILE}.",
            )
        ) from error
    return Codec(tokenizer, template, str(folder / VOCABULARY_FILE))


def _check_vocabulary(place: Path, codec: Codec, folder: Path, geometry: Geometry) -> None:
    """Refuse tokens without an embedding; embeddings without a token are common, and harmless."""
    if codec.vocab_size > geometry.vocab_size:
        raise ModelError(
            text(
                f"{place}: 토크나이저의 토큰이 {codec.vocab_size:,}개인데 {folder}의 임베딩은 {geometry.vocab_size:,}개입니다. "
                "모델과 함께 저장된 토크나이저를 쓰세요.",
                f"{place}: the tokenizer has {codec.vocab_size:,} tokens, but {folder} only {geometry.vocab_size:,} "
                "embeddings. Use the tokenizer that was saved with the model.",
            )
        )


def _check_ids(place: Path, codec: Codec, path: Path, config: Mapping[str, Any], geometry: Geometry) -> None:
    """Refuse special tokens whose id in `config.json` is impossible, or other than the tokenizer's own files say.

    What neither states is the template's business: KoGPT2's configuration begins texts with <s>, ours with </s>.
    """
    stated = _stated_tokens(place)
    for name in SPECIAL:
        number = config.get(f"{name}_token_id")
        if number is None:
            continue
        if type(number) is not int or not 0 <= number < geometry.vocab_size:
            raise ModelError(
                text(
                    f"{path}: {name}_token_id가 {number!r}인데 토큰은 0에서 {geometry.vocab_size - 1:,}까지입니다. "
                    "고치거나 null로 두세요.",
                    f"{path}: {name}_token_id is {number!r}, but tokens go from 0 to {geometry.vocab_size - 1:,}. "
                    "Correct it, or make it null.",
                )
            )
        token = stated.get(f"{name}_token")
        own = codec.tokenizer.token_to_id(token) if isinstance(token, str) else number
        if own != number:
            raise ModelError(
                text(
                    f"{path}: {name}_token_id가 {number}인데 {place}의 토크나이저는 {token}({own})을 씁니다. 토크나이저가 맞으면 "
                    f"{name}_token_id를 {json.dumps(own)}(으)로 고치세요.",
                    f"{path}: {name}_token_id is {number}, but the tokenizer of {place} uses {token} ({own}). If the tokenizer "
                    f"is right, set {name}_token_id to {json.dumps(own)}.",
                )
            )


def _stated_tokens(folder: Path) -> dict[str, Any]:
    """Return what a tokenizer's files say of special tokens, by names such as "bos_token"."""
    stated: dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        if (folder / name).exists():
            stated |= read_json(folder / name)
    return {
        name: token.get("content") if isinstance(token, dict) else token for name, token in stated.items()
    }
