"""Time the app from the start of its process, in a real terminal: first paint, first token of a reply.

python bench/startup.py [--runs 5] [--model DIR]

The question is typed at once, before the process has read its first line. The first run of a model also builds
its graph; `--cold` gives every run an empty cache folder.
"""

import itertools
import os
import statistics
import sys
import tempfile
from pathlib import Path

import click

from bench.terminal import Terminal

QUESTION = "헤어졌는데 너무 힘들어"


def measure(model: str | None, cache: str | None, columns: int, rows: int) -> tuple[float, float]:
    """Return the seconds from process start to the first paint, and to the first text of the reply."""
    command = [str(Path(sys.executable).parent / "counsel-tui"), "--temperature", "0"]
    command += ["--model", model] if model else []
    environment = {**os.environ, **({"XDG_CACHE_HOME": cache} if cache else {})}
    with Terminal(command, columns, rows, environment) as terminal:
        terminal.send(QUESTION + "\r")
        painted = terminal.wait_for(lambda screen: "109" in screen)
        # The topic stands on the reply's border as soon as it is known, the first text inside it.
        answered = terminal.wait_for(_first_text)
        terminal.send("\x1b[21~")  # F10
        terminal.wait_for_end()
    return painted, answered


def _first_text(screen: str) -> bool:
    lines = screen.split("\n")
    for line, below in itertools.pairwise(lines):
        if "╭─ 관계/이별" in line:
            return any("가" <= character <= "힣" for character in below)
    return False


@click.command(help=__doc__)
@click.option("--runs", default=5, show_default=True)
@click.option("--model", default=None, help="A model folder; the shipped one if not given.")
@click.option("--cold", is_flag=True, help="An empty cache folder for every run.")
def main(runs: int, model: str | None, cold: bool) -> None:
    """Print the medians and the slowest."""
    times = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as cache:
            times.append(measure(model, cache if cold else None, 80, 24))
    for name, values in zip(("first paint", "first token"), zip(*times, strict=True), strict=True):
        print(f"{name}: median {statistics.median(values):.2f} s, slowest {max(values):.2f} s of {runs} runs")


if __name__ == "__main__":
    main()
