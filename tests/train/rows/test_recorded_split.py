"""A model's own test rows are found again, or nothing is evaluated."""

from pathlib import Path
from typing import Any

import pytest

from train.rows.data import Data, DataFile, Row
from train.rows.reading import DataError, Place
from train.rows.recorded_split import find_part
from train.rows.split import Split, split

FILE = Path("rows.csv")
OWN = Path("own.csv")


def make_rows(number: int, path: Path = FILE, word: str = "발화") -> list[Row]:
    return [
        Row(f"{word} {n}", ("가", "나", "다")[n % 3], f"응답 {n}", Place(path, n + 2)) for n in range(number)
    ]


def data_of(*files: tuple[Path, list[Row]]) -> Data:
    listed = [DataFile(path, path.name * 2, len(rows), False) for path, rows in files]
    return Data(listed, [row for _, rows in files for row in rows], [])


def card_of(parts: Split, validation: float, test: float, seed: int, own: bool = False) -> dict[str, Any]:
    """As `train.description.describe` writes it."""
    return {
        "trained_on": [{"file": FILE.name, "sha256": FILE.name * 2}],
        "tested_on": [{"file": OWN.name, "sha256": OWN.name * 2}] if own else [],
        "training": {
            "seed": seed,
            "configuration": {"validation_share": validation, "test_share": test},
            "splits": parts.hashes(),
        },
    }


@pytest.fixture
def rows() -> list[Row]:
    return make_rows(60)


@pytest.fixture
def parts(rows: list[Row]) -> Split:
    return split(rows, 0.2, 0.1, 5)


def test_each_part_is_found(rows: list[Row], parts: Split) -> None:
    card = card_of(parts, 0.2, 0.1, 5)
    shuffled = rows[::-1]
    for name in ("test", "validation", "training"):
        part = find_part(card, data_of((FILE, shuffled)), name)
        assert sorted(row.question for row in part.rows) == sorted(
            row.question for row in getattr(parts, name)
        )
        assert part.seen == (len(part.rows) if name == "training" else 0)
        assert part.training is not None
        assert len(part.training) == len(parts.training)
        assert part.sha256 == parts.hashes()[name]
    assert find_part(card, data_of((FILE, rows)), None).name == "test"
    everything = find_part(card, data_of((FILE, rows)), "all")
    assert (len(everything.rows), everything.seen) == (60, len(parts.training))


def test_without_test_rows_those_of_the_validation_are_taken(rows: list[Row]) -> None:
    card = card_of(split(rows, 0.2, 0.0, 5), 0.2, 0.0, 5)
    assert find_part(card, data_of((FILE, rows)), None).name == "validation"
    with pytest.raises(DataError, match=r"validation, training, all"):
        find_part(card, data_of((FILE, rows)), "test")


@pytest.mark.parametrize("change", ["one fewer", "another label", "another seed"])
def test_other_rows_are_refused(rows: list[Row], parts: Split, change: str) -> None:
    card = card_of(parts, 0.2, 0.1, 5)
    if change == "one fewer":
        rows.remove(parts.test[0])
    elif change == "another label":
        place = rows.index(parts.test[0])
        rows[place] = Row(rows[place].question, "라", None, rows[place].place)
    else:
        card["training"]["seed"] = 6
    for name in (None, "test"):
        with pytest.raises(DataError, match=r"rows\.csv.*--split all"):
            find_part(card, data_of((FILE, rows)), name)
    part = find_part(card, data_of((FILE, rows)), "all")
    assert (len(part.rows), part.training, part.seen) == (len(rows), None, None)


def test_a_test_set_of_ones_own(rows: list[Row]) -> None:
    own = make_rows(9, OWN, "시험")
    card = card_of(split(rows, 0.2, own, 5), 0.2, 0.0, 5, own=True)
    alone = find_part(card, data_of((OWN, own)), None)
    assert (alone.name, list(alone.rows), alone.training) == ("test", own, None)
    both = find_part(card, data_of((FILE, rows), (OWN, own)), None)
    assert list(both.rows) == own
    assert both.training
    validation = find_part(card, data_of((FILE, rows)), "validation")
    assert len(validation.rows) == 12


def test_a_file_that_holds_the_test_rows_alone(parts: Split) -> None:
    part = find_part(card_of(parts, 0.2, 0.1, 5), data_of((FILE, list(parts.test))), None)
    assert len(part.rows) == len(parts.test)
    assert part.training is None


@pytest.mark.parametrize(
    "card",
    [{}, {"training": None}, {"training": {"seed": 0}, "trained_on": 3}, {"training": {"splits": []}}],
)
def test_a_model_without_a_record(rows: list[Row], card: dict[str, Any]) -> None:
    part = find_part(card, data_of((FILE, rows)), None)
    assert (part.name, len(part.rows), part.seen) == ("all", 60, None)
    with pytest.raises(DataError, match=r"counsel\.json.*--split all"):
        find_part(card, data_of((FILE, rows)), "test")
