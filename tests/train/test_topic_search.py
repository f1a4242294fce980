"""The greedy search in Keras takes the likeliest way at every fork, as the engine's runtime sees it."""

from contextlib import closing
from pathlib import Path

from engine.model_directory import ModelDirectory
from engine.runtime import Runtime
from engine.topics import LabelTrie
from tests.conftest import example_rows
from train.model import GPT2
from train.topic_search import TopicSearch, find_topics


def greedy(runtime: Runtime, trie: LabelTrie, prompt: list[int]) -> str:
    node, ids = trie.root, list(prompt)
    while node.label is None:
        logits = runtime.start(ids)
        token = max(node.children, key=lambda child: float(logits[child]))
        node = node.children[token]
        ids.append(token)
    return node.label


def test_it_finds_what_the_runtime_finds(trained: Path) -> None:
    model = ModelDirectory.load(trained)
    network = GPT2(model.geometry, 0.0)
    network.assign({name: model.weights.tensor(name) for name in model.geometry.shapes()})
    trie = LabelTrie(model.labels, model.codec, "")
    questions = [question for _, question, _ in example_rows()[::5]]
    prompts = [model.codec.prompt(model.codec.encode(question)) for question in questions]
    found = find_topics(network, trie, prompts, model.codec.pad_id)
    with closing(Runtime(model, "fp32")) as runtime:
        assert found == [greedy(runtime, trie, prompt) for prompt in prompts]
    search = TopicSearch(trie, prompts, found, model.codec.pad_id)
    assert set(search.score(network).accuracies) == {1.0}
    assert search.score(network).macro_f1 == 1.0


def test_prompts_without_room_lose_their_beginning(trained: Path) -> None:
    model = ModelDirectory.load(trained)
    network = GPT2(model.geometry, 0.0)
    trie = LabelTrie(model.labels, model.codec, "")
    prompts = [model.codec.prompt(model.codec.encode("잠이 " * length)) for length in (1, 400)]
    assert set(find_topics(network, trie, prompts, model.codec.pad_id)) <= set(model.labels)
