"""What is seen of a reply's tokens: pieces of text, tints, figures."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import PRESETS, Sampling, Token
from tui.candidates import candidate_rows, readable
from tui.reply_facts import changes
from tui.tints import THRESHOLDS, forks, perplexity, spans

END = 0
SHARES = st.floats(0.001, 0.999)


def token(share: float, text: str, *, ends: bool = False) -> Token:
    """Return a token that the model gave this share, and the rest to another one."""
    chosen, other = (END, 1) if ends else (1, END)
    logits = np.full(4, -np.inf, np.float32)
    logits[[chosen, other]] = np.log([share, 1 - share])
    return Token(chosen, text, share, Sampling(), logits, (), END, str)


TEXTS = st.sampled_from(["", "가", " 나", "!", ""])
TOKENS = st.tuples(
    st.lists(st.tuples(SHARES, TEXTS).map(lambda pair: token(*pair)), max_size=12),
    st.none() | SHARES.map(lambda share: token(share, "", ends=True)),
).map(lambda pair: [*pair[0], *([pair[1]] if pair[1] else [])])


@given(TOKENS)
def test_every_token_is_in_one_piece_and_all_the_text_is_seen(tokens: Sequence[Token]) -> None:
    pieces = spans(tokens)
    assert [place for piece in pieces for place in range(piece.first, piece.last + 1)] == list(
        range(len(tokens))
    )
    signs = str.maketrans("", "", "…⏎")
    seen = "".join(piece.text for piece in pieces).translate(signs)
    assert seen == "".join(one.text for one in tokens)
    assert all(piece.text for piece in pieces)
    for piece in pieces:
        own = [np.exp(tokens[place].logits[tokens[place].id]) for place in range(piece.first, piece.last + 1)]
        assert piece.probability == pytest.approx(float(np.prod(own)), rel=1e-3)


@given(SHARES, SHARES)
def test_what_is_less_likely_is_tinted_no_less(one: float, other: float) -> None:
    (rare,), (common,) = (spans([token(share, "가")]) for share in sorted((one, other)))
    assert rare.tint >= common.tint
    assert 0 <= common.tint <= rare.tint <= len(THRESHOLDS)


def test_tints_change_at_their_thresholds() -> None:
    for number, threshold in enumerate(THRESHOLDS):
        (above,), (below,) = (spans([token(threshold * factor, "가")]) for factor in (1.01, 0.99))
        assert (above.tint, below.tint) == (number, number + 1)


@given(st.integers(1, 20), st.floats(0.01, 0.99))
def test_perplexity_is_the_number_of_equally_likely_tokens(length: int, share: float) -> None:
    assert perplexity([token(share, "가")] * length) == pytest.approx(1 / share, rel=1e-3)


def test_a_fork_is_where_the_sampling_left_more_than_one() -> None:
    sure, open_ = token(0.999, "가"), token(0.6, "나")
    assert forks([sure, open_, sure, open_]) == [1, 3]
    assert perplexity([]) == 1


@given(SHARES.filter(lambda share: share != 0.5), st.integers(1, 2))
def test_the_token_that_came_is_among_the_candidates(share: float, count: int) -> None:
    rows = candidate_rows(token(share, "가"), count)
    assert [row.chosen for row in rows].count(True) == 1
    (chosen,) = (row for row in rows if row.chosen)
    assert chosen.before == pytest.approx(share, rel=1e-3)
    assert chosen.rank == (1 if share > 0.5 else 2)
    assert len(rows) == min(count, 2)


def test_candidates_say_what_the_sampling_makes_of_them() -> None:
    one = token(0.6, "가")
    assert [row.is_cut for row in candidate_rows(one)] == [False, False]
    assert [row.is_cut for row in candidate_rows(one, sampling=PRESETS["precise"].sampling)] == [False, True]


@pytest.mark.parametrize(
    ("piece", "seen"), [(" 밤", "␣밤"), ("\n", "⏎"), ("<0xEA>", "바이트 EA"), ("", "∅"), ("요?", "요?")]
)
def test_blanks_breaks_and_bytes_are_seen(piece: str, seen: str) -> None:
    assert readable(piece) == seen


def test_what_was_turned_in_mid_reply_is_told_with_its_place() -> None:
    samplings = [(0, Sampling()), (3, Sampling(temperature=1.2)), (5, Sampling(temperature=1.2, top_k=5))]
    assert changes(samplings) == [(3, "temperature 0.7→1.2"), (5, "top_k 40→5")]
