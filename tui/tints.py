"""How sure a model was of each piece of a reply: pure figures, and a tint for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Self

from engine import Token

# A share of at least the first is no surprise; what is below the last is tinted most.
THRESHOLDS = (0.5, 0.2, 0.05)


@dataclass(frozen=True)
class Span:
    """A piece of a reply that one can see: a token, or the tokens that are the bytes of one character.

    Attributes:
        text: what is seen.
        first: the place of its first token.
        last: the place of its last one.
        probability: of all of them, as the model gave it before the sampling transforms.
    """

    text: str
    first: int
    last: int
    probability: float

    @property
    def tint(self) -> int:
        """0 for what the model expected, up to the number of `THRESHOLDS` for what it did not."""
        return sum(self.probability < threshold for threshold in THRESHOLDS)


@dataclass(frozen=True)
class Reading:
    """A reply's tokens, and what is seen of them as a whole.

    Attributes:
        tokens: with their logits.
        pieces: of the text.
        forks: the places where another token could have been drawn.
        perplexity: among how many equally likely tokens the model wavered on average.
    """

    tokens: Sequence[Token]
    pieces: tuple[Span, ...]
    forks: Sequence[int]
    perplexity: float

    @classmethod
    def of(cls, tokens: Sequence[Token]) -> Self:
        """Read a reply, which takes a tenth of a second where the vocabulary is large."""
        return cls(tokens, spans(tokens), forks(tokens), perplexity(tokens))


def spans(tokens: Sequence[Token]) -> tuple[Span, ...]:
    """Return the pieces of a reply in order; every token is in one of them.

    One that ends the reply, or that begins a character which never became whole, is seen as a sign.
    """
    found: list[Span] = []
    first, bits = 0, 0.0
    for place, token in enumerate(tokens):
        ends = token.id == token.eos_id
        if ends and first < place:  # the character before it never became whole
            found.append(Span("…", first, place - 1, 2**-bits))
            first, bits = place, 0.0
        bits += token.surprisal
        if token.text or ends:
            found.append(Span("⏎" if ends else token.text, first, place, 2**-bits))
            first, bits = place + 1, 0.0
    if first < len(tokens):
        found.append(Span("…", first, len(tokens) - 1, 2**-bits))
    return tuple(found)


def perplexity(tokens: Sequence[Token]) -> float:
    """Return 2 to the mean surprisal: among how many equally likely tokens the model wavered on average."""
    mean = sum(token.surprisal for token in tokens) / len(tokens) if tokens else 0.0
    return inf if mean == inf else float(2**mean)


def forks(tokens: Sequence[Token]) -> list[int]:
    """Return the places where another token could have been drawn."""
    return [place for place, token in enumerate(tokens) if (token.probabilities() > 0).sum() > 1]
