"""How long a large csv takes to be read, and how much memory: a million rows in under 10 s and under 1 GB.

    python bench/reading.py [--rows 1000000]

The rows are invented, as long as AI Hub's (28 and 31 characters), every utterance and every reply another one.
Each file is read by a process of its own, whose peak memory is told, that of Python and its imports included.
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import click

READ = """
import resource, sys, time
from pathlib import Path
from train.rows.data import read_data
started = time.perf_counter()
data = read_data([Path(sys.argv[1])])
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(f"{len(data.rows):,} rows in {seconds:.1f} s, at most {peak:.2f} GiB")
"""


@click.command(help=__doc__)
@click.option("--rows", default=1_000_000, show_default=True)
def main(rows: int) -> None:
    """Write the file and read it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("구분", "유저", "챗봇"))
            for number in range(rows):
                question = f"요즘 잠이 오지 않아서 하루 종일 멍하게 {number:07}"
                response = f"잠들기 어려우셨군요. 언제부터 그러셨는지 궁금해요 {number:07}"
                writer.writerow((f"감정/불안감/{number % 359}", question, response))
        print(f"{path.stat().st_size / 1e6:.0f} MB")
        subprocess.run([sys.executable, "-c", READ, str(path)], check=True)


if __name__ == "__main__":
    main()
