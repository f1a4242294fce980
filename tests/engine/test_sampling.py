"""The sampler, by its properties."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine import PARAMETERS, CounselError, Sampling
from engine.sampling import draw

LOGITS = hnp.arrays(
    np.float32, st.integers(1, 60), elements=st.floats(-50, 50, width=32) | st.just(float("-inf"))
).filter(lambda logits: bool(np.isfinite(logits).any()))
SAMPLINGS = st.builds(
    Sampling,
    temperature=st.floats(0, 2),
    top_k=st.integers(0, 200),
    top_p=st.floats(0.05, 1),
    max_new_tokens=st.integers(1, 512),
)


@given(LOGITS, SAMPLINGS)
def test_probabilities_sum_to_one_and_forbidden_tokens_stay_forbidden(
    logits: np.ndarray, sampling: Sampling
) -> None:
    probabilities = sampling.apply(logits)
    assert math.isclose(probabilities.sum(), 1, rel_tol=1e-9)
    assert not probabilities[np.isneginf(logits)].any()


@given(LOGITS, SAMPLINGS, st.integers(0, 2**32))
def test_a_drawn_token_is_possible(logits: np.ndarray, sampling: Sampling, seed: int) -> None:
    probabilities = sampling.apply(logits)
    assert probabilities[draw(probabilities, np.random.default_rng(seed))] > 0


@given(LOGITS, st.floats(0.01, 2))
def test_top_k_of_one_is_greedy(logits: np.ndarray, temperature: float) -> None:
    kept = np.flatnonzero(Sampling(temperature=temperature, top_k=1, top_p=1.0).apply(logits))
    assert set(kept) == set(np.flatnonzero(logits == logits.max()))


@given(LOGITS)
def test_temperature_zero_takes_the_likeliest(logits: np.ndarray) -> None:
    assert Sampling(temperature=0.0).apply(logits).argmax() == logits.argmax()


@given(LOGITS, st.integers(1, 60))
def test_top_k_keeps_k(logits: np.ndarray, k: int) -> None:
    kept = Sampling(temperature=1.0, top_k=k, top_p=1.0).apply(logits) > 0
    finite = np.sort(logits[np.isfinite(logits)])
    threshold = finite[max(0, len(finite) - k)]
    assert not kept[logits < threshold].any()


@given(LOGITS, st.floats(0.05, 1))
def test_top_p_keeps_the_smallest_set_that_reaches_p(logits: np.ndarray, p: float) -> None:
    full = Sampling(temperature=1.0, top_k=0, top_p=1.0).apply(logits)
    kept = Sampling(temperature=1.0, top_k=0, top_p=p).apply(logits) > 0
    assert full[kept].sum() >= p - 1e-9
    least = full[kept].min()
    assert full[kept].sum() - least < p + 1e-9  # without its least likely member it would fall short


@given(LOGITS, SAMPLINGS)
def test_renaming_the_tokens_renames_the_result(logits: np.ndarray, sampling: Sampling) -> None:
    order = np.random.default_rng(0).permutation(len(logits))
    distinct = len(np.unique(logits)) == len(logits)
    if distinct:
        np.testing.assert_allclose(sampling.apply(logits[order]), sampling.apply(logits)[order], atol=1e-12)


def test_draws_follow_the_distribution() -> None:
    generator = np.random.default_rng(1)
    drawn = np.bincount([draw(np.array([0.5, 0.0, 0.3, 0.2]), generator) for _ in range(20_000)], minlength=4)
    np.testing.assert_allclose(drawn / 20_000, [0.5, 0, 0.3, 0.2], atol=0.015)


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("value", [-1, 10_000, float("nan"), float("inf"), "1", None, True])
def test_a_value_out_of_range_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(CounselError, match=name):
        Sampling(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_step_of_a_panel_is_an_allowed_value(name: str) -> None:
    parameter = PARAMETERS[name]
    for steps in range(round((parameter.maximum - parameter.minimum) / parameter.step) + 2):
        value = parameter.clamp(parameter.minimum + steps * parameter.step)
        assert getattr(Sampling(**{name: value}), name) == value  # type: ignore[arg-type]
