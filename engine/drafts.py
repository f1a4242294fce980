"""Guesses of how a reply goes on, from the replies that a model was trained on.

Speculative decoding without a second model: the guessed tokens are computed in one pass, and kept as long as
they are what is drawn anyway, so that the reply is the same as without. Source of the verification: Leviathan
et al., "Fast Inference from Transformers via Speculative Decoding" (2023), here with the same random number for
the same position; of the lookup: Saxena, "Prompt Lookup Decoding" (2023).
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.known_replies import read_replies
from engine.runtime import DECODE
from engine.template import Codec

LOOKBACK = 8  # tokens that are compared, at most
COST = {1: 1.0, 4: 1.5, 8: 2.3, 16: 3.6}  # of a pass over so many tokens (bench/decode.py measures it)
_PRIOR = 4.0, 4.0  # guesses that proved right, and that should have, before anything is known
_HOPE = 0.1  # of that comes back with each reply
_FORGET = 0.98  # of what was seen, at each guess


class Guess(NamedTuple):
    """A token that may come.

    Attributes:
        id: in the vocabulary.
        share: of the known replies that go on like this, among those that agree up to the token before.
    """

    id: int
    share: float


class Drafts:
    """The known replies of a model, by label, and how often guesses from them prove right.

    Args:
        path: the file `responses.jsonl`; it need not exist.
        codec: gives the tokens.

    Raises:
        ModelError: the file is damaged.
    """

    def __init__(self, path: Path, codec: Codec) -> None:
        self._codec = codec
        replies = read_replies(path)
        self._texts = {label: list(dict.fromkeys(one.text for one in own)) for label, own in replies.items()}
        self._tokens = cache(self._encode)
        self._right, self._expected = _PRIOR

    def __bool__(self) -> bool:
        return bool(self._texts)

    def guess(self, label: str, ids: Sequence[int], pending: int, room: int) -> list[Guess]:
        """Return how a reply may go on, as far as computing it in advance pays.

        A pass over n tokens costs less than n passes; it pays as long as enough of the guesses prove right,
        which is expected from how many known replies agree and from how it went so far.

        Args:
            label: of the reply.
            ids: the reply's tokens so far.
            pending: how many tokens the next pass takes in any case, at least 1.
            room: how many tokens it can take at most.

        Returns:
            Tokens, none of them the closing one; often none at all.
        """
        guesses = self.known(label, ids, max(0, min(max(DECODE), room) - pending))
        likely = [1.0]  # how many tokens are right on average, the drawn one included
        chance = 1.0
        for guess in guesses:
            chance *= guess.share * min(1.0, self._right / self._expected)
            likely.append(likely[-1] + chance)
        worth = {
            number: likely[number]
            / COST[next((size for size in DECODE if size >= pending + number), max(DECODE))]
            for number in range(len(guesses) + 1)
        }
        return guesses[: max(worth, key=lambda number: (worth[number], number))]

    def known(self, label: str, ids: Sequence[int], length: int) -> list[Guess]:
        """Return how most known replies of a label go on where their last tokens are those of `ids`.

        Of several that agree as far, the more frequent token is taken, one after the other.
        """
        tokens = self._tokens(label)
        last = [self._codec.response_id, *ids][-LOOKBACK:]
        places = np.flatnonzero(tokens[:-1] == last[-1])
        for back in range(1, len(last)):
            longer = places[places >= back]
            longer = longer[tokens[longer - back] == last[-1 - back]]
            if not len(longer):
                break
            places = longer
        guesses: list[Guess] = []
        while len(places) and len(guesses) < length:
            values, counts = np.unique(tokens[places + 1], return_counts=True)
            token = int(values[counts.argmax()])
            if token == self._codec.eos_id:
                break
            guesses.append(Guess(token, float(counts.max() / len(places))))
            places = places[tokens[places + 1] == token] + 1
        return guesses

    def note(self, guess: Guess, *, right: bool) -> None:
        """Learn from a guess that was compared with what was drawn."""
        self._right = _FORGET * self._right + right
        self._expected = _FORGET * self._expected + guess.share

    def rest(self) -> None:
        """Begin another reply: a little hope comes back where guesses had stopped to pay."""
        self._right += _HOPE * (_PRIOR[0] - self._right)
        self._expected += _HOPE * (_PRIOR[1] - self._expected)

    def _encode(self, label: str) -> NDArray[np.int64]:
        """Return the replies of a label one after the other, each between `<unused2>` and the closing token."""
        ids = [
            token
            for reply in self._texts.get(label, ())
            for token in (self._codec.response_id, *self._codec.encode(reply), self._codec.eos_id)
        ]
        return np.array(ids, np.int64)
