"""A model directory: a Hugging Face GPT-2 directory, and `counsel.json` with what else is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self, get_args

from tokenizers import Tokenizer

from engine.characters import normalize
from engine.checkpoint import Geometry, Weights, read_json, sha256
from engine.errors import CounselError, ModelError
from engine.experts import AS_IS, EXPERTS, Experts
from engine.hashes import known_sha256
from engine.language import text
from engine.precision import PRECISIONS, Precision
from engine.sampling import PARAMETERS, Sampling
from engine.template import Codec, Template

Replies = Literal["free", "known"]
SCHEMA = 1
SHIPPED = Path(__file__).parent / "model"
WEIGHTS_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"
CONFIG_FILE = "config.json"
CARD_FILE = "counsel.json"
RESPONSES_FILE = "responses.jsonl"
TOPICS_FILE = "topics.safetensors"


@dataclass(frozen=True)
class ModelDirectory:
    """All that is known of a model before any arithmetic.

    Attributes:
        path: the directory.
        name: what the model is called, the directory's name unless `counsel.json` says otherwise.
        sha256: the hash of its weights, in hexadecimal.
        geometry: the shape of its network.
        weights: its tensors, memory-mapped.
        codec: its tokenizer and template.
        labels: its topic labels with the number of training rows of each; empty if unknown.
        sampling: the recommended one.
        context_turns: how many earlier turns it was trained to read.
        precision: of its graph's weights, as recommended.
        replies: "known" if it keeps to the replies that it was trained on, "free" if it writes its own.
        experts: what tells its topics besides the label's tokens, if there is anything.
        card: the whole of `counsel.json`, empty for a directory that has none.
    """

    path: Path
    name: str
    sha256: str
    geometry: Geometry
    weights: Weights
    codec: Codec
    labels: Mapping[str, int]
    sampling: Sampling
    context_turns: int
    precision: Precision
    replies: Replies
    experts: Experts | None
    card: Mapping[str, Any]

    @property
    def identity(self) -> str:
        """The name with the beginning of the weights' hash, as it stands in every reply."""
        return f"{self.name}@{self.sha256[:12]}"

    @classmethod
    def load(cls, path: Path) -> Self:
        """Open a model directory and check that its parts belong together.

        Raises:
            ModelError: a part is missing, damaged, or does not fit the others.
        """
        if not path.is_dir():
            raise ModelError(
                text(
                    f"{path}: 모델 폴더가 아닙니다. `counsel train`이 만든 폴더를 지정하세요.",
                    f"{path}: not a model folder. Name a folder that `counsel train` wrote.",
                )
            )
        geometry = Geometry.read(path / CONFIG_FILE)
        card = _read_card(path / CARD_FILE)
        weights = Weights(path / WEIGHTS_FILE, geometry)
        codec = read_codec(path / TOKENIZER_FILE, Template(**card.get("template", {})))
        if codec.vocab_size > geometry.vocab_size:
            raise ModelError(
                text(
                    f"{path / TOKENIZER_FILE}: 토큰이 {codec.vocab_size}개인데 임베딩은 {geometry.vocab_size}개입니다. "
                    "모델과 함께 저장된 토크나이저를 쓰세요.",
                    f"{path / TOKENIZER_FILE}: {codec.vocab_size} tokens, but {geometry.vocab_size} embeddings. "
                    "Use the tokenizer that was saved with the model.",
                )
            )
        digest = known_sha256(path / WEIGHTS_FILE)
        _check_hashes(path, card.get("sha256", {}), digest)
        name = str(card.get("name", path.resolve().name))
        sampling = _read_sampling(path / CARD_FILE, card.get("sampling", {}))
        labels, shares = card.get("labels", {}), card.get("topic_experts", {})
        calibration = card.get("topic_calibration", AS_IS)
        return cls(
            path=path,
            name=name,
            sha256=digest,
            geometry=geometry,
            weights=weights,
            codec=codec,
            labels=labels,
            sampling=sampling,
            context_turns=card.get("context_turns", 0),
            precision=card.get("precision", "int8"),
            replies=card.get("replies", "free"),
            experts=Experts.load(path / TOPICS_FILE, labels, shares, weights, tuple(calibration))
            if shares
            else None,
            card=card,
        )


def read_codec(path: Path, template: Template) -> Codec:
    """Read `tokenizer.json`.

    Raises:
        ModelError: the file is missing or damaged, or lacks a token of the template.
    """
    read_json(path)  # says clearly what is wrong with the file
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        raise ModelError(
            text(
                f"{path}: tokenizers가 읽지 못합니다({error}). 모델과 함께 저장된 파일을 쓰세요.",
                f"{path}: tokenizers cannot read it ({error}). Use the file that was saved with the model.",
            )
        ) from error
    return Codec(tokenizer, template, str(path))


def _read_card(path: Path) -> dict[str, Any]:
    """Return the content of `counsel.json`, whose parts then have the types that the rest relies on."""
    if not path.exists():
        return {}
    card = read_json(path)
    labels = card.get("labels")
    sound = {
        "schema": card.get("schema") == SCHEMA,
        "name": isinstance(card.get("name", ""), str),
        "labels": isinstance(labels, dict) and all(normalize(label) == label for label in labels),
        "template": _holds_texts(card.get("template"), {field.name for field in fields(Template)}),
        "sha256": _holds_texts(card.get("sha256", {})),
        "sampling": isinstance(card.get("sampling", {}), dict),
        "context_turns": type(card.get("context_turns", 0)) is int and card.get("context_turns", 0) >= 0,
        "precision": card.get("precision", "int8") in PRECISIONS,
        "replies": card.get("replies", "free") in get_args(Replies),
        "topic_experts": _holds_weights(card.get("topic_experts", {})),
        "topic_calibration": _is_calibration(card.get("topic_calibration", AS_IS)),
    }
    wrong = [name for name, is_sound in sound.items() if not is_sound]
    if wrong:
        raise ModelError(
            text(
                f"{path}: {', '.join(wrong)} 항목이 이 버전(schema {SCHEMA})이 읽는 형식이 아닙니다. "
                "counsel을 새 버전으로 올리거나 모델을 다시 학습하세요.",
                f"{path}: {', '.join(wrong)}: not in the form that this version reads (schema {SCHEMA}). "
                "Update counsel, or train the model again.",
            )
        )
    return card


def _holds_texts(content: object, allowed: set[str] | None = None) -> bool:
    return (
        isinstance(content, dict)
        and all(isinstance(value, str) for value in content.values())
        and (allowed is None or set(content) <= allowed)
    )


def _holds_weights(content: object) -> bool:
    return isinstance(content, dict) and all(
        name in EXPERTS and isinstance(weight, int | float) and weight >= 0
        for name, weight in content.items()
    )


def _is_calibration(content: object) -> bool:
    return (
        isinstance(content, list | tuple)
        and len(content) == 2
        and all(type(value) in (int, float) and abs(value) < 100 for value in content)
        and content[0] > 0
    )


def _read_sampling(path: Path, stored: Mapping[str, Any]) -> Sampling:
    """Return the recommended sampling; parameters of a later version are passed over."""
    try:
        return Sampling(**{name: value for name, value in stored.items() if name in PARAMETERS})
    except CounselError as error:
        raise ModelError(f"{path}: sampling: {error}") from error


def _check_hashes(path: Path, expected: Mapping[str, str], weights_digest: str) -> None:
    for name in (CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE, TOPICS_FILE):
        if name not in expected:
            continue
        found = weights_digest if name == WEIGHTS_FILE else sha256(path / name)
        if found != expected[name]:
            raise ModelError(
                text(
                    f"{path / name}: {CARD_FILE}에 적힌 sha256과 다릅니다. 파일이 손상되었거나 바뀌었습니다. "
                    f"원본을 다시 복사하거나, 일부러 바꿨다면 {CARD_FILE}의 sha256에서 이 항목을 지우세요.",
                    f"{path / name}: differs from its sha256 in {CARD_FILE}: damaged or replaced. "
                    f"Copy the original again or, if you changed it, remove its entry from sha256 there.",
                )
            )
