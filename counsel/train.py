"""`counsel train DATA… --out DIR`."""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from counsel.configuration import ConfiguredCommand, write_configuration
from counsel.console import shared_options
from counsel.settings_options import settings_from
from engine.errors import CounselError
from engine.language import text

if TYPE_CHECKING:
    from train.base import Base
    from train.preparation import Request
    from train.rows.data import Data
    from train.sequences.noise import Noise

# Options that go into the request as they are.
PASSED = (
    *("size", "dropout", "validation_share", "test_share", "responses", "balance", "context_turns"),
    *("name", "data_licences", "precision", "keep_responses", "ngrams", "replies"),
)


def make() -> click.Command:
    """Build the command in the chosen language."""
    from counsel.data_options import reading_options
    from counsel.train_options import training_options

    @shared_options("counsel")
    @training_options
    @click.command(
        "train",
        cls=ConfiguredCommand,
        help=text(
            "DATA(csv, tsv, xlsx, jsonl, parquet 파일이나 그런 파일이 든 폴더, 여러 개도 됨; 열은 구분/유저/챗봇, "
            "question/label/response 또는 Q/A/label)로 GPT-2를 학습해 모델 폴더를 만듭니다.",
            "Train a GPT-2 on DATA (csv, tsv, xlsx, jsonl or parquet files, or folders of them, with the columns "
            "구분/유저/챗봇, question/label/response or Q/A/label) and write a model folder.",
        ),
    )
    @click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
    @reading_options
    @click.pass_context
    def train(context: click.Context, /, **options: Any) -> None:
        _train(context, **options)

    return train


def _train(
    context: click.Context,
    data: tuple[Path, ...],
    out: Path | None,
    dry_run: bool,
    resume: bool,
    overwrite: bool,
    **options: Any,
) -> None:
    from train import requirements

    requirements.check()
    # What can be wrong is found before TensorFlow is loaded, which takes its time.
    from counsel.training import (
        check_freeze,
        check_place,
        make_cluster,
        need_out,
        open_start,
        resolve,
        tell_devices,
    )
    from train.sizes import SIZES

    if not (dry_run or options["ablate_balance"]):
        need_out(context)
    if options["replies"] == "known" and not options["keep_responses"]:
        raise click.UsageError(
            text(
                "--replies known: 학습한 응답이 모델 폴더에 있어야 합니다. --no-keep-responses를 빼세요.",
                "--replies known: the replies must be in the model folder. Leave --no-keep-responses out.",
            )
        )
    cluster, noise = make_cluster(options["workers"], options["index"]), _noise(options)
    if out is not None and not dry_run:
        check_place(out, cluster, resume, overwrite)
    rows, held_out = _read(data, options)
    lexicon = _read_lexicon(options["lexicon"], rows, options["label_names"])
    start = open_start(options["base"], options["revision"], options["tokenizer"])
    check_freeze(options["freeze"], (start.geometry if start else SIZES[options["size"]]).layers)
    _check(rows, held_out, start, options["report"])
    used = resolve(context.params, start)
    if noise is not None:
        used |= {f"augment_{name}": rate for name, rate in asdict(noise).items()}
    settings = settings_from(used)
    tell_devices()
    from train.preparation import Request

    wanted = Request(
        data=rows,
        test=held_out,
        lexicon=lexicon,
        out=(out or Path()).resolve(),
        base=start,
        noise=noise,
        settings=settings,
        cluster=cluster,
        configuration=write_configuration(context.command, used),
        **{name: options[name] for name in PASSED},
    )
    if dry_run:
        _rehearse(wanted)
    elif options["ablate_balance"]:
        _compare(wanted, options["ablate_balance"])
    else:
        _fine_tune(wanted, resume, overwrite, options["tensorboard"])


def _rehearse(wanted: "Request") -> None:
    from rich.console import Console

    from train.dry_run import rehearse

    rehearse(wanted, Console(file=sys.stdout))


def _compare(wanted: "Request", balances: tuple[float, ...]) -> None:
    from counsel.training import watched
    from train.ablation import compare_balances

    with watched(wanted.name or "counsel") as watch:
        table = compare_balances(wanted, balances, watch)
    click.echo(table)


def _fine_tune(wanted: "Request", resume: bool, overwrite: bool, tensorboard: bool) -> None:
    from counsel.training import watched
    from train.fine_tune import fine_tune

    out = wanted.out
    with watched(wanted.name or out.name, wanted.run_folder if tensorboard else None) as watch:
        fine_tune(wanted, watch, resume, overwrite)
    command = shlex.join(["counsel", "ask", "--model", str(out), "요즘 잠을 못 자요"])
    click.echo(text(f"{out}에 저장했습니다. 써 보기: {command}", f"Saved to {out}. Try it: {command}"))


def _noise(options: Mapping[str, Any]) -> "Noise | None":
    """Return the noise that the options say."""
    from engine.parameters import parameters_of
    from train.sequences.noise import Noise

    rates = {name: options[f"augment_{name}"] for name in parameters_of(Noise)}
    given = {name: rate for name, rate in rates.items() if rate is not None}
    if given and not options["augment"]:
        name = next(iter(given))
        raise CounselError(
            text(f"--augment-{name}: --augment도 주세요.", f"--augment-{name}: give --augment too.")
        )
    return Noise(**given) if options["augment"] else None


def _read(paths: tuple[Path, ...], options: Mapping[str, Any]) -> tuple["Data", "Data | None"]:
    from train.rows.data import read_data

    columns, label_names, test = (options[name] for name in ("columns", "label_names", "test"))
    data = read_data(paths, columns, label_names)
    held_out = read_data([test], columns, label_names, must_occur=False) if test else None
    return data, held_out


def _read_lexicon(path: Path | None, data: "Data", label_names: Mapping[str, str]) -> "Data | None":
    from train.rows.lexicon import read_lexicon

    return read_lexicon(path, {row.label for row in data.rows}, label_names) if path else None


def _check(data: "Data", held_out: "Data | None", base: "Base | None", report: Path | None) -> None:
    """Check the data; go on only without errors."""
    from train.pages.summary import kind_name, write_findings
    from train.rows.check import check, count_kinds
    from train.rows.data import stop_at_errors

    codec, context = (base.codec, base.geometry.context) if base else (None, None)
    findings = [
        *data.findings,
        *(held_out.findings if held_out else ()),
        *check(data, codec, context, held_out.rows if held_out else ()),
    ]
    if report:
        write_findings(findings, report)
    stop_at_errors(findings)
    counts = {
        kind: count for (severity, kind), count in count_kinds(findings).items() if severity == "warning"
    }
    if counts:
        listed = ", ".join(f"{kind_name(kind)} {count:,}" for kind, count in counts.items())
        where = text(f"모두 {report}에 있습니다.", f"All are in {report}.")
        how = text("`--report FILE`로 모두 볼 수 있습니다.", "`--report FILE` lists them all.")
        click.echo(
            text(f"데이터의 경고: {listed}. ", f"Warnings about the data: {listed}. ")
            + (where if report else how),
            err=True,
        )
