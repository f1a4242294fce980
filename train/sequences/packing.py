"""From documents to blocks of tokens as long as the context: one stream, cut anew for each epoch."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.language import text
from engine.model_directory import TOKENIZER_FILE
from engine.template import Codec, Template
from train.rows.reading import DataError
from train.sequences.corpus import Corpus, text_hash
from train.sequences.pipeline import Line
from train.sequences.tokenizer import frequent_characters, learn_tokenizer

BATCH = 1 << 20  # characters that the tokenizer gets at once, to spread them over the cores
END = -1  # of a document, until its ids are known to be no special ones
# Characters of a learnt tokenizer; the others are written in bytes. For 10,000 tokens and NSMC, 1,250 characters are
# 99.8 % of the text; all of its 4,298 would leave 5,400 tokens for parts of words instead of 8,500.
CHARACTERS_SHARE, FEWEST_CHARACTERS = 1 / 8, 1000
TOLD = 3  # blocks that an error message quotes
QUOTED = 16  # tokens of each

Tokens = NDArray[np.integer[Any]]  # uint16 where the vocabulary allows it, else int32


class Blocks:
    """A source of training lines, all as long as the context: in each epoch the stream is cut at other places.

    The stream is a ring, so what is left over at its end, less than a block, is another part of it each time. Blocks
    share one token with the next, since a block's first token is only read.

    Args:
        tokens: of all documents, each with EOS behind it.
        context: so many tokens of each block are predicted.
        codec: that they were made with.
        seed: of the places.

    Raises:
        DataError: there is not enough for one block.
    """

    def __init__(self, tokens: Tokens, context: int, codec: Codec, seed: int) -> None:
        if len(tokens) < context:
            raise DataError(
                text(
                    f"말뭉치에서 학습할 토큰이 {len(tokens):,}개로 한 블록({context})도 되지 않습니다. "
                    "글을 더하거나 --context를 줄이세요.",
                    f"The corpus gives {len(tokens):,} tokens to train on, less than one block of {context}. "
                    "Add text, or lower --context.",
                )
            )
        self.tokens, self.context = tokens, context
        self._codec, self._seed = codec, seed

    def __len__(self) -> int:
        return len(self.tokens) // self.context

    @property
    def left_over(self) -> int:
        """Tokens that are not predicted in an epoch, less than a block."""
        return len(self.tokens) % self.context

    def lines(self, number: int) -> list[Line]:
        """Return the blocks of epoch `number` in the order of the stream."""
        start = int(np.random.default_rng([self._seed, number]).integers(len(self.tokens)))
        ring = np.concatenate([self.tokens[start:], self.tokens[: start + 1]])
        return cut(ring, self.context)[: len(self)]

    def tell(self, number: int, places: Sequence[int]) -> str:
        """Quote the beginnings of these blocks of epoch `number`."""
        lines = self.lines(number)
        told = [self._codec.decode(list(lines[place].ids[:QUOTED])) for place in places[:TOLD]]
        return ", ".join(f"'{quoted}…'" for quoted in told) + (
            f" … ({len(places)})" if len(places) > TOLD else ""
        )


@dataclass(frozen=True)
class Packed:
    """A corpus as tokens.

    Attributes:
        codec: that they were made with.
        blocks: to learn from.
        held_out: to be measured; no document stands in both.
    """

    codec: Codec
    blocks: Blocks
    held_out: Sequence[Line]

    @property
    def held_out_tokens(self) -> int:
        """How many tokens are predicted when it is measured."""
        return sum(len(line.ids) - 1 for line in self.held_out)


def pack(
    corpus: Corpus,
    codec: Codec | None,
    vocab_size: int,
    context: int,
    validation_share: float,
    seed: int,
    notice: Callable[[str], None],
) -> Packed:
    """Turn a corpus into tokens; the same one always into the same.

    Args:
        corpus: what was read.
        codec: of the base; None to learn a tokenizer from the documents that are not held out.
        vocab_size: of that tokenizer.
        context: so many tokens of each block are predicted.
        validation_share: of the documents, to be held out.
        seed: of what is held out and of the places where blocks begin.
        notice: told what takes long.

    Raises:
        DataError: there is not enough for one block.
    """
    held_out = corpus.hold_out(validation_share, seed)
    if codec is None:
        notice(text("토크나이저를 배우는 중입니다…", "Learning a tokenizer…"))
        codec = _learn(corpus, held_out, vocab_size)
    notice(text("말뭉치를 토큰으로 나누는 중입니다…", "Dividing the corpus into tokens…"))
    training, measured = tokenize(corpus, held_out, codec)
    return Packed(codec, Blocks(training, context, codec, seed), cut(measured, context))


def tokenize(documents: Iterable[str], held_out: Container[int], codec: Codec) -> tuple[Tokens, Tokens]:
    """Return the ids of all documents, each with EOS behind it: of those to train on, and of those held out.

    A special token that stands in a document stays plain text, as in `Codec.encode`.

    Args:
        documents: normalised (see `engine.characters.normalize`).
        held_out: hashes of texts (see `train.sequences.corpus.text_hash`).
        codec: its tokenizer and its EOS.

    Returns:
        uint16 [tokens] twice where the vocabulary allows it, else int32.
    """
    training, measured = [_encode([], codec)], [_encode([], codec)]
    for batch in _batches(documents):
        kept: list[str] = []
        held: list[str] = []
        for document in batch:
            (held if text_hash(document) in held_out else kept).append(document)
        training.append(_encode(kept, codec))
        measured.append(_encode(held, codec))
    return np.concatenate(training), np.concatenate(measured)


def cut(tokens: Tokens, context: int) -> list[Line]:
    """Cut a stream at fixed places; the last block may be shorter. Blocks are views of the stream."""
    return [Line(tokens[start : start + context + 1], read=1) for start in range(0, len(tokens) - 1, context)]


def _learn(corpus: Corpus, held_out: Container[int], vocab_size: int) -> Codec:
    def documents() -> Iterator[str]:
        return (document for document in corpus if text_hash(document) not in held_out)

    alphabet = frequent_characters(documents(), max(FEWEST_CHARACTERS, int(CHARACTERS_SHARE * vocab_size)))
    return Codec(learn_tokenizer(documents(), vocab_size, alphabet), Template(), TOKENIZER_FILE)


def _encode(documents: list[str], codec: Codec) -> Tokens:
    special = np.zeros(codec.vocab_size + 1, np.bool_)  # END finds the last one
    special[list(codec.special_ids)] = True
    encodings = codec.tokenizer.encode_batch_fast(documents, add_special_tokens=False)
    ids = np.fromiter((token for encoding in encodings for token in (*encoding.ids, END)), np.int32)
    ids = ids[~special[ids]]
    kind = np.uint16 if codec.vocab_size <= 1 << 16 else np.int32
    return np.where(ids == END, codec.eos_id, ids).astype(kind)


def _batches(documents: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
