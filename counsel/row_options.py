"""The options of `counsel train` about rows: how they are joined, split, drawn and varied."""

from pathlib import Path
from typing import Any

import click

from counsel.checks import finite
from counsel.option_groups import Option
from engine.language import text
from engine.parameters import number, parameters_of
from train.sequences.noise import Noise
from train.sequences.policy import POLICIES


def row_options() -> list[click.Option]:
    """Return the options about what is read and how it is joined, split and drawn."""
    return [
        Option(
            ["--responses"],
            group="rows",
            type=click.Choice(POLICIES),
            shown=text("파일에 맞게", "as fits each file"),
            help=text(
                "own: 행마다 그 행의 응답. sample: 발화마다 에폭에 한 번, 라벨의 응답 하나를 새로 뽑아. all: 라벨의 모든 응답과. "
                "first: 라벨의 첫 응답과. 주지 않으면 파일마다, 응답 칸이 열에 하나 넘게 비어 있으면(웰니스 시트처럼) sample, "
                "아니면 own. 대화의 차례는 늘 제 응답을 씁니다.",
                "own: each row with its response. sample: each utterance once an epoch, with a response of its label drawn "
                "anew. all: with every response of its label. first: with its label's first. If not given, by file: sample "
                "where more than one response in ten is blank, as on the Wellness sheet, else own. Turns of a dialogue keep "
                "theirs.",
            ),
        ),
        Option(
            ["--context-turns"],
            group="rows",
            type=click.IntRange(0, 8),
            default=0,
            metavar="N",
            help=text(
                "대화 열이 있을 때 앞에 붙일 이전 차례의 수.",
                "Earlier turns to read, where the data has dialogues.",
            ),
        ),
        *_split_options(),
        Option(
            ["--balance"],
            group="rows",
            type=click.FloatRange(0, 1),
            callback=finite,
            default=0.5,
            metavar="A",
            help=text(
                "행을 뽑는 무게 n^(-A), n은 라벨의 행 수. 0: 있는 그대로, 1: 모든 라벨을 똑같이.",
                "Rows are drawn with the weight n^(-A), n being the rows of their label. 0: as they are, 1: all labels alike.",
            ),
        ),
        Option(
            ["--augment/--no-augment"],
            group="rows",
            default=False,
            help=text(
                "행이 적은 라벨의 발화를 조금씩 바꾸어 가며 학습합니다.",
                "Vary the utterances of rare labels.",
            ),
        ),
        *_noise_options(),
        Option(
            ["--report"],
            group="rows",
            kept=False,
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=text(
                "데이터에서 찾은 것을 모두 이 파일에 적습니다.",
                "Write all findings about the data to this file.",
            ),
        ),
    ]


def _split_options() -> list[click.Option]:
    share: dict[str, Any] = {"group": "rows", "type": click.FloatRange(0, 0.5), "callback": finite}
    return [
        Option(
            ["--validation", "validation_share"],
            **share,
            default=0.05,
            metavar="P",
            help=text(
                "학습에서 빼고 에폭마다 재는 행의 비율.", "Share of rows held out to be measured each epoch."
            ),
        ),
        Option(
            ["--test-share"],
            **share,
            default=0.0,
            metavar="P",
            help=text(
                "끝에 한 번 재는 행의 비율.", "Share of rows held out to be measured once, in the end."
            ),
        ),
        Option(
            ["--test"],
            group="rows",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=text("따로 가진 시험 데이터.", "A test set of your own instead."),
        ),
    ]


def _noise_options() -> list[click.Option]:
    return [
        Option(
            [f"--augment-{name}"],
            group="rows",
            type=float,
            callback=finite,
            metavar="P",
            shown=number(parameter.default),
            help=f"{parameter.explanation} ({parameter.allowed})",
        )
        for name, parameter in parameters_of(Noise).items()
    ]
