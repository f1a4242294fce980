"""`counsel doctor`: the machine, or a model directory, checked part by part; what the weights of a graph cost."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from counsel.check import Check
from counsel.console import shared_options
from counsel.pairs import parse_label_names
from engine.characters import printable
from engine.errors import CounselError
from engine.language import text

if TYPE_CHECKING:
    from train.rows.data import Data

EXIT_NOT_WELL = 1


def make() -> click.Command:
    """Build the command in the chosen language."""

    @shared_options("counsel")
    @click.command(
        "doctor",
        help=text(
            "이 컴퓨터에서 counsel이 잘 도는지 부분마다 살펴봅니다. --model이 있으면 그 모델 폴더를 살펴보고, --data도 "
            "있으면 그래프의 8비트 가중치를 fp32와 견주어 정밀도를 권합니다. 고장이 있으면 종료 코드 1로 끝납니다.",
            "Check part by part whether counsel runs well on this machine. With --model, check that model folder; with "
            "--data, compare the 8-bit weights of its graph with fp32 and recommend a precision. Ends with exit code 1 "
            "if something does not work.",
        ),
    )
    @click.option(
        "--model",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help=text(
            "살펴볼 모델 폴더. --data의 기본값은 함께 설치된 모델.",
            "The model folder to check. Default with --data: the one that came along.",
        ),
    )
    @click.option(
        "--data",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=text(
            "견줄 행(파일 형식과 열은 train과 같음). 학습에 쓰지 않은 행이어야 합니다.",
            "Rows to compare on (kinds of file and columns as for train), best ones that were not trained on.",
        ),
    )
    @click.option(
        "--label-names",
        callback=parse_label_names,
        metavar="OLD=NEW,…",
        help=text("라벨의 새 이름. train과 같습니다.", "New names for labels, as for train."),
    )
    @click.option(
        "--rows",
        type=click.IntRange(1),
        default=200,
        show_default=True,
        help=text("그 가운데 잴 행의 수.", "How many of them to measure."),
    )
    @click.option(
        "--write",
        is_flag=True,
        help=text(
            "권하는 정밀도와 잰 값을 counsel.json에 적습니다.",
            "Write the recommended precision and the figures into counsel.json.",
        ),
    )
    @click.option(
        "--json", "as_json", is_flag=True, help=text("JSON 객체 하나로 적습니다.", "One JSON object.")
    )
    def doctor(**options: Any) -> None:
        _doctor(**options)

    return doctor


def _doctor(
    model: Path | None,
    data: Path | None,
    label_names: dict[str, str],
    rows: int,
    write: bool,
    as_json: bool,
) -> None:
    if write and data is None:
        raise CounselError(
            text(
                "--write: 적을 것을 재려면 --data FILE도 주세요.",
                "--write: give --data FILE too, so that there is something to write.",
            )
        )
    if model is None and data is None:
        _examine_machine(as_json)
        return
    from counsel.examination import examine
    from engine.model_directory import SHIPPED

    path = model or SHIPPED
    file = None if data is None else _read(data, label_names)
    checks: list[Check] = []
    failure = None
    try:
        for check in examine(path, file, rows, write):
            checks.append(check)
            if not as_json:
                click.echo(printable(check.line))
    except (CounselError, OSError) as error:  # the console tells it, as the last line
        failure = error
        checks.append(Check("failure", "model", str(error)))
    if as_json:
        found = [check.entry for check in checks]
        click.echo(json.dumps({"model": str(path), "checks": found}, ensure_ascii=False))
    if failure:
        raise failure


def _examine_machine(as_json: bool) -> None:
    from counsel.machine import examine_machine

    checks = []
    for check in examine_machine():
        checks.append(check)
        if not as_json:
            click.echo(printable(check.line))
    if as_json:
        click.echo(json.dumps({"checks": [check.entry for check in checks]}, ensure_ascii=False))
    if any(check.status == "failure" for check in checks):
        sys.exit(EXIT_NOT_WELL)


def _read(path: Path, label_names: dict[str, str]) -> "Data":
    try:
        from train.rows.data import read_data, stop_at_errors
    except ModuleNotFoundError as error:  # as after `make chat`
        raise CounselError(
            text(
                f"--data를 읽는 {error.name}이(가) 없습니다. `make install`을 실행하세요.",
                f"--data needs {error.name}, which is not installed. Run `make install`.",
            )
        ) from error
    data = read_data([path], label_names=label_names)
    stop_at_errors(data.findings)
    return data
