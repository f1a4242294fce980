"""The topic that a Keras model finds for each of many prompts, before there is a graph for the engine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from engine.topics import LabelTrie, Node
from train.model import GPT2
from train.topic_scores import TopicScores, topic_scores

BATCH = 64
Last = Callable[..., Any]


@dataclass
class TopicSearch:
    """The search for the topics of the same prompts, again and again while a network learns.

    Attributes:
        trie: of the labels.
        prompts: token ids up to `<unused1>`.
        expected: the right labels.
        pad_id: fills batches up.
    """

    trie: LabelTrie
    prompts: Sequence[Sequence[int]]
    expected: Sequence[str]
    pad_id: int
    _compiled: tuple[GPT2, Last] | None = None

    def score(self, model: GPT2) -> TopicScores:
        """Return how well a network finds them now."""
        if self._compiled is None or self._compiled[0] is not model:
            self._compiled = model, _compiled_last(model)
        found = find_topics(model, self.trie, self.prompts, self.pad_id, self._compiled[1])
        return topic_scores(found, self.expected)


def find_topics(
    model: GPT2,
    trie: LabelTrie,
    prompts: Sequence[Sequence[int]],
    pad_id: int,
    last: Last | None = None,
) -> list[str]:
    """Return the label that the model writes after each prompt if it takes the likeliest way at every fork.

    The engine, which knows the exact probabilities, sometimes finds a likelier label on another way.

    Args:
        model: the network.
        trie: of its labels.
        prompts: token ids up to `<unused1>`; of one that leaves no room for a label, the beginning is cut.
        pad_id: fills batches up.
        last: the network's compiled function, if it is to be used again.
    """
    last = last or _compiled_last(model)
    room = model.geometry.context - trie.depth
    starts = [[*prompt[:2], *prompt[2 + max(0, len(prompt) - room) :]] for prompt in prompts]
    nodes = [trie.root.next_choice()] * len(starts)
    while waiting := [place for place, node in enumerate(nodes) if node.children]:
        for start in range(0, len(waiting), BATCH):
            places = waiting[start : start + BATCH]
            sequences = [[*starts[place], *(step.token for step in nodes[place].path())] for place in places]
            tokens = np.full((len(places), max(map(len, sequences))), pad_id, np.int32)
            for line, ids in enumerate(sequences):
                tokens[line, : len(ids)] = ids
            logits = last(tokens, np.array([len(ids) - 1 for ids in sequences], np.int32)).numpy()
            for place, row in zip(places, logits, strict=True):
                nodes[place] = _likeliest(nodes[place], row)
    return [node.label or "" for node in nodes]


def _likeliest(node: Node, logits: Any) -> Node:
    return max(node.children.values(), key=lambda child: float(logits[child.token])).next_choice()


def _compiled_last(model: GPT2) -> Last:
    """Return the function from token ids, and each sequence's last place, to the logits after it."""

    def last(tokens: Any, places: Any) -> Any:
        return model.logits(tf.gather(model(tokens), places, batch_dims=1))

    signature = (tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32))
    return tf.function(last, input_signature=signature)  # type: ignore[no-any-return]
