"""The sampler: against real transformers (see bench/golden_sampling.py), and by its properties."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine import PARAMETERS, PRESETS, CounselError, Sampling
from engine.presets import preset_of
from engine.sampling import draw, top_p
from tests.conftest import FIXTURES

EOS = 1
NEUTRAL = {"temperature": 1.0, "top_k": 0, "top_p": 1.0}
LARGEST = float(np.finfo(np.float32).max)


def logits_of(scores: st.SearchStrategy[float], size: int = 60) -> st.SearchStrategy[np.ndarray]:
    arrays = hnp.arrays(np.float32, st.integers(2, size), elements=scores | st.just(-math.inf))
    return arrays.filter(lambda logits: bool(np.isfinite(logits).any()))


LOGITS = logits_of(st.floats(-50, 50, width=32))
EXTREME = logits_of(st.floats(-LARGEST, LARGEST, width=32))
SAMPLINGS = st.builds(
    Sampling,
    temperature=st.floats(0, 2),
    top_k=st.integers(0, 200),
    top_p=st.floats(0.05, 1),
    min_p=st.floats(0, 1),
    repetition_penalty=st.floats(0.1, 10),
    no_repeat_ngram_size=st.integers(0, 10),
    min_length=st.integers(0, 1024),
)


def history_in(data: st.DataObject, logits: np.ndarray, most: int = 30) -> list[int]:
    return data.draw(st.lists(st.integers(0, len(logits) - 1), max_size=most))


def golden() -> Mapping[str, np.ndarray]:
    with np.load(FIXTURES / "sampling" / "expected.npz") as file:
        return dict(file)


def test_the_same_as_transformers() -> None:
    stored = golden()
    cases = json.loads(str(stored["cases"]))
    assert len(cases) == len(stored["expected"]) > 1000
    for (parameters, i, j), expected in zip(cases, stored["expected"], strict=True):
        history = stored["histories"][j]
        sampling = Sampling(**{**NEUTRAL, **parameters})
        found = sampling.apply(stored["logits"][i], history[history >= 0].tolist(), EOS)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-30, err_msg=str((parameters, i, j)))
        np.testing.assert_array_equal(found > 1e-30, expected > 1e-30, err_msg=str((parameters, i, j)))


def test_the_original_preset_is_among_the_cases_of_transformers() -> None:
    original = PRESETS["original"].sampling
    parameters = [case[0] for case in json.loads(str(golden()["cases"]))]
    unlike = {"max_length", "max_new_tokens"}  # what ends a reply is no rule about the next token
    assert any(
        replace(original, **{name: PARAMETERS[name].default for name in unlike})  # type: ignore[arg-type]
        == Sampling(**{**NEUTRAL, **given_parameters})
        for given_parameters in parameters
    )
    assert original.max_length == 200 <= original.max_new_tokens


@given(EXTREME, SAMPLINGS, st.data())
def test_there_is_always_a_distribution(logits: np.ndarray, sampling: Sampling, data: st.DataObject) -> None:
    probabilities = sampling.apply(logits, history_in(data, logits), EOS)
    assert probabilities.dtype == np.float64
    assert probabilities.shape == logits.shape
    assert probabilities.min() >= 0
    assert math.isclose(probabilities.sum(), 1, rel_tol=1e-9)
    assert not probabilities[np.isneginf(logits)].any()


NUMBERS = st.floats() | st.integers() | st.sampled_from([math.nan, math.inf, -math.inf, 5e-324, 1e-40])


@given(st.sampled_from(sorted(PARAMETERS)), NUMBERS, EXTREME, st.data())
def test_a_value_is_refused_by_name_or_works(
    name: str, value: float, logits: np.ndarray, data: st.DataObject
) -> None:
    parameter = PARAMETERS[name]
    try:
        sampling = Sampling(**{name: value})  # type: ignore[arg-type]
    except CounselError as error:
        assert name in str(error)  # noqa: PT017
        whole = isinstance(parameter.default, int)
        assert not parameter.minimum <= value <= parameter.maximum or (whole and isinstance(value, float))
    else:
        assert math.isclose(sampling.apply(logits, history_in(data, logits), EOS).sum(), 1, rel_tol=1e-9)


@pytest.mark.parametrize("logits", [[1, math.nan], [1, math.inf], [-math.inf] * 2])
def test_logits_of_a_broken_model_are_refused(logits: list[float]) -> None:
    with pytest.raises(CounselError, match="수가 아닙니다"):
        Sampling().apply(np.array(logits, np.float32))


@given(LOGITS, SAMPLINGS, st.floats(0, 1, exclude_max=True), st.data())
def test_a_drawn_token_is_possible(
    logits: np.ndarray, sampling: Sampling, uniform: float, data: st.DataObject
) -> None:
    probabilities = sampling.apply(logits, history_in(data, logits), EOS)
    assert probabilities[draw(probabilities, uniform)] > 0


@given(LOGITS, SAMPLINGS, st.data())
def test_top_k_of_one_is_greedy(logits: np.ndarray, sampling: Sampling, data: st.DataObject) -> None:
    history = history_in(data, logits)
    greedy = int(replace(sampling, temperature=0.0).apply(logits, history, EOS).argmax())
    one = replace(sampling, top_k=1, temperature=sampling.temperature or 1.0).apply(logits, history, EOS)
    assert int(one.argmax()) == greedy
    assert len(set(one[one > 0])) == 1  # several only if they are equally likely


@given(LOGITS)
def test_temperature_zero_takes_the_likeliest(logits: np.ndarray) -> None:
    assert Sampling(temperature=0.0).apply(logits)[logits.argmax()] == 1


@given(LOGITS, st.integers(1, 60))
def test_top_k_keeps_the_k_best_and_what_equals_the_last(logits: np.ndarray, k: int) -> None:
    kept = Sampling(temperature=1.0, top_k=k, top_p=1.0).apply(logits) > 0
    finite = np.sort(logits[np.isfinite(logits)])
    threshold = finite[max(0, len(finite) - k)]
    np.testing.assert_array_equal(kept, logits >= threshold)


@given(LOGITS, st.floats(0.05, 1))
def test_top_p_keeps_the_smallest_set_that_reaches_p(logits: np.ndarray, p: float) -> None:
    full = Sampling(**NEUTRAL).apply(logits)  # type: ignore[arg-type]
    kept = replace(Sampling(**NEUTRAL), top_p=p).apply(logits) > 0  # type: ignore[arg-type]
    assert full[kept].sum() >= p - 1e-9
    least = full[kept].min()
    assert full[full > least].sum() < p + 1e-9  # without its least likely members it would fall short
    assert kept[full >= least].all()


def test_top_p_of_a_large_vocabulary_is_that_of_a_full_sort() -> None:
    weights = np.exp(np.random.default_rng(0).normal(size=51_200) * 2)
    for p in (0.05, 0.5, 0.9, 0.999):
        descending = np.sort(weights)[::-1]
        expected = np.count_nonzero(np.cumsum(descending) - descending < p * weights.sum())
        assert np.count_nonzero(top_p(weights, p)) == expected


@given(LOGITS, st.floats(0, 1))
def test_min_p_is_a_share_of_the_likeliest(logits: np.ndarray, share: float) -> None:
    full = Sampling(**NEUTRAL).apply(logits)  # type: ignore[arg-type]
    kept = replace(Sampling(**NEUTRAL), min_p=share).apply(logits)  # type: ignore[arg-type]
    assert (kept[full > full.max() * share * (1 + 1e-9)] > 0).all()
    assert not kept[full < full.max() * share * (1 - 1e-9)].any()


@given(LOGITS, SAMPLINGS, st.data())
def test_renaming_the_tokens_renames_the_result(
    logits: np.ndarray, sampling: Sampling, data: st.DataObject
) -> None:
    history = history_in(data, logits)
    new_name = np.array(data.draw(st.permutations(range(len(logits)))))
    renamed = np.empty_like(logits)
    renamed[new_name] = logits
    if sampling.temperature == 0:  # the first of several likeliest is taken
        sampling = replace(sampling, temperature=1.0)
    found = sampling.apply(renamed, new_name[history].tolist() if history else [], int(new_name[EOS]))
    np.testing.assert_allclose(found[new_name], sampling.apply(logits, history, EOS), rtol=1e-9, atol=1e-300)


@given(st.integers(3, 40), st.data())
def test_a_large_penalty_silences_what_was_said(size: int, data: st.DataObject) -> None:
    scores = st.floats(-60, -50, width=32)  # all below 0, where a penalty multiplies
    logits = data.draw(hnp.arrays(np.float32, size, elements=scores))
    history = data.draw(st.lists(st.integers(0, size - 2), min_size=1))  # the last token stays unsaid
    sampling = Sampling(**NEUTRAL, repetition_penalty=10.0)  # type: ignore[arg-type]
    probabilities = sampling.apply(logits, history)
    assert probabilities[history].sum() < 1e-100
    reward = replace(sampling, repetition_penalty=0.1).apply(logits, history)
    assert reward[history].sum() > 1 - 1e-10


@given(st.integers(1, 4), st.integers(0, 2**32))
def test_no_ngram_comes_twice(size: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    vocabulary = 12  # the last of which goes anywhere: a token of its own each time, were it needed
    sampling = Sampling(**NEUTRAL, no_repeat_ngram_size=size)  # type: ignore[arg-type]
    said = generator.integers(0, vocabulary, 2).tolist() if size > 1 else [0]
    for _ in range(vocabulary - 1):
        said.append(draw(sampling.apply(generator.normal(size=vocabulary) * 9, said), generator.random()))
    ngrams = [tuple(said[i : i + size]) for i in range(len(said) - size + 1)]
    assert len(set(ngrams)) == len(ngrams)


@given(LOGITS, st.integers(0, 40), st.integers(0, 40), st.floats(0, 2))
def test_the_end_never_comes_before_the_minimum(
    logits: np.ndarray, length: int, minimum: int, temperature: float
) -> None:
    logits[EOS] = 60
    logits[0] = -60  # there is something else to say
    sampling = Sampling(temperature=temperature, top_k=0, top_p=1.0, min_length=minimum)
    probabilities = sampling.apply(logits, [0] * length, EOS)
    assert (probabilities[EOS] > 0) == (length >= minimum)


def test_a_rule_that_would_leave_no_token_is_not_applied() -> None:
    only = np.array([-math.inf, 3.0], np.float32)
    assert Sampling(min_length=9).apply(only, [0], EOS)[EOS] == 1
    assert Sampling(no_repeat_ngram_size=1).apply(only, [1], 0)[1] == 1
    every = Sampling(no_repeat_ngram_size=1, temperature=0.0).apply(np.array([1.0, 2.0, 3.0]), [0, 1, 2])
    np.testing.assert_array_equal(every, [0, 0, 1])


@pytest.mark.parametrize("penalty", [0.1, 10.0])
def test_what_is_forbidden_stays_so_under_a_penalty(penalty: float) -> None:
    logits = np.array([-math.inf, -LARGEST], np.float32)
    for temperature in (0.0, 1.0):
        sampling = Sampling(temperature=temperature, repetition_penalty=penalty)
        np.testing.assert_array_equal(sampling.apply(logits, [0, 1]), [0, 1])


def test_logits_are_left_as_they_are() -> None:
    logits = np.linspace(-3, 3, 20, dtype=np.float32)
    before = logits.copy()
    for preset in PRESETS.values():
        preset.sampling.apply(logits, [1, 2, 3, 1, 2], EOS)
    np.testing.assert_array_equal(logits, before)


def test_draws_follow_the_distribution() -> None:
    generator = np.random.default_rng(1)
    probabilities = np.array([0.5, 0.0, 0.3, 0.2])
    drawn = np.bincount([draw(probabilities, generator.random()) for _ in range(20_000)], minlength=4)
    np.testing.assert_allclose(drawn / 20_000, probabilities, atol=0.015)
    assert [draw(probabilities, uniform) for uniform in (0, 0.499, 0.5, 0.799, 0.8, 0.999)] == [
        0, 0, 2, 2, 3, 3,
    ]  # fmt: skip


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("value", [-2, 2**32, float("nan"), float("inf"), "1", None, True])
def test_a_value_out_of_range_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(CounselError, match=name):
        Sampling(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(set(PARAMETERS) - {"seed"}))
def test_every_step_of_a_panel_is_an_allowed_value(name: str) -> None:
    parameter = PARAMETERS[name]
    for steps in range(round((parameter.maximum - parameter.minimum) / parameter.step) + 2):
        value = parameter.clamp(parameter.minimum + steps * parameter.step)
        assert getattr(Sampling(**{name: value}), name) == value  # type: ignore[arg-type]


def test_every_field_is_declared() -> None:
    assert list(PARAMETERS) == [field.name for field in fields(Sampling)]
    for parameter in PARAMETERS.values():
        assert parameter.ko != parameter.en
        assert bool(parameter.unit_ko) == bool(parameter.unit_en)


def test_presets_are_found_by_their_values_whatever_the_seed() -> None:
    assert list(PRESETS) == ["default", "precise", "warm", "original"]
    for name, preset in PRESETS.items():
        assert preset.name == name
        assert preset_of(replace(preset.sampling, seed=7)) is preset
    assert preset_of(Sampling(temperature=0.123)) is None
