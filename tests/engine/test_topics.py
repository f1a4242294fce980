"""Best-first search on the label trie against brute force over all labels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import ModelError, Topic, Topics
from engine.model_directory import ModelDirectory
from engine.runtime import Runtime
from engine.topics import LabelTrie, Node, walk

LABELS = st.lists(st.text("가나다라/", min_size=1, max_size=5), min_size=1, max_size=25, unique=True)


def brute_force(trie: LabelTrie, labels: list[str], runtime: Runtime, prompt: list[int]) -> dict[str, float]:
    """Multiply, token by token and label by label, the model's probabilities among what the trie allows."""
    result = {}
    for label in labels:
        logits, node, probability = runtime.start(prompt), trie.root, 1.0
        for token in trie.tokens(label):
            weights = np.exp([float(logits[child]) for child in node.children])
            probability *= weights[list(node.children).index(token)] / weights.sum()
            node, logits = node.children[token], runtime.append([token])[-1]
        result[label] = probability
    return result


@pytest.fixture(scope="module")
def runtime(tiny: ModelDirectory) -> Runtime:
    return Runtime(tiny, "fp32")


@settings(max_examples=40)
@given(LABELS, st.integers(1, 6), st.booleans(), st.data())
def test_the_likeliest_labels_and_their_probabilities(
    tiny: ModelDirectory, runtime: Runtime, labels: list[str], wanted: int, cramped: bool, data: st.DataObject
) -> None:
    trie = LabelTrie(labels, tiny.codec, "test")
    favour = data.draw(st.dictionaries(st.sampled_from(labels), st.floats(1.5, 20), max_size=2))
    prompt = tiny.codec.prompt(tiny.codec.encode("마음이"))
    if cramped:  # a context that holds one label after the prompt, and no more
        prompt = [prompt[0]] * (tiny.geometry.context - len(prompt) - trie.depth) + prompt
    exact = brute_force(trie, labels, runtime, prompt)
    ranked = {label: p * favour.get(label, 1.0) for label, p in exact.items()}
    total = sum(ranked.values())
    found, rest = walk(trie, runtime, runtime.start(prompt), wanted, favour)
    best = sorted((p / total for p in ranked.values()), reverse=True)[:wanted]
    np.testing.assert_allclose([topic.probability for topic in found], best, rtol=1e-3)
    for topic in found:
        assert topic.model_probability == pytest.approx(exact[topic.label], rel=1e-3)
        assert topic.probability == pytest.approx(ranked[topic.label] / total, rel=1e-3)
    assert rest == pytest.approx(1 - sum(best), abs=1e-3)
    assert runtime.used == len(prompt)


def test_few_passes_find_all_of_many_labels(tiny: ModelDirectory, runtime: Runtime) -> None:
    labels = [f"{first}/{second}" for first in "가나다라마" for second in "바사아자차"]
    trie = LabelTrie(labels, tiny.codec, "test")
    logits = runtime.start(tiny.codec.prompt([]))
    before = runtime.passes
    found, rest = walk(trie, runtime, logits, len(labels))
    assert {topic.label for topic in found} == set(labels)
    assert rest == pytest.approx(0, abs=1e-9)
    branching = sum(len(node.children) > 1 for node in nodes(trie.root))
    assert runtime.passes - before <= branching / 2  # several in one pass


def test_what_the_distribution_says_of_itself() -> None:
    labels = (("감정/불안/발표", 0.5), ("감정/불안", 0.25), ("증상/불면", 0.125))
    topics = Topics(tuple(Topic(label, p, p) for label, p in labels), 0.125, "감정/불안/발표")
    assert topics.entropy == pytest.approx(1.75)
    assert topics.level(1) == (Topic("감정", 0.75, 0.75), Topic("증상", 0.125, 0.125))
    assert topics.level(2) == (Topic("감정/불안", 0.75, 0.75), Topic("증상/불면", 0.125, 0.125))
    assert topics.level(3) == topics.likeliest


def nodes(node: Node) -> list[Node]:
    return [node, *(below for child in node.children.values() for below in nodes(child))]


def test_labels_that_cannot_be_told_apart_are_refused(tiny: ModelDirectory) -> None:
    with pytest.raises(ModelError, match=r"counsel\.json.*감정"):
        LabelTrie(["감정", "감정 "], tiny.codec, "counsel.json")
