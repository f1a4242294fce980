"""No utterance is in two parts, whatever the input."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wellness import make_wellness
from train.rows.data import Row, read_data
from train.rows.reading import DataError, Place
from train.rows.split import Split, split, thirds

NUMBERED = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.sampled_from("가나다라"),
        st.sampled_from(["", "", "대화 1", "대화 2", "대화 3"]),
    ),
    min_size=1,
    max_size=60,
)
SHARES = st.floats(0, 0.5)


def make(raw: list[tuple[int, str, str]]) -> list[Row]:
    place = Path("rows.csv")
    return [
        Row(f"말 {number}", label, None, Place(place, line), dialogue, line)
        for line, (number, label, dialogue) in enumerate(raw, start=1)
    ]


def parts(found: Split) -> list[list[Row]]:
    return [list(found.training), list(found.validation), list(found.test)]


@given(NUMBERED, SHARES, SHARES, st.integers(0, 9))
def test_no_utterance_and_no_dialogue_is_in_two_parts(
    raw: list[tuple[int, str, str]], validation: float, test: float, seed: int
) -> None:
    rows = make(raw)
    found = split(rows, validation, test, seed)
    said = [{row.question for row in part} for part in parts(found)]
    talks = [{row.dialogue for row in part if row.dialogue} for part in parts(found)]
    for seen in (said, talks):
        assert sum(map(len, seen)) == len(seen[0] | seen[1] | seen[2])
    assert sorted(row.place.row for part in parts(found) for row in part) == list(range(1, len(rows) + 1))
    assert {row.label for row in found.training} == {row.label for row in rows}
    assert len(found.validation) <= validation * len(rows)
    assert len(found.test) <= test * len(rows)


@given(NUMBERED, SHARES, SHARES, st.integers(0, 9))
def test_the_order_of_the_rows_changes_nothing(
    raw: list[tuple[int, str, str]], validation: float, test: float, seed: int
) -> None:
    rows = make(raw)
    mixed = Random(seed).sample(rows, len(rows))  # noqa: S311
    found, again = split(rows, validation, test, seed), split(mixed, validation, test, seed)
    assert found.hashes() == again.hashes()
    assert [row.place.row for part in parts(found) for row in part] == [
        row.place.row for part in parts(again) for row in sorted(part, key=lambda row: row.place.row)
    ]


def test_another_seed_splits_otherwise() -> None:
    rows = make([(number, "가", "") for number in range(40)])
    hashes = [split(rows, 0.2, 0.2, seed).hashes() for seed in (0, 0, 1)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_labels_are_held_out_in_proportion(tmp_path: Path) -> None:
    rows = read_data([make_wellness(tmp_path / "wellness.xlsx")]).rows
    found = split(rows, 0.05, 0.1, 0)
    assert (len(found.validation), len(found.test)) == (261, 523)
    total, tested = (Counter(row.label for row in part) for part in (rows, found.test))
    assert all(abs(tested[label] - 0.1 * count) <= 2 for label, count in total.items())
    assert not {row.question for row in found.training} & {
        row.question for row in (*found.validation, *found.test)
    }


def test_dialogues_are_held_out_although_they_hold_many_labels() -> None:
    rows = make(
        [(10 * talk + turn, "가나다라"[turn], f"대화 {talk}") for talk in range(10) for turn in range(4)]
    )
    found = split(rows, 0.2, 0.1, 0)
    assert [len(part) for part in parts(found)] == [28, 8, 4]


def test_a_test_set_of_ones_own_shares_no_utterance() -> None:
    rows = make([(number, "가", "") for number in range(20)])
    own = make([(99, "가", "")])
    found = split(rows, 0.1, own, 0)
    assert (found.test, len(found.validation), len(found.training)) == (own, 2, 18)
    with pytest.raises(DataError, match=r"rows\.csv, 1행.*말 3.*rows\.csv, 4행"):
        split(rows, 0.1, make([(3, "나", "")]), 0)


def test_thirds_are_by_rows() -> None:
    rows = make([(0, label, "") for label in "가가가나나다다라"])
    assert thirds(rows) == {"head": {"가", "나"}, "middle": {"다"}, "tail": {"라"}}
