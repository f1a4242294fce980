"""What several workers bring and what their exchange costs: seconds a step of one and of two, each on a core of its own.

    python -m bench.scale

The workers are processes on this machine that talk over 127.0.0.1, so the network is faster than a real one: the
figures show what the exchange costs in itself. The global batch is the same.
"""

import json
import os
import socket
import subprocess
import sys
from statistics import median

SIZES = "mini", "small"
BATCH, LENGTH, STEPS = 32, 64, 8
SHARE = 0.34  # of the positions have a target, as on rows like the Wellness sheet's


def main() -> None:
    """Measure and print a table in Markdown."""
    print(
        "| size | parameters | exchanged a step | 1 worker, s a step | 2 workers, s a step | times as fast |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for size in SIZES:
        (alone,) = _run(size, 1)
        together = _run(size, 2)
        seconds = max(worker["seconds"] for worker in together)
        parameters = alone["parameters"]
        print(
            f"| {size} | {parameters / 1e6:.1f} M | {4 * parameters / 1e6:.0f} MB | {alone['seconds']:.2f} | "
            f"{seconds:.2f} | {alone['seconds'] / seconds:.2f} |",
            flush=True,
        )


def _run(size: str, workers: int) -> list[dict[str, float]]:
    addresses = []
    for _ in range(workers):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            addresses.append(f"127.0.0.1:{free.getsockname()[1]}")
    command = [sys.executable, "-m", "bench.scale", size, ",".join(addresses)]
    children = [
        subprocess.Popen([*command, str(index)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for index in range(workers)
    ]
    return [json.loads(child.communicate()[0].splitlines()[-1]) for child in children]


def _work(size: str, addresses: list[str], index: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[index % len(cores)]})
    import time

    import numpy as np

    from train.devices import find_devices
    from train.distribution import Cluster, make_strategy
    from train.model import GPT2
    from train.sequences.pipeline import Batcher, Line
    from train.settings import Settings
    from train.sizes import SIZES as GEOMETRIES
    from train.trainer import Trainer

    cluster = Cluster(tuple(addresses), index) if len(addresses) > 1 else None
    geometry = GEOMETRIES[size]
    trainer = Trainer(lambda: GPT2(geometry), Settings(), make_strategy(cluster, find_devices()))
    generator = np.random.default_rng(0)
    ids = generator.integers(0, geometry.vocab_size, (BATCH, LENGTH + 1)).tolist()
    lines = [Line(line, round(LENGTH * (1 - SHARE))) for line in ids]
    update = Batcher(BATCH, 0, geometry.context, trainer.replicas).update(lines, np.arange(BATCH))
    times = []
    for number in range(1, STEPS + 2):
        began = time.perf_counter()
        trainer.step(update, 1e-4, number)
        times.append(time.perf_counter() - began)
    parameters = sum(int(variable.value.shape.num_elements()) for variable in trainer.model.variables)
    print(json.dumps({"seconds": median(times[1:]), "parameters": parameters}))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _work(sys.argv[1], sys.argv[2].split(","), int(sys.argv[3]))
    else:
        main()
