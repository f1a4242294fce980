"""Machines that train together wait for each other, tell for whom, and can be stopped while they do."""

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.errors import CounselError
from tests.conftest import example_rows, write_csv
from tests.counsel.test_commands import fails
from tests.train.forks import PATIENCE
from tests.train.test_distribution import free_ports
from train.distribution import Cluster
from train.rendezvous import meet


def test_nobody_goes_on_before_the_last_is_there() -> None:
    workers = free_ports(3)
    told: list[str] = []
    with ThreadPoolExecutor() as machines:
        early = [machines.submit(meet, Cluster(workers, index), told.append) for index in (0, 2)]
        time.sleep(2)
        assert not any(machine.done() for machine in early)
        late = machines.submit(meet, Cluster(workers, 1), told.append)
        for machine in (*early, late):
            machine.result(timeout=30)
    assert len(told) == 2
    assert all(f"작업기 1 ({workers[1]})" in line for line in told)


def test_whoever_went_away_is_waited_for_again() -> None:
    workers = free_ports(2)
    with ThreadPoolExecutor() as machines:
        with socket.create_server(("127.0.0.1", int(workers[1].rpartition(":")[2]))) as stopped:
            first = machines.submit(meet, Cluster(workers, 0), lambda _: None)
            stopped.accept()[0].close()
        time.sleep(1)
        assert not first.done()
        machines.submit(meet, Cluster(workers, 1), lambda _: None).result(timeout=30)
        first.result(timeout=30)


def test_who_does_not_come_in_time_is_named() -> None:
    workers = free_ports(3)
    told: list[str] = []
    with socket.create_server(
        ("127.0.0.1", int(workers[1].rpartition(":")[2]))
    ):  # is there, and reaches nobody
        with pytest.raises(CounselError, match="작업기 2 ") as error:
            meet(Cluster(workers, 0), told.append, patience=2)
        assert workers[1] not in str(error.value)
        two = Cluster(workers[:2], 0)
        with pytest.raises(CounselError, match=r"작업기 1 .*방화벽"):
            meet(two, told.append, patience=2)
    assert "와 있지만" in told[-1]


def test_addresses_that_cannot_be_used_are_refused_at_once(tmp_path: Path) -> None:
    data = str(write_csv(tmp_path / "rows.csv", example_rows()))
    call = (
        "train",
        data,
        "--out",
        str(tmp_path / "model"),
        "--base",
        "scratch",
        "--size",
        "tiny",
        "--index",
        "0",
    )
    ours, other = free_ports(2)
    with socket.create_server(("", int(ours.rpartition(":")[2]))):
        assert f"--workers {ours}: 이 컴퓨터에서 이 포트를" in fails(*call, "--workers", f"{ours},{other}")
    for name in ("no-such-host.invalid", "a..b"):
        assert f"--workers {name}:1: 찾을 수 없는" in fails(*call, "--workers", f"{ours},{name}:1")
    assert not (tmp_path / "model.run").exists()


@pytest.mark.timeout(300)
def test_two_machines_without_a_shared_folder_meet_train_and_go_on(tmp_path: Path) -> None:
    workers = free_ports(2)
    options = ("--base", "scratch", "--size", "tiny", "--batch-size", "16", "--lang", "en")

    def start(index: int, *more: str) -> "subprocess.Popen[str]":
        folder = tmp_path / f"machine-{index}"
        folder.mkdir(exist_ok=True)
        write_csv(folder / "rows.csv", example_rows())
        command = [sys.executable, "-m", "counsel", "train", "rows.csv", "--out", "model", *options]
        where: dict[str, Any] = {"cwd": folder, "env": {**os.environ, "PYTHONPATH": os.getcwd()}}  # noqa: PTH109
        return subprocess.Popen(
            [*command, "--workers", ",".join(workers), "--index", str(index), *more],
            stderr=subprocess.PIPE,
            text=True,
            **where,
        )

    with start(0) as alone:
        assert alone.stderr
        assert any(f"Waiting for worker 1 ({workers[1]})" in line for line in alone.stderr)
        alone.send_signal(signal.SIGINT)
        _, errors = alone.communicate(timeout=PATIENCE)
        assert (alone.returncode, errors.strip()) == (130, "Interrupted.")

    for more in (["--max-steps", "2"], ["--max-steps", "4", "--resume"]):
        for machine in [start(index, *more) for index in (0, 1)]:
            _, errors = machine.communicate(timeout=PATIENCE)
            assert machine.returncode == 0, errors
    assert (tmp_path / "machine-0" / "model.run" / "step-00000004").exists()
    assert sorted(path.name for path in (tmp_path / "machine-1").iterdir()) == ["model.run", "rows.csv"]
    assert (tmp_path / "machine-1" / "model.run" / "worker-1" / "step-00000004").exists()
