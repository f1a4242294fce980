"""Hold questions out of a data file, and later ask a model exactly those.

    python bench/held_out.py split DATA.csv --rows 200 --out FOLDER    writes DATA-train.csv, DATA-held-out.csv
    python bench/held_out.py ask FOLDER/DATA-held-out.csv [--model DIR]     runs `counsel ask --json` on them

`ask` reports how many outputs parse and how often the topic is right. Its temperature is 0, so that a run
repeats. `--label-names` is that of `counsel train`.
"""

import csv
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import click

from engine.characters import normalize


@click.group(help=__doc__)
def main() -> None:
    """Two commands."""


@main.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--rows", default=200, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--out", required=True, type=click.Path(path_type=Path))
def split(data: Path, rows: int, seed: int, out: Path) -> None:
    """Hold `rows` different questions out; every row with one of them leaves the training part."""
    with data.open(encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file)
    questions = sorted({_key(line[0]) for line in lines})
    chosen = set(random.Random(seed).sample(questions, rows))  # noqa: S311
    once = {_key(line[0]): line for line in lines}
    out.mkdir(parents=True, exist_ok=True)
    _write(out / f"{data.stem}-train.csv", header, [line for line in lines if _key(line[0]) not in chosen])
    _write(out / f"{data.stem}-held-out.csv", header, [once[question] for question in sorted(chosen)])


@main.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path))
@click.option("--label-names", default="0=일상,1=이별,2=사랑", show_default=True)
@click.option("--show", default=10, show_default=True, help="Replies to print.")
def ask(data: Path, model: Path | None, label_names: str, show: int) -> None:
    """Ask every held-out question and compare the topics."""
    names = dict(pair.split("=") for pair in label_names.split(","))
    with data.open(encoding="utf-8", newline="") as file:
        _, *lines = csv.reader(file)
    command = [sys.executable, "-m", "counsel", "ask", "--json", "--temperature", "0"]
    command += ["--model", str(model)] if model else []
    questions = "".join(normalize(line[0]) + "\n" for line in lines)
    run = subprocess.run(command, input=questions.encode(), stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in run.stdout.decode().split("\n") if line]
    parsed = [
        a for a in answers if a["topic"] in names.values() and a["text"] and a["finish_reason"] == "eos"
    ]
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for line, answer in zip(lines, answers, strict=True):
        label = names[line[2].strip()]
        total[label] += 1
        right[label] += answer["topic"] == label
    for answer in answers[:show]:
        print(f"{answer['question']}  →  [{answer['topic']}] {answer['text']}")
    print(f"model {answers[0]['model']}: {len(answers)} questions, {len(parsed)} parsed and closed by </s>")
    print(f"topic accuracy {sum(right.values()) / len(answers):.1%}")
    for label in total:
        print(f"  {label}: {right[label]} of {total[label]}")


def _key(question: str) -> str:
    return normalize(question).replace(" ", "")


def _write(path: Path, header: list[str], lines: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *lines])
    print(f"{path}: {len(lines)} rows")


if __name__ == "__main__":
    main()
