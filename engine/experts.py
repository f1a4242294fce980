"""What tells a model's topics besides the label's tokens: a topic head and a linear expert on n-grams.

Each of them gives every label a score. Their weighted sum is the logarithm of a probability, up to a constant: a
product of experts, with weights that were fitted on held-out rows. On the same rows it is calibrated: the probability
of the likeliest label is mapped to how often such a label is right.

Sources: Hinton, "Products of Experts" (1999), here with a weight for each, as in log-linear model combination; Gupta and
Ramdas, "Top-label calibration" (2022), with Platt's logistic function (1999).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from engine.checkpoint import Array, Weights
from engine.errors import ModelError
from engine.language import text
from engine.ngrams import LinearExpert

TOKENS, HEAD, NGRAMS = EXPERTS = ("tokens", "head", "ngrams")
_LEAST = 1e-12  # a probability below this counts as this

AS_IS = (1.0, 0.0)  # slope and shift of a calibration that changes nothing

Scores = NDArray[np.float64]  # [labels]


@dataclass(frozen=True)
class Experts:
    """The experts of one model and how much each of them counts.

    Attributes:
        labels: in the order of the scores.
        weights: of each expert, by its name in `EXPERTS`; one that is missing is not asked.
        head: matrix float32 [labels, width] and bias float32 [labels], on the state before the last norm's gain.
        ngrams: a linear expert whose classes are the labels.
        calibration: slope and shift of the log-odds of the likeliest label.
    """

    labels: tuple[str, ...]
    weights: Mapping[str, float]
    head: tuple[Array, Array] | None = None
    ngrams: LinearExpert | None = None
    calibration: tuple[float, float] = AS_IS

    @classmethod
    def load(
        cls,
        path: Path,
        labels: Iterable[str],
        weights: Mapping[str, float],
        network: Weights,
        calibration: tuple[float, float] = AS_IS,
    ) -> Self:
        """Read `topics.safetensors`.

        Args:
            path: the file.
            labels: of the model, in the order of its card.
            weights: of the experts, as in its card.
            network: holds the last norm, which is folded into the head.
            calibration: as in its card.

        Raises:
            ModelError: the file is missing, damaged, or does not fit the model.
        """
        named = tuple(labels)
        try:
            tensors = load_file(path)
            head = ngrams = None
            if weights.get(HEAD):
                matrix = network.checked("head.weight", tensors["head.weight"])
                gain, shift = (network.tensor(f"transformer.ln_f.{part}") for part in ("weight", "bias"))
                bias = network.checked("head.bias", tensors["head.bias"]) + matrix @ shift
                head = _shaped(matrix * gain, len(named), len(gain)), _shaped(bias, len(named))
            if weights.get(NGRAMS):
                ngrams = LinearExpert.unpack(tensors)
                _shaped(ngrams.bias, len(named))
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise ModelError(
                text(
                    f"{path}: 읽을 수 없거나 모델에 맞지 않습니다({reason}). 모델과 함께 저장된 파일을 쓰세요.",
                    f"{path}: cannot be read, or does not fit the model ({reason}). Use the file saved with the model.",
                )
            ) from error
        return cls(named, weights, head, ngrams, calibration)

    def scores(
        self,
        state: Array,
        question: str,
        earlier: Sequence[str],
        by_tokens: Callable[[], Mapping[str, float]],
    ) -> dict[str, Scores]:
        """Return what each expert holds of each label: times its weight a log-probability, but for a constant.

        Args:
            state: float32 [width] at `<unused1>`, before the last norm's gain.
            question: as the model reads it.
            earlier: the questions of the turns in the prompt.
            by_tokens: returns the probability of each label by its tokens; it is only asked if they count.
        """
        found: dict[str, Scores] = {}
        if self.head is not None:
            matrix, bias = self.head
            found[HEAD] = (matrix @ state + bias).astype(np.float64)
        found |= self.by_ngrams(question, earlier)
        if self.weights.get(TOKENS):
            likely = by_tokens()
            found[TOKENS] = np.log([max(likely[label], _LEAST) for label in self.labels])
        return found

    def by_ngrams(self, question: str, earlier: Sequence[str]) -> dict[str, Scores]:
        """Return the n-grams' part of `scores`, the only one in which the earlier questions count; empty without it."""
        if self.ngrams is None:
            return {}
        return {NGRAMS: self.ngrams.scores(question, earlier).astype(np.float64)}

    def probabilities(self, scores: Mapping[str, Scores]) -> Scores:
        """Return the probability of each label, float64 [labels]."""
        total = sum((self.weights[name] * own for name, own in scores.items()), np.zeros(len(self.labels)))
        likely = np.exp(total - total.max())
        return calibrated(likely / likely.sum(), *self.calibration)


def calibrated(likely: Scores, slope: float, shift: float) -> Scores:
    """Return a distribution in which the likeliest label stays the likeliest, with another probability.

    Args:
        likely: probabilities, float64 [..., labels].
        slope: by which the log-odds of the likeliest are multiplied.
        shift: added to them.
    """
    if likely.shape[-1] == 1 or (slope, shift) == AS_IS:
        return likely
    place = likely.argmax(axis=-1, keepdims=True)
    best = np.take_along_axis(likely, place, -1)
    others = likely.copy()
    np.put_along_axis(others, place, 0.0, -1)
    others += _LEAST * (np.arange(likely.shape[-1]) != place)  # so that there is something to share
    rest = others.sum(axis=-1, keepdims=True)
    told = 1 / (1 + (best / rest) ** -slope * np.exp(-shift))
    second = others.max(axis=-1, keepdims=True) / rest
    told = np.maximum(told, second / (1 + second))  # where it would fall behind the second, they are alike
    others *= (1 - told) / rest
    np.put_along_axis(others, place, told, -1)
    return others


def _shaped(array: NDArray[np.float32], *shape: int) -> Array:
    if array.shape != shape:
        raise ValueError(f"{array.shape} != {shape}")
    return np.ascontiguousarray(array, np.float32)
