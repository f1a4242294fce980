"""What a person would pick instead of a language model: character n-grams and a linear SVM."""

from collections.abc import Sequence

import numpy as np

from train.evaluation.topic_scores import Ranking
from train.rows.data import Row

NGRAMS = (1, 4)  # characters, within words


def rank_by_svm(training: Sequence[Row], questions: Sequence[str]) -> Ranking:
    """Train on rows with at least two labels, and rank those labels for each question.

    TF-IDF of character n-grams (`char_wb`, logarithmic counts) and scikit-learn's `LinearSVC` with its own defaults:
    one SVM for each label against all others.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=NGRAMS, sublinear_tf=True)
    features = vectorizer.fit_transform([row.question for row in training])
    machine = LinearSVC(random_state=0).fit(features, [row.label for row in training])
    scores = np.asarray(machine.decision_function(vectorizer.transform(questions)), np.float64)
    if scores.ndim == 1:  # of two labels it gives the second one's score alone
        scores = np.stack([-scores, scores], axis=1)
    return Ranking([str(label) for label in machine.classes_], scores)
