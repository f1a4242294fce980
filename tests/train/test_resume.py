"""A training that is killed at any moment ends as if it had not been."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from signal import SIGINT, SIGKILL
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.conftest import example_rows, write_csv
from tests.train.forks import PATIENCE, serving

KILLS = 20
SETTINGS: dict[str, Any] = {
    "epochs": 30, "batch_size": 16, "learning_rate": 5e-3, "save_steps": 1,
    "dropout": 0.1, "shuffle": True, "clip_norm": 0.5,
}  # fmt: skip


def course(folder: Path) -> list[dict[str, Any]]:
    """Return what was recorded of each step and epoch, but for the time it took."""
    records = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [
        {name: value for name, value in record.items() if name not in ("time", "seconds")}
        for record in records
    ]


@pytest.mark.timeout(600)  # a minute, if the machine has nothing else to do
def test_twenty_kills_change_no_bit(tmp_path: Path) -> None:
    moments = random.Random(20261123)  # noqa: S311
    with serving(tmp_path) as forks:
        whole = forks.start("whole", **SETTINGS)
        for number in range(KILLS):
            seen = sum(line.startswith("step") for line in forks.log("killed"))
            process = forks.start("killed", resume=True, **SETTINGS)
            if number % 7 != 6:  # some are killed while they start
                forks.wait_for_steps(process, "killed", seen + moments.randint(1, 3))
            time.sleep(moments.uniform(0, 0.1))
            assert forks.code(process) is None, forks.log("killed")[-5:]
            os.kill(process, SIGKILL)
            assert forks.wait(process) == -SIGKILL
        assert forks.wait(forks.start("killed", resume=True, **SETTINGS)) == 0
        assert forks.wait(whole) == 0
        assert not any("damaged" in line or "손상" in line for line in forks.log("killed"))
    steps = [record for record in course(tmp_path / "whole") if record["kind"] == "step"]
    assert [record["total"] for record in steps] == list(range(1, 91))
    assert course(tmp_path / "killed") == course(tmp_path / "whole")
    ours, theirs = (load_file(tmp_path / name / "model.safetensors") for name in ("killed", "whole"))
    for name, array in theirs.items():
        np.testing.assert_array_equal(ours[name], array)
    ours, theirs = (
        json.loads((tmp_path / name / "counsel.json").read_text())["metrics"] for name in ("killed", "whole")
    )
    assert ours == theirs


@pytest.mark.timeout(300)
def test_ctrl_c_saves_and_the_same_command_goes_on(tmp_path: Path) -> None:
    write_csv(tmp_path / "rows.csv", example_rows())
    options = (
        "--base scratch --size tiny --batch-size 16 --validation 0.25 --dropout 0.1 --save-every 1 --lang en"
    )
    command = [sys.executable, "-m", "counsel", "train", "rows.csv", "--out", "model", *options.split()]
    where: dict[str, Any] = {"cwd": tmp_path, "text": True, "env": {**os.environ, "PYTHONPATH": os.getcwd()}}  # noqa: PTH109
    with subprocess.Popen([*command, "--epochs", "500"], stderr=subprocess.PIPE, **where) as process:
        until = time.monotonic() + PATIENCE
        while not any(tmp_path.glob("model.run/step-*")):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        process.send_signal(SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    done = max(int(path.name.rpartition("-")[2]) for path in (tmp_path / "model.run").glob("step-*"))
    assert errors.splitlines()[-1].startswith(f"Saved after step {done}.")
    assert "--resume" in errors.splitlines()[-1]
    assert "Traceback" not in errors
    assert not (tmp_path / "model").exists()

    refused = subprocess.run([*command, "--epochs", "500"], capture_output=True, check=False, **where)
    assert refused.returncode == 2
    assert "--resume" in refused.stderr
    assert "--overwrite" in refused.stderr

    steps = str(done + 2)
    resumed = subprocess.run(
        [*command, "--epochs", "500", "--resume", "--max-steps", steps],
        capture_output=True,
        check=False,
        **where,
    )
    assert resumed.returncode == 0, resumed.stderr
    totals = [record["total"] for record in course(tmp_path / "model") if record["kind"] == "step"]
    assert totals == list(range(1, done + 3))
