r"""Drafting on a model that knows its replies: tokens a second of ours against llama.cpp, greedy, same questions.

    python -m bench.kogpt2 BASE --text SENTENCES.txt.xz
    python -m bench.speculation select ChatbotData.csv --out ROWS.csv
    counsel train ROWS.csv --out MODEL --base BASE --epochs 30 --learning-rate 5e-4 --dropout 0 --validation 0 \
        --label-names 0=일상,1=이별,2=사랑
    python -m bench.speculation compare ROWS.csv --model MODEL --work DIR

DIR is that of `bench.decode`. The rows' replies have about the length of those in AI Hub's wellness script. The
model is trained until it says them word for word; `compare` tells how often it does. Ours also finds the label, which
llama.cpp is given with the prompt.
"""

import csv
import json
import random
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from bench.decode import OURS, ROOT, bind_to_cores, interpreter, surroundings
from engine.characters import normalize
from engine.model_directory import ModelDirectory

SHORTEST = 25  # letters of a reply; those of the wellness script have 31 on average
DRAFTING, PLAIN, LLAMA = "counsel, drafting", "counsel, no drafts", "llama.cpp q8_0"
Reply = dict[str, Any]


@click.group(help=__doc__)
def main() -> None:
    """Two commands."""


@main.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--rows", default=96, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--out", required=True, type=click.Path(path_type=Path))
def select(data: Path, rows: int, seed: int, out: Path) -> None:
    """Choose rows with long replies, no reply and no question twice."""
    with data.open(encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file)
    long = [line for line in lines if len(line[1]) >= SHORTEST]
    different = list({line[0]: line for line in {line[1]: line for line in long}.values()}.values())
    with out.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *random.Random(seed).sample(different, rows)])  # noqa: S311


@main.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--model", required=True, type=click.Path(path_type=Path))
@click.option("--work", required=True, type=click.Path(path_type=Path))
@click.option("--rounds", default=5, show_default=True)
def compare(data: Path, model: Path, work: Path, rounds: int) -> None:
    """Ask both every question of the rows, in turns."""
    bind_to_cores()
    work, model = work.resolve(), model.resolve()
    with data.open(encoding="utf-8", newline="") as file:
        _, *lines = csv.reader(file)
    asked = "".join(normalize(line[0]) + "\n" for line in lines)
    python, file_for_peer = interpreter(work, "llama_cpp"), _gguf(work, model)
    ours = [interpreter(work, OURS), "-m", "bench.peers.counsel_replies", str(model)]
    replies: dict[str, list[Reply]] = {}
    speeds: dict[str, list[float]] = {DRAFTING: [], PLAIN: [], LLAMA: []}
    for _ in range(rounds):
        replies[DRAFTING] = _ask(work, [*ours, "draft"], asked)
        replies[PLAIN] = _ask(work, [*ours, "plain"], asked)
        prompts = [{key: reply[key] for key in ("prompt", "eos")} for reply in replies[DRAFTING]]
        given = "".join(json.dumps(prompt) + "\n" for prompt in prompts)
        replies[LLAMA] = _ask(
            work, [python, "-m", "bench.peers.llama_cpp_replies", str(file_for_peer)], given
        )
        for name, known in replies.items():
            speeds[name].append(_speed(known))
    _tell(speeds)
    drafted, plain, theirs = replies.values()
    learnt = sum(reply["text"] == normalize(line[1]) for reply, line in zip(drafted, lines, strict=True))
    alike = sum(a["ids"] == b["ids"] == c["ids"] for a, b, c in zip(drafted, plain, theirs, strict=True))
    tokens = [len(reply["ids"]) for reply in drafted]
    print(
        f"\n{learnt} of {len(lines)} replies are those it learnt; all three give the same tokens in {alike}."
    )
    print(f"Tokens a reply: median {statistics.median(tokens):g}, {min(tokens)} to {max(tokens)}.")
    guessed = sum(reply["drafted"] for reply in drafted) / sum(tokens)
    passes = [sum(reply["passes"] for reply in mode) / len(lines) for mode in (drafted, plain)]
    print(
        f"Of the tokens {guessed:.0%} were guessed right; passes a reply: {passes[0]:.1f} instead of {passes[1]:.1f}."
    )


def _tell(speeds: Mapping[str, Sequence[float]]) -> None:
    print(
        "| greedy, whole replies | tokens a second | ours with drafts is so many times as fast | in rounds |"
    )
    print("| --- | --- | --- | --- |")
    for name, values in speeds.items():
        ratios = [own / its for own, its in zip(speeds[DRAFTING], values, strict=True)]
        faster = f"{sum(ratio > 1 for ratio in ratios)} of {len(ratios)}" if name != DRAFTING else ""
        print(f"| {name} | {statistics.median(values):.0f} | {statistics.median(ratios):.2f} | {faster} |")


def _gguf(work: Path, model: Path) -> Path:
    path = work / f"{ModelDirectory.load(model).sha256[:12]}-q8_0.gguf"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        command = [interpreter(work, "llama_cpp"), "-m", "bench.peers.convert_gguf"]
        subprocess.run([*command, model, unfinished, "q8_0"], check=True, cwd=ROOT)
        unfinished.rename(path)
    return path


def _ask(work: Path, command: Sequence[str], lines: str) -> list[Reply]:
    """Run a peer on lines of input and return what it says of each."""
    run = subprocess.run(
        command, input=lines, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env=surroundings(work)
    )
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def _speed(replies: Sequence[Reply]) -> float:
    """Return the tokens of all replies by the seconds of all, from prompt to closing token."""
    seconds: float = sum(reply["seconds"] for reply in replies)
    return sum(len(reply["ids"]) for reply in replies) / seconds


if __name__ == "__main__":
    main()
