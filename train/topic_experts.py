"""The experts on topics besides the label's tokens: trained, and weighed on held-out rows (see `engine.experts`)."""

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from engine import quantization
from engine.checkpoint import Array
from engine.errors import ModelError
from engine.experts import EXPERTS, HEAD, NGRAMS, TOKENS, Experts, Scores
from engine.model_directory import TOPICS_FILE, WEIGHTS_FILE, ModelDirectory
from engine.runtime import Runtime
from engine.topics import LabelTrie, score_topics
from train import checkpoint
from train.linear import learn_ngrams
from train.sequences.joining import Pair
from train.sequences.lines import encode
from train.topic_search import cut_prompts

ROWS = 1000  # held-out rows by which experts are weighed, at most
WORTH = 0.01  # by this share the label's tokens must lower the loss to be asked beside other experts
UNMEASURED: Mapping[str, float] = {TOKENS: 0.5, HEAD: 0.5, NGRAMS: 1.5}  # where there are no held-out rows


def add_experts(
    out: Path,
    head: Mapping[str, Array],
    training: Sequence[Pair] | None,
    held_out: Sequence[Pair],
    precision: checkpoint.Precision,
    seed: int,
) -> None:
    """Give a model directory that is complete otherwise its experts, and tell how much each counts in its card.

    Args:
        out: the directory.
        head: weight and bias of the topic head; nothing without one.
        training: what a linear expert on n-grams learns from; None for no such expert.
        held_out: by which the experts are weighed.
        precision: of the head's weights in the file.
        seed: of the rows that are drawn if there are many.
    """
    model = ModelDirectory.load(out)
    labels = tuple(model.labels)
    tensors: dict[str, NDArray[Any]] = {
        f"head.{name}": array.astype(precision) for name, array in head.items()
    }
    if training is not None and len(labels) > 1:
        texts = [(pair.row.question, _earlier(pair)) for pair in training]
        tensors |= learn_ngrams(texts, [[labels.index(pair.row.label) for pair in training]]).pack()
    asked = [name for name in EXPERTS if name == TOKENS or any(key.startswith(name) for key in tensors)]
    if len(asked) == 1:
        return
    path = out / TOPICS_FILE
    save_file(tensors, path)
    path.chmod((out / WEIGHTS_FILE).stat().st_mode)
    everyone = Experts.load(path, labels, dict.fromkeys(asked, 1.0), model.weights)
    rows = quantization.sample(held_out, ROWS, seed)
    weights = {name: UNMEASURED[name] for name in asked}
    if rows:
        with suppress(
            ModelError
        ):  # no space for a graph: the model is safe, and `counsel doctor` tells what is wrong
            weights = weigh_experts(model, everyone, rows)
    checkpoint.add_to_card(out, {"topic_experts": weights}, [TOPICS_FILE])


def weigh_experts(model: ModelDirectory, experts: Experts, pairs: Sequence[Pair]) -> dict[str, float]:
    """Return the weight of each expert, at least 0, under which the rows' own labels are the likeliest.

    The label's tokens cost passes over the network for every question, all others next to nothing: they are left out
    where others are there and the tokens make the loss less than `WORTH` smaller.

    Args:
        model: its graph gives the states.
        experts: all of them; their weights are passed over.
        pairs: held-out rows, at least one.

    Raises:
        ModelError: the graph cannot be stored or opened.
    """
    scores = score_pairs(model, experts, pairs)
    own = np.array([experts.labels.index(pair.row.label) for pair in pairs])
    weights, loss = fit_weights(scores, own)
    cheap = {name: found for name, found in scores.items() if name != TOKENS}
    if TOKENS not in scores or not cheap:
        return weights
    without, higher = fit_weights(cheap, own)
    return without if higher - loss < WORTH * higher else weights


def fit_weights(scores: Mapping[str, Scores], own: NDArray[np.int64]) -> tuple[dict[str, float], float]:
    """Return the weights, at least 0, that give the least cross-entropy, and that in nats per row.

    Args:
        scores: of each expert, by its name, float64 [rows, labels].
        own: int64 [rows], each row's label.
    """
    from scipy.optimize import minimize

    names = list(scores)
    stacked = np.stack([scores[name] for name in names])  # [experts, rows, labels]
    rows = np.arange(len(own))

    def loss(weights: Scores) -> tuple[float, Scores]:
        total = np.tensordot(weights, stacked, 1)
        total -= total.max(axis=1, keepdims=True)
        likely = np.exp(total)
        likely /= likely.sum(axis=1, keepdims=True)
        gradient = ((likely * stacked).sum(axis=2) - stacked[:, rows, own]).mean(axis=1)
        return float(-np.log(np.maximum(likely[rows, own], 1e-300)).mean()), gradient

    start = [UNMEASURED[name] for name in names]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(names))
    return {name: round(float(weight), 3) for name, weight in zip(names, found.x, strict=True)}, float(
        found.fun
    )


def score_pairs(model: ModelDirectory, experts: Experts, pairs: Sequence[Pair]) -> dict[str, Scores]:
    """Return what each expert holds of each row's labels, by its name, float64 [rows, labels].

    Raises:
        ModelError: the graph cannot be stored or opened.
    """
    trie = LabelTrie(model.labels, model.codec, str(model.path))
    found: list[dict[str, Scores]] = []
    with closing(Runtime(model, model.precision)) as runtime:
        for pair in pairs:
            line = encode(pair, model.codec, runtime.context)
            logits = runtime.start(cut_prompts([line.prompt], runtime.context - trie.depth)[0])
            found.append(score_topics(experts, trie, runtime, logits, pair.row.question, _earlier(pair)))
    return {name: np.stack([scores[name] for scores in found]) for name in found[0]}


def _earlier(pair: Pair) -> list[str]:
    return [question for question, _ in pair.turns]
