"""A checkpoint is there as a whole or not at all, and one damaged byte is enough to pass it over."""

import math
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from engine.errors import CounselError
from train.checkpoints import Checkpoints

FLOATS = [0.1, 1e-310, math.pi, -0.0, float(np.nextafter(1, 2)), math.inf]


def arrays(number: int) -> dict[str, dict[str, np.ndarray]]:
    generator = np.random.default_rng(number)
    names = {"a.kernel": (3, 4), "a.bias": (4,)}
    return {
        kind: {name: generator.normal(size=shape).astype(np.float32) for name, shape in names.items()}
        for kind in ("weights", "first_moments")
    }


def sound(folder: Path, series: str = "step") -> tuple[list[int], list[str]]:
    """Return the numbers of the sound checkpoints, and what is said of the others."""
    notices: list[str] = []
    found = [checkpoint.number for checkpoint in Checkpoints(folder, series).sound(notices.append)]
    return found, notices


def test_what_was_saved_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    place = Checkpoints(tmp_path / "run", "step").save(7, arrays(7), {"floats": FLOATS, "이름": "값"})
    assert place == tmp_path / "run" / "step-00000007"
    (found,) = Checkpoints(tmp_path / "run", "step").sound(pytest.fail)
    assert found.number == 7
    assert found.state == {"floats": FLOATS, "이름": "값"}
    for kind, named in arrays(7).items():
        read = found.arrays(kind)
        assert {name: array.tobytes() for name, array in read.items()} == {
            name: array.tobytes() for name, array in named.items()
        }


def test_the_newest_two_of_each_series_are_kept(tmp_path: Path) -> None:
    steps, best = Checkpoints(tmp_path, "step"), Checkpoints(tmp_path, "best")
    best.save(5, arrays(5), {})
    for number in (3, 9, 100_000_000, 9):
        steps.save(number, arrays(number), {})
    # What came after 9 belongs to a course that the training has left.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best-00000005", "step-00000009"]
    steps.save(12, arrays(12), {})
    assert sound(tmp_path) == ([12, 9], [])
    assert sound(tmp_path, "best") == ([5], [])


def test_what_a_killed_run_was_writing_is_no_checkpoint(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, "step")
    place = checkpoints.save(1, arrays(1), {})
    shutil.copytree(place, tmp_path / ".writing-step-00000002")
    (tmp_path / ".writing-step-00000002" / "state.json").unlink()
    assert sound(tmp_path) == ([1], [])
    checkpoints.save(2, arrays(2), {})
    assert sound(tmp_path) == ([2, 1], [])
    assert {path.name for path in tmp_path.iterdir()} == {"step-00000001", "step-00000002"}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    for number in (10, 20):
        Checkpoints(folder, "step").save(number, arrays(number), {"done": number, "floats": FLOATS})
    return folder


FILES = ("weights.safetensors", "first_moments.safetensors", "state.json", "manifest.json")


@hypothesis_settings(max_examples=300)
@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(1, 255), st.booleans())
def test_any_damage_is_recognised_and_the_one_before_is_used(
    two: Path, name: str, where: float, change: int, truncated: bool
) -> None:
    path = two / "step-00000020" / name
    whole = path.read_bytes()
    place = int(where * len(whole))
    damaged = bytearray(whole)
    damaged[place] ^= change
    path.write_bytes(whole[:place] if truncated else bytes(damaged))
    try:
        found, notices = sound(two)
    finally:
        path.write_bytes(whole)
    assert found == [10]
    (notice,) = notices
    assert "step-00000020" in notice
    assert name in notice or name == "manifest.json"  # a damaged manifest may blame what it describes
    assert sound(two) == ([20, 10], [])


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_recognised(tmp_path: Path, two: Path, name: str) -> None:
    shutil.copytree(two, tmp_path / "run")
    (tmp_path / "run" / "step-00000020" / name).unlink()
    found, (notice,) = sound(tmp_path / "run")
    assert found == [10]
    assert name in notice


def test_the_damaged_one_does_not_outlive_the_next(tmp_path: Path, two: Path) -> None:
    """It has a higher number than what is saved next, and must not push sound ones out."""
    shutil.copytree(two, tmp_path / "run")
    (tmp_path / "run" / "step-00000020" / "state.json").write_text("{}")
    for number in (13, 16):
        Checkpoints(tmp_path / "run", "step").save(number, arrays(number), {})
    assert sound(tmp_path / "run") == ([16, 13], [])


def test_too_little_space_is_said_before_anything_is_deleted(
    tmp_path: Path, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(two, tmp_path / "run")
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 4000))
    with pytest.raises(CounselError, match=r"run: .*0 MB.*--resume"):
        Checkpoints(tmp_path / "run", "step").save(30, arrays(30), {})
    assert sound(tmp_path / "run") == ([20, 10], [])


# A write that fails in the middle, as on a full disk: no file may exceed 64 KiB in this process.
FAILING = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from engine.errors import CounselError
from train.checkpoints import Checkpoints

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
kind = sys.argv[2]
arrays = {"weights": {"a": np.ones(30_000 if kind == "arrays" else 3, np.float32)}}
try:
    Checkpoints(Path(sys.argv[1]), "step").save(30, arrays, {"history": "x" * (10 if kind == "arrays" else 100_000)})
except CounselError as error:
    print(error)
"""


@pytest.mark.parametrize("kind", ["arrays", "state"])
def test_a_write_that_fails_leaves_the_earlier_ones(tmp_path: Path, two: Path, kind: str) -> None:
    shutil.copytree(two, tmp_path / "run")
    command = [sys.executable, "-c", FAILING, str(tmp_path / "run"), kind]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    (message,) = run.stdout.splitlines()
    assert "step-00000030" in message
    assert "--resume" in message
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["step-00000010", "step-00000020"]
    assert sound(tmp_path / "run") == ([20, 10], [])
