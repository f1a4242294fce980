"""The options of `counsel train`, besides those of the loop (counsel/settings_options.py)."""

from pathlib import Path

import click

from counsel.checks import finite, parse_balances, split_commas
from counsel.option_groups import Option
from counsel.recipes import DEFAULT, RECIPES, explain_recipes
from counsel.row_options import row_options
from counsel.settings_options import settings_options
from engine.language import text
from train.sizes import SIZES

BASE = "skt/kogpt2-base-v2"


def training_options(command: click.Command) -> click.Command:
    """Add them all."""
    command.params += [
        *base_options(),
        *card_options(),
        _replies_option(),
        *row_options(),
        _recipe_option(),
        *settings_options(RECIPES[DEFAULT]),
        *_ngrams_options(),
        *network_options(),
        *run_options(),
        _ablation_option(),
    ]
    return command


def base_options() -> list[click.Option]:
    """Return the options about where the training starts."""
    return [
        Option(
            ["--base"],
            group="model",
            default=BASE,
            metavar="ID|DIR|scratch",
            help=text(
                "시작할 GPT-2: 허깅페이스 허브의 이름이나 폴더. scratch는 임의의 가중치와 새 토크나이저로 시작합니다.",
                "The GPT-2 to start from: a name on the Hugging Face hub, or a folder. scratch starts from random "
                "weights and a new tokenizer.",
            ),
        ),
        Option(
            ["--revision"],
            group="model",
            metavar="REV",
            help=text(
                "허브에 있는 --base의 가지, 태그나 커밋.", "Branch, tag or commit of a --base on the hub."
            ),
        ),
        Option(
            ["--tokenizer"],
            group="model",
            metavar="ID|DIR",
            help=text(
                "--base에 토크나이저가 없을 때 쓸 것.", "Where the tokenizer is, if --base brings none."
            ),
        ),
        Option(
            ["--size"],
            group="model",
            type=click.Choice(list(SIZES)),
            default="mini",
            help=text("scratch 모델의 크기.", "Size of a scratch model."),
        ),
    ]


def network_options() -> list[click.Option]:
    """Return what is done to the network besides the settings of the loop."""
    return [
        Option(
            ["--dropout"],
            group="learning",
            type=click.FloatRange(0, 1, max_open=True),
            callback=finite,
            default=0.1,
            metavar="P",
            help=text("드롭아웃 비율입니다.", "Dropout rate."),
        ),
    ]


def card_options() -> list[click.Option]:
    """Return the options about the folder that is written."""
    return [
        Option(
            ["--name"],
            group="model",
            default="",
            help=text("모델의 이름. 기본값은 폴더 이름.", "The model's name. Default: the folder's."),
        ),
        Option(
            ["--data-license", "data_licences"],
            group="model",
            multiple=True,
            metavar="TEXT",
            help=text(
                "모델 카드에 적을 데이터의 이용 조건. 여러 번 쓸 수 있습니다.",
                "The data's licence, for the card. Repeatable.",
            ),
        ),
        Option(
            ["--precision"],
            group="model",
            type=click.Choice(["float32", "float16"]),
            default="float32",
            help=text("저장할 가중치의 정밀도.", "Precision of the stored weights."),
        ),
        Option(
            ["--keep-responses/--no-keep-responses"],
            group="model",
            default=True,
            help=text(
                "학습한 응답을 모델 폴더에 함께 둡니다.",
                "Keep the replies it learnt from in the model folder.",
            ),
        ),
    ]


def _recipe_option() -> click.Option:
    return Option(
        ["--recipe"],
        group="learning",
        type=click.Choice(list(RECIPES)),
        default=DEFAULT,
        help=explain_recipes(),
    )


def _replies_option() -> click.Option:
    return Option(
        ["--replies"],
        group="model",
        type=click.Choice(["free", "known"]),
        default="free",
        help=text(
            "모델이 나중에 말하는 것. free: 스스로 쓴 응답. known: 학습한 응답 가운데 고른 것(작은 모델에 안전합니다).",
            "What the model will say. free: replies of its own. known: replies that it was trained on, of which it "
            "chooses (safe for a small model).",
        ),
    )


def _ngrams_options() -> list[click.Option]:
    return [
        Option(
            ["--ngrams/--no-ngrams"],
            group="learning",
            default=True,
            help=text(
                "글자 n-그램을 보는 선형 모델도 함께 학습해 주제를 가릴 때 모델과 곱합니다.",
                "Train a linear model on character n-grams as well, which is multiplied with the network to tell "
                "topics.",
            ),
        ),
        Option(
            ["--lexicon"],
            group="learning",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=text(
                "발화와 함께 주제만 배울 낱말책: 한 행에 주제를 알려 주는 낱말이나 구절 하나(열은 구분, 유저).",
                "A lexicon of which the topics are learnt as well: a word or phrase that tells a topic in each row "
                "(the columns 구분 and 유저, or label and question).",
            ),
        ),
    ]


def run_options() -> list[click.Option]:
    """Return the options about one start of the command."""
    return [
        Option(
            ["--out"],
            group="run",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help=text(
                "모델을 저장할 폴더. 학습하는 동안의 것은 DIR.run에 둡니다.",
                "The folder to write. What is kept during the training is in DIR.run.",
            ),
        ),
        Option(
            ["--config"],
            group="run",
            kept=False,
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=text(
                "옵션을 적은 TOML 파일. `learning-rate = 3e-5`처럼 긴 이름으로. 명령줄의 옵션이 앞섭니다. "
                "MODEL/train.toml은 그 모델의 학습을 되풀이합니다.",
                "A TOML file with options by their long names, as `learning-rate = 3e-5`; options on the command line "
                "come first. MODEL/train.toml repeats that model's training.",
            ),
        ),
        Option(
            ["--resume"],
            group="run",
            kept=False,
            is_flag=True,
            help=text(
                "멈춘 학습을 마지막 체크포인트에서 그대로 이어 갑니다. --out만 주면 됩니다.",
                "Go on exactly from the last checkpoint of a training that stopped. --out is enough.",
            ),
        ),
        Option(
            ["--overwrite"],
            group="run",
            kept=False,
            is_flag=True,
            help=text("이미 있는 모델 폴더를 바꿉니다.", "Replace an existing model folder."),
        ),
        Option(
            ["--dry-run"],
            group="run",
            kept=False,
            is_flag=True,
            help=text(
                "학습하지 않고 데이터, 학습할 줄, 메모리와 시간의 어림만 보입니다.",
                "Train nothing; show the data, lines to be learnt, and what memory and time it will take.",
            ),
        ),
        Option(
            ["--tensorboard/--no-tensorboard"],
            group="run",
            default=False,
            help=text("TensorBoard의 기록을 DIR.run에 씁니다.", "Write a TensorBoard log into DIR.run."),
        ),
        Option(
            ["--workers"],
            group="run",
            kept=False,
            callback=split_commas,
            metavar="HOST:PORT,…",
            help=text(
                "함께 학습할 컴퓨터 모두, 같은 순서로. 컴퓨터마다 --index를 주고 시작합니다.",
                "All machines that train together, in the same order on each. Start each with its --index.",
            ),
        ),
        Option(
            ["--index"],
            group="run",
            kept=False,
            type=click.IntRange(0),
            metavar="N",
            help=text("--workers에서 이 컴퓨터의 자리, 0부터.", "This machine's place in --workers, from 0."),
        ),
    ]


def _ablation_option() -> click.Option:
    return Option(
        ["--ablate-balance"],
        group="run",
        kept=False,
        callback=parse_balances,
        metavar="A,…",
        help=text(
            "값마다 모델을 학습해 라벨의 머리, 가운데, 꼬리에서 손실과 주제 정확도를 견줍니다. 모델은 저장하지 않습니다.",
            "Train a model for each value and compare loss and topics on head, middle and tail labels. Writes no model.",
        ),
    )
