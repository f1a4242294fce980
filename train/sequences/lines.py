"""From rows to the token sequences of each epoch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.known_replies import KnownReply
from engine.language import text
from engine.template import Codec
from train.rows.data import Row
from train.rows.reading import DataError
from train.sequences.balance import draw, effective_rows, tail, weights
from train.sequences.joining import Joiner, Pair
from train.sequences.noise import Noise
from train.sequences.pipeline import Line

TOLD = 8  # rows that an error message names


def encode(pair: Pair, codec: Codec, context: int, topic: int = -1) -> Line:
    """Return a line as ids: where it is too long for the context, the oldest turns go first, then the utterance's beginning.

    Args:
        pair: the utterance, its label and reply, and the turns before it.
        codec: encodes them.
        context: of the model, in tokens.
        topic: the label's number for a topic head; negative for none.
    """
    row, response, turns = pair
    ids, read = codec.training_sequence(row.question, row.label, response, turns)
    while turns and len(ids) - 1 > context:
        turns = turns[1:]
        ids, read = codec.training_sequence(row.question, row.label, response, turns)
    excess = max(0, len(ids) - 1 - context)
    label = ids.index(codec.response_id, read) + 1 - read
    return Line(ids[:2] + ids[2 + excess :], max(2, read - excess), label, topic)  # BOS and <unused0> stay


def refuse_overlong(rows: Iterable[Row], codec: Codec, context: int) -> None:
    """Make sure that every row's label and response fit, before hours of training.

    Raises:
        DataError: those of a row exceed the context even without its utterance.
    """
    for row in rows:
        response = row.response or ""
        if len(f"{row.label}{response}".encode()) + 6 <= context:  # a token has at least one byte
            continue
        if len(encode_target := codec.training_sequence("", row.label, row.response)[0]) - 1 > context:
            longer = max(row.label, response, key=len)
            raise DataError(
                text(
                    f"{row.place}: 라벨과 응답이 모델의 문맥({context}토큰)보다 깁니다({len(encode_target) - 1}토큰). "
                    f"줄이거나 나누세요: '{longer[:30]}…'",
                    f"{row.place}: label and response exceed the model's context of {context} tokens "
                    f"({len(encode_target) - 1}). Shorten or split: '{longer[:30]}…'",
                )
            )


@dataclass(frozen=True)
class Sampler:
    """How training lines are made anew for each epoch.

    Attributes:
        joiner: pairs utterances with replies.
        codec: encodes them.
        context: of the model, in tokens.
        balance: between labels as frequent as they are (0) and all alike (1).
        noise: by which the utterances of rare labels are varied; None for no variation.
        seed: the same seed gives the same lines.
        labels: in the order in which a topic head numbers them; none without such a head.
    """

    joiner: Joiner
    codec: Codec
    context: int
    balance: float = 0.0
    noise: Noise | None = None
    seed: int = 0
    labels: Sequence[str] = ()

    def encode(self, pair: Pair) -> Line:
        """Return a line as ids."""
        topic = self.labels.index(pair.row.label) if pair.row.label in self.labels else -1
        return encode(pair, self.codec, self.context, topic)

    def fixed_pairs(self, rows: Sequence[Row]) -> list[Pair]:
        """Return what is to be measured: neither drawn by label nor varied, the same every time."""
        return self.joiner.join(rows, np.random.default_rng(self.seed))

    def fixed(self, rows: Sequence[Row]) -> list[Line]:
        """Return the same as lines."""
        return [self.encode(pair) for pair in self.fixed_pairs(rows)]

    def epochs(self, rows: Sequence[Row], lexicon: Sequence[Row] = ()) -> "Epochs":
        """Return the lines to be learnt from."""
        return Epochs(self, rows, lexicon)


class Epochs:
    """The training lines of each epoch; there are as many in each.

    Args:
        sampler: how they are made.
        rows: of the training part, at least one.
        lexicon: entries whose labels alone are learnt; in each epoch others, at most as many as there are lines
            of rows.
    """

    def __init__(self, sampler: Sampler, rows: Sequence[Row], lexicon: Sequence[Row] = ()) -> None:
        self._sampler = sampler
        self._choices = sampler.joiner.choices(rows)
        self._lexicon = lexicon
        self._entries = min(len(lexicon), len(self._choices))
        self._labels = [choice.row.label for choice in self._choices]
        self._varied = tail(rows) if sampler.noise else set()

    def __len__(self) -> int:
        return len(self._choices) + self._entries

    @property
    def effective(self) -> float:
        """The effective number of lines (see `effective_rows`)."""
        return effective_rows(weights([choice.row for choice in self._choices], self._sampler.balance))

    def responses(self) -> list[tuple[str, KnownReply]]:
        """Return every label with every reply that may be drawn."""
        return [
            (choice.row.label, KnownReply(response, choice.row.turn if choice.row.dialogue else 0))
            for choice in self._choices
            for response in choice.responses
            if response
        ]

    def pairs(self, number: int) -> list[Pair]:
        """Return the lines of epoch `number` before they are encoded."""
        generator = np.random.default_rng([self._sampler.seed, number])
        places = draw(self._labels, self._sampler.balance, generator)
        pairs = [self._vary(self._choices[place].draw(generator), generator) for place in places]
        drawn = generator.permutation(len(self._lexicon))[: self._entries]
        return pairs + [Pair(self._lexicon[place], None) for place in drawn]

    def lines(self, number: int) -> list[Line]:
        """Return the lines of epoch `number`."""
        return [self._sampler.encode(pair) for pair in self.pairs(number)]

    def tell(self, number: int, places: Sequence[int]) -> str:
        """Say which rows these lines of epoch `number` come from."""
        pairs = self.pairs(number)
        told = [str(pairs[place].row.place) for place in places]
        return ", ".join(told[:TOLD]) + (f" … ({len(told)})" if len(told) > TOLD else "")

    def _vary(self, pair: Pair, generator: np.random.Generator) -> Pair:
        if self._sampler.noise is None or pair.row.label not in self._varied:
            return pair
        return pair._replace(
            row=replace(pair.row, question=self._sampler.noise.vary(pair.row.question, generator))
        )
