"""The options of `counsel train`."""

import math
from pathlib import Path

import click

from engine.errors import CounselError
from engine.language import text
from engine.parameters import number, parameters_of
from train.noise import Noise
from train.policy import POLICIES
from train.sizes import SIZES


def training_options(command: click.Command) -> click.Command:
    """Add them all."""
    command.params += [*_model_options(), *_data_options(), *_run_options()]
    return command


def _model_options() -> list[click.Option]:
    """Return the options about what is trained, and how."""
    return [
        click.Option(
            ["--out"],
            callback=_needed_for_a_model,
            type=click.Path(path_type=Path),
            metavar="DIR",
            help=text("모델을 저장할 폴더.", "The folder to write."),
        ),
        click.Option(
            ["--base"],
            required=True,
            metavar="DIR|scratch",
            help=text(
                "시작할 GPT-2 폴더(safetensors). scratch는 임의의 가중치와 새 토크나이저로 시작합니다.",
                "A GPT-2 folder (safetensors) to start from; scratch starts from random weights and a new tokenizer.",
            ),
        ),
        click.Option(
            ["--size"],
            type=click.Choice(list(SIZES)),
            default="mini",
            show_default=True,
            help=text("scratch 모델의 크기.", "Size of a scratch model."),
        ),
        click.Option(
            ["--epochs"],
            type=click.IntRange(1),
            default=5,
            show_default=True,
            help=text("데이터를 되풀이해 학습하는 횟수.", "Passes over the data."),
        ),
        click.Option(
            ["--batch-size"],
            type=click.IntRange(1),
            default=32,
            show_default=True,
            help=text("한 번에 학습하는 행의 수.", "Rows a step."),
        ),
        click.Option(
            ["--learning-rate"],
            type=click.FloatRange(0, min_open=True),
            default=None,
            callback=finite,
            help=text(
                "학습률의 최댓값. 기본값은 scratch 1e-3, 그 밖에는 5e-5.",
                "The peak learning rate. Default: 1e-3 from scratch, else 5e-5.",
            ),
        ),
        click.Option(
            ["--dropout"],
            type=click.FloatRange(0, 1, max_open=True),
            callback=finite,
            default=0.1,
            show_default=True,
            help=text("드롭아웃 비율.", "Dropout rate."),
        ),
        click.Option(
            ["--name"], default="", help=text("모델의 이름. 기본값은 폴더 이름.", "The model's name.")
        ),
        click.Option(
            ["--data-license", "data_licences"],
            multiple=True,
            metavar="TEXT",
            help=text(
                "모델 카드에 적을 데이터의 이용 조건. 여러 번 쓸 수 있습니다.",
                "The data's licence, for the card. Repeatable.",
            ),
        ),
        click.Option(
            ["--precision"],
            type=click.Choice(["float32", "float16"]),
            default="float32",
            show_default=True,
            help=text("저장할 가중치의 정밀도.", "Precision of the stored weights."),
        ),
        click.Option(
            ["--keep-responses/--no-keep-responses"],
            default=True,
            show_default=True,
            help=text(
                "학습한 응답을 모델 폴더에 함께 둡니다.",
                "Keep the replies it learnt from in the model folder.",
            ),
        ),
    ]


def _run_options() -> list[click.Option]:
    return [
        click.Option(
            ["--seed"],
            type=click.IntRange(0, 2**32 - 1),
            default=0,
            show_default=True,
            help=text("난수의 씨앗.", "Random seed."),
        ),
        click.Option(
            ["--overwrite"],
            is_flag=True,
            help=text("이미 있는 모델 폴더를 바꿉니다.", "Replace an existing model folder."),
        ),
    ]


def _data_options() -> list[click.Option]:
    """Return the options about what is read and how it is joined, split and drawn."""
    share = click.FloatRange(0, 0.5)
    return [
        click.Option(
            ["--responses"],
            type=click.Choice(POLICIES),
            help=text(
                "own: 행마다 그 행의 응답. sample: 발화마다 에폭에 한 번, 라벨의 응답 하나를 새로 뽑아. all: 라벨의 모든 응답과. "
                "first: 라벨의 첫 응답과. 기본값은 파일마다, 응답 칸이 열에 하나 넘게 비어 있으면(웰니스 시트처럼) sample, 아니면 own. "
                "대화의 차례는 늘 제 응답을 씁니다.",
                "own: each row with its response. sample: each utterance once an epoch, with a response of its label drawn "
                "anew. all: with every response of its label. first: with its label's first. Default, by file: sample where "
                "more than one response in ten is blank, as on the Wellness sheet, else own. Turns of a dialogue keep "
                "theirs.",
            ),
        ),
        click.Option(
            ["--context-turns"],
            type=click.IntRange(0, 8),
            default=0,
            show_default=True,
            help=text(
                "대화 열이 있을 때 앞에 붙일 이전 차례의 수.",
                "Earlier turns to read, where the data has dialogues.",
            ),
        ),
        click.Option(
            ["--validation", "validation_share"],
            type=share,
            callback=finite,
            default=0.05,
            show_default=True,
            help=text(
                "학습에서 빼고 에폭마다 손실을 재는 행의 비율.",
                "Share of rows held out to be measured each epoch.",
            ),
        ),
        click.Option(
            ["--test-share"],
            type=share,
            callback=finite,
            default=0.0,
            show_default=True,
            help=text(
                "끝에 한 번 재는 행의 비율.", "Share of rows held out to be measured once, in the end."
            ),
        ),
        click.Option(
            ["--test"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=text("따로 가진 시험 데이터.", "A test set of your own instead."),
        ),
        click.Option(
            ["--balance"],
            type=click.FloatRange(0, 1),
            callback=finite,
            default=0.5,
            show_default=True,
            metavar="A",
            help=text(
                "행을 뽑는 무게 n^(-A), n은 라벨의 행 수. 0: 있는 그대로, 1: 모든 라벨을 똑같이.",
                "Rows are drawn with the weight n^(-A), n being the rows of their label. 0: as they are, 1: all labels alike.",
            ),
        ),
        click.Option(
            ["--augment"],
            is_flag=True,
            help=text(
                "행이 적은 라벨의 발화를 조금씩 바꾸어 가며 학습합니다.",
                "Vary the utterances of rare labels.",
            ),
        ),
        *_noise_options(),
        click.Option(
            ["--report"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=text(
                "데이터에서 찾은 것을 모두 이 파일에 적습니다.",
                "Write all findings about the data to this file.",
            ),
        ),
        click.Option(
            ["--ablate-balance"],
            is_eager=True,
            callback=parse_balances,
            metavar="A,…",
            help=text(
                "값마다 모델을 학습해 라벨의 머리, 가운데, 꼬리에서 손실과 주제 정확도를 견줍니다. 모델은 저장하지 않습니다.",
                "Train a model for each value and compare loss and topics on head, middle and tail labels. Writes no model.",
            ),
        ),
    ]


def _noise_options() -> list[click.Option]:
    return [
        click.Option(
            [f"--augment-{name}"],
            type=float,
            metavar="P",
            help=f"{parameter.explanation} ({parameter.allowed}, {text('보통', 'usually')} {number(parameter.default)})",
        )
        for name, parameter in parameters_of(Noise).items()
    ]


def finite(_context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """Return a number as it is; NaN and infinity are refused."""
    if value is not None and not math.isfinite(value):
        option = parameter.opts[0]
        raise CounselError(
            text(
                f"{option} {value}: 유한한 수가 아닙니다. 수를 적으세요.",
                f"{option} {value}: no finite number. Give one.",
            )
        )
    return value


def parse_balances(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[float, ...]:
    """Return what `--ablate-balance` says."""
    try:
        balances = tuple(float(part) for part in value.split(",")) if value else ()
    except ValueError:
        balances = (math.nan,)
    if not all(0 <= balance <= 1 for balance in balances):
        raise CounselError(
            text(
                f"--ablate-balance {value}: 0에서 1까지의 수를 쉼표로 이어 적으세요. 예: 0,0.5,1",
                f"--ablate-balance {value}: write numbers from 0 to 1, separated by commas, such as 0,0.5,1",
            )
        )
    return balances


def _needed_for_a_model(
    context: click.Context, parameter: click.Parameter, value: Path | None
) -> Path | None:
    if value is None and not context.params.get("ablate_balance") and not context.resilient_parsing:
        raise click.MissingParameter(ctx=context, param=parameter)
    return value
