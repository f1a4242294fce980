"""Linear experts on n-grams: one SVM for each class against all others (see `engine.ngrams`)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.ngrams import BUCKETS, LinearExpert, count_ngrams, weigh

_SMOOTHING = 0.002  # added to how often an n-gram occurs in a class, where a text's n-grams weigh 1 together


def learn_ngrams(
    texts: Sequence[tuple[str, Sequence[str]]],
    tasks: Sequence[Sequence[int]],
    strictness: float = 1.0,
    bayes: float = 0.0,
    weights: Sequence[float] | None = None,
) -> LinearExpert:
    """Train linear SVMs on the n-grams of texts, and naive Bayes beside them, which is linear as well.

    Source of their sum: Wang and Manning, "Baselines and Bigrams" (2012), here added up rather than nested.

    Args:
        texts: each with the texts before it, which count less.
        tasks: for each question that is asked of the texts, the class of each text, from 0 to the last one, every one
            of which occurs and of which there are at least two; -1 where a text has none. The classes of all tasks
            stand side by side in the expert.
        strictness: how much an SVM keeps to its texts, scikit-learn's C.
        bayes: how much naive Bayes counts.
        weights: how much an SVM is to keep to each text, beside `strictness`; all alike if None.

    Returns:
        The expert; its scores are the SVMs' margins, and `bayes` times the log-probabilities of naive Bayes.
    """
    from scipy.sparse import csr_matrix
    from sklearn.svm import LinearSVC

    vectors = [count_ngrams(*text) for text in texts]
    found = np.bincount(np.concatenate([buckets for buckets, _ in vectors]), minlength=BUCKETS)
    rarity = (np.log((1 + len(texts)) / (1 + found)) + 1).astype(np.float32)
    weighted = [weigh(vector, rarity) for vector in vectors]
    starts = np.cumsum([0, *(len(buckets) for buckets, _ in weighted)])
    buckets, values = (np.concatenate(parts) for parts in zip(*weighted, strict=True))
    features = csr_matrix((values, buckets, starts), shape=(len(texts), BUCKETS))
    importance = np.ones(len(texts)) if weights is None else np.array(weights)
    slopes, biases = [], []
    for task in tasks:
        classes = np.array(task)
        rows = np.flatnonzero(classes >= 0)
        machine = LinearSVC(C=strictness, random_state=0)
        machine.fit(features[rows], classes[rows], importance[rows])
        weight, bias = machine.coef_.T, machine.intercept_
        if weight.shape[1] == 1:  # of two classes it gives the second one's score alone
            weight, bias = np.hstack([-weight, weight]), np.array([-bias[0], bias[0]])
        if bayes:
            weight = weight + bayes * _naive_bayes(features[rows], classes[rows])
        slopes.append(weight)
        biases.append(bias)
    return LinearExpert(
        np.hstack(slopes).astype(np.float32), np.concatenate(biases).astype(np.float32), rarity
    )


def _naive_bayes(features: Any, classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the log-probabilities of buckets under each class, float64 [BUCKETS, classes], less their mean over classes.

    Without the classes' own frequencies: a rare topic is not to be thought less likely for it.
    """
    from scipy.sparse import csr_matrix

    of_class = csr_matrix((np.ones(len(classes)), (classes, np.arange(len(classes)))))
    found = np.asarray((of_class @ features).todense()) + _SMOOTHING
    logarithms = np.log(found / found.sum(axis=1, keepdims=True))
    return (logarithms - logarithms.mean(axis=0)).T  # type: ignore[no-any-return]
