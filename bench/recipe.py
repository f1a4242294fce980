"""What each mend of the published recipe does alone: topics, replies and time, as a Markdown table.

    python -m bench.recipe ROWS.csv --base DIR --label-names 0=일상,1=이별,2=사랑

Every variant starts from the same base, sees the same training rows in the same number of epochs, and is measured on
the same held-out rows, none of whose utterances it was trained on. The variants differ from `--recipe original` in
one thing each; the last one is `--recipe default`, as far as it concerns the loop.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.topics import LabelTrie
from train.base import open_base
from train.events import Event
from train.fine_tune import make_job
from train.preparation import Prepared, Request, prepare
from train.rows.data import Data, read_data
from train.rows.split import split
from train.run import Run
from train.sequences.pipeline import Line
from train.settings import Settings
from train.topic_search import TopicSearch

SHARES = 0.1, 0.1  # of validation and test rows
ORIGINAL = Settings(
    epochs=20,
    batch_size=32,
    learning_rate=3e-5,
    schedule="constant",
    weight_decay=0.0,
    clip_norm=0.0,
    counted="all",
    shuffle=False,
    buckets=False,
)
FAST = 5e-5  # the learning rate of the default recipe
MENDS: dict[str, dict[str, Any]] = {
    "original": {},
    "loss without padding": {"counted": "text"},
    "loss on label, response and EOS only": {"counted": "target"},
    "shuffled anew each epoch": {"shuffle": True},
    "length buckets": {"buckets": True},
    "AdamW with decay, clipping": {"weight_decay": 0.01, "clip_norm": 1.0},
    "warm-up and cosine to 5e-5": {"schedule": "cosine", "learning_rate": FAST},
    "best epoch kept, stopped early": {"patience": 3},
    "topic head": {"topic_head": 1.0},
    "default: all of these": {
        "counted": "target",
        "shuffle": True,
        "buckets": True,
        "weight_decay": 0.01,
        "clip_norm": 1.0,
        "schedule": "cosine",
        "learning_rate": FAST,
        "patience": 3,
        "topic_head": 1.0,
    },
}


def main() -> None:
    """Train each variant and print its line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--base", required=True)
    parser.add_argument("--label-names", default="")
    parser.add_argument("--epochs", type=int, default=ORIGINAL.epochs)
    parser.add_argument(
        "--scale-rate", type=float, default=1.0, help="multiply learning rates: small bases take larger steps"
    )
    parser.add_argument("--rows", type=int, help="use so many of the rows only, evenly taken")
    parser.add_argument("--only", nargs="*", choices=list(MENDS), help="these variants only")
    arguments = parser.parse_args()
    names = dict(pair.split("=") for pair in arguments.label_names.split(",") if pair)
    data = read_data([arguments.data], {}, names)
    if arguments.rows:
        data = replace(data, rows=data.rows[:: max(1, len(data.rows) // arguments.rows)])
    parts = split(data.rows, *SHARES, 0)
    print(
        f"{len(parts.training):,} training, {len(parts.validation):,} validation, {len(parts.test):,} test rows"
    )
    print()
    print(
        "| recipe | topic accuracy | macro-F1 | response perplexity | epochs | seconds | seconds an epoch |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in arguments.only or MENDS:
        settings = replace(ORIGINAL, **MENDS[name], epochs=arguments.epochs)
        settings = replace(settings, learning_rate=settings.learning_rate * arguments.scale_rate)
        print(_measure(name, settings, data, arguments.base), flush=True)


def _measure(name: str, settings: Settings, data: Data, base: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        request = Request(
            data=data,
            out=Path(folder) / "model",
            base=open_base(base),
            size="mini",
            settings=settings,
            dropout=0.1,
            validation_share=SHARES[0],
            test_share=SHARES[1],
            balance=0.0,
        )
        prepared = prepare(request)
        job = make_job(request, prepared)
        if (
            not settings.patience
        ):  # as published: nothing is measured on the way, the last weights are the model
            job = replace(job, validation=[], score=None)
        epochs = 0

        def watch(event: Event) -> None:
            nonlocal epochs
            epochs += type(event).__name__ == "Epoch"

        run = Run(job, watch)
        began = time.perf_counter()
        run.train()
        seconds = time.perf_counter() - began
    accuracy, macro_f1 = _topics(run, prepared)
    perplexity = math.exp(run.measure(_responses(prepared)) or math.nan)
    figures = f"{accuracy:.1%} | {macro_f1:.3f} | {perplexity:.1f} | {epochs} | {seconds:.0f} | {seconds / epochs:.1f}"
    return f"| {name} | {figures} |"


def _topics(run: Run, prepared: Prepared) -> tuple[float, float]:
    rows, codec = prepared.split.test, prepared.sampler.codec
    prompts = [line.prompt for line in prepared.sampler.fixed(rows)]
    trie = LabelTrie(prepared.labels, codec, "")
    labels = prepared.sampler.labels
    search = TopicSearch(trie, prompts, [row.label for row in rows], codec.pad_id, labels)
    scores = search.score(run.trainer.model)
    return scores.accuracies[-1], scores.macro_f1


def _responses(prepared: Prepared) -> Sequence[Line]:
    """Return the test rows with their label given, so that only the response is predicted."""
    lines = prepared.sampler.fixed(prepared.split.test)
    return [
        Line(line.ids, line.read + line.label) for line in lines if len(line.ids) > line.read + line.label
    ]


if __name__ == "__main__":
    main()
