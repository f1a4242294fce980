"""`metrics.jsonl`: every step and epoch of a training, one JSON object a line."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.errors import CounselError
from engine.language import text
from train.events import Epoch, Event, Step
from train.files import replace_file
from train.rows.reading import DataError

Record = Step | Epoch
KINDS: Mapping[str, type[Step] | type[Epoch]] = {"step": Step, "epoch": Epoch}


class MetricsLog:
    """Appends the steps and epochs of a training to a file, in which each line is whole at any time.

    A line holds `kind` ("step" or "epoch"), `time` (ISO 8601, UTC), and all attributes of the event; null for a number
    that is infinite or none.

    Args:
        path: of the file, which need not exist; its folder must.
        done: updates that an earlier run has made, whose lines stay; all later ones are removed, since their steps are
            made again. So the file reads like that of a training that was never interrupted.
        epochs: those that it has completed, whose lines stay; None if they are not known better than by `done`. A run
            that a limit ended within an epoch has told of that epoch too, and tells of it again when it goes on.

    Attributes:
        history: what the lines that stayed tell, for whoever shows it.

    Raises:
        DataError: the file holds a line that is none of ours.
        CounselError: the file cannot be written.
    """

    def __init__(self, path: Path, done: int = 0, epochs: int | None = None) -> None:
        self._path = path
        kept = [
            (line, record)
            for line, record in (_lines(path) if path.exists() else ())
            if _is_earlier(record, done, epochs)
        ]
        self.history = [record for _, record in kept]
        self._attempt(lambda: replace_file(path, b"".join(line for line, _ in kept)))

    def watch(self, event: Event) -> None:
        """Write a line if the event is a step or an epoch.

        Raises:
            CounselError: it cannot be written, as on a full disk.
        """
        if isinstance(event, Step):
            self._append("step", event)
        elif isinstance(event, Epoch):
            self._append("epoch", event)

    def _append(self, kind: str, record: Record) -> None:
        figures = {name: _finite(value) for name, value in asdict(record).items()}
        written = {"kind": kind, "time": datetime.now(UTC).isoformat(timespec="milliseconds"), **figures}
        line = json.dumps(written, allow_nan=False).encode() + b"\n"
        self._attempt(lambda: _write(self._path, line))

    def _attempt(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            raise CounselError(
                text(
                    f"{self._path}: 쓸 수 없습니다({error.strerror}). 공간과 권한을 확인하세요.",
                    f"{self._path}: cannot be written ({error.strerror}). Check its space and permissions.",
                )
            ) from error


def read_metrics(path: Path) -> list[Record]:
    """Return the steps and epochs in a `metrics.jsonl`; a number that was infinite or none is NaN.

    What stands after the last line's end is passed over: a line that is being written, or whose writer was killed.

    Raises:
        DataError: the file cannot be read, or a line in it is none of ours.
    """
    return [record for _, record in _lines(path)]


def _lines(path: Path) -> Iterator[tuple[bytes, Record]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            text(
                f"{path}: 읽을 수 없습니다({error.strerror}). 경로를 확인하세요.",
                f"{path}: cannot be read ({error.strerror}). Check the path.",
            )
        ) from error
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        try:
            yield line + b"\n", _parse(line)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise DataError(
                text(
                    f"{path}, {number}행: 학습 기록이 아닙니다({error}). 그 행을 지우세요.",
                    f"{path}, row {number}: not a record of a training ({error}). Remove that row.",
                )
            ) from error


def _parse(line: bytes) -> Record:
    written = json.loads(line)
    kind = KINDS[written["kind"]]
    return kind(**{field.name: _READ[field.type](written[field.name]) for field in fields(kind)})


def _one_of(value: Any, *types: type) -> Any:
    """Return a value, checked; JSON's true is no number here, though it is Python's 1."""
    if type(value) not in types:
        raise TypeError(repr(value))
    return value


def _number(value: Any) -> float:
    return math.nan if value is None else float(_one_of(value, int, float))


# How each type of an attribute is read.
_READ: Mapping[Any, Callable[[Any], Any]] = {
    int: lambda value: _one_of(value, int),
    bool: lambda value: _one_of(value, bool),
    float: _number,
    float | None: lambda value: None if value is None else _number(value),
    tuple[float, ...]: lambda value: tuple(map(_number, _one_of(value, list))),
}


def _is_earlier(record: Record, done: int, epochs: int | None) -> bool:
    """Return whether a record tells of what an earlier run has made."""
    if isinstance(record, Step):
        return record.total <= done
    return record.steps <= done and (epochs is None or record.number <= epochs)


def _finite(value: Any) -> Any:
    """Return a value that JSON can hold."""
    if isinstance(value, tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write(path: Path, line: bytes) -> None:
    """Append in one call, so that a line is in the file as a whole or not at all."""
    with path.open("ab", buffering=0) as file:
        file.write(line)
