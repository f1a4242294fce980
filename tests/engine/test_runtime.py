"""The graph computes what real transformers + torch computed, however its tokens come."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model_directory import ModelDirectory
from engine.runtime import ROOT, Runtime
from tests.conftest import FIXTURES

EXPECTED = np.load(FIXTURES / "tiny-gpt2" / "expected.npz")


@pytest.fixture(scope="module")
def runtime(tiny: ModelDirectory) -> Runtime:
    return Runtime(tiny, 48, "fp32")


@pytest.mark.parametrize("line", range(len(EXPECTED["ids"])))
def test_fp32_logits_are_those_of_transformers(runtime: Runtime, line: int) -> None:
    runtime.truncate(0)
    logits = runtime.append(EXPECTED["ids"][line].tolist())
    np.testing.assert_allclose(logits, EXPECTED["logits"][line], atol=1e-4)


def test_int8_keeps_nearly_all_answers(tiny: ModelDirectory) -> None:
    runtime = Runtime(tiny, 48, "int8")
    same = []
    for ids, expected in zip(EXPECTED["ids"], EXPECTED["logits"], strict=True):
        runtime.truncate(0)
        same += list(runtime.append(ids.tolist()).argmax(1) == expected.argmax(1))
    assert np.mean(same) > 0.9


@settings(max_examples=30)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=10))
def test_the_logits_do_not_depend_on_how_tokens_are_grouped(runtime: Runtime, groups: list[int]) -> None:
    runtime.truncate(0)
    ids, done = EXPECTED["ids"][0].tolist(), 0
    for size in groups:
        part = ids[done : done + size]
        if part:
            logits = runtime.append(part)
            np.testing.assert_allclose(logits, EXPECTED["logits"][0][done : done + len(part)], atol=1e-4)
        done += len(part)


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
    runtime.truncate(0)
    alone = runtime.append([*(ids[row] for row in path), following])
    np.testing.assert_allclose(in_tree[leaf], alone[-2], atol=1e-4)
    np.testing.assert_allclose(later[0], alone[-1], atol=1e-4)


def test_more_tokens_than_rows_are_refused(runtime: Runtime) -> None:
    runtime.truncate(0)
    with pytest.raises(ValueError, match="do not fit"):
        runtime.append([1] * 49)
