"""Figures of replies, against sacrebleu and by hand."""

import json
from pathlib import Path

import pytest
import sacrebleu

from engine import Engine
from engine.model_directory import ModelDirectory
from tests.conftest import LABELS, example_rows
from train.evaluation.reply_quality import ask, chrf, distinct, training_replies
from train.rows.data import Row
from train.rows.reading import Place
from train.sequences.joining import Choice

REPLIES = ["잠을 못 주무셔서 힘드셨겠어요.", "오늘 점심은 드셨나요?", "네"]


def test_distinct_2_by_hand() -> None:
    # Words: 4 + 4 + 1; pairs: (가 나) (나 가) (가 나) | (가 나) (나 다) (다 라): four different ones.
    assert distinct(["가 나 가 나", "가 나  다 라", "네"], 2) == pytest.approx(4 / 9)
    assert distinct(["가 가 가"], 1) == pytest.approx(1 / 3)
    assert distinct(["", " "], 2) == 0


def test_chrf_with_one_reference_is_that_of_sacrebleu() -> None:
    references = ["잠을 잘 못 주무셨군요.", "점심은 맛있게 드셨어요?", "아니요"]
    theirs = sacrebleu.corpus_chrf(REPLIES, [references]).score
    assert chrf(REPLIES, [[reference] for reference in references]) == pytest.approx(theirs)
    assert 0 < theirs < 100


def test_the_nearest_reference_counts() -> None:
    alone = chrf(REPLIES[:1], [["점심 이야기를 더 들려주세요."]])
    assert alone is not None
    assert alone < 50
    assert chrf(REPLIES[:1], [["점심 이야기를 더 들려주세요.", REPLIES[0]]]) == pytest.approx(100)
    # Labels have different numbers of replies, some none.
    assert chrf(REPLIES, [[REPLIES[0], "다른 말"], [REPLIES[1]], []]) == pytest.approx(100)
    assert chrf(REPLIES, [[], [], []]) is None


def choices(number: int) -> list[Choice]:
    rows = [
        Row(question, label, reply, Place(Path("rows.csv"), 2)) for label, question, reply in example_rows()
    ]
    return [Choice(row, (row.response,)) for row in rows[:number]]


def test_replies_of_a_model(trained_engine: Engine) -> None:
    done: list[int] = []
    known = {reply for _, _, reply in example_rows()}
    quality = ask(trained_engine, choices(5), known, 7, done.append)
    assert done == [1, 2, 3, 4, 5]
    assert quality.number == len(quality.samples) == 5
    assert quality.copied is not None
    assert quality.copied == sum(sample.reply in known for sample in quality.samples) / 5
    assert 0 <= quality.broken <= 1
    assert max(quality.problems.values(), default=0) <= round(5 * quality.broken)
    assert quality.first_token > 0
    assert quality.tokens_per_second >= 0
    again = ask(trained_engine, choices(5), (), 7, done.append)
    assert again.samples == quality.samples
    assert again.copied is None


def test_what_a_random_model_writes_freely_is_broken(tiny: ModelDirectory) -> None:
    with Engine(tiny) as engine:
        quality = ask(engine, choices(4), (), 0, lambda _: None)
    assert quality.broken == 1
    assert quality.problems


def test_replies_that_were_trained_on(trained: Path) -> None:
    model = ModelDirectory.load(trained)
    assert training_replies(model, None) == {
        json.loads(line)["text"]
        for line in (trained / "responses.jsonl").read_text("utf-8").split("\n")
        if line
    }
    assert len(training_replies(model, None)) == len(LABELS)
