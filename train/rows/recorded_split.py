"""The rows of a model's own test, validation or training part, found again in the data that it was trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.language import text
from engine.model_directory import CARD_FILE
from train.rows.data import Data, Row
from train.rows.reading import DataError
from train.rows.split import Split, split

PARTS = ("test", "validation", "training")
ALL = "all"


@dataclass(frozen=True)
class Part:
    """The rows to evaluate.

    Attributes:
        name: one of `PARTS`, or `ALL`.
        rows: in the order of the files.
        training: the rows that the model was trained on, where the data is known to hold them.
        sha256: by which the part was known again; empty for `ALL`.
        seen: how many of the rows the model was trained on; None if nobody knows.
    """

    name: str
    rows: Sequence[Row]
    training: Sequence[Row] | None
    sha256: str
    seen: int | None


class _Record(NamedTuple):
    """What `counsel.json` tells of the split: hashes of the parts that hold rows, and how they were made."""

    hashes: Mapping[str, str]
    seed: int
    validation: float
    test: float
    own_test: frozenset[str]  # sha256 of the files of a test set of one's own
    files: str


def find_part(card: Mapping[str, Any], data: Data, name: str | None) -> Part:
    """Find the rows to evaluate.

    Args:
        card: the content of `counsel.json`.
        data: what was read, with the labels' names as in training.
        name: one of `PARTS` or `ALL`; if None, the first of them that the model has.

    Raises:
        DataError: the model has no such part, or the data does not hold it; the message says what to do.
    """
    record = _read_record(card)
    found = _find_parts(record, data) if record else {}
    training = found.get("training")
    chosen = name or (next(part for part in PARTS if part in record.hashes) if record else ALL)
    if chosen == ALL:
        return Part(ALL, data.rows, training, "", None if training is None else len(training))
    if record is None:
        raise DataError(
            text(
                f"--split {chosen}: 모델의 {CARD_FILE}에 데이터를 나눈 기록이 없습니다. `--split all`로 모든 행을 재세요.",
                f"--split {chosen}: the model's {CARD_FILE} does not tell how its data was split. Measure all rows by "
                "`--split all`.",
            )
        )
    if chosen not in record.hashes:
        there = ", ".join(part for part in PARTS if part in record.hashes)
        raise DataError(
            text(
                f"--split {chosen}: 이 모델에는 그런 행이 없습니다. 있는 것: {there}, all",
                f"--split {chosen}: the model has no such rows. It has: {there}, all",
            )
        )
    if chosen not in found:
        given = ", ".join(file.path.name for file in data.files)
        raise DataError(
            text(
                f"{given}: 모델의 {chosen} 행이 아닙니다(sha256 불일치). 학습에 쓴 파일({record.files})을 같은 --columns, "
                "--label-names로 주거나, `--split all`로 모든 행을 재세요.",
                f"{given}: does not hold the model's {chosen} rows (sha256 differs). Give the files that it was trained on "
                f"({record.files}) with the same --columns and --label-names, or measure all rows by `--split all`.",
            )
        )
    rows = found[chosen]
    return Part(chosen, rows, training, record.hashes[chosen], len(rows) if chosen == "training" else 0)


def _read_record(card: Mapping[str, Any]) -> _Record | None:
    """Return what a card tells; None if it does not tell all of it."""
    nothing = Split([], [], []).hashes()
    try:
        training = card["training"]
        record = _Record(
            {part: digest for part, digest in training["splits"].items() if digest != nothing.get(part)},
            int(training["seed"]),
            float(training["configuration"]["validation_share"]),
            float(training["configuration"]["test_share"]),
            frozenset(str(file["sha256"]) for file in card["tested_on"]),
            ", ".join(str(file["file"]) for file in (*card["trained_on"], *card["tested_on"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError):  # of a model that something else trained
        return None
    return record if "training" in record.hashes and set(record.hashes) <= set(PARTS) else None


def _find_parts(record: _Record, data: Data) -> dict[str, Sequence[Row]]:
    """Return the parts that have the recorded hash."""
    own = {file.path for file in data.files if file.sha256 in record.own_test}
    test = [row for row in data.rows if row.place.path in own]
    rest = [row for row in data.rows if row.place.path not in own]
    candidates = [Split(data.rows, data.rows, data.rows)]  # a file may hold one part and no more
    if rest:
        candidates.append(
            split(rest, record.validation, test if record.own_test else record.test, record.seed)
        )
    return {
        part: getattr(candidate, part)
        for candidate in candidates
        for part, digest in candidate.hashes().items()
        if digest == record.hashes.get(part)
    }
