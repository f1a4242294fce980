"""`counsel train DATA… --out DIR`."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from counsel.console import shared_options
from engine.errors import CounselError
from engine.language import text

if TYPE_CHECKING:
    from engine.model_directory import ModelDirectory
    from train.data import Data
    from train.noise import Noise

SCRATCH = "scratch"


def make() -> click.Command:
    """Build the command in the chosen language."""
    from counsel.data_options import reading_options
    from counsel.train_options import training_options

    @shared_options("counsel")
    @training_options
    @click.command(
        "train",
        help=text(
            "DATA(csv, tsv, xlsx, jsonl, parquet 파일이나 그런 파일이 든 폴더, 여러 개도 됨; 열은 구분/유저/챗봇, "
            "question/label/response 또는 Q/A/label)로 GPT-2를 학습해 모델 폴더를 만듭니다.",
            "Train a GPT-2 on DATA (csv, tsv, xlsx, jsonl or parquet files, or folders of them, with the columns "
            "구분/유저/챗봇, question/label/response or Q/A/label) and write a model folder.",
        ),
    )
    @click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
    @reading_options
    def train(**options: Any) -> None:
        _train(**options)

    return train


def _train(
    data: tuple[Path, ...],
    out: Path | None,
    base: str,
    columns: Mapping[str, str],
    label_names: Mapping[str, str],
    test: Path | None,
    report: Path | None,
    augment: bool,
    ablate_balance: tuple[float, ...],
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

    noise = _noise(augment, request)
    if out is not None:
        out = out.resolve()
        check_out(out, overwrite)
    start = None if base == SCRATCH else ModelDirectory.load(Path(base))
    rows, held_out = _read(data, test, columns, label_names, start, report)
    click.echo(text("TensorFlow를 불러오는 중입니다…", "Loading TensorFlow…"), err=True)
    from train.devices import find_devices

    devices = ", ".join(find_devices())
    click.echo(text(f"장치: {devices}", f"Device: {devices}"), err=True)
    from train.ablation import compare_balances
    from train.fine_tune import fine_tune
    from train.loop import Settings
    from train.preparation import Request
    from train.progress import Progress

    rate = learning_rate or (1e-3 if start is None else 5e-5)
    wanted = Request(
        data=rows,
        test=held_out,
        out=out or Path(),
        base=start,
        noise=noise,
        settings=Settings(epochs=epochs, batch_size=batch_size, learning_rate=rate, seed=seed),
        **request,
    )
    if ablate_balance:
        with Progress(epochs) as progress:
            table = compare_balances(wanted, ablate_balance, progress.watch)
        click.echo(table)
        return
    with Progress(epochs) as progress:
        fine_tune(wanted, progress.watch)
    command = shlex.join(["counsel", "ask", "--model", str(out), "요즘 잠을 못 자요"])
    click.echo(text(f"{out}에 저장했습니다. 써 보기: {command}", f"Saved to {out}. Try it: {command}"))


def _noise(augment: bool, options: dict[str, Any]) -> "Noise | None":
    """Remove the rates of the noise from the options, and return it."""
    from engine.parameters import parameters_of
    from train.noise import Noise

    rates = {name: options.pop(f"augment_{name}") for name in parameters_of(Noise)}
    given = {name: rate for name, rate in rates.items() if rate is not None}
    if given and not augment:
        raise CounselError(
            text(
                f"--augment-{next(iter(given))}: --augment도 주세요.",
                f"--augment-{next(iter(given))}: give --augment too.",
            )
        )
    return Noise(**given) if augment else None


def _read(
    paths: tuple[Path, ...],
    test: Path | None,
    columns: Mapping[str, str],
    label_names: Mapping[str, str],
    base: "ModelDirectory | None",
    report: Path | None,
) -> tuple["Data", "Data | None"]:
    """Read and check the data; go on only without errors."""
    from train.check import check, count_kinds
    from train.data import read_data, stop_at_errors
    from train.summary import kind_name, write_findings

    data = read_data(paths, columns, label_names)
    held_out = read_data([test], columns, label_names, must_occur=False) if test else None
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
    return data, held_out
