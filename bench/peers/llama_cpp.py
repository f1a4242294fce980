"""llama.cpp by its Python binding: FILE.gguf [sampled|greedy]."""

from itertools import islice

from bench.peers.common import PROMPT, TEMPERATURE, THREADS, TOP_K, TOP_P, Generate, measure


def load(path: str, choice: str = "sampled") -> Generate:
    """Open a gguf file with the same length of context as ours."""
    from llama_cpp import Llama

    model = Llama(path, n_ctx=128, n_threads=THREADS, n_threads_batch=THREADS, verbose=False)
    temperature = TEMPERATURE if choice == "sampled" else 0.0

    def generate(new: int) -> list[int]:
        model.reset()  # else it takes the prompt's keys and values from the run before
        tokens = model.generate(
            PROMPT, temp=temperature, top_k=TOP_K, top_p=TOP_P, min_p=0.0, repeat_penalty=1.0
        )
        return list(islice(tokens, new))

    return generate


if __name__ == "__main__":
    measure(load, "llama-cpp-python")
