"""The graph computes what real transformers + torch computed, and the same bits however its tokens come."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model_directory import ModelDirectory
from engine.precision import PRECISIONS, Precision
from engine.runtime import ROOT, Runtime
from tests.conftest import FIXTURES

EXPECTED = np.load(FIXTURES / "tiny-gpt2" / "expected.npz")


@pytest.fixture(scope="module")
def runtime(tiny: ModelDirectory) -> Runtime:
    return Runtime(tiny, "fp32")


@pytest.fixture(scope="module", params=["fp32", "int8"])
def long_runtime(request: pytest.FixtureRequest, long_model: ModelDirectory) -> Runtime:
    return Runtime(long_model, request.param)


@pytest.mark.parametrize("line", range(len(EXPECTED["ids"])))
def test_fp32_logits_are_those_of_transformers(runtime: Runtime, line: int) -> None:
    runtime.truncate(0)
    logits = runtime.append(EXPECTED["ids"][line].tolist())
    np.testing.assert_allclose(logits, EXPECTED["logits"][line], atol=1e-4)


@pytest.mark.parametrize("precision", [name for name in PRECISIONS if name != "fp32"])
def test_smaller_weights_keep_nearly_all_answers(tiny: ModelDirectory, precision: Precision) -> None:
    runtime = Runtime(tiny, precision)
    same = []
    for ids, expected in zip(EXPECTED["ids"], EXPECTED["logits"], strict=True):
        runtime.truncate(0)
        same += list(runtime.append(ids.tolist()).argmax(1) == expected.argmax(1))
    assert np.mean(same) > 0.9


@settings(max_examples=30)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.data())
def test_no_bit_depends_on_how_tokens_are_grouped(
    long_runtime: Runtime, groups: list[int], data: st.DataObject
) -> None:
    ids = data.draw(st.lists(st.integers(0, 319), min_size=sum(groups), max_size=sum(groups)))
    long_runtime.truncate(0)
    one_by_one = np.concatenate([long_runtime.append([token]) for token in ids])
    long_runtime.truncate(0)
    done = 0
    for size in groups:
        part = ids[done : done + size]
        done += size
        if data.draw(st.booleans()):
            np.testing.assert_array_equal(long_runtime.append(part, last_only=True)[0], one_by_one[done - 1])
        else:
            np.testing.assert_array_equal(long_runtime.append(part), one_by_one[done - size : done])


def test_no_bit_depends_on_the_length_of_the_cache(long_runtime: Runtime) -> None:
    ids = np.random.default_rng(0).integers(0, 320, 700).tolist()
    long_runtime.truncate(0)
    long = long_runtime.append(ids)  # in the longest cache from the beginning
    long_runtime.truncate(0)
    for start in range(0, 700, 70):  # growing three times on the way
        grown = long_runtime.append(ids[start : start + 70])
        np.testing.assert_array_equal(grown, long[start : start + 70])
    long_runtime.truncate(30)  # and shorter again
    np.testing.assert_array_equal(long_runtime.append(ids[30:40]), long[30:40])


@settings(max_examples=30)
@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=60), st.lists(st.integers(0, 3), min_size=1, max_size=60)
)
def test_what_is_there_already_is_not_computed_again(
    long_runtime: Runtime, first: list[int], second: list[int]
) -> None:
    long_runtime.truncate(0)
    expected = long_runtime.start(second)
    long_runtime.truncate(0)
    long_runtime.start(first)
    np.testing.assert_array_equal(long_runtime.start(second), expected)
    assert long_runtime.used == len(second)
    before = long_runtime.passes
    long_runtime.start(second)
    assert long_runtime.passes == before + 1


@settings(max_examples=30)
@given(st.data())
def test_a_branch_sees_its_ancestors_only(runtime: Runtime, data: st.DataObject) -> None:
    """Grow a random tree; the logits after a node are those of its path alone."""
    size = data.draw(st.integers(2, 20))
    ids = data.draw(st.lists(st.integers(0, 319), min_size=size, max_size=size))
    parents = [ROOT, *(data.draw(st.integers(0, row - 1)) for row in range(1, size))]
    runtime.truncate(0)
    in_tree = runtime.append(ids, parents)
    leaf = data.draw(st.integers(0, size - 1))
    path = [leaf]
    while parents[path[0]] != ROOT:
        path.insert(0, parents[path[0]])
    kept = data.draw(st.integers(leaf + 1, size))
    runtime.truncate(kept)  # a branch can be taken up again as long as its rows are there
    following = data.draw(st.integers(0, 319))
    later = runtime.append([following], [leaf])
    alone = runtime.start([ids[row] for row in path])
    np.testing.assert_allclose(in_tree[leaf], alone, atol=1e-4)
    np.testing.assert_allclose(later[0], runtime.append([following])[0], atol=1e-4)


def test_more_tokens_than_the_context_are_refused(runtime: Runtime) -> None:
    runtime.truncate(0)
    runtime.append([1] * 48)
    with pytest.raises(ValueError, match="do not fit"):
        runtime.append([1])
