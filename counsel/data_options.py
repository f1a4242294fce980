"""The options that the commands of `counsel data` share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from counsel.option_groups import Option
from counsel.pairs import parse_label_names
from engine.characters import normalize
from engine.errors import CounselError
from engine.language import text

ROLES = ("question", "label", "response", "dialogue", "turn")
Command = Callable[..., Any]


def reading_options(command: Command) -> Command:
    """Add `--columns` and `--label-names`."""
    columns = click.option(
        "--columns",
        cls=Option,
        group="rows",
        callback=parse_columns,
        metavar="ROLE=NAME,…",
        help=text(
            f"열의 이름. ROLE은 {', '.join(ROLES)} 가운데 하나. 예: question=상담내용,label=분류",
            f"Names of columns. ROLE is one of {', '.join(ROLES)}, as in question=text,label=class",
        ),
    )
    names = click.option(
        "--label-names",
        cls=Option,
        group="rows",
        callback=parse_label_names,
        metavar="OLD=NEW,…",
        help=text("라벨의 새 이름. 예: 0=일상,1=이별", "New names for labels, such as 0=daily,1=parting."),
    )
    return columns(names(command))


def model_option(command: Command) -> Command:
    """Add `--model`."""
    return click.option(
        "--model",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help=text(
            "토큰을 셀 모델 폴더. 기본값은 함께 설치된 모델.",
            "The model folder whose tokens count. Default: the one that came along.",
        ),
    )(command)


def balance_option(command: Command) -> Command:
    """Add `--balance`."""
    return click.option(
        "--balance",
        type=click.FloatRange(0, 1),
        default=0.5,
        show_default=True,
        metavar="A",
        callback=_a_number,
        help=text(
            "행을 뽑는 무게 n^(-A), n은 라벨의 행 수. train과 같습니다.",
            "Rows are drawn with the weight n^(-A), n being the rows of their label, as for train.",
        ),
    )(command)


def _a_number(_context: click.Context, _parameter: click.Parameter, value: float) -> float:
    if value != value:  # NaN lies in every range
        raise click.BadParameter("nan")
    return value


def seed_option(command: Command) -> Command:
    """Add `--seed`."""
    return click.option(
        "--seed",
        type=click.IntRange(0, 2**32 - 1),
        default=0,
        show_default=True,
        help=text("표본을 뽑는 난수의 씨앗.", "Random seed of the samples."),
    )(command)


def page_options(command: Command) -> Command:
    """Add `--html` and `--png`."""
    html = click.option(
        "--html",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help=text("그림이 든 웹 페이지 하나로도 씁니다.", "Write it as one web page with plots, too."),
    )
    png = click.option(
        "--png",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help=text("그림을 PNG 파일로도 씁니다.", "Write the plots as PNG files, too."),
    )
    return html(png(command))


def json_option(command: Command) -> Command:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help=text("JSON으로 적습니다.", "As JSON."))(
        command
    )


def parse_columns(_context: click.Context, _parameter: click.Parameter, value: str | None) -> dict[str, str]:
    """Return what `--columns` says: the column of each role."""
    pairs = [pair.partition("=") for pair in value.split(",")] if value else []
    columns = {normalize(role): normalize(name) for role, _, name in pairs}
    if len(columns) < len(pairs) or not all(columns.values()) or not set(columns) <= set(ROLES):
        raise CounselError(
            text(
                f"--columns {value}: {', '.join(ROLES)} 가운데 하나에 열 이름을 하나씩 적으세요. 예: question=상담내용,label=분류",
                f"--columns {value}: give one column name for each of {', '.join(ROLES)} that you need, such as question=text,label=class",
            )
        )
    return columns
