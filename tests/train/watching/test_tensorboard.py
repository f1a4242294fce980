"""TensorBoard's files hold the figures of every step and epoch, and after an interruption each of them once."""

from pathlib import Path

import pytest
import tensorflow as tf

from engine.errors import CounselError
from train.events import Epoch, Event, Notice, Step
from train.watching.tensorboard import FILES, TensorBoardLog


def step(total: int, loss: float) -> Step:
    return Step(1, total, total, loss, 1e-4, 0.5, 700, 1536, 136, 2.0)


def read(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Return the points of each curve, as `summary_iterator` finds them."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for path in sorted(folder.glob(FILES)):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name == "scalars"
                curves.setdefault(value.tag, []).append((event.step, float(tf.make_ndarray(value.tensor))))
    return curves


def watch(log: TensorBoardLog, *events: Event) -> None:
    for event in events:
        log.watch(event)


def test_figures_are_in_the_file_at_once(tmp_path: Path) -> None:
    log = TensorBoardLog(tmp_path / "tensorboard")
    watch(log, Notice("…"), step(1, 3.0), step(2, 2.5))
    assert read(tmp_path / "tensorboard") == {
        "loss": [(1, 3.0), (2, 2.5)],
        "learning_rate": [(1, pytest.approx(1e-4)), (2, pytest.approx(1e-4))],
        "gradient_norm": [(1, 0.5), (2, 0.5)],
        "tokens_per_second": [(1, 700.0), (2, 700.0)],  # (1536 - 136) / 2 s
    }
    watch(log, Epoch(1, 2, 2.75, 2.5, (0.75, 0.5, 0.25), 0.125), Epoch(2, 4, 2.0))
    curves = read(tmp_path / "tensorboard")
    assert curves["validation_loss"] == [(2, 2.5)]
    assert curves["macro_f1"] == [(2, 0.125)]
    assert [curves[f"accuracy/{level}"] for level in ("level_1", "level_2", "label")] == [
        [(2, 0.75)],
        [(2, 0.5)],
        [(2, 0.25)],
    ]


def test_a_run_that_goes_on_replaces_what_came_after_its_checkpoint(tmp_path: Path) -> None:
    watch(TensorBoardLog(tmp_path), *(step(total, float(total)) for total in range(1, 6)))
    (file,) = tmp_path.glob(FILES)
    file.write_bytes(file.read_bytes()[:-7])  # killed while it wrote
    watch(TensorBoardLog(tmp_path, 3), *(step(total, float(total)) for total in range(2, 8)))
    assert read(tmp_path)["loss"] == [(total, float(total)) for total in range(1, 8)]
    watch(TensorBoardLog(tmp_path), step(1, 9.0))
    assert read(tmp_path)["loss"] == [(1, 9.0)]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CounselError, match="TensorBoard 기록을 쓸 수 없습니다"):
        TensorBoardLog(tmp_path / "file")
