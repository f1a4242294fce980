"""How many tokens texts and whole lines have."""

from collections.abc import Iterable
from typing import NamedTuple

from engine.template import Codec
from train.rows.data import Data, Row

BATCH = 4096


class Length(NamedTuple):
    """The length of a line with the longest reply that its row can get.

    Attributes:
        row: whose line it is.
        question: tokens of the utterance.
        response: tokens of the reply, 0 without one.
        total: of the whole line, special tokens included.
        text: of that reply.
    """

    row: Row
    question: int
    response: int
    total: int
    text: str | None


def count_tokens(texts: Iterable[str], codec: Codec) -> dict[str, int]:
    """Return the number of tokens of each text, as `Codec.encode` would give them."""
    unique = list(dict.fromkeys(texts))
    counts: dict[str, int] = {}
    for start in range(0, len(unique), BATCH):  # in batches, which the tokenizer spreads over the cores
        batch = unique[start : start + BATCH]
        for sentence, encoding in zip(
            batch, codec.tokenizer.encode_batch_fast(batch, add_special_tokens=False), strict=True
        ):
            counts[sentence] = sum(token not in codec.special_ids for token in encoding.ids)
    return counts


def line_lengths(data: Data, codec: Codec) -> list[Length]:
    """Return each row's length, earlier turns not counted."""
    texts = (
        part for row in data.rows for part in (row.question, row.label, row.response) if part is not None
    )
    tokens = count_tokens(texts, codec)
    shared = {file.path for file in data.files if file.shares_responses}
    longest = {
        label: max(replies, key=tokens.__getitem__) for label, replies in data.responses(shared).items()
    }
    lengths = []
    for row in data.rows:
        borrows = row.place.path in shared and not row.dialogue
        reply = longest.get(row.label, row.response) if borrows else row.response
        # BOS, <unused0>, <unused1>, <unused2>, and EOS after a reply
        total = 4 + tokens[row.question] + tokens[row.label] + (0 if reply is None else tokens[reply] + 1)
        lengths.append(Length(row, tokens[row.question], 0 if reply is None else tokens[reply], total, reply))
    return lengths
