"""Best-first search on the label trie against brute force over all labels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import ModelError
from engine.model_directory import ModelDirectory
from engine.runtime import Runtime
from engine.topics import LabelTrie, walk

LABELS = st.lists(st.text("가나다라/", min_size=1, max_size=5), min_size=1, max_size=25, unique=True)


def brute_force(trie: LabelTrie, labels: list[str], runtime: Runtime, prompt: list[int]) -> dict[str, float]:
    """Multiply, token by token and label by label, the model's probabilities among what the trie allows."""
    result = {}
    for label in labels:
        runtime.truncate(0)
        logits, node, probability = runtime.append(prompt)[-1], trie.root, 1.0
        for token in trie.tokens(label):
            weights = np.exp([float(logits[child]) for child in node.children])
            probability *= weights[list(node.children).index(token)] / weights.sum()
            node, logits = node.children[token], runtime.append([token])[-1]
        result[label] = probability
    return result


@settings(max_examples=25)
@given(LABELS, st.integers(1, 6), st.booleans())
def test_the_likeliest_labels_and_their_probabilities(
    tiny: ModelDirectory, labels: list[str], wanted: int, cramped: bool
) -> None:
    trie = LabelTrie(labels, tiny.codec, "test")
    prompt = tiny.codec.prompt(tiny.codec.encode("마음이"))
    exact = brute_force(trie, labels, Runtime(tiny, 48, "fp32"), prompt)
    runtime = Runtime(tiny, len(prompt) + trie.depth if cramped else 48, "fp32")
    found, rest = walk(trie, runtime, runtime.append(prompt)[-1], wanted)
    best = sorted(exact.values(), reverse=True)[:wanted]
    np.testing.assert_allclose([topic.probability for topic in found], best, rtol=1e-3)
    for topic in found:
        assert topic.probability == pytest.approx(exact[topic.label], rel=1e-3)
    assert rest == pytest.approx(1 - sum(best), abs=1e-3)
    assert runtime.used == len(prompt)


def test_labels_that_cannot_be_told_apart_are_refused(tiny: ModelDirectory) -> None:
    with pytest.raises(ModelError, match=r"counsel\.json.*감정"):
        LabelTrie(["감정", "감정 "], tiny.codec, "counsel.json")
