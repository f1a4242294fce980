"""Ours: MODEL [int8|fp32] [sampled|greedy]."""

from pathlib import Path
from typing import Any

import numpy as np

from bench.peers.common import PROMPT, TEMPERATURE, THREADS, TOP_K, TOP_P, Generate, measure


def load(folder: str, precision: Any = "int8", choice: str = "sampled") -> Generate:
    """Open the model as the engine does."""
    from engine.model_directory import ModelDirectory
    from engine.runtime import Runtime
    from engine.sampling import Sampling, draw

    runtime = Runtime(ModelDirectory.load(Path(folder)), precision, THREADS)
    sampling = Sampling(temperature=TEMPERATURE, top_k=TOP_K, top_p=TOP_P)
    generator = np.random.default_rng(0)

    def choose(logits: Any) -> int:
        return (
            int(logits.argmax()) if choice == "greedy" else draw(sampling.apply(logits), generator.random())
        )

    def generate(new: int) -> list[int]:
        runtime.truncate(0)
        ids = [choose(runtime.append(PROMPT, last_only=True)[-1])]
        while len(ids) < new:
            ids.append(choose(runtime.append(ids[-1:])[-1]))
        return ids

    return generate


if __name__ == "__main__":
    measure(load, "counsel")
