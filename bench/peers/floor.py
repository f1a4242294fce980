"""The least time that memory allows a token: all 8-bit weights of KoGPT2's geometry, read once."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bench.peers.common import THREADS

LAYERS, WIDTH, WORDS = 12, 768, 51200
WEIGHTS = LAYERS * 12 * WIDTH * WIDTH + WORDS * WIDTH  # 12: attention reads 3 and writes 1, the rest 4 and 4
BLOCK = 1 << 29  # bytes, far more than caches hold
RUNS = 7


def bandwidth() -> float:
    """Return the bytes a second that `THREADS` threads read from memory, in the best of several runs."""
    blocks = [np.ones(BLOCK, np.int8) for _ in range(THREADS)]
    seconds = []
    with ThreadPoolExecutor(THREADS) as threads:
        for _ in range(RUNS):
            start = time.perf_counter()
            list(threads.map(np.max, blocks))
            seconds.append(time.perf_counter() - start)
    return THREADS * BLOCK / min(seconds)


if __name__ == "__main__":
    speed = bandwidth()
    print(json.dumps({"ms_per_token": WEIGHTS / speed * 1e3, "version": f"{speed / 1e9:.1f} GB/s"}))
