"""Ours against what a user could train with instead, on KoGPT2's geometry with dropout 0.1 and batches of 32 rows.

    python -m bench.train --work DIR [--rounds 1] [--steps 3] [--samples 4] [--only NAME]…

First a step of 32 rows of 64 tokens: its median time, the processor's time in it, that of the first one, which
compiles, and peak memory. In ours 22 tokens of each row are targets, about as many as a row of the Wellness sheet has.
Then rows of that sheet's lengths, each utterance with one reply: rows per second over one epoch, from `--samples` steps
that stand for all of them by their size (see `bench/peers/training.py`), and the same with what an epoch compiles.

Every peer runs in an environment of its own, made in DIR on first use, on two cores. A round starts each peer once;
ratios are taken within a round.
"""

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from bench.decode import OURS, Peer, bind_to_cores, call, interpreter
from bench.peers.training import BATCH
from tests.wellness import wellness_rows

PEERS = (
    Peer("**counsel, default recipe**", OURS, "train_counsel", ("target",)),
    Peer("counsel, loss over all tokens", OURS, "train_counsel", ("text",)),
    Peer("counsel, compiled by XLA", OURS, "train_counsel", ("xla",)),
    Peer("counsel, `--arithmetic bfloat16`", OURS, "train_counsel", ("bfloat16",)),
    Peer("torch, transformers, bf16 autocast", "convert", "train_torch", ("bf16",)),
    Peer("torch, transformers, fp32", "convert", "train_torch", ("fp32",)),
    Peer("the recipe's loop as published: eager, no dropout", "recipe", "train_recipe", ("published",)),
    Peer("the recipe's loop, eager", "recipe", "train_recipe", ("eager",)),
    Peer("the recipe's loop in `tf.function`", "recipe", "train_recipe", ("function",)),
)
LENGTH, TARGETS = 64, 22
# Of a tokenizer of 51,200 tokens that was learnt from NSMC, on the sheet of tests/wellness.py.
UTTERANCE, LABEL, REPLY = 0.38, 0.74, 0.40  # tokens a character
COLUMNS = (
    "s a step",
    "× ours",
    "CPU s a step",
    "first step, s",
    "peak, MB",
    "rows/s",
    "× ours",
    "rows/s, compiling",
    "padding",
    "shapes",
    "",
)
Result = dict[str, Any]


def step_lines(steps: int) -> list[tuple[int, int]]:
    """Return rows of the same length for so many steps: the number of tokens, and how many are only read."""
    return [(LENGTH + 1, LENGTH + 1 - TARGETS)] * (BATCH * steps)


def sheet_lines() -> list[tuple[int, int]]:
    """Return the same for the rows of a sheet of the Wellness sheet's shape, in its order.

    Replies belong to a label; each utterance has one of them.
    """
    rows = wellness_rows()
    replies: dict[str, list[str]] = {}
    for label, _, reply in rows:
        replies.setdefault(label, []).extend([reply] if reply else [])
    generator = np.random.default_rng(0)
    lines = []
    for label, utterance, _ in rows:
        reply = str(generator.choice(replies[label])) if replies[label] else ""
        read = 3 + round(UTTERANCE * len(utterance))  # with BOS, <unused0> and <unused1>
        target = round(LABEL * len(label)) + 1 + round(REPLY * len(reply)) + bool(reply)
        lines.append((read + target, read))
    return lines


def run(work: Path, peer: Peer, lines: Path, count: int) -> Result | None:
    """Run a peer once; None, and its last words on the terminal, if it fails."""
    result = call(work, peer, [*peer.words, str(lines), str(count)])
    if result:
        click.echo(f"{peer.name}, {lines.stem}: {result['step_s']:.2f} s a step", err=True)
    return result


def line(
    peer: Peer, rounds: Sequence[Sequence[Result | None]], ours: Sequence[Sequence[Result | None]]
) -> str:
    """Return a peer's line of the table: medians over the rounds, and ratios to ours within each."""
    found = [(step, sheet) for step, sheet in rounds if step and sheet]
    if not found:
        return f"| {peer.name} | failed |"
    pairs = [
        (step, sheet, own_step, own_sheet)
        for (step, sheet), (own_step, own_sheet) in zip(rounds, ours, strict=True)
        if step and sheet and own_step and own_sheet
    ]

    def middle(value: Callable[[Any], float], form: str, of: Sequence[Any] = found) -> str:
        return format(statistics.median(map(value, of)), form) if of else ""

    cells = [
        peer.name,
        middle(lambda result: result[0]["step_s"], ".1f"),
        middle(lambda pair: pair[0]["step_s"] / pair[2]["step_s"], ".2f", pairs),
        middle(lambda result: result[0]["cpu_s"], ".1f"),
        middle(lambda result: result[0]["first_s"], ".1f"),
        middle(lambda result: max(part["peak_mb"] for part in result), ",.0f"),
        middle(lambda result: result[1]["rows_per_s"], ".2f"),
        middle(lambda pair: pair[1]["rows_per_s"] / pair[3]["rows_per_s"], ".2f", pairs),
        middle(lambda result: result[1]["rows_per_s_first"], ".2f"),
        middle(lambda result: result[1]["padding"], ".0%"),
        middle(lambda result: result[1]["shapes"], ".0f"),
        found[0][0]["version"],
    ]
    return f"| {' | '.join(cells)} |"


@click.command(help=__doc__)
@click.option("--work", required=True, type=click.Path(path_type=Path), help="Environments.")
@click.option("--rounds", default=1, show_default=True)
@click.option("--steps", default=3, show_default=True, help="Timed steps of 32 × 64 tokens, after the first.")
@click.option("--samples", default=4, show_default=True, help="Timed steps of the sheet's epoch.")
@click.option("--only", multiple=True, metavar="NAME", help="Run only ours and the peers named.")
def main(work: Path, rounds: int, steps: int, samples: int, only: Sequence[str]) -> None:
    """Run the rounds, print the table."""
    work = work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    bind_to_cores()
    tasks = []
    for name, lines, count in (("step", step_lines(steps), steps), ("sheet", sheet_lines(), samples)):
        path = work / f"train-{name}.json"
        path.write_text(json.dumps(lines))
        tasks.append((path, count))
    chosen = [
        peer for peer in PEERS if peer is PEERS[0] or not only or any(part in peer.name for part in only)
    ]
    for peer in chosen:
        interpreter(work, peer.environment)
    results: dict[Peer, list[list[Result | None]]] = {peer: [] for peer in chosen}
    for number in range(rounds):
        click.echo(f"round {number + 1} of {rounds}", err=True)
        for peer in chosen:
            results[peer].append([run(work, peer, path, count) for path, count in tasks])
    print(f"| | {' | '.join(COLUMNS)} |")
    print(f"| --- {'| --- ' * len(COLUMNS)}|")
    for peer in chosen:
        print(line(peer, results[peer], results[PEERS[0]]))


if __name__ == "__main__":
    main()
