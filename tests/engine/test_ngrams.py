"""N-grams as a linear expert sees them."""

import unicodedata

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.ngrams import BUCKETS, EARLIER, count_ngrams, weigh

WORDS = st.text("가각힣불안 aZ!?", max_size=40)


@given(WORDS)
def test_how_a_text_is_encoded_and_spaced_changes_nothing(question: str) -> None:
    buckets, counts = count_ngrams(question)
    assert len(set(buckets.tolist())) == len(buckets)
    assert all(0 <= bucket < BUCKETS for bucket in buckets)
    for same in (unicodedata.normalize("NFD", question), f"  {question}\n", question.upper()):
        found, other = count_ngrams(same)
        np.testing.assert_array_equal(found, buckets)
        np.testing.assert_allclose(other, counts)


@given(WORDS, WORDS)
def test_earlier_turns_count_less(question: str, before: str) -> None:
    def dense(*arguments: object) -> np.ndarray:
        vector = np.zeros(BUCKETS)
        buckets, counts = count_ngrams(*arguments)  # type: ignore[arg-type]
        vector[buckets] = counts
        return vector

    expected = dense(question) + EARLIER * dense(before)
    np.testing.assert_allclose(dense(question, [before]), expected, atol=1e-5)


@given(WORDS)
def test_a_weighted_vector_has_length_one(question: str) -> None:
    rarity = np.random.default_rng(0).uniform(1, 5, BUCKETS).astype(np.float32)
    buckets, values = weigh(count_ngrams(question), rarity)
    assert np.isclose(np.linalg.norm(values), 1, atol=1e-5) == bool(len(buckets))


def test_words_that_share_letters_share_ngrams() -> None:
    """'불안해' and '불안했' differ in a final consonant only."""
    one, other, far = (set(count_ngrams(word)[0].tolist()) for word in ("불안해요", "불안했어요", "커피"))
    assert len(one & other) > len(one) / 3 > 5 * len(one & far)
