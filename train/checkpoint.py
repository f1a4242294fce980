"""Model directories in and out of the trainer's network."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from safetensors.numpy import save_file

from engine.checkpoint import Array, sha256
from engine.errors import CounselError
from engine.known_replies import KnownReply
from engine.language import text
from engine.model_directory import (
    CARD_FILE,
    CONFIG_FILE,
    RESPONSES_FILE,
    SCHEMA,
    TOKENIZER_FILE,
    TOPICS_FILE,
    WEIGHTS_FILE,
    ModelDirectory,
)
from engine.template import Codec
from train.card import write_card
from train.distribution import Cluster
from train.files import replace_file

TOKENIZER_CONFIG_FILE = "tokenizer_config.json"
UNKNOWN = "<unk>"
README = "README.md"
CONFIGURATION = "train.toml"
METRICS = "metrics.jsonl"
WRITTEN = (
    CONFIG_FILE,
    "generation_config.json",
    WEIGHTS_FILE,
    TOKENIZER_FILE,
    TOKENIZER_CONFIG_FILE,
    CARD_FILE,
    RESPONSES_FILE,
    TOPICS_FILE,
    README,
    CONFIGURATION,
    METRICS,
)
Precision = Literal["float32", "float16"]


def check_out(out: Path, overwrite: bool) -> None:
    """Make sure, before hours of training, that the result may be written.

    Raises:
        CounselError: `out` holds something that would be lost, or cannot be put in place.
    """
    if Path.cwd().is_relative_to(out.absolute()) or out.is_mount():
        raise CounselError(
            text(
                f"{out}: 지금 있는 폴더나 마운트 지점에는 쓸 수 없습니다. 새 폴더 이름을 주세요.",
                f"{out}: the current folder or a mount point cannot be replaced. Name a new folder.",
            )
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not overwrite:
            raise CounselError(
                text(
                    f"{out}: 이미 있습니다. 다른 --out을 고르거나 --overwrite로 바꿔 쓰세요.",
                    f"{out}: exists already. Choose another --out, or replace it with --overwrite.",
                )
            )
        others = sorted({path.name for path in out.iterdir()} - set(WRITTEN)) if out.is_dir() else [out.name]
        if others:
            raise CounselError(
                text(
                    f"{out}: counsel이 쓰지 않은 것({', '.join(others[:3])})이 있어 덮어쓰지 않습니다. 다른 --out을 고르세요.",
                    f"{out}: not overwritten, since it holds what counsel did not write ({', '.join(others[:3])}). "
                    "Choose another --out.",
                )
            )
    parent = next(folder for folder in out.absolute().parents if folder.exists())
    if not os.access(parent, os.W_OK) or not parent.is_dir():
        raise CounselError(
            text(
                f"{parent}: 여기에 쓸 수 없습니다. 다른 --out을 고르세요.",
                f"{parent}: not writable. Choose another --out.",
            )
        )


def run_folder(out: Path, cluster: Cluster | None) -> Path:
    """Return where a training keeps checkpoints and records, beside the model; each further machine in a part of it."""
    folder = out.with_name(f"{out.name}.run")
    return folder if cluster is None or cluster.is_chief else folder / f"worker-{cluster.index}"


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """Give a new folder that takes the place of `out` once everything in it is written.

    What one that was killed has left is removed first.
    """
    workshop = out.absolute().with_name(f".{out.name}.writing")
    new, old = workshop / "new", workshop / "old"

    def tidy() -> None:
        if old.exists() and not out.exists():  # failed or killed in between
            old.rename(out)
        if workshop.exists():
            shutil.rmtree(workshop)

    tidy()
    new.mkdir(parents=True)
    try:
        yield new
        if out.exists():
            out.rename(old)
        new.rename(out)
    finally:
        tidy()


def save_network(folder: Path, tensors: Mapping[str, Array], codec: Codec, config: Mapping[str, Any]) -> None:
    """Write `config.json`, `generation_config.json` and `model.safetensors` as Hugging Face does.

    Args:
        folder: an existing folder.
        tensors: by their names in `GPT2LMHeadModel`, in the precision to be stored.
        codec: its special tokens go into the configuration.
        config: the arguments of `transformers.GPT2Config`.
    """
    from transformers import GenerationConfig, GPT2Config

    ids: dict[str, Any] = {
        "bos_token_id": codec.bos_id,
        "eos_token_id": codec.eos_id,
        "pad_token_id": codec.pad_id,
    }
    GPT2Config(
        **config,
        **ids,
        activation_function="gelu_new",
        architectures=["GPT2LMHeadModel"],
        dtype=str(next(iter(tensors.values())).dtype),
    ).save_pretrained(folder)
    GenerationConfig(**ids).save_pretrained(folder)  # type: ignore[no-untyped-call]
    save_file(dict(tensors), folder / WEIGHTS_FILE, metadata={"format": "pt"})
    # safetensors makes the file readable for its owner alone; the model is no more secret than its configuration.
    (folder / WEIGHTS_FILE).chmod((folder / CONFIG_FILE).stat().st_mode)


def save_tokenizer(folder: Path, codec: Codec, context: int) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json`, the latter so that transformers 4 reads it as well as 5."""
    codec.tokenizer.save(str(folder / TOKENIZER_FILE))
    special = {"bos_token": codec.template.bos, "eos_token": codec.template.eos, "pad_token": codec.pad_token}
    if codec.tokenizer.token_to_id(UNKNOWN) is not None:
        special["unk_token"] = UNKNOWN
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": context, **special}
    (folder / TOKENIZER_CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n", "utf-8")


def save_responses(folder: Path, replies: Sequence[tuple[str, KnownReply]]) -> None:
    """Write each label's replies once, one JSON object a line: {"label": …, "text": …}, and "turn" of a dialogue's."""
    lines = [
        json.dumps(
            {"label": label, "text": reply.text, **({"turn": reply.turn} if reply.turn else {})},
            ensure_ascii=False,
        )
        for label, reply in dict.fromkeys(replies)
    ]
    (folder / RESPONSES_FILE).write_text("".join(line + "\n" for line in lines), "utf-8")


def add_to_card(folder: Path, figures: Mapping[str, Any], added: Sequence[str] = ()) -> None:
    """Put figures into `counsel.json`, whose other parts stay, and into the README of a model that we trained.

    The names in `added` are those of files that are new in the folder. A directory without a `counsel.json` gets one. Each file is replaced at once.
    """
    model = ModelDirectory.load(folder)
    new = {"schema": SCHEMA, "labels": {}, "template": asdict(model.codec.template)}
    card = {**(model.card or new), **figures}
    if added:
        card["sha256"] = {**card.get("sha256", {}), **{name: sha256(folder / name) for name in added}}
    if "training" in card:
        replace_file(folder / README, write_card(card))
        card["sha256"] = {**card.get("sha256", {}), README: sha256(folder / README)}
    replace_file(folder / CARD_FILE, json.dumps(card, ensure_ascii=False, indent=2) + "\n")


def save_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write `counsel.json`: `card`, and the SHA-256 of every file that is in the folder by now."""
    hashes = {path.name: sha256(path) for path in sorted(folder.iterdir())}
    content = json.dumps({**card, "sha256": hashes}, ensure_ascii=False, indent=2)
    (folder / CARD_FILE).write_text(content + "\n", "utf-8")
