"""Guesses from known replies: quicker, and the same tokens."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import PRESETS, Engine, ModelError
from engine.drafts import Drafts
from engine.model_directory import ModelDirectory
from engine.precision import Precision
from tests.conftest import example_rows

QUESTIONS = sorted({question for _, question, _ in example_rows()})
REPLIES = st.lists(st.text("가나다 ", min_size=1, max_size=12), min_size=1, max_size=6, unique=True)


def drafts(tiny: ModelDirectory, folder: Path, replies: list[str]) -> Drafts:
    path = folder / "responses.jsonl"
    path.write_text("".join(json.dumps({"label": "ㄱ", "text": reply}) + "\n" for reply in replies))
    return Drafts(path, tiny.codec)


@given(REPLIES, st.data())
def test_a_known_reply_is_guessed_from_its_beginning(
    tiny: ModelDirectory, tmp_path_factory: pytest.TempPathFactory, replies: list[str], data: st.DataObject
) -> None:
    source = drafts(tiny, tmp_path_factory.mktemp("replies"), replies)
    known = [tiny.codec.encode(reply) for reply in replies]
    ids = data.draw(st.sampled_from(known))
    begun = data.draw(st.integers(0, len(ids)))
    length = data.draw(st.integers(0, 6))
    guessed = source.known("ㄱ", ids[:begun], length)
    assert len(guessed) <= length
    if begun <= 6:  # all of the beginning is compared
        alike = [other for other in known if other[:begun] == ids[:begun]]
        share = 1.0
        for place, guess in enumerate(guessed, start=begun):
            go_on = [other for other in alike if other[place : place + 1] == [guess.id]]
            assert guess.share == pytest.approx(len(go_on) / len(alike))
            assert len(go_on) >= max(
                sum(o[place : place + 1] == other[place : place + 1] for o in alike) for other in alike
            )
            alike, share = go_on, share * guess.share
        assert any(len(other) == begun + len(guessed) for other in alike) or len(guessed) == length
    assert source.known("ㄴ", ids[:begun], length) == []


def test_no_replies_no_guesses(tiny: ModelDirectory, tmp_path: Path) -> None:
    source = Drafts(tmp_path / "responses.jsonl", tiny.codec)
    assert not source
    assert source.guess("ㄱ", [], 1, 99) == []


@pytest.mark.parametrize(
    "line",
    ["{", "[]", '{"label": "ㄱ"}', '{"label": [], "text": "가"}', '{"label": "ㄱ", "text": 5}', "\xff"],
)
def test_a_damaged_file_is_named_with_its_line(tiny: ModelDirectory, tmp_path: Path, line: str) -> None:
    path = tmp_path / "responses.jsonl"
    path.write_bytes(b'{"label": "a", "text": "b"}\n' + line.encode("latin-1" if line == "\xff" else "utf-8"))
    with pytest.raises(ModelError, match=r"responses\.jsonl.*2"):
        Drafts(path, tiny.codec)


def test_guessing_stops_where_it_does_not_pay_and_begins_again(tiny: ModelDirectory, tmp_path: Path) -> None:
    source = drafts(tiny, tmp_path, ["가나다라가나다라가나다라가나다라가나다라"])
    first = source.guess("ㄱ", [], 1, 99)
    assert 3 <= len(first) <= 15
    for _ in range(40):
        source.note(first[0], right=False)
    assert source.guess("ㄱ", [], 1, 99) == []
    for _ in range(100):
        source.rest()
    assert source.guess("ㄱ", [], 1, 99) == first


def test_many_different_replies_are_not_guessed_at_random(tiny: ModelDirectory, tmp_path: Path) -> None:
    replies = [
        f"괜찮아요,{third}말해 주세요. 천천히 말해 주세요." for third in "오늘은마음무거워감정불안증상면"
    ]
    source = drafts(tiny, tmp_path, replies)
    first, *others = map(tiny.codec.encode, replies)
    fork = min(next(place for place in range(99) if first[place] != other[place]) for other in others)
    assert source.guess("ㄱ", first[:fork], 1, 99) == []
    known = source.guess("ㄱ", first[: fork + 1], 1, 99)
    assert [guess.id for guess in known] == first[fork + 1 : fork + 1 + len(known)] != []
    assert len(source.guess("ㄱ", first[: fork + 1], 1, 4)) <= 3


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_tokens_are_the_same_with_and_without(trained: Path, precision: Precision) -> None:
    """500 questions with three presets; on the 8-bit graph too, since no bit depends on the grouping."""
    drafted = passes = passes_without = 0
    with Engine.load(trained, precision) as engine:
        for number in range(500):
            question = QUESTIONS[number % len(QUESTIONS)] + "요!?."[number // len(QUESTIONS) % 4 :]
            for preset in ("default", "precise", "warm"):
                options = {"sampling": PRESETS[preset].sampling, "seed": number}
                reply = engine.reply(question, **options)
                without = engine.reply(question, draft=False, **options)
                assert reply.token_ids == without.token_ids
                assert (reply.drafted, without.drafted, without.timings.drafted) == (True, False, 0)
                drafted += reply.timings.drafted
                passes += reply.timings.passes
                passes_without += without.timings.passes
    assert drafted > 1500  # most of a reply that the model has learnt by heart
    assert passes < passes_without / 1.5
