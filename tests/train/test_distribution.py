"""Two processes train as one, and neither waits for one that is gone."""

import json
import socket
from os import kill
from pathlib import Path
from signal import SIGKILL
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from engine.errors import CounselError
from tests.train.forks import Forks, serving
from train.distribution import TF_CONFIG, Cluster

# Without dropout, which differs from worker to worker. A large epsilon: where a gradient is zero but for rounding, Adam
# makes whole steps out of that.
SETTINGS: dict[str, Any] = {
    "epochs": 20, "max_steps": 30, "batch_size": 16, "learning_rate": 1e-3, "epsilon": 1e-4, "save_steps": 2,
}  # fmt: skip


def free_ports(number: int) -> tuple[str, ...]:
    with_port = [socket.socket() for _ in range(number)]
    for one in with_port:
        one.bind(("127.0.0.1", 0))
    addresses = tuple(f"127.0.0.1:{one.getsockname()[1]}" for one in with_port)
    for one in with_port:
        one.close()
    return addresses


def start_two(forks: Forks, out: str, resume: bool = False) -> list[int]:
    workers = free_ports(2)
    return [forks.start(out, workers=workers, index=index, resume=resume, **SETTINGS) for index in (0, 1)]


def losses(folder: Path) -> list[float]:
    """Return the loss of every step, then the held-out one of every epoch."""
    records = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    steps = [record["loss"] for record in records if record["kind"] == "step"]
    return steps + [record["validation_loss"] for record in records if record["kind"] == "epoch"]


def last_weights(folder: Path) -> dict[str, np.ndarray]:
    newest = max(folder.glob("step-*"))
    return load_file(newest / "weights.safetensors")


@pytest.mark.timeout(600)  # a minute and a half, if the machine has nothing else to do
def test_two_workers_train_as_one_and_survive_the_loss_of_one(tmp_path: Path) -> None:
    with serving(tmp_path) as forks:
        alone = forks.start("alone", **SETTINGS)
        together = start_two(forks, "two")
        assert [forks.wait(process) for process in (alone, *together)] == [0, 0, 0], forks.log("two")

        np.testing.assert_allclose(losses(tmp_path / "two"), losses(tmp_path / "alone"), atol=1e-5)
        assert len(losses(tmp_path / "two")) > 30
        weights = load_file(tmp_path / "two" / "model.safetensors")
        for name, array in load_file(tmp_path / "alone" / "model.safetensors").items():
            np.testing.assert_allclose(weights[name], array, atol=1e-5, err_msg=name)
        other = last_weights(tmp_path / "two.run" / "worker-1")
        for name, array in last_weights(tmp_path / "two.run").items():
            np.testing.assert_array_equal(other[name], array)
        assert not (tmp_path / "two.run" / "worker-1" / "model.safetensors").exists()

        for lost, resume in ((1, False), (0, True)):
            began = sum(line.startswith("step") for line in forks.log("broken"))
            processes = start_two(forks, "broken", resume)
            forks.wait_for_steps(processes[0], "broken", began + 7)
            kill(processes[lost], SIGKILL)
            assert forks.wait(processes[1 - lost], within=60) == 2, forks.log("broken", 1 - lost)
            message = forks.log("broken", 1 - lost)[-1]
            assert f"작업기 {lost}" in message
            assert "--resume" in message
        processes = start_two(forks, "broken", resume=True)
        assert [forks.wait(process) for process in processes] == [0, 0], forks.log("broken")
        assert losses(tmp_path / "broken") == losses(tmp_path / "two")
        ours = load_file(tmp_path / "broken" / "model.safetensors")
        for name, array in weights.items():
            np.testing.assert_array_equal(ours[name], array)


@pytest.mark.parametrize(
    ("workers", "index", "told"),
    [
        (("a:1", "b"), 0, "--workers b"),
        (("a:1", ":2"), 0, "--workers :2"),
        (("a:1", "b:x"), 0, "--workers b:x"),
        (("a:1", "b:0"), 0, "--workers b:0"),
        (("a:1", "b:99999"), 0, "--workers b:99999"),
        (("a:1", "b:²"), 0, "--workers b:²"),
        (("a:1", "b:2"), 2, "--index 2"),
        (("a:1", "b:2"), -1, "--index -1"),
        (("a:1", "a:1"), 0, "--index 0"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused(workers: tuple[str, ...], index: int, told: str) -> None:
    with pytest.raises(CounselError, match=told):
        Cluster(workers, index)


def test_tensorflows_own_variable_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(content: str) -> Cluster | None:
        monkeypatch.setenv(TF_CONFIG, content)
        return Cluster.from_environment()

    assert read("") is None
    assert read('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}') is None
    two = '{"cluster": {"worker": ["a:1", "[::1]:2"]}, "task": {"type": "worker", "index": %s}}'
    assert read(two % 1) == Cluster(("a:1", "[::1]:2"), 1)
    assert read(two % '"0"') == Cluster(("a:1", "[::1]:2"), 0)
    for damaged in (
        "{",
        "[]",
        '{"cluster": 3}',
        '{"cluster": {"worker": ["a:1", "b:2"]}}',
        two % '"x"',
        two % 5,
    ):
        with pytest.raises(CounselError, match=r"TF_CONFIG|--index"):
            read(damaged)
