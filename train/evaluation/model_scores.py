"""What a model holds likely of rows: every label, and the response that stands there."""

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.checkpoint import Array
from engine.model_directory import ModelDirectory
from engine.runtime import Runtime
from engine.topics import LabelTrie, find_topics
from train.evaluation.topic_scores import Ranking
from train.sequences.joining import Pair
from train.sequences.lines import encode


@dataclass(frozen=True)
class ResponseLoss:
    """How likely responses are under their own labels.

    Attributes:
        rows: with a response.
        tokens: of the responses, the closing ones included.
        characters: of the responses.
        nats: the cross-entropy of all tokens together.
    """

    rows: int
    tokens: int
    characters: int
    nats: float

    @property
    def perplexity(self) -> float:
        """Per token: comparable between models with the same tokenizer."""
        return math.exp(self.nats / self.tokens)

    @property
    def bits_per_character(self) -> float:
        """Comparable between any models."""
        return self.nats / math.log(2) / self.characters


def score_rows(
    model: ModelDirectory,
    trie: LabelTrie,
    pairs: Sequence[Pair],
    threads: int | None,
    tell: Callable[[int], None],
) -> tuple[Ranking, ResponseLoss | None]:
    """Read each row once, find the exact probability of every label, and then of its response under its own label.

    Args:
        model: the graph has the precision that it recommends.
        trie: of all its labels, each row's among them.
        pairs: at least one.
        threads: that compute; as many as there are physical cores if None.
        tell: called with the number of rows that are done.

    Returns:
        The probabilities, and the loss of the responses, if there are any.

    Raises:
        ModelError: the graph cannot be stored or opened, or its logits are no numbers.
    """
    labels = list(model.labels)
    place_of = {label: place for place, label in enumerate(labels)}
    probabilities = np.zeros((len(pairs), len(labels)))
    losses: list[float] = []
    with closing(Runtime(model, threads=threads, precision=model.precision)) as runtime:
        for row, pair in enumerate(pairs):
            line = encode(pair, model.codec, model.geometry.context)
            ids, read = list(line.ids), line.read
            # The label that is found may be longer than the row's own.
            prompt = ids[:2] + ids[2 + max(0, read + trie.depth - runtime.context) : read]
            topics = find_topics(
                model.experts,
                trie,
                runtime,
                runtime.start(prompt),
                question=pair.row.question,
                earlier=[question for question, _ in pair.turns],
            )
            for topic in topics.likeliest:
                probabilities[row, place_of[topic.label]] = topic.probability
            if pair.response is not None:
                if len(prompt) < read:
                    runtime.start(ids[:read])
                label = len(trie.tokens(pair.row.label))
                logits = runtime.append(ids[read:-1])[label - 1 :]
                losses.extend(_cross_entropy(logits, ids[read + label :]))
            tell(row + 1)
    answered = [pair.response for pair in pairs if pair.response is not None]
    if not answered:
        return Ranking(labels, probabilities), None
    characters = sum(map(len, answered))
    return Ranking(labels, probabilities), ResponseLoss(
        len(answered), len(losses), characters, math.fsum(losses)
    )


def _cross_entropy(logits: Array, tokens: Sequence[int]) -> NDArray[np.float64]:
    """Return the loss of each token in nats, float64 [len(tokens)].

    Args:
        logits: float32 [len(tokens), vocab_size].
        tokens: that follow.
    """
    scores = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    own = scores[np.arange(len(tokens)), list(tokens)]
    return np.log(np.exp(scores).sum(axis=1)) - own  # type: ignore[no-any-return]
