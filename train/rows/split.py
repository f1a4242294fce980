"""Training, validation and test rows: no utterance in two of them, whatever the input."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.language import text
from train.rows.data import Row, count_labels
from train.rows.reading import DataError


@dataclass(frozen=True)
class Split:
    """The three parts, each in the order of its rows in the files.

    Attributes:
        training: holds every label.
        validation: is measured after each epoch.
        test: is measured once, in the end.
    """

    training: Sequence[Row]
    validation: Sequence[Row]
    test: Sequence[Row]

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each part's utterances and labels, whatever their order, in hexadecimal."""
        return {name: _hash(getattr(self, name)) for name in ("training", "validation", "test")}


def split(rows: Sequence[Row], validation: float, test: float | Sequence[Row], seed: int) -> Split:
    """Split rows by utterance, dialogues as a whole, each label in proportion.

    Rows that share an utterance, or a dialogue, stay together. Of each label at least one row is trained on.

    Args:
        rows: at least one.
        validation: the share of the rows to hold out, from 0 to below 1.
        test: the same, or the rows of a test set of one's own, none of whose utterances may be among `rows`.
        seed: the same seed splits the same rows alike, whatever their order.

    Raises:
        DataError: an utterance of the test set is among the rows.
    """
    own_test = [] if isinstance(test, float | int) else list(test)
    _refuse_known(rows, own_test)
    groups = _together(rows)
    shuffled = [groups[index] for index in np.random.default_rng(seed).permutation(len(groups))]
    left = Counter(row.label for row in rows)
    part_of: dict[int, int] = {}
    for part, share in ((1, validation), (2, test if isinstance(test, float | int) else 0.0)):
        free = [group for group in shuffled if id(group[0]) not in part_of]
        for group in _hold_out(free, share, Counter(row.label for row in rows), left, seed + part):
            part_of |= {id(row): part for row in group}
    parts: list[list[Row]] = [[], [], []]
    for row in rows:
        parts[part_of.get(id(row), 0)].append(row)
    return Split(parts[0], parts[1], own_test or parts[2])


def _hold_out(
    groups: Sequence[list[Row]], share: float, total: Counter[str], left: Counter[str], seed: int
) -> list[list[Row]]:
    """Take groups for one part, and their rows out of `left`, of which every label keeps one.

    Labels get their share first; what is then wanting comes from any label, since dialogues, which hold several, may
    fit no label's share.
    """
    room = _quotas(total, share, seed)
    wanted = int(share * total.total())
    taken: list[list[Row]] = []
    for strict in (True, False):
        passed: list[list[Row]] = []
        for group in groups:
            if not wanted:
                return taken
            leaving = Counter(row.label for row in group)
            fits = len(group) <= wanted and all(left[label] > count for label, count in leaving.items())
            if fits and (not strict or all(room[label] >= count for label, count in leaving.items())):
                taken.append(group)
                left.subtract(leaving)
                room.subtract(leaving)
                wanted -= len(group)
            else:
                passed.append(group)
        groups = passed
    return taken


def _quotas(total: Counter[str], share: float, seed: int) -> Counter[str]:
    """Return how many rows of each label to hold out: fractions add up over labels in an order drawn by the seed."""
    labels = sorted(total)
    quotas: Counter[str] = Counter()
    seen = 0
    for index in np.random.default_rng(seed).permutation(len(labels)):
        label = labels[index]
        quotas[label] = int(share * (seen + total[label])) - int(share * seen)
        seen += total[label]
    return quotas


def _together(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the groups that must not be divided, in an order that does not depend on that of the rows."""
    leader: dict[str, str] = {}

    def find(key: str) -> str:
        while leader.setdefault(key, key) != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for row in rows:
        # An utterance leads its dialogue, never the other way: where a file lies changes no split.
        first, second = sorted(
            (find(f"1{row.question}"), find(f"2{row.dialogue}" if row.dialogue else f"1{row.question}"))
        )
        leader[second] = first
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[find(f"1{row.question}")].append(row)
    return [groups[key] for key in sorted(groups)]


def _refuse_known(rows: Sequence[Row], test: Sequence[Row]) -> None:
    known = {row.question: row for row in rows} if test else {}
    for row in test:
        if row.question in known:
            raise DataError(
                text(
                    f"{row.place}: '{row.question[:40]}'은(는) {known[row.question].place}에도 있습니다. "
                    "학습과 시험 가운데 한쪽에서 지우세요.",
                    f"{row.place}: '{row.question[:40]}' stands in {known[row.question].place} too. Delete it from "
                    "the training or from the test file.",
                )
            )


def _hash(rows: Iterable[Row]) -> str:
    lines = sorted(f"{row.question}\t{row.label}\n" for row in rows)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def thirds(rows: Sequence[Row]) -> dict[str, set[str]]:
    """Return the labels in three parts alike in number, by their rows: "head", "middle" and "tail"."""
    return label_thirds(count_labels(rows))


def label_thirds(counts: Mapping[str, int]) -> dict[str, set[str]]:
    """Return the same of labels whose rows are counted already."""
    labels = sorted(counts, key=lambda label: (-counts[label], label))
    cuts = [0, -(-len(labels) // 3), -(-2 * len(labels) // 3), len(labels)]
    return {
        name: set(labels[start:end])
        for name, start, end in zip(("head", "middle", "tail"), cuts[:-1], cuts[1:], strict=True)
    }
