"""Trainings in processes of their own, which can be killed; they fork from one that has imported TensorFlow already."""

import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import CounselError
from tests.conftest import example_rows, write_csv

PATIENCE = 120.0  # seconds, for machines that have much else to do


class Forks:
    """Starts and watches trainings on `example_rows`; everything they write is in one folder."""

    def __init__(self, server: "subprocess.Popen[str]", folder: Path) -> None:
        self._server, self._folder = server, folder

    def start(
        self, out: str, *, resume: bool = False, workers: tuple[str, ...] = (), index: int = 0, **more: Any
    ) -> int:
        """Start a training with these settings, and `dropout`; return its process id."""
        dropout = more.pop("dropout", 0.0)
        wanted = {"resume": resume, "workers": workers, "index": index, "dropout": dropout, "settings": more}
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps({"out": out, **wanted}) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def log(self, out: str, index: int = 0) -> list[str]:
        """Return the lines that the trainings of this model have written so far, all attempts together."""
        path = self._folder / f"{out}-{index}.log"
        return path.read_text().splitlines() if path.exists() else []

    def code(self, process: int) -> int | None:
        """Return the exit code as `subprocess` does, or None while it runs."""
        path = self._folder / f"{process}.exit"
        return int(path.read_text()) if path.exists() else None

    def wait(self, process: int, within: float = PATIENCE) -> int:
        """Return the exit code when there is one."""
        until = time.monotonic() + within
        while (code := self.code(process)) is None:
            assert time.monotonic() < until, f"process {process} still runs"
            time.sleep(0.02)
        return code

    def wait_for_steps(self, process: int, out: str, number: int, index: int = 0) -> None:
        """Wait until so many steps are in the log, or the training has ended."""
        until = time.monotonic() + PATIENCE
        while sum(line.startswith("step") for line in self.log(out, index)) < number:
            if self.code(process) is not None:
                return
            assert time.monotonic() < until, self.log(out, index)[-5:]
            time.sleep(0.002)


@contextmanager
def serving(folder: Path) -> Iterator[Forks]:
    """Yield what starts trainings; those that still run in the end are killed."""
    write_csv(folder / "rows.csv", example_rows())
    command = [sys.executable, "-m", "tests.train.forks", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield Forks(server, folder)


def _serve(folder: Path) -> None:
    """Fork a training for each line of JSON, print its process id, and write its exit code into a file when it ends."""
    import train.fine_tune  # noqa: F401 -- this is what takes seconds

    running: set[int] = set()
    while True:
        if select.select([sys.stdin], [], [], 0.02)[0]:
            if not (line := sys.stdin.readline()):
                break
            process = os.fork()
            if process == 0:
                _train(folder, json.loads(line))
            running.add(process)
            print(process, flush=True)  # noqa: T201
        for process in [*running]:
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                running.remove(process)
                (folder / "exit").write_text(str(os.waitstatus_to_exitcode(status)))
                (folder / "exit").rename(folder / f"{process}.exit")
    for process in running:
        os.kill(process, signal.SIGKILL)


def _train(folder: Path, wanted: dict[str, Any]) -> None:
    log = os.open(folder / f"{wanted['out']}-{wanted['index']}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 1
    try:
        _fine_tune(folder, **wanted)
        code = 0
    except CounselError as error:
        print(error, flush=True)  # noqa: T201
        code = 2
    finally:
        if code == 1:
            traceback.print_exc()
        os._exit(code)


def _fine_tune(
    folder: Path,
    out: str,
    resume: bool,
    workers: list[str],
    index: int,
    dropout: float,
    settings: dict[str, Any],
) -> None:
    from train.distribution import Cluster
    from train.events import Notice, Step
    from train.fine_tune import fine_tune
    from train.preparation import Request
    from train.rows.data import read_data
    from train.settings import Settings

    def watch(event: object) -> None:
        if isinstance(event, Step):
            print("step", event.total, flush=True)  # noqa: T201
        elif isinstance(event, Notice):
            print(event.message, flush=True)  # noqa: T201

    request = Request(
        data=read_data([folder / "rows.csv"]),
        out=folder / out,
        base=None,
        size="tiny",
        settings=Settings(**settings),
        dropout=dropout,
        validation_share=0.25,
        cluster=Cluster(tuple(workers), index) if workers else None,
    )
    fine_tune(request, watch, resume)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
