"""How often labels are drawn, and what noise does to an utterance."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.characters import normalize
from engine.errors import CounselError
from train.rows.data import Row
from train.rows.reading import Place
from train.sequences.balance import draw, effective_rows, gini, tail, weights
from train.sequences.noise import CHANGES, Noise

LABELS = st.lists(st.sampled_from("가가가가나나다"), min_size=1, max_size=80)
SENTENCES = (
    st.text(st.sampled_from("요즘 잠이 안 와요. 힘들어 했습니다 네 a1!"), min_size=1, max_size=30)
    .map(normalize)
    .filter(bool)
)


def make(labels: list[str]) -> list[Row]:
    return [
        Row(f"말 {line}", label, None, Place(Path("rows.csv"), line)) for line, label in enumerate(labels)
    ]


@given(LABELS, st.floats(0, 1))
def test_weights_are_probabilities(labels: list[str], balance: float) -> None:
    rows = make(labels)
    found = weights(rows, balance)
    assert found.sum() == pytest.approx(1)
    counts = Counter(labels)
    np.testing.assert_allclose(
        found / found[0], [(counts[labels[0]] / counts[label]) ** balance for label in labels]
    )
    assert 1 - 1e-9 <= effective_rows(found) <= len(rows) + 1e-6


def test_effective_rows_is_the_formula_of_kish() -> None:
    rows = make(["가"] * 4 + ["나"])
    assert effective_rows(weights(rows, 0)) == pytest.approx(5)
    assert effective_rows(weights(rows, 1)) == pytest.approx(1 / (4 * 0.125**2 + 0.5**2))


@given(LABELS, st.integers(0, 9))
def test_without_balance_each_line_comes_once(labels: list[str], seed: int) -> None:
    assert sorted(draw(labels, 0, np.random.default_rng(seed)).tolist()) == list(range(len(labels)))


@given(LABELS, st.floats(0.01, 1), st.integers(0, 9))
def test_the_lines_of_a_label_take_turns(labels: list[str], balance: float, seed: int) -> None:
    drawn = draw(labels, balance, np.random.default_rng(seed))
    assert len(drawn) == len(labels)
    times = Counter(drawn.tolist())
    for label in set(labels):
        own = [times[place] for place, other in enumerate(labels) if other == label]
        assert max(own) - min(own) <= 1


@pytest.mark.parametrize("balance", [0.5, 1.0])
def test_labels_are_drawn_as_often_as_the_balance_says(balance: float) -> None:
    labels = ["가"] * 900 + ["나"] * 90 + ["다"] * 10
    generator = np.random.default_rng(0)
    drawn = Counter(labels[place] for _ in range(50) for place in draw(labels, balance, generator))
    probabilities = dict.fromkeys("가나다", 0.0)
    for row, probability in zip(make(labels), weights(make(labels), balance), strict=True):
        probabilities[row.label] += probability
    for label, probability in probabilities.items():
        assert drawn[label] / 50_000 == pytest.approx(probability, abs=0.01)
    if balance == 1:
        assert probabilities == pytest.approx(dict.fromkeys("가나다", 1 / 3))


def test_tail_and_gini() -> None:
    assert tail(make(["가"] * 9 + ["나"] * 3 + ["다"])) == {"나", "다"}
    assert gini({"가": 5, "나": 5}) == pytest.approx(0)
    assert gini({"가": 100, "나": 0, "다": 0, "라": 0}) == pytest.approx(0.75)


def only(name: str, rate: float = 1.0) -> Noise:
    return Noise(**{**dict.fromkeys(CHANGES, 0.0), name: rate})


@given(SENTENCES, st.integers(0, 99))
def test_noise_never_empties_an_utterance_and_keeps_it_normal(sentence: str, seed: int) -> None:
    varied = Noise(*[1.0] * 5).vary(sentence, np.random.default_rng(seed))
    assert varied
    assert normalize(varied) == varied
    assert Noise(*[0.0] * 5).vary(sentence, np.random.default_rng(seed)) == sentence


@given(SENTENCES, st.integers(0, 99))
def test_each_change_changes_only_what_it_is_named_after(sentence: str, seed: int) -> None:
    words = sentence.split()
    spaced, mistyped, ended, cut, swapped = (
        only(name).vary(sentence, np.random.default_rng(seed))
        for name in ("spacing", "jamo", "ending", "deletion", "swap")
    )
    assert spaced.replace(" ", "") == sentence.replace(" ", "")
    assert len(mistyped) == len(sentence)
    assert sum(a != b for a, b in zip(mistyped, sentence, strict=True)) <= 1
    assert ended == sentence or ended[: len(sentence) // 3] == sentence[: len(sentence) // 3]
    assert len(cut.split()) in (len(words), len(words) - 1)
    assert not Counter(cut.split()) - Counter(words)
    assert Counter(swapped.split()) == Counter(words)


@pytest.mark.parametrize("name", list(CHANGES))
@pytest.mark.parametrize("rate", [0.1, 0.6])
def test_a_change_is_as_frequent_as_its_rate(name: str, rate: float) -> None:
    generator, noise = np.random.default_rng(0), only(name, rate)
    sentence = "요즘 밤마다 잠이 안 와서 힘들어요"
    changed = sum(noise.vary(sentence, generator) != sentence for _ in range(2000))
    assert changed / 2000 == pytest.approx(rate, abs=0.05)


def test_a_rate_that_is_none_is_refused() -> None:
    with pytest.raises(CounselError, match="swap"):
        Noise(swap=1.5)
