"""What every peer is asked to do, and how it is timed. Imports nothing but numpy, since each environment has it."""

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

THREADS = 2
NEW = 64  # tokens of a reply
PROMPT = np.random.default_rng(7).integers(300, 51200, 20).tolist()
TEMPERATURE, TOP_K, TOP_P = 0.7, 40, 0.9  # the product's defaults, for every peer that knows them
RUNS = 5

Generate = Callable[[int], Sequence[int]]


def measure(load: Callable[..., Generate], distribution: str, runs: int = RUNS, few: int = 1) -> None:
    """Load a peer, time it, and print one line of JSON.

    A few tokens are timed and `NEW` of them. The difference, shared out, is the time of a token; what the few took
    beyond that is the prefill, up to the first token.

    Args:
        load: given the words of the command line, returns a function from a number to so many new tokens
            after `PROMPT`. It also does the library's imports.
        distribution: what the version is told of.
        runs: how often a reply is generated; one before them does not count.
        few: 1, or the fewest that the peer can generate.
    """
    start = time.perf_counter()
    generate = load(*sys.argv[1:])
    load_s = time.perf_counter() - start
    for new in (few, NEW):
        found = len(generate(new))
        assert found == new, f"{found} tokens instead of {new}"
    times = zip(*(_time(generate, few) for _ in range(runs)), strict=True)
    little, whole = (statistics.median(column) * 1e3 for column in times)
    token = (whole - little) / (NEW - few)
    result = {
        "ms_per_token": token,
        "prefill_ms": little - (few - 1) * token,
        "load_s": load_s,
        "peak_mb": peak_mb(),
        "version": f"{distribution} {version(distribution)}",
    }
    print(json.dumps(result), flush=True)


def _time(generate: Generate, few: int) -> tuple[float, float]:
    start = time.perf_counter()
    generate(few)
    middle = time.perf_counter()
    generate(NEW)
    return middle - start, time.perf_counter() - middle


def peak_mb() -> float:
    """Return the most memory that this process has held, resident, in MB."""
    # Not `getrusage`, whose peak a process inherits from the one that started it.
    line = next(
        line for line in Path("/proc/self/status").read_text().split("\n") if line.startswith("VmHWM")
    )
    return int(line.split()[1]) / 1024
