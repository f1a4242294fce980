"""Documents as one stream of tokens, and the blocks that it is cut into."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model_directory import ModelDirectory
from engine.template import Codec, Template
from train.rows.reading import DataError
from train.sequences.corpus import read_corpus, text_hash
from train.sequences.packing import Blocks, cut, pack, tokenize
from train.sequences.tokenizer import frequent_characters, learn_tokenizer

DOCUMENTS = [
    "요즘 잠을 통 못 자요",
    "</s><unused0>이것도 글이다<unused2>",
    "🌙 moon",
    "네",
    *(f"{n}번째 문서" for n in range(40)),
]


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(learn_tokenizer(DOCUMENTS, 600), Template(), "tokenizer.json")


def test_tokens_are_those_of_the_codec(codec: Codec) -> None:
    held_out = {text_hash(document) for document in DOCUMENTS[::3]}
    training, measured = tokenize(DOCUMENTS, held_out, codec)
    expected: dict[bool, list[int]] = {True: [], False: []}
    for number, document in enumerate(DOCUMENTS):
        expected[number % 3 == 0] += [*codec.encode(document), codec.eos_id]
    assert training.tolist() == expected[False]
    assert measured.tolist() == expected[True]
    assert training.dtype == np.uint16  # half of what int32 would take


def test_a_base_tokenizer_of_any_size_does(tiny: ModelDirectory) -> None:
    tokens, _ = tokenize(DOCUMENTS, (), tiny.codec)
    assert tokens.tolist() == [
        token for document in DOCUMENTS for token in [*tiny.codec.encode(document), tiny.codec.eos_id]
    ]


@given(size=st.integers(1, 300), context=st.integers(1, 50), number=st.integers(1, 5))
def test_an_epoch_predicts_every_token_once_but_for_less_than_a_block(
    codec: Codec, size: int, context: int, number: int
) -> None:
    tokens = np.arange(size, dtype=np.uint16)
    if size < context:
        with pytest.raises(DataError, match="--context"):
            Blocks(tokens, context, codec, seed=0)
        return
    blocks = Blocks(tokens, context, codec, seed=0)
    lines = blocks.lines(number)
    assert len(lines) == len(blocks)
    assert all(len(line.ids) == context + 1 and (line.read, line.label) == (1, 0) for line in lines)
    predicted = [int(token) for line in lines for token in line.ids[1:]]
    assert len(predicted) == len(set(predicted)) == size - blocks.left_over
    assert blocks.left_over < context
    # each token follows the one before it in the stream, whose end is joined to its beginning
    assert all((int(a) + 1) % size == int(b) for line in lines for a, b in pairwise(line.ids))


def test_epochs_are_cut_at_different_places_and_always_the_same_ones(codec: Codec) -> None:
    tokens = np.arange(1000, dtype=np.uint16)

    def beginnings(seed: int, number: int) -> list[int]:
        return [int(line.ids[0]) for line in Blocks(tokens, 64, codec, seed).lines(number)]

    assert beginnings(0, 1) == beginnings(0, 1)
    assert len({tuple(sorted(beginnings(seed, number))) for seed in (0, 1) for number in (1, 2, 3)}) == 6


@given(size=st.integers(0, 300), context=st.integers(1, 50))
def test_nothing_is_lost_of_what_is_measured(size: int, context: int) -> None:
    lines = cut(np.arange(size, dtype=np.int32), context)
    assert [int(token) for line in lines for token in line.ids[1:]] == list(range(1, size))
    assert all(2 <= len(line.ids) <= context + 1 for line in lines)


def test_a_corpus_is_packed_with_a_tokenizer_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n".join(DOCUMENTS * 2))
    told: list[str] = []
    packed = pack(read_corpus([path], "line"), None, 2000, 16, 0.2, 7, told.append)
    assert len(told) == 2
    measured = [*packed.held_out[0].ids[:1], *(token for line in packed.held_out for token in line.ids[1:])]
    assert packed.held_out_tokens == len(measured) - 1
    learnt, held_out = (
        set(documents(tokens, packed.codec)) for tokens in (packed.blocks.tokens.tolist(), measured)
    )
    assert not learnt & held_out
    assert learnt | held_out == set(DOCUMENTS)
    assert len(held_out) == 9  # a fifth of 44, rounded up
    quotes = packed.blocks.tell(1, [0, 1, 2, 3])
    assert quotes.count("…'") == 3
    assert quotes.endswith("(4)")


def documents(tokens: list[int], codec: Codec) -> list[str]:
    """Take a stream apart again."""
    ends = [-1, *(place for place, token in enumerate(tokens) if token == codec.eos_id)]
    return [codec.decode([int(token) for token in tokens[a + 1 : b]]) for a, b in pairwise(ends)]


def test_rare_characters_are_written_in_bytes_and_the_same_ones_each_time() -> None:
    """Equally frequent ones at the limit must not be chosen by chance: a training could not be repeated."""
    syllables = [chr(ord("가") + number) for number in range(3000)]
    texts = ["가나다 가나다 라마바", *syllables]
    alphabet = frequent_characters(texts, 500)
    assert alphabet[0] == "가"
    first, second = (learn_tokenizer(texts, 1000, alphabet) for _ in range(2))
    assert first.to_str() == second.to_str()
    codec = Codec(first, Template(), "tokenizer.json")
    assert len(codec.encode(syllables[2999])) == 1 + 3  # a blank, then three bytes of UTF-8
    assert codec.decode(codec.encode(f"가나 {syllables[2999]}")) == f"가나 {syllables[2999]}"
