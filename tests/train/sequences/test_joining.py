"""Utterances get the replies that they may have, and no others."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import write_csv
from tests.wellness import PAIRS, ROWS, make_wellness
from train.rows.data import Data, DataFile, Row, read_data
from train.rows.reading import Place
from train.sequences.joining import Joiner

PATH = Path("rows.csv")
RAW = st.lists(
    st.tuples(st.sampled_from("가나다"), st.none() | st.sampled_from(["답1", "답2", "답3"])),
    min_size=1,
    max_size=30,
)


def make(raw: list[tuple[str, str | None]]) -> Data:
    rows = [
        Row(f"말 {line}", label, response, Place(PATH, line))
        for line, (label, response) in enumerate(raw, start=1)
    ]
    return Data([DataFile(PATH, "", len(rows), shares_responses=True)], rows, [])


@given(RAW)
def test_all_gives_each_utterance_every_reply_of_its_label(raw: list[tuple[str, str | None]]) -> None:
    data = make(raw)
    replies: dict[str, set[str | None]] = {
        label: {r for other, r in raw if other == label and r} for label, _ in raw
    }
    pairs = Joiner.of(data, "all").join(data.rows, np.random.default_rng(0))
    found = Counter((pair.row.question, pair.response) for pair in pairs)
    expected = Counter(
        (row.question, response) for row in data.rows for response in replies[row.label] or {None}
    )
    assert found == expected


@given(RAW, st.integers(0, 9))
def test_sample_gives_each_utterance_one_reply_of_its_label(
    raw: list[tuple[str, str | None]], seed: int
) -> None:
    data = make(raw)
    pairs = Joiner.of(data).join(data.rows, np.random.default_rng(seed))
    assert [pair.row for pair in pairs] == data.rows
    for pair in pairs:
        replies: set[str | None] = {r for label, r in raw if label == pair.row.label and r}
        assert pair.response in (replies or {None})


@given(RAW)
def test_first_and_own(raw: list[tuple[str, str | None]]) -> None:
    data, generator = make(raw), np.random.default_rng(0)
    first: dict[str, str] = {}
    for label, response in raw:
        if response:
            first.setdefault(label, response)
    assert [pair.response for pair in Joiner.of(data, "first").join(data.rows, generator)] == [
        first.get(label) for label, _ in raw
    ]
    assert [pair.response for pair in Joiner.of(data, "own").join(data.rows, generator)] == [
        r for _, r in raw
    ]


def test_sampling_is_new_in_each_epoch_and_the_same_for_a_seed() -> None:
    data = make([("가", f"답{number}") for number in range(20)])
    joiner = Joiner.of(data)
    generator = np.random.default_rng(0)
    first, second = joiner.join(data.rows, generator), joiner.join(data.rows, generator)
    assert first != second
    assert joiner.join(data.rows, np.random.default_rng(0)) == first


def test_the_wellness_sheet(tmp_path: Path) -> None:
    data = read_data([make_wellness(tmp_path / "wellness.xlsx")])
    generator = np.random.default_rng(0)
    pairs = Joiner.of(data, "all").join(data.rows, generator)
    assert sum(pair.response is not None for pair in pairs) == PAIRS
    alone = [pair for pair in pairs if pair.response is None]
    assert (
        len({pair.row.label for pair in alone}) == 4
    )  # the labels without a reply: the label alone is learnt
    assert len(Joiner.of(data).join(data.rows, generator)) == ROWS


def test_each_file_is_joined_as_it_is_made(tmp_path: Path) -> None:
    """A reply to one utterance is no reply to others, although they have the same label."""
    own = write_csv(tmp_path / "own.csv", [("가", f"말 {number}", f"제 답 {number}") for number in range(20)])
    shared = write_csv(tmp_path / "shared.csv", [("가", "다른 말", "라벨의 답"), ("가", "또 다른 말", "")])
    data = read_data([own, shared])
    assert [file.shares_responses for file in data.files] == [False, True]
    pairs = Joiner.of(data).join(data.rows, np.random.default_rng(0))
    assert [pair.response for pair in pairs] == [
        *(f"제 답 {number}" for number in range(20)),
        *["라벨의 답"] * 2,
    ]


def test_a_forgotten_reply_leaves_the_others_where_they_are(tmp_path: Path) -> None:
    rows = [("가", f"말 {number}", f"답 {number}" if number != 7 else "") for number in range(20)]
    data = read_data([write_csv(tmp_path / "rows.csv", rows)])
    pairs = Joiner.of(data).join(data.rows, np.random.default_rng(0))
    assert [pair.response or "" for pair in pairs] == [response for *_, response in rows]


@pytest.mark.parametrize("policy", ["own", "sample", "all", "first", None])
def test_dialogues_keep_their_turns_and_order(tmp_path: Path, policy: str | None) -> None:
    path = tmp_path / "talks.csv"
    path.write_text(
        "대화,턴,구분,유저,챗봇\nA,2,가,둘,답2\nB,1,가,하나,답B\nA,1,가,하나,답1\nA,3,나,셋,\nA,4,나,넷,답4\n",
        "utf-8",
    )
    data = read_data([path])
    joiner = Joiner.of(data, policy, context_turns=2)  # type: ignore[arg-type]
    pairs = joiner.join(data.rows, np.random.default_rng(0))
    assert [(pair.row.question, pair.response, pair.turns) for pair in pairs] == [
        ("둘", "답2", (("하나", "답1"),)),
        ("하나", "답B", ()),
        ("하나", "답1", ()),
        ("셋", None, (("하나", "답1"), ("둘", "답2"))),
        ("넷", "답4", (("하나", "답1"), ("둘", "답2"))),
    ]
    assert all(pair.turns == () for pair in Joiner.of(data).join(data.rows, np.random.default_rng(0)))
