"""Write a model directory as a gguf file: MODEL FILE.gguf q8_0|f16.

Its tokenizer is a dummy, since the peers are fed with ids.
"""

import json
import sys
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from safetensors.numpy import load_file

NAMES = {
    "ln_1": "attn_norm",
    "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output",
    "ln_2": "ffn_norm",
    "mlp.c_fc": "ffn_up",
    "mlp.c_proj": "ffn_down",
}


def convert(folder: Path, path: Path, quantisation: Any) -> None:
    """Write the file, its matrices quantised."""
    config = json.loads((folder / "config.json").read_bytes())
    tensors = {
        name.removeprefix("transformer."): t for name, t in load_file(folder / "model.safetensors").items()
    }
    writer = gguf.GGUFWriter(path, "gpt2")
    _describe(writer, config)

    def add(name: str, tensor: Any, matrix: bool = False) -> None:
        kind = quantisation if matrix else gguf.GGMLQuantizationType.F32
        array = np.ascontiguousarray(tensor, np.float32)
        writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)

    add("token_embd.weight", tensors["wte.weight"], matrix=True)
    add("position_embd.weight", tensors["wpe.weight"])
    for layer in range(config["n_layer"]):
        for theirs, its in NAMES.items():
            weight, bias = (tensors[f"h.{layer}.{theirs}.{part}"] for part in ("weight", "bias"))
            add(f"blk.{layer}.{its}.weight", weight.T, matrix=weight.ndim == 2)  # theirs are [in, out]
            add(f"blk.{layer}.{its}.bias", bias)
    add("output_norm.weight", tensors["ln_f.weight"])
    add("output_norm.bias", tensors["ln_f.bias"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: Any, config: dict[str, Any]) -> None:
    writer.add_block_count(config["n_layer"])
    writer.add_context_length(config["n_positions"])
    writer.add_embedding_length(config["n_embd"])
    writer.add_feed_forward_length(4 * config["n_embd"])
    writer.add_head_count(config["n_head"])
    writer.add_layer_norm_eps(config["layer_norm_epsilon"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"t{number}" for number in range(config["vocab_size"])])
    writer.add_token_types([gguf.TokenType.NORMAL] * config["vocab_size"])
    writer.add_token_merges(["t 1"])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])


if __name__ == "__main__":
    model, file, kind = sys.argv[1:]
    convert(Path(model), Path(file), gguf.GGMLQuantizationType[kind.upper()])
