"""Make a model directory of KoGPT2's geometry with random weights and a tokenizer of 51,200 tokens.

    python -m bench.kogpt2 DIR [--text SENTENCES.txt.xz]

The tokenizer is learnt from the text, one sentence a line; without one it knows bytes and made-up words, which
does for timing. Both `Engine.load` and `AutoModelForCausalLM.from_pretrained` read the directory.
"""

import json
import lzma
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import numpy as np
from tokenizers import Tokenizer

from engine.checkpoint import Array, Geometry
from engine.template import Codec, Template
from train import checkpoint
from train.sequences.tokenizer import learn_tokenizer

KOGPT2 = Geometry(vocab_size=51200, context=1024, width=768, layers=12, heads=12)
DEVIATION = 0.02


def make(folder: Path, texts: Iterable[str] = (), seed: int = 0) -> None:
    """Write the model directory."""
    codec = Codec(full_tokenizer(texts, KOGPT2.vocab_size), Template(), str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint.save_tokenizer(folder, codec, KOGPT2.context)
    config = {
        "vocab_size": KOGPT2.vocab_size,
        "n_positions": KOGPT2.context,
        "n_embd": KOGPT2.width,
        "n_layer": KOGPT2.layers,
        "n_head": KOGPT2.heads,
    }
    checkpoint.save_network(folder, random_weights(KOGPT2, seed), codec, config)


def random_weights(geometry: Geometry, seed: int) -> dict[str, Array]:
    """Return normally distributed tensors as float32; the norms' gains lie around 1, all else around 0."""
    generator = np.random.default_rng(seed)
    tensors = {
        name: generator.standard_normal(shape, np.float32) * np.float32(DEVIATION)
        for name, shape in geometry.shapes().items()
    }
    for name, tensor in tensors.items():
        if "ln_" in name and name.endswith(".weight"):
            tensor += 1
    return tensors


def full_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Learn a tokenizer; where the texts give too few tokens, words that nothing merges into make up for it."""
    state = json.loads(learn_tokenizer(texts, vocab_size).to_str())
    vocabulary = state["model"]["vocab"]
    for number in range(len(vocabulary), vocab_size):
        vocabulary[f"<made-up {number}>"] = number
    return Tokenizer.from_str(json.dumps(state))


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, which may be packed with xz."""
    with (
        lzma.open(path, "rt", encoding="utf-8")
        if path.suffix == ".xz"
        else path.open(encoding="utf-8") as file
    ):
        yield from (line.rstrip("\n") for line in file)


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--text", type=click.Path(path_type=Path), help="Sentences to learn the tokenizer from.")
@click.option("--seed", default=0, show_default=True)
def main(folder: Path, text: Path | None, seed: int) -> None:
    """Write it."""
    make(folder, read_lines(text) if text else (), seed)


if __name__ == "__main__":
    main()
