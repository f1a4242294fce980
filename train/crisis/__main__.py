"""Train the linear expert that helps `engine.safety` where no rule speaks.

    python -m train.crisis ../shared/data/ChatbotData.csv ../shared/data/nsmc-reviews.txt.xz

Reads `train/crisis/utterances.csv`, the examples of the rules, and the utterances of `train/corpus`, of which those of
`위기/…` topics are crises, and writes
`engine/data/crisis.safetensors`. The files that are named hold everyday talk, of which `SAMPLE` documents each count as no crises
unless a rule says otherwise: without them the wish for a house sounds like another wish. Prints how well it does in three-fold cross-validation.
"""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from engine.companion import CRISIS_TOPICS, crisis_named
from engine.crisis_expert import FILE, THRESHOLD
from engine.crisis_rules import load_rules
from engine.ngrams import LinearExpert
from engine.quantization import sample
from engine.safety import KINDS, LEVELS, RULES_FILE, by_rules, without_harmless
from train.linear import learn_ngrams
from train.rows.data import read_data
from train.sequences.corpus import read_corpus

OWN = Path(__file__).parent / "utterances.csv"
CORPUS = Path(__file__).parents[1] / "corpus"
FOLDS = 3
SAMPLE = 24_000  # documents of each file

Labelled = tuple[str, str, str]
"""Level and kind of an utterance, empty where unknown, and the utterance; no crisis has neither."""


def main() -> None:
    """Read, measure, train, write."""
    rows = read_labelled([Path(name) for name in sys.argv[1:]])
    crises = np.array([bool(kind) for _, kind, _ in rows])
    scores = _cross_validate(rows)
    hits = scores > THRESHOLD
    sys.stdout.write(
        f"{crises.sum():,} crises, {(~crises).sum():,} others; in {FOLDS}-fold cross-validation the expert alone finds "
        f"{hits[crises].mean():.1%} and takes {hits[~crises].mean():.2%} of the others for one\n"
    )
    FILE.parent.mkdir(exist_ok=True)
    save_file(learn(rows).pack(), FILE)
    FILE.chmod(0o644)  # safetensors makes it readable for its owner alone


def read_labelled(everyday: Sequence[Path]) -> list[Labelled]:
    """Return the utterances of all sources."""
    with OWN.open(encoding="utf-8", newline="") as file:
        rows = [(row["level"], row["kind"], row["utterance"]) for row in csv.DictReader(file)]
    for row in read_data([CORPUS]).rows:
        if not row.dialogue:  # of a topic of crisis the level is not known
            kind = crisis_named(row.label).kind if row.label.startswith(CRISIS_TOPICS) else ""
            rows.append(("", kind, row.question))
    for path in everyday:
        documents = sample([*read_corpus([path], "line", {})], SAMPLE)
        rows += [("", "", document) for document in documents if by_rules(document) is None]
    rules = load_rules(RULES_FILE)
    for phrase in rules.harmless:
        rows += [("", "", example) for example in phrase.match]
    for rule in rules.rules:
        rows += [(rule.level, rule.kind, example) for example in rule.match]
        # What this rule must not match may be a crisis by another one.
        rows += [("", "", example) for example in rule.no_match if by_rules(example) is None]
    return rows


def learn(rows: Sequence[Labelled]) -> LinearExpert:
    """Return an expert whose classes are: none, crisis; then the levels; then the kinds."""
    texts: list[tuple[str, Sequence[str]]] = [(without_harmless(utterance), ()) for _, _, utterance in rows]
    tasks = [
        [int(bool(kind)) for _, kind, _ in rows],
        [LEVELS.index(level) if level else -1 for level, _, _ in rows],
        [KINDS.index(kind) if kind else -1 for _, kind, _ in rows],
    ]
    return learn_ngrams(texts, tasks)


def _cross_validate(rows: Sequence[Labelled]) -> NDArray[np.float64]:
    folds = np.random.default_rng(0).permutation(len(rows)) % FOLDS
    scores = np.zeros(len(rows))
    for fold in range(FOLDS):
        expert = learn([row for row, own in zip(rows, folds, strict=True) if own != fold])
        for place in np.flatnonzero(folds == fold):
            scores[place] = expert.scores(without_harmless(rows[int(place)][2]))[1]
    return scores


if __name__ == "__main__":
    main()
