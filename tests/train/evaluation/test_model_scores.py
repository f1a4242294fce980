"""Probabilities of labels and responses are those of the runtime, token by token."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from scipy.special import logsumexp

from engine import Engine
from engine.model_directory import ModelDirectory
from engine.runtime import Runtime
from engine.topics import LabelTrie
from tests.conftest import example_rows
from train.evaluation.model_scores import ResponseLoss, score_rows
from train.evaluation.topic_scores import Ranking
from train.rows.data import Row
from train.rows.reading import Place
from train.sequences.joining import Pair


def pairs_of(*lines: tuple[str, str, str | None]) -> list[Pair]:
    return [
        Pair(Row(question, label, reply, Place(Path("rows.csv"), 2)), reply)
        for label, question, reply in lines
    ]


def scores_of(model: ModelDirectory, pairs: list[Pair]) -> tuple[Ranking, ResponseLoss | None]:
    return score_rows(model, LabelTrie(model.labels, model.codec, ""), pairs, None, lambda _: None)


def test_topics_are_the_engines(trained: Path, trained_engine: Engine) -> None:
    pairs = pairs_of(*example_rows()[::9])
    ranking, _ = scores_of(ModelDirectory.load(trained), pairs)
    assert ranking.scores.sum(axis=1) == pytest.approx(1)
    for row, pair in zip(ranking.scores, pairs, strict=True):
        known = {
            topic.label: topic.probability for topic in trained_engine.topics(pair.row.question).likeliest
        }
        assert dict(zip(ranking.labels, row.tolist(), strict=True)) == pytest.approx(known)


def test_the_loss_of_responses_token_by_token(trained: Path) -> None:
    model = ModelDirectory.load(trained)
    lines = [("증상/불면", "요즘 잠이 안 와요", "언제부터 그랬나요?"), ("일상", "점심 먹었어", "맛있었나요?")]
    pairs = pairs_of(*lines, ("일상", "배고파", None))
    pairs[1] = pairs[1]._replace(turns=(("안녕", "반가워요"),))
    _, loss = scores_of(model, pairs)
    codec, nats, tokens = model.codec, 0.0, 0
    with closing(Runtime(model, model.precision)) as runtime:
        for (label, question, reply), turns in zip(lines, ([], [("안녕", "반가워요")]), strict=True):
            earlier = [(codec.encode(said), codec.encode(answered)) for said, answered in turns]
            ids = [
                *codec.prompt(codec.encode(question), earlier),
                *codec.encode(label),
                codec.response_id,
            ]
            for token in [*codec.encode(reply or ""), codec.eos_id]:
                logits = runtime.start(ids).astype(np.float64)
                nats += float(logsumexp(logits) - logits[token])
                tokens += 1
                ids.append(token)
    assert loss is not None
    assert (loss.rows, loss.tokens) == (2, tokens)
    assert loss.nats == pytest.approx(nats)
    assert loss.perplexity == pytest.approx(np.exp(nats / tokens))
    assert loss.bits_per_character == pytest.approx(nats / np.log(2) / sum(len(line[2]) for line in lines))


def test_rows_longer_than_the_context(trained: Path) -> None:
    model = ModelDirectory.load(trained)
    for length in range(0, model.geometry.context, 7):
        question = "잠 " * (model.geometry.context // 2 + length)
        ranking, loss = scores_of(model, pairs_of(("감정/불안/발표", question, "네")))
        assert ranking.scores.sum() == pytest.approx(1)
        assert loss is not None
        if length > 70:
            break


def test_rows_without_responses(trained: Path) -> None:
    ranking, loss = scores_of(ModelDirectory.load(trained), pairs_of(("일상", "점심", None)))
    assert loss is None
    assert len(ranking.scores) == 1
