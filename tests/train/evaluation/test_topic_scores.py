"""Accuracy, the first three, macro-F1 and intervals, against scikit-learn, scipy and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, f1_score, top_k_accuracy_score

from train.evaluation.topic_scores import Ranking, begin, count_depth, macro_f1, topic_scores, wilson

LABELS = ["가", "가/나", "가/나/다", "가/라", "마", "바/나"]
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=60)


@given(PAIRS, st.sets(st.sampled_from(LABELS), min_size=1))
def test_macro_f1_is_that_of_scikit_learn(pairs: list[tuple[str, str]], of: set[str]) -> None:
    found, expected = [a for a, _ in pairs], [b for _, b in pairs]
    assert macro_f1(found, expected) == pytest.approx(
        f1_score(expected, found, average="macro", zero_division=0)
    )
    if there := sorted(of & {*found, *expected}):
        theirs = f1_score(expected, found, labels=there, average="macro", zero_division=0)
        assert macro_f1(found, expected, of) == pytest.approx(theirs)
    else:
        assert macro_f1(found, expected, of) == 0


@given(st.lists(st.sampled_from(LABELS), min_size=1, max_size=40), st.integers(0, 2**32 - 1))
def test_scores_of_a_ranking_are_those_of_scikit_learn(expected: list[str], seed: int) -> None:
    scores = np.random.default_rng(seed).random((len(expected), len(LABELS)))
    ranking = Ranking(LABELS, scores)
    found = [LABELS[place] for place in scores.argmax(axis=1)]
    own = ranking.measure(expected)
    assert own is not None
    assert own.rows == len(expected)
    assert own.labels == len(set(expected))
    assert own.accuracy == pytest.approx(accuracy_score(expected, found))
    numbers = [LABELS.index(label) for label in expected]
    assert own.top3 == pytest.approx(
        top_k_accuracy_score(numbers, scores, k=3, labels=np.arange(len(LABELS)))
    )
    assert own.macro_f1 == pytest.approx(f1_score(expected, found, average="macro", zero_division=0))


def test_the_probability_of_a_beginning_is_that_of_all_labels_with_it() -> None:
    ranking = Ranking(["가/나", "가/다", "마"], np.array([[0.3, 0.3, 0.4]]))
    assert ranking.found() == ["마"]
    first = ranking.at_level(1, np.sum)
    assert list(first.labels) == ["가", "마"]
    assert first.scores.tolist() == [[0.6, 0.4]]
    assert first.found() == ["가"]
    assert ranking.at_level(1, np.max).found() == ["마"]
    assert ranking.at_level(2, np.sum).found() == ["마"]


def test_rows_of_some_labels_alone() -> None:
    ranking = Ranking(["가", "나"], np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]))
    expected = ["가", "나", "나"]
    own = ranking.measure(expected, {"나"})
    assert own is not None
    assert (own.rows, own.accuracy, own.top3) == (2, 0.5, 1.0)
    assert own.macro_f1 == pytest.approx(2 / 3)  # precision 1, recall 1/2
    assert ranking.measure(expected, {"다"}) is None


def test_topics_at_every_level() -> None:
    expected = ["가/나/다", "가/나", "가/라", "마"]
    found = ["가/나/다", "가/나/다", "가/나", "마"]
    scores = topic_scores(found, expected)
    assert scores.accuracies == (1.0, 0.75, 0.5)
    assert scores.macro_f1 == pytest.approx((2 / 3 + 0 + 0 + 1) / 4)


def test_levels_of_labels() -> None:
    assert [begin("가/나/다", depth) for depth in (1, 2, 3, 4)] == ["가", "가/나", "가/나/다", "가/나/다"]
    assert count_depth(["가", "가/나"]) == 2
    assert count_depth([]) == 1


@given(st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_interval_is_that_of_scipy(counts: tuple[int, int]) -> None:
    right, total = counts
    theirs = binomtest(right, total).proportion_ci(0.95, method="wilson")
    assert wilson(right, total) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
