"""`counsel evaluate MODEL DATA…`."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from counsel.console import shared_options
from counsel.data_options import page_options, reading_options, seed_option
from engine.errors import CounselError
from engine.language import text

SHIPPED_NAME = "shipped"
SPLITS = ("test", "validation", "training", "all")
STDOUT = Path("-")


def make() -> click.Command:
    """Build the command in the chosen language."""

    @shared_options("counsel")
    @click.command(
        "evaluate",
        help=text(
            f"MODEL(모델 폴더, 함께 설치된 모델은 {SHIPPED_NAME})이 DATA(학습에 쓴 파일)의 시험 행에서 얼마나 잘하는지 잽니다: "
            "라벨의 수준마다 주제의 정확도와 확신, 헷갈린 라벨, 응답의 확률과 질, 빠르기. 단순한 분류기와도 견줍니다.",
            f"Measure how good MODEL (a model folder, or {SHIPPED_NAME} for the one that came along) is on the test rows of "
            "DATA (the files that it was trained on): topics at every level of the labels, calibration, confusion, "
            "responses and replies, speed; with a simple classifier beside it.",
        ),
    )
    @click.argument("model", type=click.Path(path_type=Path), metavar="MODEL")
    @click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DATA…")
    @reading_options
    @click.option(
        "--split",
        type=click.Choice(SPLITS),
        help=text(
            "잴 행. 기본값은 모델을 학습할 때 남긴 시험 행, 없으면 검증 행. 나눈 기록이 없으면 모두.",
            "The rows to measure. Default: the test rows that the model's training held out, else its validation rows; all if "
            "the model does not tell.",
        ),
    )
    @click.option(
        "--rows",
        type=click.IntRange(1),
        metavar="N",
        help=text("많아야 이만큼만 뽑아 잽니다.", "Measure at most so many of them, drawn at random."),
    )
    @click.option(
        "--replies",
        type=click.IntRange(0),
        default=100,
        show_default=True,
        metavar="N",
        help=text("뽑아 볼 응답의 수.", "How many replies to sample."),
    )
    @click.option(
        "--no-replies", is_flag=True, help=text("--replies 0과 같습니다.", "The same as --replies 0.")
    )
    @click.option(
        "--baseline/--no-baseline",
        default=True,
        show_default=True,
        help=text(
            "같은 행으로 학습한 단순한 분류기와 견줍니다.",
            "Compare with a simple classifier that is trained on the same rows.",
        ),
    )
    @click.option(
        "--json",
        "json_file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help=text(
            "숫자를 JSON으로도 씁니다. -이면 화면에 JSON만.",
            "Write the figures as JSON, too; - prints JSON only.",
        ),
    )
    @page_options
    @click.option(
        "--threads",
        type=click.IntRange(1),
        metavar="N",
        help=text(
            "계산하는 스레드 수. 기본값은 물리 코어의 수.",
            "How many threads compute. Default: the number of physical cores.",
        ),
    )
    @seed_option
    def evaluate(**options: Any) -> None:
        _evaluate(**options)

    return evaluate


def _evaluate(
    model: Path,
    data: tuple[Path, ...],
    columns: Mapping[str, str],
    label_names: Mapping[str, str],
    json_file: Path | None,
    html: Path | None,
    png: Path | None,
    replies: int,
    no_replies: bool,
    **options: Any,
) -> None:
    for path in (json_file, html, png):  # before minutes of work
        _check_place(path)
    from engine.model_directory import SHIPPED, ModelDirectory

    chosen = ModelDirectory.load(SHIPPED if model == Path(SHIPPED_NAME) else model)
    try:
        from train.rows.data import read_data
    except ModuleNotFoundError as error:  # as after `make chat`
        raise CounselError(
            text(
                f"데이터를 읽는 {error.name}이(가) 없습니다. `make install`을 실행하세요.",
                f"Reading data needs {error.name}, which is not installed. Run `make install`.",
            )
        ) from error
    rows = read_data(data, columns, label_names)
    from train.evaluation.evaluate import Request, evaluate
    from train.evaluation.progress import EvaluationProgress

    with EvaluationProgress() as progress:
        wanted = Request(replies=0 if no_replies else replies, **options)
        evaluation = evaluate(chosen, rows, wanted, progress.tell)
    figures = json.dumps(evaluation.as_dict(), ensure_ascii=False)
    # The page first: nothing is lost where a file cannot be written.
    if json_file == STDOUT:
        click.echo(figures)
    else:
        from rich.console import Console

        from train.evaluation.terminal import show

        show(evaluation, Console(file=sys.stdout))
    if json_file and json_file != STDOUT:
        json_file.write_text(f"{figures}\n", "utf-8")
    if html:
        from train.evaluation.page import write_page

        html.write_text(write_page(evaluation), "utf-8")
    if png:
        from train.evaluation.plots import plots
        from train.pages.images import save_images

        save_images(plots(evaluation), png)


def _check_place(path: Path | None) -> None:
    """Make sure that a file or folder can be written."""
    if path is not None and not path.parent.is_dir():
        raise CounselError(
            text(
                f"{path}: {path.parent} 폴더가 없습니다. 먼저 만드세요.",
                f"{path}: there is no folder {path.parent}. Make it first.",
            )
        )
