"""The options of `counsel pretrain`, most of which are those of `counsel train`."""

import click

from counsel.checks import finite
from counsel.data_options import ROLES, parse_columns
from counsel.option_groups import Option
from counsel.settings_options import settings_options
from counsel.train_options import base_options, card_options, network_options, run_options
from engine.language import text
from train.settings import ABOUT_TOPICS
from train.sizes import SIZES

DEFAULTS = {"epochs": 1, "batch-size": None}


def pretraining_options(command: click.Command) -> click.Command:
    """Add them all."""
    shared = [*base_options(), *card_options()]
    command.params += [
        *(option for option in shared if option.name not in ("size", "keep_responses")),
        *_shape_options(),
        *_corpus_options(),
        *settings_options(DEFAULTS, ABOUT_TOPICS),
        *network_options(),
        *run_options(),
    ]
    return command


def _shape_options() -> list[click.Option]:
    helps = {
        "vocab-size": (2000, text("scratch 모델의 어휘 수.", "Tokens of a scratch model's vocabulary.")),
        "width": (1, text("scratch 모델의 너비.", "Width of a scratch model.")),
        "layers": (1, text("scratch 모델의 블록 수.", "Blocks of a scratch model.")),
        "heads": (1, text("scratch 모델의 어텐션 헤드 수.", "Attention heads of a scratch model.")),
    }
    of_size = text("--size의 것", "that of --size")
    size = Option(
        ["--size"],
        group="model",
        type=click.Choice(list(SIZES)),
        default="small",
        help=text("scratch 모델의 크기.", "Size of a scratch model."),
    )
    return [
        size,
        *(
            Option(
                [f"--{name}"],
                group="model",
                type=click.IntRange(least, 10**6),
                metavar="N",
                shown=of_size,
                help=explanation,
            )
            for name, (least, explanation) in helps.items()
        ),
    ]


def _corpus_options() -> list[click.Option]:
    return [
        Option(
            ["--document"],
            group="rows",
            type=click.Choice(["line", "file"]),
            default="line",
            help=text(
                "글 파일에서 문서 하나: 한 줄, 또는 파일 전체. 표에서는 발화와 응답이 저마다 문서입니다.",
                "What a document is in a text file: a line, or all of it. In a table each utterance and response is one.",
            ),
        ),
        Option(
            ["--columns"],
            group="rows",
            callback=parse_columns,
            metavar="ROLE=NAME,…",
            help=text(
                f"표의 열 이름. ROLE은 {', '.join(ROLES)} 가운데 하나.",
                f"Names of a table's columns. ROLE is one of {', '.join(ROLES)}.",
            ),
        ),
        Option(
            ["--context"],
            group="rows",
            type=click.IntRange(2, 65_536),
            metavar="N",
            shown=text("모델의 문맥", "the model's context"),
            help=text(
                "한 블록의 토큰 수. 블록은 문서를 이어 붙여 자른 것입니다. --batch-size를 주지 않으면 한 번에 8,192토큰입니다.",
                "Tokens of a block; blocks are cut from the documents in one row. Without --batch-size, an update has "
                "8,192 tokens.",
            ),
        ),
        Option(
            ["--validation", "validation_share"],
            group="rows",
            type=click.FloatRange(0, 0.5),
            callback=finite,
            default=0.005,
            metavar="P",
            help=text(
                "학습하지 않고 에폭마다 재 보는 문서의 비율. 같은 글은 한쪽에만 듭니다.",
                "Share of the documents that is held out and measured after each epoch; equal texts stay together.",
            ),
        ),
    ]
