"""Utterances and the replies that they are trained with, anew for each epoch, and earlier turns before them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from train.rows.data import Data, Row
from train.sequences.policy import Policy

Turns = tuple[tuple[str, str], ...]


class Pair(NamedTuple):
    """One line to learn from.

    Attributes:
        row: the utterance and its label.
        response: None where no reply of the label is known: the label alone is learnt.
        turns: question and response of the turns before it, the oldest first.
    """

    row: Row
    response: str | None
    turns: Turns = ()


class Choice(NamedTuple):
    """A line whose reply is still to be drawn.

    Attributes:
        row: the utterance and its label.
        responses: at least one, perhaps None.
        turns: as those of a pair.
    """

    row: Row
    responses: Sequence[str | None]
    turns: Turns = ()

    def draw(self, generator: np.random.Generator) -> Pair:
        """Return the line with one of the replies."""
        place = int(generator.integers(len(self.responses))) if len(self.responses) > 1 else 0
        return Pair(self.row, self.responses[place], self.turns)


@dataclass(frozen=True)
class Joiner:
    """Pairs rows with replies.

    Attributes:
        policies: of each file. "own": each row with the reply beside it; "sample": each utterance once an epoch, with
            a reply of its label drawn anew; "all": with every reply of its label; "first": with the label's first
            one. A turn of a dialogue keeps its own in any case.
        responses: the replies of each label.
        context_turns: how many earlier turns of a dialogue go before the current one.
    """

    policies: Mapping[Path, Policy]
    responses: Mapping[str, Sequence[str]]
    context_turns: int = 0

    @classmethod
    def of(
        cls, data: Data, policy: Policy | None = None, context_turns: int = 0, test: Data | None = None
    ) -> Self:
        """Return the joiner for data.

        Args:
            data: what was read.
            policy: for all files; if None, "sample" where replies belong to labels, and "own" elsewhere.
            context_turns: as the attribute.
            test: a test set of one's own, whose replies no other row gets.
        """
        policies: dict[Path, Policy] = {
            file.path: policy or ("sample" if file.shares_responses else "own")
            for file in (*data.files, *(test.files if test else ()))
        }
        # A reply that answers its own utterance alone is none of its label's.
        shared = {path for path, chosen in policies.items() if chosen != "own"}
        return cls(policies, data.responses(shared), context_turns)

    def choices(self, rows: Sequence[Row]) -> list[Choice]:
        """Return the lines of every epoch, in the order of the rows; only "all" makes several of a row."""
        before = _earlier_turns(rows, self.context_turns)
        choices: list[Choice] = []
        for row in rows:
            policy, known = self.policies[row.place.path], self.responses.get(row.label, ())
            if row.dialogue or policy == "own" or not known:
                choices.append(Choice(row, (row.response,), before.get(id(row), ())))
            elif policy == "all":
                choices += [Choice(row, (response,)) for response in known]
            else:
                choices.append(Choice(row, known if policy == "sample" else known[:1]))
        return choices

    def join(self, rows: Sequence[Row], generator: np.random.Generator) -> list[Pair]:
        """Return the lines of one epoch."""
        return [choice.draw(generator) for choice in self.choices(rows)]


def _earlier_turns(rows: Sequence[Row], count: int) -> dict[int, Turns]:
    """Return, by the id of each row of a dialogue, the last `count` turns before it that have a response."""
    dialogues: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.dialogue:
            dialogues[row.dialogue].append(row)
    found: dict[int, Turns] = {}
    for turns in dialogues.values():
        said: list[tuple[str, str]] = []
        for row in sorted(turns, key=lambda row: row.turn):
            found[id(row)] = tuple(said[len(said) - min(count, len(said)) :])
            if row.response is not None:
                said.append((row.question, row.response))
    return found
