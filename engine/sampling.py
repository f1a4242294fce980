"""From logits to the next token: temperature, top-k, top-p, each declared once.

The meaning is that of Hugging Face's `generate`, which applies them in this order. Top-k is taken before the
temperature here; that is the same, since temperature keeps the order of the logits, and free of rounding.
Source of top-p: Holtzman et al., "The Curious Case of Neural Text Degeneration" (2020).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CounselError
from engine.language import text

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class Parameter:
    """What a panel and a help text need to know of a sampling parameter.

    Attributes:
        default: its value unless someone says otherwise; an int where only whole numbers make sense.
        minimum: the smallest value that is allowed.
        maximum: the largest.
        step: how far one key press goes.
        ko: one line of explanation in Korean.
        en: the same in English.
    """

    default: float
    minimum: float
    maximum: float
    step: float
    ko: str
    en: str

    @property
    def explanation(self) -> str:
        """The one line, in the chosen language."""
        return text(self.ko, self.en)

    def clamp(self, value: float) -> float:
        """Return the value of the parameter's grid of steps that is nearest to `value` and allowed."""
        on_grid = round(round(value / self.step) * self.step, 10)
        return type(self.default)(min(self.maximum, max(self.minimum, on_grid)))


def _declare(default: float, *declaration: Any) -> Any:
    return field(default=default, metadata={"parameter": Parameter(default, *declaration)})


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen.

    Raises:
        CounselError: a value is no number or out of its range.
    """

    temperature: float = _declare(
        0.7, 0.0, 2.0, 0.1,
        "낮을수록 뻔하고 높을수록 뜻밖의 말을 합니다. 0이면 항상 가장 그럴듯한 토큰을 고릅니다.",
        "Low is predictable, high is surprising. At 0 the likeliest token is always taken.",
    )  # fmt: skip
    top_k: int = _declare(
        40, 0, 200, 5,
        "가장 그럴듯한 k개의 토큰 가운데서만 고릅니다. 0이면 제한이 없습니다.",
        "Choose among the k likeliest tokens only. 0 is no limit.",
    )  # fmt: skip
    top_p: float = _declare(
        0.9, 0.05, 1.0, 0.05,
        "확률의 합이 p를 넘을 때까지의 토큰 가운데서만 고릅니다. 1이면 제한이 없습니다.",
        "Choose among the likeliest tokens that together reach the probability p. 1 is no limit.",
    )  # fmt: skip
    max_new_tokens: int = _declare(
        64, 1, 512, 8,
        "응답의 최대 길이, 토큰 수입니다.",
        "The longest response, in tokens.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        for name, parameter in PARAMETERS.items():
            value = getattr(self, name)
            whole = isinstance(parameter.default, int)
            wrong_kind = isinstance(value, bool) or not isinstance(value, int if whole else (int, float))
            if wrong_kind or not parameter.minimum <= value <= parameter.maximum:
                kind = text("정수", "a whole number") if whole else text("수", "a number")
                raise CounselError(
                    text(
                        f"{name}={value}: {parameter.minimum:g}에서 {parameter.maximum:g} 사이의 {kind}여야 합니다.",
                        f"{name}={value}: must be {kind} from {parameter.minimum:g} to {parameter.maximum:g}.",
                    )
                )

    def apply(self, logits: NDArray[np.floating[Any]]) -> Probabilities:
        """Return the distribution that the next token is drawn from.

        Args:
            logits: float [vocab_size]; minus infinity forbids a token. At least one must be finite.

        Returns:
            float64 [vocab_size], summing to 1.
        """
        scores = np.asarray(logits, np.float64)
        if self.temperature == 0:
            chosen = np.zeros_like(scores)
            chosen[scores.argmax()] = 1.0
            return chosen
        if 0 < self.top_k < len(scores):
            kth = np.partition(scores, -self.top_k)[-self.top_k]
            scores = np.where(scores < kth, -np.inf, scores)
        with np.errstate(over="ignore"):  # what is beyond all numbers becomes minus infinity, as it should
            scores = (scores - scores.max()) / self.temperature
        probabilities: Probabilities = np.exp(scores)
        probabilities /= probabilities.sum()
        if self.top_p < 1:
            ascending = np.argsort(probabilities, kind="stable")
            below = np.cumsum(probabilities[ascending]) <= 1 - self.top_p
            below[-1] = False  # the likeliest always stays
            probabilities[ascending[below]] = 0.0
            probabilities /= probabilities.sum()
        return probabilities


PARAMETERS: Mapping[str, Parameter] = {f.name: f.metadata["parameter"] for f in fields(Sampling)}


def draw(probabilities: Probabilities, generator: np.random.Generator) -> int:
    """Draw an index with one uniform number, by inverting the cumulative distribution."""
    support = np.flatnonzero(probabilities)
    cumulative = np.cumsum(probabilities[support])
    position = np.searchsorted(cumulative, generator.random() * cumulative[-1], side="right")
    return int(support[min(int(position), len(support) - 1)])
