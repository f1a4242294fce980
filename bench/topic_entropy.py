"""From which entropy on a topic should be called unsure: python -m bench.topic_entropy [MODEL].

Prints, for thresholds in bits, how many everyday utterances lie above each, how often the model is right below and
above, and which share of the wrong and of the right topics it flags. `tui.topic_bars.UNSURE_BITS` was chosen so.
"""

import csv
import sys
from pathlib import Path

import numpy as np

from engine import Engine

CORPUS = Path("tests/corpus/everyday.csv")
THRESHOLDS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)


def main(model: str | None) -> None:
    """Ask the model for the topic of every utterance, and print the table."""
    with CORPUS.open(encoding="utf-8") as file, Engine.load(model) as engine:
        rows = list(csv.DictReader(file))
        found = [engine.topics(row["유저"]) for row in rows]
    right = np.array([topics.chosen == row["구분"] for topics, row in zip(found, rows, strict=True)])
    bits = np.array([topics.entropy for topics in found])
    print(f"{len(rows)} utterances, {right.mean():.1%} right, median {np.median(bits[right]):.2f} bits where right, "
          f"{np.median(bits[~right]):.2f} where wrong")  # fmt: skip
    print(
        f"{'bits':>5} {'above':>7} {'right below':>12} {'right above':>12} {'wrong flagged':>14} {'right flagged':>14}"
    )
    for threshold in THRESHOLDS:
        unsure = bits >= threshold
        print(
            f"{threshold:5.2f} {unsure.mean():7.1%} {right[~unsure].mean():12.1%} {right[unsure].mean():12.1%} "
            f"{unsure[~right].mean():14.1%} {unsure[right].mean():14.1%}"
        )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
