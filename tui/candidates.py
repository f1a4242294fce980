"""What a token was chosen from, as rows that a table shows."""

import re
from dataclasses import dataclass
from math import isfinite

from engine import Sampling, Token
from engine.language import text

SHOWN = 12
CHOSEN, CUT = "✓", "✕"  # one cell wide in any font
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


@dataclass(frozen=True)
class CandidateRow:
    """A token that could have come.

    Attributes:
        id: in the vocabulary.
        text: readable: blanks are seen, and so are bytes of a character.
        rank: among all tokens before the sampling transforms, from 1.
        before: its probability before the sampling transforms.
        after: its probability after them; 0 if they cut it.
        chosen: whether it is the one that came.
    """

    id: int
    text: str
    rank: int
    before: float
    after: float
    chosen: bool

    @property
    def is_cut(self) -> bool:
        """Whether the sampling left it no chance."""
        return self.after == 0


def candidate_rows(
    token: Token, count: int = SHOWN, sampling: Sampling | None = None
) -> tuple[CandidateRow, ...]:
    """Return the likeliest candidates, and the one that came, whatever its rank.

    Args:
        token: with its logits.
        count: how many, at least 1.
        sampling: as if it were drawn with this one; with its own if None.
    """
    after = token.probabilities(sampling)
    likeliest = token.before(count)
    rows = [
        CandidateRow(
            candidate.id,
            readable(candidate.text, ends=candidate.id == token.eos_id),
            rank,
            candidate.probability,
            float(after[candidate.id]),
            candidate.id == token.id,
        )
        for rank, candidate in enumerate(likeliest, start=1)
    ]
    if not any(row.chosen for row in rows) and isfinite(token.logits[token.id]):
        name = readable(token.piece(token.id), ends=token.id == token.eos_id)
        rank = 1 + int((token.logits > token.logits[token.id]).sum())
        rows[count - 1 :] = [
            CandidateRow(token.id, name, rank, 2**-token.surprisal, float(after[token.id]), chosen=True)
        ]
    return tuple(rows)


def readable(piece: str, *, ends: bool = False) -> str:
    """Return a token's text so that blanks, breaks, bytes and the end can be seen."""
    if ends:
        return text("⏎ 끝", "⏎ end")
    if byte := _BYTE.fullmatch(piece):
        return text(f"바이트 {byte[1]}", f"byte {byte[1]}")
    return piece.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥") or "∅"
