"""`counsel adopt BASE --out DIR`: a checkpoint of any format as a model folder."""

import shlex
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from counsel.console import shared_options
from engine.errors import CounselError
from engine.language import text

if TYPE_CHECKING:
    from train.base import Base
    from train.checkpoint import Precision

# What `config.json` of the result keeps; the rest is the same for every GPT-2 that we read.
KEPT = (
    *("vocab_size", "n_positions", "n_embd", "n_layer", "n_head", "layer_norm_epsilon"),
    *("resid_pdrop", "embd_pdrop", "attn_pdrop"),
)


def make() -> click.Command:
    """Build the command in the chosen language."""

    @shared_options("counsel")
    @click.command(
        "adopt",
        help=text(
            "BASE(폴더나 skt/kogpt2-base-v2 같은 허브의 이름; safetensors, pytorch_model.bin, flax_model.msgpack, "
            "tf_model.h5)를 대화하고 학습할 수 있는 모델 폴더로 바꿉니다. 가중치는 그대로입니다.",
            "Turn BASE (a folder, or a name on the hub such as skt/kogpt2-base-v2, with safetensors, "
            "pytorch_model.bin, flax_model.msgpack or tf_model.h5) into a model folder to chat with and to train. "
            "Its weights stay as they are.",
        ),
    )
    @click.argument("base")
    @click.option(
        "--out",
        required=True,
        type=click.Path(path_type=Path),
        metavar="DIR",
        help=text("모델을 저장할 폴더.", "The folder to write."),
    )
    @click.option(
        "--tokenizer",
        metavar="DIR|ID",
        help=text(
            "토크나이저를 가져올 폴더나 허브의 이름. BASE에 토크나이저가 없을 때 씁니다.",
            "A folder, or a name on the hub, to take the tokenizer from, if BASE has none.",
        ),
    )
    @click.option(
        "--revision",
        metavar="NAME",
        help=text("허브의 브랜치, 태그나 커밋.", "The branch, tag or commit on the hub."),
    )
    @click.option(
        "--labels",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=text(
            "모델이 배운 라벨이 든 데이터(파일 형식과 열은 train과 같음). 없으면 주제를 자유롭게 씁니다.",
            "Data with the labels that the model has learnt (kinds of file and columns as for train). Without it, topics "
            "are written freely.",
        ),
    )
    @click.option(
        "--precision",
        type=click.Choice(["float32", "float16"]),
        default="float32",
        show_default=True,
        help=text("저장할 가중치의 정밀도.", "Precision of the stored weights."),
    )
    @click.option(
        "--name",
        default="",
        help=text("모델의 이름. 기본값은 폴더 이름.", "The model's name. Default: the folder's."),
    )
    @click.option(
        "--overwrite",
        is_flag=True,
        help=text("이미 있는 모델 폴더를 바꿉니다.", "Replace an existing model folder."),
    )
    def adopt(
        base: str,
        out: Path,
        tokenizer: str | None,
        revision: str | None,
        labels: Path | None,
        precision: "Precision",
        name: str,
        overwrite: bool,
    ) -> None:
        from train import requirements

        requirements.check()
        from train.base import open_base
        from train.checkpoint import check_out

        out = out.resolve()
        check_out(out, overwrite)
        opened = open_base(base, revision, tokenizer)
        known = _read_labels(labels, opened) if labels else dict(opened.labels)
        _save(opened, out, precision, name or out.name, known)
        command = shlex.join(["counsel", "ask", "--model", str(out), "요즘 잠을 못 자요"])
        click.echo(text(f"{out}에 저장했습니다. 써 보기: {command}", f"Saved to {out}. Try it: {command}"))

    return adopt


def _read_labels(path: Path, base: "Base") -> dict[str, int]:
    """Return the labels of a data file with their rows, if the model can tell them apart."""
    from engine.topics import LabelTrie
    from train.rows.data import count_labels, read_data, stop_at_errors

    data = read_data([path])
    stop_at_errors(data.findings)
    labels = count_labels(data.rows)
    LabelTrie(labels, base.codec, str(path))
    return labels


def _save(base: "Base", out: Path, precision: "Precision", name: str, labels: dict[str, int]) -> None:
    import numpy as np

    from engine.model_directory import RESPONSES_FILE, SCHEMA, TOPICS_FILE
    from train import checkpoint

    with np.errstate(over="ignore"):
        tensors = {key: array.astype(precision, copy=False) for key, array in base.tensors().items()}
    overflown = [key for key, array in tensors.items() if not np.isfinite(array).all()]
    if overflown:
        raise CounselError(
            text(
                f"{base.path}: 텐서 {overflown[0]}의 값이 float16의 범위를 넘습니다. --precision float32로 저장하세요.",
                f"{base.path}: values of the tensor {overflown[0]} exceed float16. Save it with --precision float32.",
            )
        )
    card = {"schema": SCHEMA, "template": asdict(base.codec.template), **base.card}
    card |= {"name": name, "labels": labels, "adopted_from": base.identity}
    has_experts = bool(card.get("topic_experts")) and list(labels) == list(base.labels)
    if not has_experts:  # they know no other labels
        card.pop("topic_experts", None)
        card.pop("topic_calibration", None)
    with checkpoint.replacing(out) as folder:
        config = {key: base.config[key] for key in KEPT if key in base.config}
        checkpoint.save_network(folder, tensors, base.codec, config)
        checkpoint.save_tokenizer(folder, base.codec, base.geometry.context)
        for file in [*([TOPICS_FILE] if has_experts else []), RESPONSES_FILE]:
            if (base.path / file).exists():
                shutil.copyfile(base.path / file, folder / file)
        checkpoint.save_card(folder, card)
