"""The simple classifier learns what is easy, and ranks every label."""

from pathlib import Path

import pytest

from tests.conftest import LABELS, example_rows
from train.evaluation.baseline import rank_by_svm
from train.rows.data import Row
from train.rows.reading import Place


@pytest.mark.parametrize("number", [2, 3, 4])
def test_it_finds_labels_by_their_words(number: int) -> None:
    rows = [
        Row(question, label, reply, Place(Path("rows.csv"), 2))
        for label, question, reply in example_rows()
        if label in LABELS[:number]
    ]
    ranking = rank_by_svm(rows[::2], [row.question for row in rows[1::2]])
    assert sorted(ranking.labels) == sorted(LABELS[:number])
    assert ranking.scores.shape == (len(rows[1::2]), number)
    scores = ranking.measure([row.label for row in rows[1::2]])
    assert scores is not None
    assert (scores.accuracy, scores.macro_f1) == (1, 1)
