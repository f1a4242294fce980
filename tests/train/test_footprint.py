"""What a training will take, before anything is built: parameters, passes, memory, and the remedy where it is too much."""

import re
from dataclasses import replace

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.checkpoint import Geometry
from engine.errors import CounselError
from train.footprint import Footprint, available_bytes, check_memory
from train.model import GPT2
from train.sequences.pipeline import Batcher, Line
from train.sequences.survey import Pass, Survey
from train.settings import Settings
from train.sizes import SIZES

KOGPT2 = Geometry(vocab_size=51_200, context=1024, width=768, layers=12, heads=12)


def one_kind(rows: int, length: int, slots: int) -> Survey:
    return Survey({Pass(rows, length, slots): 1}, rows * length, 0, slots)


@pytest.mark.parametrize(("lora_rank", "freeze"), [(0, 0), (0, 1), (0, 9), (4, 0)])
def test_what_is_trained_is_what_keras_trains(lora_rank: int, freeze: int) -> None:
    geometry = SIZES["tiny"]
    model = GPT2(geometry, lora_rank=lora_rank, freeze=freeze)
    counted = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)
    assert Footprint(geometry, Settings(lora_rank=lora_rank, freeze=freeze)).trained == counted


# Resident peaks of two steps in processes of their own, with dropout (python -m bench.footprint, 2 cores, AVX2).
@pytest.mark.parametrize(
    ("rows", "slots", "xla", "gigabytes"),
    [
        (4, 87, False, 3.63),
        (4, 87, True, 3.95),
        (16, 348, False, 4.58),
        (16, 348, True, 4.78),
        (32, 696, False, 5.96),
    ],
)
def test_the_estimate_for_kogpt2_is_what_was_measured(
    rows: int, slots: int, xla: bool, gigabytes: float
) -> None:
    estimate = Footprint(KOGPT2, Settings(), xla=xla).peak(one_kind(rows, 64, slots))
    assert estimate / 1e9 == pytest.approx(gigabytes, rel=0.1)


def test_what_takes_more_is_estimated_higher() -> None:
    survey = one_kind(32, 64, 696)
    plain = Footprint(KOGPT2, Settings()).peak(survey)
    assert Footprint(KOGPT2, Settings(lora_rank=8)).peak(survey) < plain
    assert Footprint(KOGPT2, Settings(freeze=6)).peak(survey) < plain
    assert Footprint(KOGPT2, Settings()).peak(one_kind(32, 128, 696)) > plain
    assert Footprint(KOGPT2, Settings()).peak(one_kind(32, 64, 2048)) > plain
    assert Footprint(KOGPT2, Settings(), "bfloat16").of_pass(Pass(32, 64, 0)) < Footprint(
        KOGPT2, Settings()
    ).of_pass(Pass(32, 64, 0))


@given(
    st.sampled_from([*SIZES.values(), KOGPT2]),
    st.integers(1, 64),
    st.integers(1, 128),
    st.booleans(),
    st.integers(1, 4),
    st.floats(0.1, 30),
)
def test_a_plan_that_does_not_fit_is_refused_with_one_that_does(
    geometry: Geometry, batch_size: int, length: int, xla: bool, devices: int, gigabytes: float
) -> None:
    def look(accumulate: int) -> tuple[Footprint, Survey]:
        rows = -(-batch_size // (accumulate * devices))
        settings = Settings(batch_size=batch_size, accumulate=accumulate)
        return Footprint(geometry, settings, xla=xla), one_kind(rows, length, rows * length)

    available = int(gigabytes * 1e9)
    footprint, survey = look(1)
    fits = footprint.peak(survey) <= available
    try:
        warning = check_memory(footprint, survey, available, devices)
    except CounselError as error:
        told = str(error)
        assert footprint.peak(survey) > 1.1 * available
    else:
        assert bool(warning) != fits
        told = warning
    assert "\n" not in told
    if advised := re.search(r"--accumulate (\d+)", told):
        passes = int(advised[1])
        assert 1 <= passes * devices <= batch_size
        assert not check_memory(*look(passes), available, devices)
    elif told:
        assert "--lora-rank" in told


def test_the_survey_counts_what_the_batches_hold() -> None:
    lines = [Line(list(range(length)), 2, 1) for length in (5, 5, 9, 9, 9)]
    batcher = Batcher(batch_size=2, pad_id=0, context=16, lengths=(4, 8))
    survey = Survey.of(lines, batcher, Settings(batch_size=2))
    assert survey.steps == 3
    assert {one.rows for one in survey.updates} == {2}
    assert {one.length for one in survey.updates} == {4, 8}
    assert survey.positions == 2 * 4 + 2 * 2 * 8
    assert survey.padding == survey.positions - (2 * 4 + 3 * 8)
    assert survey.tokens == 2 * 3 + 3 * 7  # all but those that are read
    in_passes = Survey.of(lines, replace(batcher, passes=2), Settings(batch_size=2))
    assert {one.rows for one in in_passes.updates} == {1}
    assert in_passes.positions == survey.positions


def test_available_memory_is_between_what_is_taken_and_what_there_is() -> None:
    assert psutil.Process().memory_info().rss <= available_bytes() <= psutil.virtual_memory().total
