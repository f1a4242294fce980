"""Save the weights of `tests/fixtures/tiny-gpt2` in every format that `train.base` reads, by the real libraries.

Each library has an environment of its own, where this repository's root is on PYTHONPATH:

    pip install torch==2.13.0 transformers==5.23.0                       python -m bench.golden_checkpoints torch
    pip install tensorflow==2.21.0 tf-keras==2.21.0 transformers==4.57.6 python -m bench.golden_checkpoints keras
    pip install flax==0.12.8 jax==0.10.2 transformers==4.57.6            python -m bench.golden_checkpoints flax

`keras` and `flax` stop unless the library's own logits are those of torch. Whether a directory of ours gives the same
logits in real transformers is checked in two steps, the first in our environment, the second in that of torch:

    python -m bench.golden_checkpoints ours DIR LOGITS.npz
    python -m bench.golden_checkpoints check DIR LOGITS.npz
"""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures"
TINY = FIXTURES / "tiny-gpt2"
FOLDER = FIXTURES / "checkpoints"
TOLERANCE = 1e-4


def save_torch() -> None:
    """Write safetensors in shards, and `pytorch_model.bin` in the forms that are met with."""
    import torch
    from transformers import GPT2LMHeadModel

    model = GPT2LMHeadModel.from_pretrained(TINY)
    model.save_pretrained(FOLDER / "safetensors-shards", max_shard_size="60KB")
    state = model.state_dict()  # an OrderedDict with `_metadata`; the head shares the embedding's storage
    _torch_save(state, "torch-zip")
    # As transformers wrote until 4.30 and torch until 1.5, which is what KoGPT2's page holds: with the masks of attention.
    for layer in range(model.config.n_layer):
        mask = torch.ones(48, 48, dtype=torch.uint8).tril().view(1, 1, 48, 48)
        state[f"transformer.h.{layer}.attn.bias"] = mask
        state[f"transformer.h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)
    _torch_save(state, "torch-pickle", _use_new_zipfile_serialization=False)
    # A bare GPT2Model in a plain dict: parameters that are views of one storage, matrices transposed, half precision.
    weights = {
        name: tensor
        for name, tensor in model.transformer.state_dict().items()
        if not name.endswith(".attn.bias")
    }
    flat = torch.cat([tensor.t().reshape(-1) for tensor in weights.values()]).bfloat16()
    views, start = {}, 0
    for name, tensor in weights.items():
        part = flat[start : start + tensor.numel()].view(tensor.t().shape).t()
        views[name] = torch.nn.Parameter(part) if name == "wte.weight" else part
        start += tensor.numel()
    views["wpe.weight"] = weights["wpe.weight"].half()
    views["ln_f.weight"] = weights["ln_f.weight"].double()
    views["unrelated"] = torch.ones(3, dtype=torch.uint16)  # of a type without a storage of its own
    _torch_save(views, "torch-views")


def _torch_save(state: Any, name: str, **options: Any) -> None:
    import torch

    (FOLDER / name).mkdir(parents=True, exist_ok=True)
    torch.save(state, FOLDER / name / "pytorch_model.bin", **options)


def save_keras() -> None:
    """Write `tf_model.h5` as the published recipe's `model.save_pretrained('chatbot')` does."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    from transformers import GPT2Config, TFGPT2LMHeadModel  # type: ignore[attr-defined]  # of transformers 4

    model = TFGPT2LMHeadModel(GPT2Config.from_pretrained(TINY))
    expected = np.load(TINY / "expected.npz")
    model(expected["ids"])  # makes the variables
    tensors = load_file(TINY / "model.safetensors")
    for variable in model.variables:
        name = re.sub(r".*/transformer/|:0$", "", variable.name).replace("h_._", "h/").replace("/", ".")
        name = re.sub(r"(gamma|embeddings)$", "weight", name).replace("beta", "bias")
        variable.assign(tensors["transformer." + name].reshape(variable.shape))
    _compare(model(expected["ids"]).logits, expected["logits"])
    model.save_pretrained(FOLDER / "keras")


def save_flax() -> None:
    """Write `flax_model.msgpack`, and once more with its arrays in chunks, as flax stores those over 1 GB."""
    from flax import serialization, traverse_util
    from transformers import FlaxGPT2LMHeadModel, GPT2Config  # type: ignore[attr-defined]  # of transformers 4

    config = GPT2Config.from_pretrained(TINY)
    model = FlaxGPT2LMHeadModel(config)
    tensors = load_file(TINY / "model.safetensors")
    flat = {}
    for path, value in traverse_util.flatten_dict(model.params).items():
        kind = {"kernel": "weight", "scale": "weight", "embedding": "weight"}.get(path[-1], path[-1])
        tensor = tensors[".".join([*path[:-1], kind])]
        flat[path] = tensor.T if path[-1] == "kernel" else tensor
        assert flat[path].shape == value.shape
    model.params = traverse_util.unflatten_dict(flat)
    expected = np.load(TINY / "expected.npz")
    _compare(model(expected["ids"]).logits, expected["logits"])
    model.save_pretrained(FOLDER / "flax")
    serialization.MAX_CHUNK_SIZE = 5000
    model.save_pretrained(FOLDER / "flax-chunks")


def _compare(logits: Any, expected: Any) -> None:
    difference = float(np.abs(np.asarray(logits) - expected).max())
    print(f"largest difference between the logits: {difference:.2g}")
    assert difference < TOLERANCE


def save_ours(folder: str, logits: str) -> None:
    """Write the logits of the trainer's network for as many random tokens as a directory's context holds, or 128."""
    from train.base import open_base
    from train.model import GPT2

    base = open_base(folder)
    model = GPT2(base.geometry)
    model.assign(base.tensors())
    shape = 2, min(base.geometry.context, 128)
    ids = np.random.default_rng(0).integers(base.geometry.vocab_size, size=shape, dtype=np.int32)
    np.savez(logits, ids=ids, logits=np.asarray(model.logits(model(ids))))


def check(folder: str, logits: str) -> None:
    """Load a directory with real transformers and compare its logits with ours."""
    import torch
    from transformers import AutoModelForCausalLM

    ours = np.load(logits)
    model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    assert not any(info[part] for part in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
    with torch.no_grad():
        _compare(model(torch.from_numpy(ours["ids"]).long()).logits, ours["logits"])


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {
        "torch": save_torch,
        "keras": save_keras,
        "flax": save_flax,
        "ours": save_ours,
        "check": check,
    }
    commands[sys.argv[1]](*sys.argv[2:])
