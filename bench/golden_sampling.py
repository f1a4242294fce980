"""Make `tests/fixtures/sampling/expected.npz`: distributions by the rules of real transformers + torch.

The model builds its own chain of rules, so the order is transformers' too. Needs an environment of its own:
pip install torch==2.13.0 transformers==5.23.0, then python bench/golden_sampling.py
"""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel

FILE = Path(__file__).parents[1] / "tests" / "fixtures" / "sampling" / "expected.npz"
VOCAB, EOS = 160, 1

SINGLE: list[dict[str, Any]] = [
    {"temperature": 0.0},
    {"temperature": 0.3},
    {"temperature": 1.7},
    {"top_k": 1},
    {"top_k": 12},
    {"top_k": 200},
    {"top_p": 0.1},
    {"top_p": 0.9},
    {"min_p": 0.02},
    {"min_p": 0.4},
    {"repetition_penalty": 0.8},
    {"repetition_penalty": 1.3},
    {"repetition_penalty": 10.0},
    {"no_repeat_ngram_size": 1},
    {"no_repeat_ngram_size": 2},
    {"no_repeat_ngram_size": 3},
    {"min_length": 20},
]
ALL = {
    "temperature": 1.4,
    "top_k": 30,
    "top_p": 0.85,
    "min_p": 0.03,
    "repetition_penalty": 1.2,
    "no_repeat_ngram_size": 2,
    "min_length": 20,
}
ORIGINAL = {  # as published; a minimum of 50 exceeds all histories here
    "temperature": 0.01,
    "top_k": 5,
    "repetition_penalty": 0.8,
    "no_repeat_ngram_size": 3,
    "min_length": 50,
}


def main() -> None:
    """Write `cases` (JSON), `logits` and `expected` float32 [.., VOCAB], `histories` int32, padded with -1."""
    generator = np.random.default_rng(0)
    logits = np.stack([generator.normal(mean, deviation, VOCAB) for mean, deviation in ((0, 3), (-6, 1.5))])
    logits = logits.astype(np.float32)
    logits[1, generator.choice(VOCAB, 40, replace=False)] = -np.inf
    logits[:, EOS] = logits.max(axis=1) - 0.5  # so that forbidding the end changes something
    histories = [[], [7], _repetitive(logits, generator, 12), _repetitive(logits, generator, 40)]

    pairs = [a | b for a, b in itertools.combinations(SINGLE, 2) if not a.keys() & b.keys()]
    parameters = [{}, *SINGLE, *pairs, ALL, ORIGINAL]
    model = GPT2LMHeadModel(GPT2Config(vocab_size=VOCAB, n_embd=8, n_layer=1, n_head=1))
    cases = list(itertools.product(parameters, range(len(logits)), range(len(histories))))
    expected = [_transformers(model, given, logits[i], histories[j]) for given, i, j in cases]
    for given in SINGLE:  # a rule that changes nothing would test nothing
        changed = [
            not np.array_equal(distribution, expected[cases.index(({}, i, j))])
            for distribution, (parameter, i, j) in zip(expected, cases, strict=True)
            if parameter is given
        ]
        assert any(changed) or given == {"top_k": 200}, given
    padded = np.full((len(histories), max(map(len, histories))), -1, np.int32)
    for row, history in zip(padded, histories, strict=True):
        row[: len(history)] = history
    FILE.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        FILE, cases=json.dumps(cases), logits=logits, histories=padded, expected=np.stack(expected)
    )
    print(f"{len(cases)} cases, {FILE.stat().st_size / 1024:.0f} KiB")


def _repetitive(logits: np.ndarray, generator: np.random.Generator, length: int) -> list[int]:
    """Return ids that repeat n-grams, among the likeliest tokens, whose repetition the rules then touch."""
    likeliest = np.argsort(-logits.max(axis=0))[:6]
    ids: list[int] = generator.choice(likeliest[likeliest != EOS], length).tolist()
    ids[:4] = ids[-2:] * 2  # the last two tokens have been there before, and were followed by themselves
    return ids


def _transformers(
    model: GPT2LMHeadModel, given: dict[str, Any], logits: np.ndarray, history: list[int]
) -> np.ndarray:
    neutral = {"temperature": 1.0, "top_k": 0, "top_p": 1.0}
    greedy = given.get("temperature") == 0
    asked = {"do_sample": False} if greedy else {"do_sample": True, **neutral, **given}
    if greedy:
        asked |= {name: value for name, value in given.items() if name not in {*neutral, "min_p"}}
    config = GenerationConfig(eos_token_id=EOS, pad_token_id=EOS, **asked)  # type: ignore[no-untyped-call]
    model._prepare_special_tokens(config, device="cpu")
    rules = model._get_logits_processor(config, input_ids_seq_length=max(1, len(history)), device="cpu")
    ids = torch.tensor([history], dtype=torch.long)
    scores = rules(ids, torch.tensor(logits)[None])[0]
    likeliest = torch.nn.functional.one_hot(scores.argmax(), VOCAB).float()
    expected: np.ndarray = (likeliest if greedy else scores.softmax(dim=-1)).numpy()
    return expected


if __name__ == "__main__":
    main()
