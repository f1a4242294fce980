"""`counsel data`: look at a data set, convert it, and see it as the trainer will."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from counsel.console import shared_options
from counsel.data_options import (
    balance_option,
    json_option,
    model_option,
    page_options,
    reading_options,
    seed_option,
)
from engine.errors import CounselError
from engine.language import text
from train.sequences.policy import POLICIES

if TYPE_CHECKING:
    from train.pages.report import Reader
    from train.rows.data import Data

EXIT_ERRORS_FOUND = 1


def make() -> click.Command:
    """Build the group in the chosen language."""
    group = click.Group(
        "data",
        help=text(
            "상담 데이터를 살펴보고, 다른 형식으로 바꾸고, 학습할 그대로 봅니다.",
            "Look at counselling data, convert it, and see it as the trainer will.",
        ),
        commands=[_make_inspect(), _make_convert(), _make_sample()],
    )
    return shared_options("counsel")(group)


def _make_inspect() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "inspect",
        help=text(
            "FILE(csv, tsv, xlsx, jsonl, parquet 또는 그런 파일이 든 폴더)에 무엇이 있고 무엇이 잘못되었는지 봅니다. "
            "오류가 있으면 종료 코드 1로 끝납니다.",
            "Show what is in FILE (csv, tsv, xlsx, jsonl, parquet, or a folder of them) and what is wrong with "
            "it. Ends with exit code 1 if there are errors.",
        ),
    )
    @click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
    @reading_options
    @model_option
    @balance_option
    @click.option(
        "--test",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=text(
            "시험 데이터. 그 발화가 FILE에도 있으면 오류로 알립니다.",
            "A test set. Its utterances must not be in FILE.",
        ),
    )
    @page_options
    @click.option(
        "--report",
        "findings_file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help=text(
            "살필 것을 모두 한 줄에 하나씩 씁니다. 이름이 .jsonl로 끝나면 JSON 한 줄씩.",
            "Write all findings, one a line; as JSON lines if the name ends in .jsonl.",
        ),
    )
    @json_option
    @seed_option
    def inspect(**options: Any) -> None:
        _inspect(**options)

    return inspect


def _make_convert() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "convert",
        help=text(
            "IN을 OUT의 형식(csv, tsv, xlsx, jsonl, parquet)으로 바꿉니다.",
            "Convert IN to the kind of file that OUT is (csv, tsv, xlsx, jsonl, parquet).",
        ),
    )
    @click.argument("source", type=click.Path(path_type=Path), metavar="IN")
    @click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
    @reading_options
    @click.option(
        "--overwrite", is_flag=True, help=text("이미 있는 OUT을 바꿉니다.", "Replace an OUT that exists.")
    )
    def convert(**options: Any) -> None:
        _convert(**options)

    return convert


def _make_sample() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "sample",
        help=text(
            "FILE에서 학습할 줄 N개(기본 3)를 뽑아 학습할 그대로 보입니다: 토큰, 번호, 손실에 드는 곳.",
            "Draw N lines (default 3) from FILE and show them as the trainer will see them: tokens, their ids, "
            "and what counts for the loss.",
        ),
    )
    @click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
    @click.argument("number", type=click.IntRange(1), default=3, metavar="[N]")
    @reading_options
    @model_option
    @click.option(
        "--responses",
        "policy",
        type=click.Choice(POLICIES),
        help=text(
            "발화에 응답을 붙이는 법. train과 같습니다.",
            "How utterances get their responses, as for train.",
        ),
    )
    @click.option(
        "--context-turns",
        type=click.IntRange(0, 8),
        default=0,
        show_default=True,
        help=text(
            "대화 열이 있을 때 앞에 붙일 이전 차례의 수.", "Earlier turns to read, where there are dialogues."
        ),
    )
    @balance_option
    @click.option(
        "--augment",
        is_flag=True,
        help=text(
            "행이 적은 라벨의 발화를 조금씩 바꿉니다. train과 같습니다.",
            "Vary the utterances of rare labels, as for train.",
        ),
    )
    @json_option
    @seed_option
    def sample(**options: Any) -> None:
        _sample(**options)

    return sample


def _inspect(
    files: tuple[Path, ...],
    columns: dict[str, str],
    label_names: dict[str, str],
    model: Path | None,
    balance: float,
    test: Path | None,
    html: Path | None,
    png: Path | None,
    findings_file: Path | None,
    as_json: bool,
    seed: int,
) -> None:
    data = _read(files, columns, label_names)
    held_out = _read([test], columns, {}).rows if test else ()
    from train.pages.report import as_dict, measure

    report = measure(data, _reader(model), balance, seed, held_out)
    if findings_file:
        from train.pages.summary import write_findings

        write_findings(report.findings, findings_file)
    if html:
        from train.pages.page import write_page

        html.write_text(write_page(report), "utf-8")
    if png:
        from train.pages.images import save_images
        from train.pages.plots import plots

        save_images(plots(report), png)
    if as_json:
        click.echo(json.dumps(as_dict(report), ensure_ascii=False))
    else:
        from rich.console import Console

        from train.pages.terminal import show

        show(report, Console(file=sys.stdout))
    if any(finding.severity == "error" for finding in report.findings):
        sys.exit(EXIT_ERRORS_FOUND)


def _convert(
    source: Path, out: Path, columns: dict[str, str], label_names: dict[str, str], overwrite: bool
) -> None:
    data = _read([source], columns, label_names)
    from train.rows.convert import check_place, write_rows
    from train.rows.data import stop_at_errors

    check_place(out, overwrite)
    stop_at_errors(data.findings)
    write_rows(data, out)
    click.echo(text(f"{out}: {len(data.rows):,}행을 썼습니다.", f"{out}: {len(data.rows):,} rows written."))


def _sample(
    file: Path,
    number: int,
    columns: dict[str, str],
    label_names: dict[str, str],
    model: Path | None,
    policy: Any,
    context_turns: int,
    balance: float,
    augment: bool,
    as_json: bool,
    seed: int,
) -> None:
    data = _read([file], columns, label_names)
    from rich.console import Console

    from train.rows.data import stop_at_errors
    from train.sequences.joining import Joiner
    from train.sequences.lines import Sampler
    from train.sequences.noise import Noise
    from train.sequences.specimens import as_dicts, draw_specimens, show_specimens

    stop_at_errors(data.findings)
    reader = _reader(model)
    joiner = Joiner.of(data, policy, context_turns)
    noise = Noise() if augment else None
    sampler = Sampler(joiner, reader.codec, reader.context, balance, noise, seed)
    specimens = draw_specimens(sampler, data.rows, number)
    if as_json:
        for specimen in as_dicts(specimens, reader.codec):
            click.echo(json.dumps(specimen, ensure_ascii=False))
    else:
        show_specimens(specimens, reader.codec, Console(file=sys.stdout))


def _read(paths: Sequence[Path], columns: dict[str, str], label_names: dict[str, str]) -> "Data":
    try:
        from train.rows.data import read_data
    except ModuleNotFoundError as error:  # as after `make chat`
        raise CounselError(
            text(
                f"데이터를 읽는 {error.name}이(가) 없습니다. `make install`을 실행하세요.",
                f"Reading data needs {error.name}, which is not installed. Run `make install`.",
            )
        ) from error
    return read_data(paths, columns, label_names)


def _reader(path: Path | None) -> "Reader":
    from engine.model_directory import SHIPPED, ModelDirectory
    from train.pages.report import Reader

    model = ModelDirectory.load(path or SHIPPED)
    return Reader(model.name, model.codec, model.geometry.context)
