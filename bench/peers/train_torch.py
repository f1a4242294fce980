"""PyTorch and transformers, AdamW, batches padded to their longest row: fp32, or bf16 by autocast."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.peers.common import THREADS
from bench.peers.training import CONFIG, RATE, Sequences, Timed, measure, padded


def prepare(mode: str, lines: Sequences) -> Sequence[Timed]:
    """Make a network with random weights; padding is masked in attention and loss."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.set_num_threads(THREADS)
    model = GPT2LMHeadModel(GPT2Config(**CONFIG)).train()
    optimizer = torch.optim.AdamW(model.parameters(), RATE)

    def step(tokens: NDArray[np.int32], held: NDArray[np.bool_]) -> float:
        ids, mask = torch.tensor(tokens).long(), torch.tensor(held)
        optimizer.zero_grad()
        labels = ids.masked_fill(~mask, -100)
        with torch.autocast("cpu", torch.bfloat16, enabled=mode == "bf16"):
            loss = model(ids, attention_mask=mask.long(), labels=labels, use_cache=False).loss
        loss.backward()
        optimizer.step()
        return float(loss)

    return [
        Timed(
            positions=tokens.size - len(tokens),  # a row's last token predicts nothing
            shape=(),
            run=lambda tokens=tokens, held=held: step(tokens, held),  # type: ignore[misc]
        )
        for tokens, held in padded(lines)
    ]


if __name__ == "__main__":
    measure(prepare, "torch")
