"""What a training step takes of memory, beside what `train.footprint` estimates.

    python -m bench.footprint          # ten minutes on two cores, and 8 GB of memory

Each row is a process of its own: two steps of the real trainer on random ids, and the most that was resident.
"""

import resource
import subprocess
import sys
from typing import NamedTuple

import numpy as np

from engine.checkpoint import Geometry
from train.footprint import Footprint
from train.sequences.survey import Pass, Survey
from train.settings import Settings

SMALL = Geometry(vocab_size=2000, context=256, width=256, layers=6, heads=8)
WORDY = Geometry(vocab_size=30_000, context=256, width=256, layers=6, heads=8)
KOGPT2 = Geometry(vocab_size=51_200, context=1024, width=768, layers=12, heads=12)


class Case(NamedTuple):
    """One measurement."""

    name: str
    geometry: Geometry
    one: Pass
    passes: int = 1
    lora_rank: int = 0


CASES = (
    Case("6 × 256", SMALL, Pass(128, 64, 2785)),
    Case("6 × 256, long", SMALL, Pass(32, 256, 2785)),
    Case("6 × 256, 30,000 words, all positions", WORDY, Pass(64, 64, 4096)),
    Case("KoGPT2", KOGPT2, Pass(4, 64, 87)),
    Case("KoGPT2", KOGPT2, Pass(16, 64, 348)),
    Case("KoGPT2", KOGPT2, Pass(32, 64, 696)),
    Case("KoGPT2, accumulate 4", KOGPT2, Pass(4, 64, 87), passes=4),
    Case("KoGPT2, LoRA 8", KOGPT2, Pass(4, 64, 87), lora_rank=8),
)


def settings_of(case: Case) -> Settings:
    """Return the settings that give such passes."""
    return Settings(batch_size=case.one.rows * case.passes, accumulate=case.passes, lora_rank=case.lora_rank)


def measure(case: Case, xla: bool) -> int:
    """Make two steps in this process, and return its peak in bytes."""
    from train.devices import find_devices
    from train.model import GPT2
    from train.sequences.pipeline import Update
    from train.trainer import Trainer

    find_devices()  # as before every training
    settings = settings_of(case)
    trainer = Trainer(lambda: GPT2(case.geometry, 0.1, lora_rank=case.lora_rank), settings, xla=xla)
    (rows, length, slots), generator = case.one, np.random.default_rng(0)
    places = np.stack([np.sort(generator.permutation(rows * length)[:slots]) for _ in range(case.passes)])
    update = Update(
        inputs=generator.integers(0, case.geometry.vocab_size, (case.passes, rows, length), np.int32),
        places=places.astype(np.int32),
        targets=generator.integers(0, case.geometry.vocab_size, places.shape, np.int32),
        weights=np.full(places.shape, 1 / places.size, np.float32),
        topic_slots=np.zeros((case.passes, rows), np.int32),
        topics=np.zeros((case.passes, rows), np.int32),
        topic_weights=np.zeros((case.passes, rows), np.float32),
        lines=np.arange(rows * case.passes),
        tokens=places.size,
        padding=0,
    )
    for number in (1, 2):
        trainer.step(update, 1e-4, number)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Print a table in Markdown."""
    print("| network | pass | XLA | measured, GB | estimated, GB |\n| --- | --- | --- | --- | --- |")
    for number, case in enumerate(CASES):
        for xla in (False, True):
            command = [sys.executable, "-m", "bench.footprint", str(number), str(int(xla))]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            survey = Survey({case.one: 1}, case.one.rows * case.one.length, 0, case.one.slots)
            estimate = Footprint(case.geometry, settings_of(case), xla=xla).peak(survey)
            shape = f"{case.one.rows} × {case.one.length}, {case.one.slots} targets"
            told = f"{int(done.stdout) / 1e9:.2f} | {estimate / 1e9:.2f}"
            print(f"| {case.name} | {shape} | {'yes' if xla else 'no'} | {told} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(measure(CASES[int(sys.argv[1])], bool(int(sys.argv[2]))))
    else:
        main()
