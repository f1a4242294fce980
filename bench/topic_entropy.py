"""What the entropy of a topic tells: python -m bench.topic_entropy [MODEL].

Two tables. First, for thresholds in bits, how many everyday utterances lie above each, how often the model is right below
and above, and which share of the wrong and of the right topics is flagged (`engine.events.UNSURE_BITS`). Then, if
utterances below a threshold are judged alone (`engine.topics.CLEAR_BITS`), how often the topic is right after an
utterance on another one, and how often that of a vague follow-up.
"""

import csv
import random
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

import engine.topics
from engine import Conversation, Engine, Turn

CORPUS = Path("tests/corpus")
UNSURE = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
CLEAR = (0.0, 0.5, 1.0, 1.25, 1.5, 1.75, 2.0, 3.0)
SAID = "그랬군요. 조금 더 들려주시겠어요?"

Row = dict[str, str]


def main(model: str | None) -> None:
    """Print both tables."""
    everyday, follow_ups = (_read(CORPUS / name) for name in ("everyday.csv", "follow-ups.csv"))
    with Engine.load(model) as engine_:
        _unsure(engine_, everyday)
        _clear(engine_, everyday, follow_ups)


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _unsure(engine_: Engine, rows: Sequence[Row]) -> None:
    found = [engine_.topics(row["유저"]) for row in rows]
    right = np.array([topics.chosen == row["구분"] for topics, row in zip(found, rows, strict=True)])
    bits = np.array([topics.entropy for topics in found])
    print(f"{len(rows)} utterances, {right.mean():.1%} right, median {np.median(bits[right]):.2f} bits where right, "
          f"{np.median(bits[~right]):.2f} where wrong")  # fmt: skip
    print(
        f"{'bits':>5} {'above':>7} {'right below':>12} {'right above':>12} {'wrong flagged':>14} {'right flagged':>14}"
    )
    for threshold in UNSURE:
        unsure = bits >= threshold
        print(
            f"{threshold:5.2f} {unsure.mean():7.1%} {right[~unsure].mean():12.1%} {right[unsure].mean():12.1%} "
            f"{unsure[~right].mean():14.1%} {unsure[right].mean():14.1%}"
        )


def _clear(engine_: Engine, everyday: Sequence[Row], follow_ups: Sequence[Row]) -> None:
    shuffled = random.Random(0).sample(everyday, len(everyday))  # noqa: S311
    changes = [(a, b) for a, b in pairwise(shuffled) if a["구분"] != b["구분"]]
    followed = list(zip(follow_ups[::2], follow_ups[1::2], strict=True))
    print(
        f"\n{len(changes)} changes of topic, {len(followed)} follow-ups\n{'bits':>5} {'changes':>8} {'follow-ups':>11}"
    )
    for threshold in CLEAR:
        engine.topics.CLEAR_BITS = threshold
        print(f"{threshold:5.2f} {_right(engine_, changes):8.1%} {_right(engine_, followed):11.1%}")


def _right(engine_: Engine, pairs: Sequence[tuple[Row, Row]]) -> float:
    def found(before: Row, row: Row) -> str:
        turn = Turn(before["유저"], before["구분"], before["챗봇"] or SAID)
        return engine_.topics(row["유저"], 1, Conversation((turn,))).chosen

    return sum(found(before, row) == row["구분"] for before, row in pairs) / len(pairs)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
