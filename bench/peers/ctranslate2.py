"""CTranslate2: FOLDER [float32|int8]."""

import json
from pathlib import Path

from bench.peers.common import PROMPT, TEMPERATURE, THREADS, TOP_K, TOP_P, Generate, measure


def load(folder: str, compute_type: str = "int8") -> Generate:
    """Open a folder that `bench.peers.convert_ctranslate2` wrote."""
    import ctranslate2

    model = ctranslate2.Generator(folder, device="cpu", compute_type=compute_type, intra_threads=THREADS)
    vocabulary = json.loads((Path(folder) / "vocabulary.json").read_bytes())
    prompt = [vocabulary[token] for token in PROMPT]

    def generate(new: int) -> list[int]:
        (result,) = model.generate_batch(
            [prompt],
            min_length=new,
            max_length=new,
            sampling_temperature=TEMPERATURE,
            sampling_topk=TOP_K,
            sampling_topp=TOP_P,
            include_prompt_in_result=False,
        )
        return list(result.sequences_ids[0])

    return generate


if __name__ == "__main__":
    measure(load, "ctranslate2")
