"""Words are found in what was kept."""

from pathlib import Path
from tempfile import TemporaryDirectory
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.tui.store.conversations import kept
from tui.store import Store
from tui.transcript import folded

WORDS = ("불면", "불면증", "우리", "우", "ㅋ", "Sleep", "e", "'\"", "못 자", "😢", "없는말")
MESSAGES = (
    ("불면이 심해요", "불면증은 흔해요"),
    ("우리 집", "SLEEP well"),
    ("ㅋㅋ 못 자", "따옴표 '\" 그리고 😢"),
    ("울면 안 돼", "불 면"),
)
LETTERS = "가각불면 aA'\"-*()\n"


@pytest.mark.parametrize("words", WORDS)
def test_all_places_with_the_words_are_found_and_no_other(words: str) -> None:
    with Store() as store:
        for pair in MESSAGES:
            kept(store, pair)
        expected = [
            next(text for text in pair if folded(words) in folded(text))
            for pair in reversed(MESSAGES)
            if any(folded(words) in folded(text) for text in pair)
        ]
        assert [found.text for found in store.search(words)] == expected


def test_decomposed_words_find_composed_ones() -> None:
    with Store() as store:
        kept(store, MESSAGES[0])
        assert store.search(normalize("NFD", "불면"))


def test_no_words_find_nothing() -> None:
    with Store() as store:
        kept(store, MESSAGES[0])
        assert store.search("") == []


@examples(max_examples=30)
@given(
    texts=st.lists(st.text(LETTERS, max_size=8), min_size=1, max_size=4),
    words=st.text(LETTERS, min_size=1, max_size=4),
)
def test_the_index_finds_what_a_look_at_every_text_finds(texts: list[str], words: str) -> None:
    with TemporaryDirectory() as folder, Store(Path(folder)) as store:
        for text in texts:
            kept(store, (text, ""))
        assert len(store.search(words)) == sum(folded(words) in folded(text) for text in texts)
