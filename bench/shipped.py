"""How well a model understands and answers: what each expert on topics brings, follow-ups, replies to be read.

    python -m bench.shipped [--model DIR] [--replies 100]

Needs the dataset of the repository, on which the model was trained: its held-out rows are found by their hash (as
`counsel evaluate` does). For each set of experts the weights are fitted on the validation rows; the linear SVM beside
them is that of `counsel evaluate`, trained on the same rows. `everyday` and the follow-ups stand in `tests/corpus/`.
"""

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from engine import Engine
from engine.conversation import Conversation, Memory, Turn
from engine.experts import EXPERTS, Experts, calibrated
from engine.model_directory import SHIPPED, TOPICS_FILE, ModelDirectory
from train.evaluation.baseline import rank_by_svm
from train.evaluation.calibration import calibrate
from train.evaluation.topic_scores import Ranking
from train.rows.data import read_data
from train.rows.lexicon import read_lexicon
from train.rows.recorded_split import find_part
from train.sequences.joining import Joiner, Pair
from train.topic_experts import fit_calibration, fit_weights, multiply, score_pairs

ROOT = Path(__file__).parents[1]
DATA = ROOT / "train" / "corpus"
LEXICON = ROOT / "train" / "lexicon" / "counsel-ko.csv"
SETS = ROOT / "tests" / "corpus"
COMBINATIONS = (
    ("tokens",), ("head",), ("ngrams",), ("tokens", "head"), ("tokens", "ngrams"), ("head", "ngrams"),
    ("tokens", "head", "ngrams"),
)  # fmt: skip


@click.command(help=__doc__)
@click.option("--model", "folder", type=click.Path(path_type=Path), default=SHIPPED)
@click.option("--replies", default=100, show_default=True, help="Replies to print.")
def main(folder: Path, replies: int) -> None:
    """Measure."""
    model = ModelDirectory.load(folder)
    _topics(model)
    with Engine(model) as engine:
        _follow_ups(engine)
        _replies(engine, replies)


def _topics(model: ModelDirectory) -> None:
    data = read_data([DATA])
    parts = {name: find_part(model.card, data, name) for name in ("validation", "test")}
    joiner = Joiner.of(data, context_turns=model.context_turns)
    everyday = [Pair(row, None) for row in read_data([SETS / "everyday.csv"]).rows]
    sets = {name: joiner.join(part.rows, np.random.default_rng(0)) for name, part in parts.items()}
    sets["everyday"] = everyday
    labels = tuple(model.labels)
    everyone = Experts.load(model.path / TOPICS_FILE, labels, dict.fromkeys(EXPERTS, 1.0), model.weights)
    scores = {name: score_pairs(model, everyone, pairs) for name, pairs in sets.items()}
    own = {name: np.array([labels.index(pair.row.label) for pair in pairs]) for name, pairs in sets.items()}
    measured = [name for name in sets if name != "validation"]
    print(f"{model.identity}: {', '.join(f'{name} {len(sets[name])} rows' for name in sets)}\n")
    print(
        "| | weights; calibration | "
        + " | ".join(f"{name} top-1 | top-3 | macro-F1 | ECE" for name in measured)
        + " |\n| --- | --- |"
        + " ---: |" * 4 * len(measured)
    )
    for names in COMBINATIONS:
        weights, _ = fit_weights({name: scores["validation"][name] for name in names}, own["validation"])
        told_by = fit_calibration(multiply(weights, scores["validation"]), own["validation"])
        products = {part: calibrated(multiply(weights, scores[part]), *told_by) for part in measured}
        cells = [
            _measure(products[part], labels, [labels[place] for place in own[part]]) for part in measured
        ]
        told = ", ".join(f"{weight:g}" for weight in weights.values()) + f"; {told_by[0]:g}, {told_by[1]:+g}"
        print(f"| {' × '.join(names)} | {told} | {' | '.join(cells)} |", flush=True)
    training = tuple(parts["test"].training or ())
    lexicon = read_lexicon(LEXICON, set(labels)).rows
    for learnt, rows in (("", training), (", the lexicon's entries being rows, too", (*training, *lexicon))):
        cells = []
        for part in measured:
            ranking = rank_by_svm(rows, [pair.row.question for pair in sets[part]])
            cells.append(_scores(ranking, [pair.row.label for pair in sets[part]]) + " | –")
        print(f"| TF-IDF + linear SVM{learnt} | | {' | '.join(cells)} |", flush=True)
    print()


def _measure(likely: NDArray[np.float64], labels: Sequence[str], expected: Sequence[str]) -> str:
    ranking = Ranking(labels, likely)
    right = [a == b for a, b in zip(ranking.found(), expected, strict=True)]
    return f"{_scores(ranking, expected)} | {calibrate(likely.max(axis=1).tolist(), right).error:.1%}"


def _scores(ranking: Ranking, expected: Sequence[str]) -> str:
    scores = ranking.measure(expected)
    assert scores is not None
    return f"{scores.accuracy:.1%} | {scores.top3:.1%} | {scores.macro_f1:.1%}"


def _follow_ups(engine: Engine) -> None:
    rows = read_data([SETS / "follow-ups.csv"]).rows
    first = {row.dialogue: row for row in rows if row.turn == 1}
    follow_ups = [row for row in rows if row.turn == 2]
    found = {"without": 0, "context alone": 0, "context and memory": 0}
    for row in follow_ups:
        turn = first[row.dialogue]
        said = (Turn(turn.question, turn.label, turn.response or ""),)
        conversations = {
            "without": Conversation(),
            "context alone": Conversation(said, Memory(topic_memory=0)),
            "context and memory": Conversation(said),
        }
        for name, conversation in conversations.items():
            found[name] += engine.topics(row.question, 1, conversation).chosen == row.label
    told = ", ".join(f"{name} {number}/{len(follow_ups)}" for name, number in found.items())
    print(f"Topic of follow-ups: {told}\n")


def _replies(engine: Engine, number: int) -> None:
    for place, row in enumerate(read_data([SETS / "reply-prompts.csv"]).rows[:number]):
        reply = engine.reply(row.question, seed=place)
        right = "" if reply.topic == row.label else f" (not {row.label})"
        print(f"{place + 1}. {row.question}\n   [{reply.topic}]{right} {reply.text}")


if __name__ == "__main__":
    main()
