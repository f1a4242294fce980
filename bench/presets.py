"""Compare the presets on one model, and the original's with each of its faults put right.

    python bench/presets.py QUESTIONS.csv [--questions 100] [--model DIR]

QUESTIONS.csv has its questions in the first column. Each gets one reply from each sampling, with the same seed.
The table (Markdown) shows the mean length in tokens, the share of replies in which two tokens come twice in that
order, the share that `</s>` ended, and distinct-2: of all such pairs in all replies, the share that is different.
"""

import csv
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import click

from engine import PRESETS, Engine, Reply, Sampling

ORIGINAL = PRESETS["original"].sampling
SAMPLINGS: dict[str, Sampling] = {
    **{name: preset.sampling for name, preset in PRESETS.items()},
    "original, `repetition_penalty=1`": replace(ORIGINAL, repetition_penalty=1.0),
    "original, `min_length=0`": replace(ORIGINAL, min_length=0),
    "original, 둘 다 (both)": replace(ORIGINAL, repetition_penalty=1.0, min_length=0),
}


@click.command(help=__doc__)
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--questions", "count", default=100, show_default=True)
@click.option("--model", type=click.Path(path_type=Path))
def main(data: Path, count: int, model: Path | None) -> None:
    """Ask and count."""
    with data.open(encoding="utf-8-sig", newline="") as file:
        _, *rows = csv.reader(file)
    questions = random.Random(0).sample(sorted({row[0] for row in rows}), count)  # noqa: S311
    with Engine.load(model) as engine:
        print(f"{engine.model.identity}, {count} questions\n")
        print(
            "| 샘플링 (sampling) | 길이 (tokens) | 2-gram 반복 (repeated) | `</s>`로 끝남 (ended) | distinct-2 |"
        )
        print("| --- | ---: | ---: | ---: | ---: |")
        for name, sampling in SAMPLINGS.items():
            replies = [engine.reply(question, sampling=sampling, seed=7) for question in questions]
            print(f"| {name} | {' | '.join(_measures(replies))} |", flush=True)


def _measures(replies: list[Reply]) -> Iterator[str]:
    pairs = [list(pairwise(reply.token_ids)) for reply in replies]
    together = [pair for of_one in pairs for pair in of_one]
    yield f"{sum(len(reply.token_ids) for reply in replies) / len(replies):.1f}"
    yield f"{sum(len(set(of_one)) < len(of_one) for of_one in pairs) / len(replies):.0%}"
    yield f"{sum(reply.finish_reason == 'eos' for reply in replies) / len(replies):.0%}"
    yield f"{len(set(together)) / max(1, len(together)):.2f}"


if __name__ == "__main__":
    main()
