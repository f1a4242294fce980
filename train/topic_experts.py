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
from engine.experts import AS_IS, EXPERTS, HEAD, NGRAMS, TOKENS, Experts, Scores, calibrated
from engine.model_directory import TOPICS_FILE, WEIGHTS_FILE, ModelDirectory
from engine.runtime import Runtime
from engine.topics import LabelTrie, score_topics
from train import checkpoint
from train.linear import learn_ngrams
from train.rows.data import Row
from train.sequences.joining import Pair
from train.sequences.lines import encode
from train.topic_search import cut_prompts

ROWS = 1000  # held-out rows by which experts are weighed, at most
WORTH = 0.01  # by this share the label's tokens must lower the loss to be asked beside other experts
ENTRY = 0.3  # how much an SVM keeps to an entry of a lexicon beside an utterance
BAYES = 0.03  # how much naive Bayes counts in the expert on n-grams beside the SVMs (docs/model.md)
UNMEASURED: Mapping[str, float] = {TOKENS: 0.5, HEAD: 0.5, NGRAMS: 4.0}  # where there are no held-out rows


def add_experts(
    out: Path,
    head: Mapping[str, Array],
    training: Sequence[Pair] | None,
    lexicon: Sequence[Row],
    held_out: Sequence[Pair],
    precision: checkpoint.Precision,
    seed: int,
) -> None:
    """Give a model directory that is complete otherwise its experts, and tell how much each counts in its card.

    Args:
        out: the directory.
        head: weight and bias of the topic head; nothing without one.
        training: what a linear expert on n-grams learns from; None for no such expert.
        lexicon: words and phrases that it learns from as well.
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
        pairs = [*training, *(Pair(row, None) for row in lexicon)]
        texts = [(pair.row.question, _earlier(pair)) for pair in pairs]
        classes = [labels.index(pair.row.label) for pair in pairs]
        counts = [1.0] * len(training) + [ENTRY] * len(lexicon)
        tensors |= learn_ngrams(texts, [classes], bayes=BAYES, weights=counts).pack()
    asked = [name for name in EXPERTS if name == TOKENS or any(key.startswith(name) for key in tensors)]
    if len(asked) == 1:
        return
    path = out / TOPICS_FILE
    save_file(tensors, path)
    path.chmod((out / WEIGHTS_FILE).stat().st_mode)
    everyone = Experts.load(path, labels, dict.fromkeys(asked, 1.0), model.weights)
    rows = quantization.sample(held_out, ROWS, seed)
    weights, calibration = {name: UNMEASURED[name] for name in asked}, AS_IS
    if rows:
        with suppress(ModelError):  # no space for a graph: `counsel doctor` tells what is wrong
            weights, calibration = weigh_experts(model, everyone, rows)
    told = {"topic_experts": weights, "topic_calibration": calibration}
    checkpoint.add_to_card(out, told, [TOPICS_FILE])


def weigh_experts(
    model: ModelDirectory, experts: Experts, pairs: Sequence[Pair]
) -> tuple[dict[str, float], tuple[float, float]]:
    """Return the weight of each expert, at least 0, under which the rows' own labels are the likeliest, and the calibration
    of their product.

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
    if TOKENS in scores and cheap:
        without, higher = fit_weights(cheap, own)
        if higher - loss < WORTH * higher:
            weights = without
    return weights, fit_calibration(multiply(weights, scores), own)


def multiply(weights: Mapping[str, float], scores: Mapping[str, Scores]) -> Scores:
    """Return the product of experts as probabilities, float64 [rows, labels], not calibrated yet."""
    total = np.sum([weight * scores[name] for name, weight in weights.items()], axis=0)
    return np.exp(total - np.logaddexp.reduce(total, axis=1, keepdims=True))  # type: ignore[no-any-return]


def fit_calibration(likely: Scores, own: NDArray[np.int64]) -> tuple[float, float]:
    """Return the slope and shift of `engine.experts.calibrated` with the least cross-entropy of being right.

    Args:
        likely: probabilities, float64 [rows, labels].
        own: int64 [rows], each row's label. Where all or none of the likeliest are right there is nothing to fit.
    """
    from scipy.optimize import minimize

    right = likely.argmax(axis=1) == own
    if likely.shape[1] == 1 or right.all() or not right.any():
        return AS_IS

    def loss(told: Scores) -> float:
        sure = np.clip(calibrated(likely, *told).max(axis=1), 1e-9, 1 - 1e-9)
        return float(-np.log(np.where(right, sure, 1 - sure)).mean())

    # No steeper than it is: a few rows that happen to be right make no model sure.
    found = minimize(loss, AS_IS, method="Nelder-Mead", bounds=[(0.1, 1.0), (-3.0, 3.0)])
    slope, shift = (round(float(value), 3) for value in found.x)
    return slope, shift


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
