"""PyTorch and transformers, float32: MODEL."""

from bench.peers.common import PROMPT, TEMPERATURE, THREADS, TOP_K, TOP_P, Generate, measure


def load(folder: str) -> Generate:
    """Open the model directory as it is."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(THREADS)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids = torch.tensor([PROMPT])

    def generate(new: int) -> list[int]:
        with torch.inference_mode():
            sequence = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                min_new_tokens=new,
                max_new_tokens=new,
                do_sample=True,
                temperature=TEMPERATURE,
                top_k=TOP_K,
                top_p=TOP_P,
            )
        return list(sequence[0, len(PROMPT) :].tolist())

    return generate


if __name__ == "__main__":
    measure(load, "torch")
