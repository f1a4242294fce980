"""The shapes that a model from random weights can have."""

from collections.abc import Mapping

from engine.checkpoint import Geometry

SIZES: Mapping[str, Geometry] = {
    "tiny": Geometry(vocab_size=2000, context=128, width=64, layers=2, heads=2),
    "mini": Geometry(vocab_size=4000, context=128, width=192, layers=4, heads=6),
}
