"""Training lines as the trainer sees them: tokens, their ids, and which of them count for the loss."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from engine.language import text
from engine.template import Codec
from train.rows.data import Row
from train.sequences.lines import Sampler, encode

MARKS = "⟦", "⟧"  # around what counts for the loss, for eyes and screens that know no colour
_READ, _LEARNT = "dim", "bold green"


class Specimen(NamedTuple):
    """One training line.

    Attributes:
        row: whose it is, its utterance varied if the trainer varies it.
        ids: all tokens, as they are given to the trainer.
        read: how many at the beginning are only read.
        turns: earlier turns of its dialogue, some of which may have had no room.
    """

    row: Row
    ids: Sequence[int]
    read: int
    turns: int


def draw_specimens(sampler: Sampler, rows: Sequence[Row], number: int) -> list[Specimen]:
    """Draw some of the lines of the first epoch."""
    pairs = sampler.epochs(rows).pairs(1)
    chosen = np.random.default_rng(sampler.seed).permutation(len(pairs))[:number]
    specimens = []
    for pair in (pairs[place] for place in chosen):
        ids, read = encode(pair, sampler.codec, sampler.context).sequence
        specimens.append(Specimen(pair.row, ids, read, len(pair.turns)))
    return specimens


def show_specimens(specimens: Sequence[Specimen], codec: Codec, console: Console) -> None:
    """Print lines, first as text and then as ids, what counts for the loss in colour and between marks."""
    before, after = MARKS
    meaning = text(
        f"{before}손실에 드는 곳{after}은 초록색 굵은 글자, 나머지는 읽기만 하는 곳입니다.",
        f"{before}What counts for the loss{after} is green and bold; the rest is only read.",
    )
    console.print(Text(meaning), highlight=False)
    for number, specimen in enumerate(specimens, start=1):
        console.print()
        console.print(_heading(number, specimen), highlight=False)
        read, learnt = specimen.ids[: specimen.read], specimen.ids[specimen.read :]
        shown = _marked(_decoded(read, codec), _decoded(learnt, codec))
        numbers = _marked(" ".join(map(str, read)) + " ", " ".join(map(str, learnt)))
        console.print(Padding(shown, (0, 0, 0, 2), expand=False), highlight=False)
        console.print(Padding(numbers, (0, 0, 0, 2), expand=False), highlight=False)


def as_dicts(specimens: Sequence[Specimen], codec: Codec) -> Iterator[dict[str, object]]:
    """Yield lines as JSON can hold them."""
    for specimen in specimens:
        yield {
            "path": str(specimen.row.place.path),
            "sheet": specimen.row.place.sheet,
            "row": specimen.row.place.row,
            "ids": list(specimen.ids),
            "text": _decoded(specimen.ids, codec),
            "pieces": [codec.piece(token) for token in specimen.ids],
            "read": specimen.read,
            "turns": specimen.turns,
        }


def _heading(number: int, specimen: Specimen) -> Text:
    learnt = len(specimen.ids) - specimen.read
    told = text(
        f"{specimen.row.place}, {len(specimen.ids)}토큰 가운데 {learnt}토큰이 손실에 듦",
        f"{specimen.row.place}, {len(specimen.ids)} tokens, {learnt} of them count",
    )
    if specimen.turns:
        told += text(f", 앞선 대화 {specimen.turns}번", f", {specimen.turns} earlier turns")
    return Text(f"{number}. {told}", style="bold")


def _decoded(ids: Sequence[int], codec: Codec) -> str:
    """Return the text of ids, special tokens by their names."""
    parts: list[str] = []
    for special, run in groupby(ids, key=codec.special_ids.__contains__):
        same = list(run)
        parts += [codec.piece(token) for token in same] if special else [codec.decode(same)]
    return "".join(parts)


def _marked(read: str, learnt: str) -> Text:
    before, after = MARKS
    return Text.assemble((read, _READ), (before + learnt + after, _LEARNT))
