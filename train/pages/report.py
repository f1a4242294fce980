"""The figures of a data set: labels and their imbalance, replies, lengths, findings, a few rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.template import Codec
from train.rows.check import check, count_kinds
from train.rows.data import Data, Finding, Row, count_labels
from train.sequences.balance import effective_rows, gini, weights
from train.sequences.lengths import line_lengths

SAMPLES = 10
HEAD = 10  # the head: the largest of this many labels
SEPARATOR = "/"  # between the levels of a label


@dataclass(frozen=True)
class Lengths:
    """How long texts are.

    Attributes:
        values: the number of texts of each length.
    """

    values: Mapping[int, int]

    @classmethod
    def of(cls, values: Iterable[int]) -> "Lengths":
        """Count lengths."""
        return cls(dict(sorted(Counter(values).items())))

    @property
    def mean(self) -> float:
        """The mean, 0 of nothing."""
        number = sum(self.values.values())
        return sum(value * count for value, count in self.values.items()) / number if number else 0.0

    @property
    def max(self) -> int:
        """The greatest, 0 of nothing."""
        return max(self.values, default=0)

    def at(self, share: float) -> int:
        """Return the least length that `share` of the texts do not exceed."""
        left = share * sum(self.values.values())
        for value, count in self.values.items():
            left -= count
            if left <= 1e-9:
                return value
        return 0

    def summary(self) -> dict[str, float]:
        """Return the figures of interest."""
        return {"mean": round(self.mean, 2), "median": self.at(0.5), "p95": self.at(0.95), "max": self.max}


@dataclass(frozen=True)
class Reader:
    """The model whose tokens are counted.

    Attributes:
        name: of the model.
        codec: its tokenizer.
        context: how many tokens it reads.
    """

    name: str
    codec: Codec
    context: int


@dataclass(frozen=True)
class Report:
    """What is known of a data set.

    Attributes:
        data: what was read.
        counts: rows of each label, the most frequent first.
        levels: how many different labels, or beginnings of labels, there are at each level.
        gini: of `counts`.
        head: how many labels are the head.
        head_share: of the rows that they hold.
        repeated: utterances that stand in more than one row.
        dialogues: how many there are.
        responses: cells with a reply.
        different_responses: of them.
        shared_responses: different ones that stand under more than one label.
        responses_per_label: how many labels have 0, 1, 2, … different replies.
        pairs: every utterance with every reply of its label.
        balance: the exponent that `expected` was computed with.
        expected: rows of each label in an epoch after balancing, on average.
        effective_rows: of the balanced data.
        characters: lengths of utterances and of responses.
        tokens: the same in tokens, and those of whole lines.
        model: whose tokens they are.
        context: how many of them it reads.
        findings: of reading and checking.
        samples: rows drawn at random.
    """

    data: Data
    counts: Mapping[str, int]
    levels: Sequence[int]
    gini: float
    head: int
    head_share: float
    repeated: int
    dialogues: int
    responses: int
    different_responses: int
    shared_responses: int
    responses_per_label: Mapping[int, int]
    pairs: int
    balance: float
    expected: Mapping[str, float]
    effective_rows: float
    characters: Mapping[str, Lengths]
    tokens: Mapping[str, Lengths]
    model: str
    context: int
    findings: Sequence[Finding]
    samples: Sequence[Row]

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return len(self.data.rows)

    @property
    def sizes(self) -> dict[str, float]:
        """The largest label's rows, the smallest's, and what lies between."""
        sizes = list(self.counts.values())
        return {
            "max": max(sizes, default=0),
            "mean": float(np.mean(sizes)) if sizes else 0.0,
            "median": float(np.median(sizes)) if sizes else 0.0,
            "min": min(sizes, default=0),
            "labels_at_min": sizes.count(min(sizes, default=0)),
        }

    @property
    def over_context(self) -> int:
        """How many lines are longer than the context, whose last token need not fit."""
        return sum(count for length, count in self.tokens["line"].values.items() if length - 1 > self.context)


def measure(
    data: Data, reader: Reader, balance: float = 0.5, seed: int = 0, test: Sequence[Row] = ()
) -> Report:
    """Compute all figures.

    Args:
        data: what was read; its rows may be none if it has findings instead.
        reader: whose tokens are counted.
        balance: the exponent of `train.sequences.balance.weights`.
        seed: of the samples.
        test: a test set of one's own, for the findings.
    """
    rows = data.rows
    counts = count_labels(rows)
    sizes = list(counts.values())
    head = max(1, len(counts) // HEAD)
    replies = data.responses()
    labels_of: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.response is not None:
            labels_of[row.response].add(row.label)
    lengths = line_lengths(data, reader.codec)
    probabilities = weights(rows, balance) if rows else np.zeros(0)
    shares = {label: count ** (1 - balance) for label, count in counts.items()}
    given = [row.response for row in rows if row.response is not None]
    drawn = np.random.default_rng(seed).permutation(len(rows))[:SAMPLES]
    return Report(
        data=data,
        counts=counts,
        levels=count_levels(counts),
        gini=gini(counts) if counts else 0.0,
        head=head,
        head_share=sum(sizes[:head]) / len(rows) if rows else 0.0,
        repeated=sum(count > 1 for count in Counter(row.question for row in rows).values()),
        dialogues=len({row.dialogue for row in rows if row.dialogue}),
        responses=len(given),
        different_responses=len(labels_of),
        shared_responses=sum(len(labels) > 1 for labels in labels_of.values()),
        responses_per_label=dict(sorted(Counter(len(replies.get(label, ())) for label in counts).items())),
        pairs=sum(len(replies.get(row.label, ())) for row in rows if not row.dialogue),
        balance=balance,
        expected={label: len(rows) * share / sum(shares.values()) for label, share in shares.items()},
        effective_rows=effective_rows(probabilities) if rows else 0.0,
        characters={
            "question": Lengths.of(len(row.question) for row in rows),
            "response": Lengths.of(map(len, given)),
        },
        tokens={
            "question": Lengths.of(length.question for length in lengths),
            "response": Lengths.of(length.response for length in lengths if length.text is not None),
            "line": Lengths.of(length.total for length in lengths),
        },
        model=reader.name,
        context=reader.context,
        findings=[*data.findings, *check(data, reader.codec, reader.context, test, lengths)],
        samples=[rows[index] for index in sorted(drawn)],
    )


def count_levels(labels: Iterable[str]) -> list[int]:
    """Return how many different beginnings of one level, of two levels, and so on labels have."""
    levels: list[set[tuple[str, ...]]] = []
    for label in labels:
        parts = path_of(label)
        while len(levels) < len(parts):
            levels.append(set())
        for depth in range(len(parts)):
            levels[depth].add(parts[: depth + 1])
    return [len(level) for level in levels]


def path_of(label: str) -> tuple[str, ...]:
    """Return the levels of a label."""
    return tuple(part.strip() for part in label.split(SEPARATOR))


def as_dict(report: Report) -> dict[str, Any]:
    """Return the figures as JSON can hold them; rows and findings are told by number."""
    return {
        "files": [{**asdict(file), "path": str(file.path)} for file in report.data.files],
        "rows": report.rows,
        "labels": {
            "number": len(report.counts),
            "levels": report.levels,
            **{name: round(size, 4) for name, size in report.sizes.items()},
            "gini": round(report.gini, 4),
            "head": report.head,
            "head_share": round(report.head_share, 4),
            "counts": report.counts,
        },
        "repeated_utterances": report.repeated,
        "dialogues": report.dialogues,
        "responses": {
            "number": report.responses,
            "different": report.different_responses,
            "under_several_labels": report.shared_responses,
            "per_label": report.responses_per_label,
            "pairs": report.pairs,
        },
        "balance": {
            "exponent": report.balance,
            "effective_rows": round(report.effective_rows, 1),
            "expected": {label: round(rows, 2) for label, rows in report.expected.items()},
        },
        "characters": {name: lengths.summary() for name, lengths in report.characters.items()},
        "tokens": {
            "model": report.model,
            "context": report.context,
            "over_context": report.over_context,
            **{name: lengths.summary() for name, lengths in report.tokens.items()},
        },
        "findings": [
            {"severity": severity, "kind": kind, "number": number}
            for (severity, kind), number in count_kinds(report.findings).items()
        ],
    }
