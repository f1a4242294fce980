"""What `counsel train` and `counsel pretrain` share: where they start and write, and who watches."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from counsel.console import EXIT_INTERRUPTED
from counsel.recipes import learning_rate
from engine.errors import CounselError
from engine.language import text

if TYPE_CHECKING:
    from train.base import Base
    from train.distribution import Cluster
    from train.events import Event

SCRATCH = "scratch"


def check_place(out: Path, cluster: "Cluster | None", resume: bool, overwrite: bool) -> None:
    """Make sure, before anything slow, that a model may be written, no other training is lost, and addresses can be used.

    Raises:
        CounselError: it may not, one would be, or they cannot.
    """
    from train.checkpoint import check_out, run_folder
    from train.lock import locked
    from train.rendezvous import check_addresses

    out = out.resolve()
    folder = run_folder(out, cluster)
    if folder.is_dir():
        with locked(folder):  # to tell at once of another training in it; it is taken for good later
            pass
    check_out(out, overwrite or resume)  # who goes on with a training that ended wants its model replaced
    if not resume and not overwrite and any(folder.glob("step-*")):
        raise CounselError(
            text(
                f"{folder}: 이전 학습의 체크포인트가 있습니다. --resume으로 이어 하거나 --overwrite로 새로 시작하세요.",
                f"{folder}: holds checkpoints of an earlier training. Go on with --resume, or start anew with "
                "--overwrite.",
            )
        )
    if cluster is not None:
        check_addresses(cluster)


def need_out(context: click.Context) -> None:
    """Raise what click does for a missing option, where a model is to be written and `--out` does not say where.

    Raises:
        click.MissingParameter: it does not.
    """
    if context.params["out"] is None:
        out = next(option for option in context.command.params if option.name == "out")
        raise click.MissingParameter(ctx=context, param=out)


def open_start(base: str, revision: str | None, tokenizer: str | None) -> "Base | None":
    """Open what a training starts from; None for random weights.

    Raises:
        CounselError: it cannot be opened, or the options do not go together.
    """
    if base != SCRATCH:
        from train.base import open_base

        return open_base(base, revision, tokenizer)
    for name, value in {"--revision": revision, "--tokenizer": tokenizer}.items():
        if value:
            raise CounselError(
                text(
                    f"{name} {value}: --base scratch와는 쓸 수 없습니다. 빼거나 다른 --base를 주세요.",
                    f"{name} {value}: not with --base scratch. Leave it out, or give another --base.",
                )
            )
    return None


def check_freeze(freeze: int, layers: int) -> None:
    """Refuse to keep more blocks as they are than the network has.

    Raises:
        CounselError: there are fewer.
    """
    if freeze > layers:
        raise CounselError(
            text(
                f"--freeze {freeze}: 이 모델의 블록은 {layers}개입니다. {layers} 이하로 주세요.",
                f"--freeze {freeze}: more than the model's blocks, {layers}. Give {layers} or fewer.",
            )
        )


def resolve(values: Mapping[str, Any], start: "Base | None") -> dict[str, Any]:
    """Return a command's options with what they leave to where the training starts: learning rate and revision.

    What is a folder of one's own is named so that it is found from elsewhere.
    """
    rate = values["learning_rate"] or learning_rate(start is None, values["lora_rank"])
    pinned = start is not None and not Path(values["base"]).is_dir()
    # A download lies in a folder that is called as its commit.
    revision = start.path.name if start and pinned else values["revision"]
    folders = {
        name: Path(values[name]).absolute()
        for name in ("base", "tokenizer")
        if start and values[name] and Path(values[name]).is_dir()
    }
    return {**values, **folders, "learning_rate": rate, "revision": revision}


def tell_devices() -> None:
    """Load TensorFlow, and say what it computes on."""
    click.echo(text("TensorFlow를 불러오는 중입니다…", "Loading TensorFlow…"), err=True)
    from train.devices import find_devices

    devices = find_devices().description
    click.echo(text(f"장치: {devices}", f"Device: {devices}"), err=True)


def make_cluster(workers: tuple[str, ...], index: int | None) -> "Cluster | None":
    """Return the machines that train together; None for this one alone.

    Raises:
        CounselError: the options do not go together, or TF_CONFIG cannot be read.
    """
    from train.distribution import Cluster

    if bool(workers) != (index is not None):
        given, missing = ("--workers", "--index") if workers else ("--index", "--workers")
        raise CounselError(text(f"{given}: {missing}도 주세요.", f"{given}: give {missing} too."))
    return Cluster(workers, index) if index is not None else Cluster.from_environment()


@contextmanager
def watched(name: str, folder: Path | None = None) -> Iterator[Callable[["Event"], None]]:
    """Show a training as long as it lasts; what it is interrupted by is told without a traceback.

    Args:
        name: of what is trained.
        folder: of a TensorBoard log; None for none.
    """
    from train.events import Plan
    from train.interrupts import InterruptedTraining
    from train.watching.progress import Progress

    logs: list[Any] = []
    try:
        with Progress(name) as progress:

            def watch(event: "Event") -> None:
                if folder is not None and isinstance(event, Plan):
                    from train.watching.tensorboard import TensorBoardLog

                    logs[:] = [TensorBoardLog(folder, event.done)]
                for watcher in (progress, *logs):
                    watcher.watch(event)

            yield watch
    except InterruptedTraining as interruption:
        click.echo(str(interruption), err=True)
        sys.exit(EXIT_INTERRUPTED)
