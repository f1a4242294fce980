"""From logits to the next token: one declaration for each parameter, one pure function for each rule.

Meaning and order of the rules are those of `generate` in Hugging Face's transformers 5. Three things differ:
top-k is taken before the temperature, which comes to the same, since a temperature keeps the order; top-p keeps
all of several tokens that are equally likely where it cuts, as top-k does, so that a token's number never counts;
and a rule that would forbid every token that is left is not applied, so that there is always one to draw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engine.errors import CounselError
from engine.language import text
from engine.parameters import declare, parameters_of, validate

Probabilities = NDArray[np.float64]
Scores = NDArray[np.float32]  # [vocab_size], minus infinity where a token is forbidden
Ids = NDArray[np.int64]

_TOKENS = ("토큰", "tokens")


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen.

    Raises:
        CounselError: a value is no number or out of its range.
    """

    temperature: float = declare(
        0.7, 0.0, 2.0, 0.1,
        "낮을수록 뻔하고 높을수록 뜻밖의 말을 합니다. 0이면 항상 가장 그럴듯한 토큰을 고릅니다.",
        "Low is predictable, high is surprising. At 0 the likeliest token is always taken.",
    )  # fmt: skip
    top_k: int = declare(
        40, 0, 200, 5,
        "가장 그럴듯한 k개의 토큰 가운데서만 고릅니다. 0이면 제한이 없습니다.",
        "Choose among the k likeliest tokens only. 0 is no limit.",
        *_TOKENS,
    )  # fmt: skip
    top_p: float = declare(
        0.9, 0.05, 1.0, 0.05,
        "확률의 합이 p를 넘을 때까지의 토큰 가운데서만 고릅니다. 1이면 제한이 없습니다.",
        "Choose among the likeliest tokens that together reach the probability p. 1 is no limit.",
    )  # fmt: skip
    min_p: float = declare(
        0.0, 0.0, 1.0, 0.05,
        "확률이 가장 그럴듯한 토큰의 이 배수 이상인 토큰 가운데서만 고릅니다. 0이면 제한이 없습니다.",
        "Choose among tokens at least this many times as likely as the likeliest. 0 is no limit.",
    )  # fmt: skip
    repetition_penalty: float = declare(
        1.0, 0.1, 10.0, 0.05,
        "1보다 크면 이미 나온 토큰을 덜, 1보다 작으면 오히려 더 고릅니다. 1이면 그대로입니다.",
        "Above 1, tokens that were already said become less likely; below 1, more. 1 changes nothing.",
    )  # fmt: skip
    no_repeat_ngram_size: int = declare(
        0, 0, 10, 1,
        "질문까지 통틀어 같은 토큰 n개가 이어서 두 번 나오지 않게 합니다. 0이면 막지 않습니다.",
        "No n tokens in a row come twice, the question counted. 0 forbids nothing.",
        *_TOKENS,
    )  # fmt: skip
    min_length: int = declare(
        0, 0, 1024, 10,
        "질문까지 더해 이만큼 길어지기 전에는 응답을 끝내지 않습니다.",
        "The response does not end before it is this long, the question counted.",
        *_TOKENS,
    )  # fmt: skip
    max_length: int = declare(
        1024, 1, 1024, 10,
        "질문까지 더해 이만큼 길어지면 응답을 끝냅니다.",
        "The response ends when it is this long, the question counted.",
        *_TOKENS,
    )  # fmt: skip
    max_new_tokens: int = declare(
        64, 1, 512, 8,
        "응답만의 최대 길이입니다.",
        "The longest response, the question not counted.",
        *_TOKENS,
    )  # fmt: skip
    seed: int = declare(
        -1, -1, 2**32 - 1, 1,
        "난수의 씨앗. 같은 값은 같은 답을 냅니다. -1이면 답마다 새로 뽑습니다.",
        "Random seed; the same one gives the same answer. -1 draws a new one for each reply.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        validate(self)

    def apply(
        self, logits: NDArray[np.floating[Any]], history: Sequence[int] = (), eos_id: int | None = None
    ) -> Probabilities:
        """Return the distribution that the next token is drawn from.

        Args:
            logits: [vocab_size], within the range of float32; minus infinity forbids a token.
            history: every id so far, the prompt's included.
            eos_id: the token that ends a response, which `min_length` forbids; None if there is none.

        Returns:
            float64 [vocab_size], summing to 1.

        Raises:
            CounselError: NaN or plus infinity among the logits, or all of them minus infinity.
        """
        scores = np.asarray(logits, np.float32)
        if not np.isfinite(scores.max()):
            raise CounselError(
                text(
                    "모델의 계산 결과가 수가 아닙니다. 모델 파일이 손상되지 않았는지 확인하세요.",
                    "What the model computed is no number. Check whether its files are damaged.",
                )
            )
        said = np.asarray(history, np.int64)
        if self.repetition_penalty != 1:
            scores = penalize(scores, said, self.repetition_penalty)
        if self.no_repeat_ngram_size:
            scores = forbid(scores, ends_of_repetitions(said, self.no_repeat_ngram_size))
        if eos_id is not None and len(said) < self.min_length:
            scores = forbid(scores, np.array([eos_id]))

        if self.temperature == 0:
            candidates, weights = np.array([scores.argmax()]), np.ones(1)
        else:
            candidates = top_k(scores, self.top_k)  # so that what follows looks at few
            weights = soften(scores[candidates], self.temperature)
            if self.top_p < 1:
                weights = top_p(weights, self.top_p)
            weights[weights < self.min_p] = 0  # min-p (Nguyen et al. 2024); the likeliest weighs 1
        probabilities = np.zeros(len(scores))
        probabilities[candidates] = weights / weights.sum()
        return probabilities


PARAMETERS = parameters_of(Sampling)


def penalize(scores: Scores, said: Ids, penalty: float) -> Scores:
    """Make tokens that were said already less likely, or more so if the penalty is below 1 (Keskar et al. 2019, CTRL).

    A score above 0 is divided by the penalty and one below multiplied. It stays within float32.
    """
    limit = np.finfo(np.float32).max
    old = scores[said].astype(np.float64)
    new = np.clip(np.where(old < 0, old * penalty, old / penalty), -limit, limit)
    penalized = scores.copy()
    penalized[said] = np.where(np.isneginf(old), old, new)  # what is forbidden remains so
    return penalized


def ends_of_repetitions(said: Ids, size: int) -> Ids:
    """Return the tokens that would complete an n-gram which was said already (Paulus et al. 2017).

    Args:
        said: int64 [length].
        size: the n, from 1.
    """
    if len(said) < size:
        return said[:0]
    ngrams = sliding_window_view(said, size)  # [length - size + 1, size]
    begun = said[len(said) - size + 1 :]  # the last n - 1, which the next token completes
    completes: Ids = ngrams[(ngrams[:, :-1] == begun).all(axis=1), -1]
    return completes


def forbid(scores: Scores, ids: Ids) -> Scores:
    """Return the scores with these tokens forbidden; unchanged if that would leave none."""
    without = scores.copy()
    without[ids] = -np.inf
    return without if np.isfinite(without.max()) else scores


def top_k(scores: Scores, k: int) -> Ids:
    """Return the ids of the k best scores, and of those that equal the kth (Fan et al. 2018). 0 is no limit."""
    if not 0 < k < len(scores):
        return np.arange(len(scores))
    kth = np.partition(scores, -k)[-k]
    return np.flatnonzero(scores >= kth)


def soften(scores: Scores, temperature: float) -> Probabilities:
    """Return exp(score / temperature), scaled so that the likeliest weighs 1: no score is then too large for it."""
    with np.errstate(over="ignore"):  # what is below all numbers becomes minus infinity, and weighs 0
        weights: Probabilities = np.exp((scores.astype(np.float64) - scores.max()) / temperature)
    return weights


def top_p(weights: Probabilities, p: float) -> Probabilities:
    """Return the weights, 0 but for the fewest likeliest that together reach the share p (Holtzman et al. 2020)."""
    total = weights.sum()
    # Together, those below this are less than 1 - p of the total: cut in any case, they need no sorting.
    notable = weights[weights >= (1 - p) * total / len(weights)]
    descending = np.sort(notable)[::-1]
    last = np.searchsorted(np.cumsum(descending), p * total)  # the one that reaches p
    least = descending[min(int(last), len(descending) - 1)]
    return np.where(weights < least, 0, weights)


def draw(probabilities: Probabilities, uniform: float) -> int:
    """Return the index at which the cumulative distribution passes `uniform`, a random number from [0, 1)."""
    support = np.flatnonzero(probabilities > 0)
    cumulative = np.cumsum(probabilities[support])
    position = np.searchsorted(cumulative, uniform * cumulative[-1], side="right")
    return int(support[min(int(position), len(support) - 1)])
