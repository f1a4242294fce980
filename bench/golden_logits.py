"""Make `tests/fixtures/tiny-gpt2`: a tiny GPT-2 saved by real transformers + torch, with its logits.

Needs an environment of its own: pip install torch==2.13.0 transformers==5.23.0, then
python bench/golden_logits.py
"""

from pathlib import Path

import numpy as np
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from train.sequences.tokenizer import learn_tokenizer

FOLDER = Path(__file__).parents[1] / "tests" / "fixtures" / "tiny-gpt2"
TEXTS = ["오늘은 마음이 무거워요", "감정/불안", "증상/불면", "괜찮아요, 천천히 말해 주세요."]


def main() -> None:
    """Write the checkpoint, the tokenizer and `expected.npz` (ids int32 [batch, length], logits)."""
    torch.manual_seed(0)
    tokenizer = learn_tokenizer(TEXTS, 320)
    config = GPT2Config(
        vocab_size=320, n_positions=48, n_embd=32, n_layer=2, n_head=4, bos_token_id=1, eos_token_id=1
    )
    model = GPT2LMHeadModel(config)
    model.eval()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for parameter in model.parameters():  # also the norms' gains and biases, which start as 1 and 0
            parameter.add_(torch.randn_like(parameter) * 0.2)
        ids = torch.randint(0, config.vocab_size, (3, 40))
        logits = model(ids).logits
    model.save_pretrained(FOLDER)
    tokenizer.save(str(FOLDER / "tokenizer.json"))
    np.savez_compressed(
        FOLDER / "expected.npz", ids=ids.numpy().astype(np.int32), logits=logits.numpy().astype(np.float32)
    )


if __name__ == "__main__":
    main()
