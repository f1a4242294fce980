"""The topic that a Keras model finds for each of many prompts, before there is a graph for the engine."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from engine.topics import LabelTrie, Node
from train.evaluation.topic_scores import TopicScores, topic_scores
from train.model import GPT2

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
        numbered: the labels in the order of the network's topic head, which then tells them; none without a head.
    """

    trie: LabelTrie
    prompts: Sequence[Sequence[int]]
    expected: Sequence[str]
    pad_id: int
    numbered: Sequence[str] = ()
    _compiled: tuple[GPT2, Last] | None = None

    def score(self, model: GPT2) -> TopicScores:
        """Return how well a network finds them now."""
        if self._compiled is None or self._compiled[0] is not model:
            self._compiled = (
                model,
                _compiled_last(model, model.topic_logits if self.numbered else model.logits),
            )
        last = self._compiled[1]
        if self.numbered:
            logits = _after(last, cut_prompts(self.prompts, model.geometry.context), self.pad_id)
            found = [self.numbered[place] for row in logits for place in [int(row.argmax())]]
        else:
            found = find_topics(model, self.trie, self.prompts, self.pad_id, last)
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
    last = last or _compiled_last(model, model.logits)
    starts = cut_prompts(prompts, model.geometry.context - trie.depth)
    nodes = [trie.root.next_choice()] * len(starts)
    while waiting := [place for place, node in enumerate(nodes) if node.children]:
        sequences = [[*starts[place], *(step.token for step in nodes[place].path())] for place in waiting]
        for place, row in zip(waiting, _after(last, sequences, pad_id), strict=True):
            nodes[place] = _likeliest(nodes[place], row)
    return [node.label or "" for node in nodes]


def _likeliest(node: Node, logits: Any) -> Node:
    return max(node.children.values(), key=lambda child: float(logits[child.token])).next_choice()


def cut_prompts(prompts: Sequence[Sequence[int]], room: int) -> list[list[int]]:
    """Return prompts of at most `room` tokens: of longer ones, the beginning behind BOS and `<unused0>` is cut."""
    return [[*prompt[:2], *prompt[2 + max(0, len(prompt) - room) :]] for prompt in prompts]


def _after(last: Last, sequences: Sequence[Sequence[int]], pad_id: int) -> Iterator[Any]:
    """Yield the logits after the last token of each sequence, computed in batches."""
    for start in range(0, len(sequences), BATCH):
        batch = sequences[start : start + BATCH]
        tokens = np.full((len(batch), max(map(len, batch))), pad_id, np.int32)
        for line, ids in enumerate(batch):
            tokens[line, : len(ids)] = ids
        yield from last(tokens, np.array([len(ids) - 1 for ids in batch], np.int32)).numpy()


def _compiled_last(model: GPT2, head: Last) -> Last:
    """Return the function from token ids, and each sequence's last place, to what a head makes of it."""

    def last(tokens: Any, places: Any) -> Any:
        return head(tf.gather(model(tokens), places, batch_dims=1))

    signature = (tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32))
    return tf.function(last, input_signature=signature)  # type: ignore[no-any-return]
