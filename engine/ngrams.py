"""Character n-grams of a text as a sparse vector, for a linear expert on topics.

Syllables are counted across blanks and, within words, the letters that they are made of (NFD), so that endings and stems
that share letters share n-grams.
N-grams are hashed into a fixed number of buckets: no vocabulary is stored, and an n-gram that was never seen has a
place as well. Source: Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (2009).
"""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from engine.characters import normalize

BUCKETS = 3 << 14
SYLLABLES, LETTERS = (1, 4), (2, 6)  # lengths of n-grams: across blanks, and within words
EARLIER = 0.5  # how much the turns before count beside the question

Vector = tuple[NDArray[np.int64], NDArray[np.float32]]


class LinearExpert(NamedTuple):
    """A linear model on n-grams.

    Attributes:
        weight: float32 [BUCKETS, classes].
        bias: float32 [classes].
        rarity: float32 [BUCKETS], by which counts are multiplied.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    rarity: NDArray[np.float32]

    @classmethod
    def unpack(cls, tensors: Mapping[str, NDArray[Any]]) -> Self:
        """Return the expert that `pack` stored.

        Raises:
            KeyError: a tensor is missing.
            ValueError: one has another shape than the others, or holds no number.
        """
        packed, scale, bias, rarity = (
            tensors[f"ngrams.{name}"] for name in ("weight", "scale", "bias", "rarity")
        )
        if packed.shape != (BUCKETS, len(bias)) or scale.shape != bias.shape or rarity.shape != (BUCKETS,):
            raise ValueError(f"ngrams {packed.shape}, {scale.shape}, {bias.shape}, {rarity.shape}")
        expert = cls(packed * scale.astype(np.float32), bias.astype(np.float32), rarity.astype(np.float32))
        if not all(np.isfinite(part).all() for part in expert):
            raise ValueError("ngrams: NaN, infinity")
        return expert

    def pack(self) -> dict[str, NDArray[Any]]:
        """Return the expert as tensors, its weights int8 with one scale for each class."""
        scale = np.maximum(np.abs(self.weight).max(axis=0), 1e-9) / np.float32(127)
        return {
            "ngrams.weight": np.rint(self.weight / scale).astype(
                np.int8, order="C"
            ),  # as safetensors stores it
            "ngrams.scale": scale,
            "ngrams.bias": self.bias,
            "ngrams.rarity": self.rarity,
        }

    def scores(self, question: str, earlier: Sequence[str] = ()) -> NDArray[np.float32]:
        """Return the score of each class, float32 [classes], for a question and the questions before it."""
        buckets, values = weigh(count_ngrams(question, earlier), self.rarity)
        return values @ self.weight[buckets] + self.bias


def count_ngrams(question: str, earlier: Sequence[str] = ()) -> Vector:
    """Return how often n-grams occur, on a logarithmic scale; those of earlier turns count less.

    Args:
        question: any text.
        earlier: the questions of the turns before it.

    Returns:
        Buckets int64 [n], ascending, and their counts float32 [n], 1 + ln(count) of each text.
    """
    parts = [_counts(one, weight) for one, weight in ((question, 1.0), *((one, EARLIER) for one in earlier))]
    if len(parts) == 1:
        return parts[0]
    buckets, places = np.unique(np.concatenate([own for own, _ in parts]), return_inverse=True)
    counts = np.bincount(places, np.concatenate([own for _, own in parts]), len(buckets))
    return buckets, counts.astype(np.float32)


def weigh(vector: Vector, rarity: NDArray[np.float32]) -> Vector:
    """Multiply each count by its bucket's rarity float32 [BUCKETS], and make the vector's length 1 (TF-IDF)."""
    buckets, counts = vector
    weighted = counts * rarity[buckets]
    return buckets, weighted / max(float(np.linalg.norm(weighted)), 1e-9)


def _counts(text: str, weight: float) -> Vector:
    """Return how often each bucket occurs in a text."""
    whole = f" {normalize(text).lower()} "
    words = [f" {word} " for word in unicodedata.normalize("NFD", whole).split()]
    found = Counter(
        crc32(part[start : start + size].encode()) % BUCKETS
        for parts, (shortest, longest) in (([whole], SYLLABLES), (words, LETTERS))
        for part in parts
        for size in range(shortest, longest + 1)
        for start in range(len(part) - size + 1)
    )
    buckets = np.fromiter(found, np.int64, len(found))
    counts = np.fromiter(found.values(), np.float64, len(found))
    order = np.argsort(buckets)
    return buckets[order], (weight * (1 + np.log(counts[order]))).astype(np.float32)
