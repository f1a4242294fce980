"""What every peer of `bench/train.py` is asked to do, and how it is timed. Imports nothing but numpy.

    python -m bench.peers.train_PEER MODE LINES COUNT

LINES is a JSON file: for every line of an epoch its number of tokens, and how many of them are only read.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.peers.common import peak_mb

VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS = 51200, 1024, 768, 12, 12  # KoGPT2's
DROPOUT, RATE, BATCH = 0.1, 3e-5, 32
PAD = 3  # KoGPT2's <pad>
# The arguments of `transformers.GPT2Config`.
CONFIG: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "n_positions": CONTEXT,
    "n_embd": WIDTH,
    "n_layer": LAYERS,
    "n_head": HEADS,
    "resid_pdrop": DROPOUT,
    "embd_pdrop": DROPOUT,
    "attn_pdrop": DROPOUT,
}


@dataclass(frozen=True)
class Timed:
    """One step of an epoch.

    Attributes:
        positions: that the network computes, padding included.
        shape: steps of another shape may have to be compiled first.
        run: makes the step and returns its loss.
    """

    positions: int
    shape: Hashable
    run: Callable[[], float]


Sequences = Sequence[tuple[NDArray[np.int32], int]]


def measure(prepare: Callable[[str, Sequences], Sequence[Timed]], distribution: str) -> None:
    """Time COUNT steps of an epoch and print one line of JSON.

    The steps are ranked by their size and divided into COUNT parts of equal number; the middle one of each part is
    timed, so that their mean is that of the whole epoch. A step whose shape is new runs once before: what it took
    longer than when it is timed is what compiling takes.

    Args:
        prepare: given the mode and the lines of an epoch, ids int32 [tokens] and how many of them are only read,
            returns the steps of the epoch. It also does the library's imports.
        distribution: what the version is told of.
    """
    mode, path, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    generator = np.random.default_rng(0)
    sizes = json.loads(path.read_text())
    lines = [(generator.integers(300, VOCABULARY, size, np.int32), read) for size, read in sizes]
    steps = prepare(mode, lines)
    ranked = sorted(steps, key=lambda step: step.positions)
    chosen = [ranked[(2 * place + 1) * len(ranked) // (2 * count)] for place in range(count)]
    known: set[Hashable] = set()
    firsts: list[float] = []
    extra: list[float] = []
    times: list[float] = []
    cpu: list[float] = []
    for step in chosen:
        if step.shape not in known:
            firsts.append(_seconds(step))
        began = time.process_time()
        times.append(_seconds(step))
        cpu.append(time.process_time() - began)
        if step.shape not in known:
            extra.append(firsts[-1] - times[-1])
            known.add(step.shape)
    epoch = statistics.mean(times) * len(steps)
    compiling = max(0.0, statistics.mean(extra)) * len({step.shape for step in steps})
    result = {
        "first_s": firsts[0],
        "step_s": statistics.median(times),
        "cpu_s": statistics.median(cpu),  # of both cores, which tells whether something else was running too
        "rows_per_s": len(lines) / epoch,
        "rows_per_s_first": len(lines) / (epoch + compiling),
        "padding": 1 - sum(size - 1 for size, _ in sizes) / sum(step.positions for step in steps),
        "shapes": len({step.shape for step in steps}),
        "peak_mb": peak_mb(),
        "version": f"{distribution} {version(distribution)}",
    }
    print(json.dumps(result), flush=True)


def padded(lines: Sequences) -> list[tuple[NDArray[np.int32], NDArray[np.bool_]]]:
    """Return batches in the order of the lines, each padded to its longest, and where they hold tokens."""
    batches = []
    for start in range(0, len(lines), BATCH):
        batch = [ids for ids, _ in lines[start : start + BATCH]]
        tokens = np.full((len(batch), max(map(len, batch))), PAD, np.int32)
        for row, ids in enumerate(batch):
            tokens[row, : len(ids)] = ids
        lengths = np.array([len(ids) for ids in batch])
        batches.append((tokens, np.arange(tokens.shape[1]) < lengths[:, None]))
    return batches


def _seconds(step: Timed) -> float:
    start = time.perf_counter()
    loss = step.run()
    seconds = time.perf_counter() - start
    assert np.isfinite(loss), loss
    return seconds
