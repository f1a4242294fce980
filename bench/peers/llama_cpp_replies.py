"""llama.cpp, whole replies, greedy: FILE.gguf < lines of JSON with "prompt" and "eos". Prints one for each."""

import json
import sys
import time

from llama_cpp import Llama

from bench.peers.common import NEW, THREADS


def main() -> None:
    """Continue the first prompt once more before all, to warm up."""
    prompts = [json.loads(line) for line in sys.stdin]
    model = Llama(sys.argv[1], n_ctx=128, n_threads=THREADS, n_threads_batch=THREADS, verbose=False)
    reply(model, **prompts[0])
    for prompt in prompts:
        start = time.perf_counter()
        ids = reply(model, **prompt)
        print(json.dumps({"ids": ids, "seconds": time.perf_counter() - start}), flush=True)


def reply(model: Llama, prompt: list[int], eos: int) -> list[int]:
    """Return the likeliest tokens up to the closing one, `NEW` at most as in ours."""
    model.reset()
    ids: list[int] = []
    for token in model.generate(prompt, temp=0.0, repeat_penalty=1.0):
        if token == eos or len(ids) == NEW:
            break
        ids.append(token)
    return ids


if __name__ == "__main__":
    main()
