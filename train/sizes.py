"""The shapes that a model from random weights can have."""

from collections.abc import Mapping

from engine.checkpoint import Geometry

SIZES: Mapping[str, Geometry] = {
    "tiny": Geometry(vocab_size=2000, context=128, width=64, layers=2, heads=2),
    "mini": Geometry(vocab_size=4000, context=128, width=192, layers=4, heads=6),
    # About 10.7 million parameters: with its tokenizer under 25 MB in half precision, so that it can come along.
    "small": Geometry(vocab_size=10_000, context=256, width=320, layers=6, heads=5),
    "kogpt2": Geometry(vocab_size=51_200, context=1024, width=768, layers=12, heads=12),
}
