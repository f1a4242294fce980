"""Two processes never train in one run folder."""

import os
from pathlib import Path

import pytest

from counsel.train import make
from engine.errors import CounselError
from tests.conftest import FIXTURES, example_rows, write_csv
from tests.counsel.test_commands import fails
from tests.train.forks import serving
from tests.train.test_resume import course
from train.lock import locked


def test_a_second_window_is_told_who_trains_there_and_harms_nothing(tmp_path: Path) -> None:
    options = [
        str(tmp_path / "rows.csv"),
        "--out",
        str(tmp_path / "live"),
        "--base",
        "scratch",
        "--size",
        "tiny",
    ]
    with serving(tmp_path) as forks:
        first = forks.start("live", epochs=500, batch_size=16, save_steps=1, patience=0)
        forks.wait_for_steps(first, "live", 5)  # an epoch, and so a best one, is behind it
        (tmp_path / "live.run" / "train.toml").write_text("epochs = 500\n")  # as the command would have
        for way in (["--overwrite"], ["--resume"], []):
            with pytest.raises(CounselError, match=rf"live\.run.*프로세스 {first}.*--out"):
                make().main([*options, *way], "train", standalone_mode=False)
        assert (tmp_path / "live.run" / "train.toml").exists()
        assert any((tmp_path / "live.run").glob("best-*"))
        assert forks.code(first) is None


def test_of_two_that_start_at_once_one_trains(tmp_path: Path) -> None:
    with serving(tmp_path) as forks:
        both = [forks.start("live", resume=True, epochs=4, batch_size=16, save_steps=1) for _ in range(2)]
        assert sorted(map(forks.wait, both)) == [0, 2], forks.log("live")
        (refusal,) = [line for line in forks.log("live") if "live.run" in line]
        assert f"프로세스 {both[0]}" in refusal or f"프로세스 {both[1]}" in refusal
    steps = [record["total"] for record in course(tmp_path / "live") if record["kind"] == "step"]
    assert steps == list(range(1, len(steps) + 1))


@pytest.mark.parametrize("command", ["train", "pretrain"])
def test_both_commands_say_so_before_anything_slow(tmp_path: Path, command: str) -> None:
    data = write_csv(tmp_path / "rows.csv", example_rows())
    call = (command, str(data), "--out", str(tmp_path / "model"), "--base", str(FIXTURES / "tiny-gpt2"))
    second = ("--workers", "127.0.0.1:7001,127.0.0.1:7002", "--index", "1")
    with locked(tmp_path / "model.run"):
        assert f"model.run: 다른 학습(프로세스 {os.getpid()})" in fails(*call, "--overwrite")
    with locked(tmp_path / "model.run" / "worker-1"):
        assert f"worker-1: 다른 학습(프로세스 {os.getpid()})" in fails(*call, *second)
