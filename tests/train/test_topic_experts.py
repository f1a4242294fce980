"""The experts of a trained model: the head that was trained, n-grams that learn, weights that help."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from engine.experts import Experts, Scores, calibrated
from engine.model_directory import ModelDirectory
from engine.ngrams import LinearExpert
from engine.runtime import Runtime
from tests.conftest import LABELS, example_rows
from tests.train import toys
from train.evaluation.calibration import calibrate
from train.linear import learn_ngrams
from train.rows.data import Row
from train.rows.reading import Place
from train.sequences.joining import Pair
from train.sequences.lines import encode
from train.sequences.pipeline import Batcher, Line
from train.settings import Settings
from train.topic_experts import BAYES, fit_calibration, fit_weights, multiply, score_pairs, weigh_experts
from train.trainer import Trainer

PLACE = Place(Path("rows.csv"), 1)
PAIRS = [
    Pair(Row(question, label, response, PLACE), response) for label, question, response in example_rows()
]


def learn(labels: Sequence[str]) -> LinearExpert:
    pairs = [pair for pair in PAIRS if pair.row.label in labels]
    classes = [labels.index(pair.row.label) for pair in pairs]
    return learn_ngrams([(pair.row.question, ()) for pair in pairs], [classes], bayes=BAYES)


def test_ngrams_tell_labels_of_other_sentences() -> None:
    linear = learn(LABELS)
    assert LABELS[int(linear.scores("새벽까지 잠을 설쳤어").argmax())] == "증상/불면"
    assert LABELS[int(linear.scores("내일 발표를 해야 해").argmax())] == "감정/불안/발표"


def test_two_labels_are_told_apart_as_several_are() -> None:
    insomnia, daily = learn(("증상/불면", "일상")).scores("점심을 먹었다")
    assert daily > insomnia


def test_several_questions_are_asked_at_once() -> None:
    """The second one only of texts that have an answer to it."""
    texts: list[tuple[str, Sequence[str]]] = [(pair.row.question, ()) for pair in PAIRS]
    asleep = [int(pair.row.label == "증상/불면") for pair in PAIRS]
    worried = [
        int("걱정" in pair.row.question) if own else -1 for pair, own in zip(PAIRS, asleep, strict=True)
    ]
    linear = learn_ngrams(texts, [asleep, worried])
    assert linear.weight.shape[1] == 4
    no, yes, calm, anxious = linear.scores("요즘 잠 때문에 걱정돼요")
    assert yes > no
    assert anxious > calm


def test_little_is_lost_by_packing(tmp_path: Path) -> None:
    linear = learn(LABELS)
    save_file(linear.pack(), tmp_path / "x.safetensors")
    again = LinearExpert.unpack(load_file(tmp_path / "x.safetensors"))
    np.testing.assert_allclose(again.scores("요즘 잠이 안 와"), linear.scores("요즘 잠이 안 와"), atol=0.02)


def loss_of(weights: dict[str, float], scores: dict[str, Scores], own: NDArray[np.int64]) -> float:
    total = np.sum([weight * scores[name] for name, weight in weights.items()], axis=0)
    likely = total - np.logaddexp.reduce(total, axis=1, keepdims=True)
    return -float(likely[np.arange(len(own)), own].mean())


@given(st.integers(0, 1000), st.integers(2, 6), st.integers(20, 60))
def test_weights_are_better_than_any_expert_alone(seed: int, labels: int, rows: int) -> None:
    generator = np.random.default_rng(seed)
    own = generator.integers(0, labels, rows)
    scores = {
        name: (generator.normal(0, 1, (rows, labels)) + share * np.eye(labels)[own]).astype(np.float64)
        for name, share in (("tokens", 2.0), ("head", 1.0), ("ngrams", 0.0))
    }
    weights, told = fit_weights(scores, own)
    assert min(weights.values()) >= 0
    assert told == pytest.approx(loss_of(weights, scores, own), abs=1e-2)
    for name in scores:
        for weight in (0.0, 0.5, 1.0, 2.0):
            assert told <= loss_of({name: weight}, scores, own) + 1e-6


def test_tokens_are_left_out_where_they_add_nothing(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = ModelDirectory.load(trained)
    weights = dict.fromkeys(("tokens", "head", "ngrams"), 1.0)
    everyone = Experts.load(trained / "topics.safetensors", model.labels, weights, model.weights)
    scores = score_pairs(model, everyone, PAIRS)
    assert {name: array.shape for name, array in scores.items()} == dict.fromkeys(
        ("tokens", "head", "ngrams"), (len(PAIRS), len(LABELS))
    )
    monkeypatch.setattr("train.topic_experts.WORTH", 1.0)
    assert set(weigh_experts(model, everyone, PAIRS)[0]) == {"head", "ngrams"}
    monkeypatch.setattr("train.topic_experts.WORTH", float("-inf"))
    assert set(weigh_experts(model, everyone, PAIRS)[0]) == {"tokens", "head", "ngrams"}


def test_the_head_learns_the_topic_and_a_half_update_counts_as_a_whole_one() -> None:
    """Label 0 where a line begins with an even token."""
    lines = [line._replace(topic=int(line.ids[0]) % 2) for line in toys.even_lines(64)]
    settings = Settings(batch_size=16, topic_head=1.0)
    trainer = Trainer(lambda: toys.network(topics=2), settings)
    batcher = Batcher(16, toys.PAD, toys.GEOMETRY.context)
    for number in range(1, 60):
        for update in batcher.updates(lines[:40], np.random.default_rng(number)):
            trainer.step(update, 1e-2, number)
    hidden = trainer.model(np.array([line.ids[: line.read] for line in lines[:40]], np.int32))
    found = np.argmax(trainer.model.topic_logits(hidden[:, -1]).numpy(), axis=1)
    assert (found == [line.topic for line in lines[:40]]).mean() > 0.9


@pytest.mark.parametrize("accumulate", [1, 2, 4])
def test_topics_are_asked_where_the_label_begins(accumulate: int) -> None:
    lines = [line._replace(topic=number % 3) for number, line in enumerate(toys.lines(9))]
    lines[4] = lines[4]._replace(topic=-1)
    update = Batcher(12, toys.PAD, toys.GEOMETRY.context, accumulate).update(lines, np.arange(9))
    assert update.topic_weights.sum() == pytest.approx(1)
    assert np.count_nonzero(update.topic_weights) == 8
    length = update.inputs.shape[2]
    found = set()
    for part, row in zip(*np.nonzero(update.topic_weights), strict=True):
        line, place = divmod(int(update.places[part, update.topic_slots[part, row]]), length)
        assert line == row
        found.add((tuple(update.inputs[part, row].tolist()), place, int(update.topics[part, row])))
    assert found == {
        ((*line.ids, *[toys.PAD] * length)[:length], line.read - 1, line.topic)
        for line in lines
        if line.topic >= 0
    }


def test_without_a_head_topics_change_nothing() -> None:
    def train(lines: list[Line]) -> dict[str, np.ndarray]:
        trainer = Trainer(toys.network, Settings(batch_size=8))
        for update in Batcher(8, toys.PAD, toys.GEOMETRY.context).updates(lines):
            trainer.step(update, 1e-2, 1)
        return trainer.model.arrays()

    plain = toys.lines(8)
    numbered = train([line._replace(topic=1) for line in plain])
    for name, array in train(plain).items():
        np.testing.assert_array_equal(array, numbered[name])


def test_the_engine_sees_the_head_as_the_network_does(trained: Path) -> None:
    model = ModelDirectory.load(trained)
    experts = Experts.load(trained / "topics.safetensors", model.labels, {"head": 1.0}, model.weights)
    assert experts.head is not None
    pairs = PAIRS[::7]
    prompts = [encode(pair, model.codec, model.geometry.context).prompt for pair in pairs]
    with closing(Runtime(model, "fp32")) as runtime:
        matrix, bias = experts.head
        states = []
        for prompt in prompts:
            runtime.start(prompt)
            states.append(matrix @ runtime.state + bias)
    found = [experts.labels[int(scores.argmax())] for scores in states]
    assert found == [pair.row.label for pair in pairs]  # which it has learnt


@pytest.mark.parametrize("too_sure", [1.5, 2.5, 4.0])
def test_calibration_says_how_often_the_likeliest_is_right(too_sure: float) -> None:
    """Of a model whose logits are too large by a factor."""
    generator = np.random.default_rng(1)
    logits = generator.normal(0, 2.0, (4000, 5))
    gumbel = generator.gumbel(size=logits.shape)
    own = (logits + gumbel).argmax(axis=1)  # a draw from the softmax of the logits
    likely = multiply({"head": too_sure}, {"head": logits})
    told = calibrated(likely, *fit_calibration(likely, own))
    right = (likely.argmax(axis=1) == own).tolist()
    before, after = (calibrate(one.max(axis=1).tolist(), right).error for one in (likely, told))
    assert after < before / 2
