"""`counsel train DATA --out DIR`."""

import math
import shlex
from pathlib import Path
from typing import Any

import click

from counsel.console import shared_options
from engine.characters import normalize
from engine.errors import CounselError
from engine.language import text
from train.sizes import SIZES

SCRATCH = "scratch"


def make() -> click.Command:
    """Build the command in the chosen language."""

    @shared_options("counsel")
    @click.command(
        "train",
        help=text(
            "DATA(csv 또는 xlsx; 열은 구분/유저/챗봇, question/label/response 또는 Q/A/label)로 "
            "GPT-2를 학습해 모델 폴더를 만듭니다.",
            "Train a GPT-2 on DATA (csv or xlsx with the columns 구분/유저/챗봇, question/label/response "
            "or Q/A/label) and write a model folder.",
        ),
    )
    @click.argument("data", type=click.Path(path_type=Path))
    @click.option(
        "--out",
        required=True,
        type=click.Path(path_type=Path),
        metavar="DIR",
        help=text("모델을 저장할 폴더.", "The folder to write."),
    )
    @click.option(
        "--base",
        required=True,
        metavar="DIR|scratch",
        help=text(
            "시작할 GPT-2 폴더(safetensors). scratch는 임의의 가중치와 새 토크나이저로 시작합니다.",
            "A GPT-2 folder (safetensors) to start from; scratch starts from random weights and a new tokenizer.",
        ),
    )
    @click.option(
        "--size",
        type=click.Choice(list(SIZES)),
        default="mini",
        show_default=True,
        help=text("scratch 모델의 크기.", "Size of a scratch model."),
    )
    @click.option(
        "--epochs",
        type=click.IntRange(1),
        default=5,
        show_default=True,
        help=text("데이터를 되풀이해 학습하는 횟수.", "Passes over the data."),
    )
    @click.option(
        "--batch-size",
        type=click.IntRange(1),
        default=32,
        show_default=True,
        help=text("한 번에 학습하는 행의 수.", "Rows a step."),
    )
    @click.option(
        "--learning-rate",
        type=click.FloatRange(0, min_open=True),
        default=None,
        callback=_finite,
        help=text(
            "학습률의 최댓값. 기본값은 scratch 1e-3, 그 밖에는 5e-5.",
            "The peak learning rate. Default: 1e-3 from scratch, else 5e-5.",
        ),
    )
    @click.option(
        "--dropout",
        type=click.FloatRange(0, 1, max_open=True),
        callback=_finite,
        default=0.1,
        show_default=True,
        help=text("드롭아웃 비율.", "Dropout rate."),
    )
    @click.option(
        "--validation",
        "validation_share",
        type=click.FloatRange(0, 0.5),
        callback=_finite,
        default=0.05,
        show_default=True,
        help=text("학습에서 빼고 손실만 재는 발화의 비율.", "Share of utterances held out to be measured."),
    )
    @click.option(
        "--label-names",
        callback=parse_label_names,
        metavar="OLD=NEW,…",
        help=text("라벨의 새 이름. 예: 0=일상,1=이별", "New names for labels, such as 0=daily,1=parting."),
    )
    @click.option("--name", default="", help=text("모델의 이름. 기본값은 폴더 이름.", "The model's name."))
    @click.option(
        "--data-license",
        "data_licences",
        multiple=True,
        metavar="TEXT",
        help=text(
            "모델 카드에 적을 데이터의 이용 조건. 여러 번 쓸 수 있습니다.",
            "The data's licence, for the card. Repeatable.",
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
        "--keep-responses/--no-keep-responses",
        default=True,
        show_default=True,
        help=text(
            "학습한 응답을 모델 폴더에 함께 둡니다.", "Keep the replies it learnt from in the model folder."
        ),
    )
    @click.option(
        "--seed",
        type=click.IntRange(0, 2**32 - 1),
        default=0,
        show_default=True,
        help=text("난수의 씨앗.", "Random seed."),
    )
    @click.option(
        "--overwrite",
        is_flag=True,
        help=text("이미 있는 모델 폴더를 바꿉니다.", "Replace an existing model folder."),
    )
    def train(**options: Any) -> None:
        _train(**options)

    return train


def _train(
    data: Path,
    out: Path,
    base: str,
    label_names: dict[str, str],
    learning_rate: float | None,
    epochs: int,
    batch_size: int,
    seed: int,
    overwrite: bool,
    **request: Any,
) -> None:
    from train import requirements

    requirements.check()
    # What can be wrong is found before TensorFlow is loaded, which takes its time.
    from engine.model_directory import ModelDirectory
    from train.checkpoint import check_out
    from train.data import read_data

    out = out.resolve()
    check_out(out, overwrite)
    rows = read_data(data, label_names)
    start = None if base == SCRATCH else ModelDirectory.load(Path(base))
    click.echo(text("TensorFlow를 불러오는 중입니다…", "Loading TensorFlow…"), err=True)
    from train.devices import find_devices

    devices = ", ".join(find_devices())
    click.echo(text(f"장치: {devices}", f"Device: {devices}"), err=True)
    from train.fine_tune import Request, fine_tune
    from train.loop import Settings
    from train.progress import Progress

    rate = learning_rate or (1e-3 if start is None else 5e-5)
    settings = Settings(epochs=epochs, batch_size=batch_size, learning_rate=rate, seed=seed)
    with Progress(epochs) as progress:
        fine_tune(Request(data=rows, out=out, base=start, settings=settings, **request), progress.watch)
    command = shlex.join(["counsel", "ask", "--model", str(out), "요즘 잠을 못 자요"])
    click.echo(text(f"{out}에 저장했습니다. 써 보기: {command}", f"Saved to {out}. Try it: {command}"))


def _finite(_context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        option = parameter.opts[0]
        raise CounselError(
            text(
                f"{option} {value}: 유한한 수가 아닙니다. 수를 적으세요.",
                f"{option} {value}: no finite number. Give one.",
            )
        )
    return value


def parse_label_names(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> dict[str, str]:
    """Return what `--label-names` says: the new name of each label."""
    pairs = [pair.partition("=") for pair in value.split(",")] if value else []
    if any(not (normalize(old) and normalize(new)) for old, _, new in pairs):
        raise CounselError(
            text(
                f"--label-names {value}: '옛이름=새이름'을 쉼표로 이어 적으세요. 예: 0=일상,1=이별",
                f"--label-names {value}: write old=new, separated by commas, such as 0=daily,1=parting",
            )
        )
    names = {normalize(old): normalize(new) for old, _, new in pairs}
    if len(names) < len(pairs):
        raise CounselError(
            text(
                f"--label-names {value}: 같은 라벨이 두 번 나옵니다. 하나만 남기세요.",
                f"--label-names {value}: names a label twice. Leave one.",
            )
        )
    return names
