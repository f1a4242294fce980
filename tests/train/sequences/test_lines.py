"""Lines as the trainer sees them fit the context, whatever they are made of."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model_directory import ModelDirectory
from tests.conftest import write_csv
from train.rows.data import Row, read_data
from train.rows.reading import DataError, Place
from train.sequences.joining import Joiner, Pair
from train.sequences.lines import TOLD, Sampler, encode, refuse_overlong

PLACE = Path("rows.csv")
TURNS = st.lists(st.tuples(st.text("잠이안와요 ", max_size=20), st.text("그래요 ", max_size=20)), max_size=4)


def make(question: str, label: str = "일상", response: str | None = "네") -> Row:
    return Row(question, label, response, Place(PLACE, 7))


@given(st.text("가나다 마음", min_size=1, max_size=60), TURNS, st.integers(16, 60))
def test_oldest_turns_go_first_then_the_beginning_of_the_question(
    tiny: ModelDirectory, question: str, turns: list[tuple[str, str]], context: int
) -> None:
    codec = tiny.codec
    row = make(question)
    ids, read, label, topic = encode(Pair(row, row.response, tuple(turns)), codec, context, 3)
    assert topic == 3
    whole, _ = codec.training_sequence(row.question, row.label, row.response)
    assert len(ids) - 1 <= context
    assert ids[read : read + label] == [*codec.encode("일상"), codec.response_id]
    assert ids[read + label :] == [*codec.encode("네"), codec.eos_id]
    assert ids[:2] == [codec.bos_id, codec.question_id]
    if len(whole) - 1 > context:
        assert ids[2:] == whole[-(context - 1) :]  # no turn is left, and the question's end stays
    else:
        kept = [list(turns[start:]) for start in range(len(turns) + 1)]
        sequences = [codec.training_sequence(row.question, row.label, row.response, part)[0] for part in kept]
        assert ids == next(sequence for sequence in sequences if len(sequence) - 1 <= context)


def test_a_response_that_fits_no_context_is_named(tiny: ModelDirectory) -> None:
    fitting = make("질문 " * 200)
    refuse_overlong([fitting], tiny.codec, 40)
    with pytest.raises(DataError, match=r"rows\.csv, 7행.*말 말"):
        refuse_overlong([fitting, make("안녕", response="말 " * 60)], tiny.codec, 40)
    with pytest.raises(DataError, match=r"rows\.csv, 7행"):
        refuse_overlong([make("안녕", "라" * 80, None)], tiny.codec, 40)


def test_rows_are_told_by_file_and_number(tiny: ModelDirectory, tmp_path: Path) -> None:
    rows = [("일상", f"질문 {number}", f"답 {number}") for number in range(20)]
    data = read_data([write_csv(tmp_path / "rows.csv", rows)])
    sampler = Sampler(Joiner.of(data, None, 0, None), tiny.codec, 48, balance=1.0)
    epochs = sampler.epochs(data.rows)
    pairs = epochs.pairs(3)
    told = epochs.tell(3, [5, 0])
    expected = [
        f"{tmp_path / 'rows.csv'}, {int(pairs[place].row.question.split()[1]) + 2}행" for place in (5, 0)
    ]
    assert told == ", ".join(expected)  # the header is row 1
    assert epochs.tell(3, range(20)).count("행") == TOLD
    assert epochs.tell(3, range(20)).endswith("(20)")


def test_of_a_lexicon_the_labels_alone_are_learnt_others_in_each_epoch(
    tiny: ModelDirectory, tmp_path: Path
) -> None:
    rows = [("일상", f"질문 {number}", f"답 {number}") for number in range(4)]
    data = read_data([write_csv(tmp_path / "rows.csv", rows)])
    lexicon = [make(f"낱말 {number}", response="이 응답은 배우지 않습니다") for number in range(10)]
    epochs = Sampler(Joiner.of(data, None, 0, None), tiny.codec, 48).epochs(data.rows, lexicon)
    seen = set()
    for number in range(12):
        pairs = epochs.pairs(number)
        assert len(pairs) == len(epochs) == 8
        assert {pair.row.question for pair in pairs[:4]} == {question for _, question, _ in rows}
        entries = [pair.row.question for pair in pairs[4:]]
        assert len(set(entries)) == 4
        seen |= set(entries)
        for line in epochs.lines(number)[4:]:
            assert list(line.ids[line.read :]) == [*tiny.codec.encode("일상"), tiny.codec.response_id]
    assert seen == {row.question for row in lexicon}
