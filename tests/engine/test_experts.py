"""Topics by several experts: the product that was announced, and files that do not fit."""

import json
import shutil
from contextlib import closing
from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from engine import Engine
from engine.conversation import Conversation
from engine.errors import ModelError
from engine.experts import EXPERTS, Experts, calibrated
from engine.model_directory import ModelDirectory
from engine.runtime import Runtime
from engine.topics import LabelTrie, find_topics, walk
from tests.conftest import LABELS

QUESTION = "오늘 잠 때문에 힘들어"


@pytest.fixture
def changed(trained: Path, tmp_path: Path) -> Path:
    """A copy of the model, whose files may be changed."""
    shutil.copytree(trained, tmp_path / "model")
    card = tmp_path / "model" / "counsel.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "sha256": {}}))
    return tmp_path / "model"


def weigh(folder: Path, **weights: float) -> ModelDirectory:
    card = folder / "counsel.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "topic_experts": weights}))
    return ModelDirectory.load(folder)


def topics(model: ModelDirectory) -> dict[str, float]:
    with Engine(model, "fp32") as engine:
        return {topic.label: topic.probability for topic in engine.topics(QUESTION).likeliest}


def test_the_distribution_is_the_weighted_product(changed: Path) -> None:
    alone = [topics(weigh(changed, **{name: 1.0})) for name in EXPERTS]
    joined = topics(weigh(changed, tokens=0.7, head=0.2, ngrams=1.5))
    product = {
        label: np.prod([own[label] ** weight for own, weight in zip(alone, (0.7, 0.2, 1.5), strict=True)])
        for label in LABELS
    }
    assert joined == pytest.approx(
        {label: share / sum(product.values()) for label, share in product.items()}, abs=1e-5
    )
    assert sum(joined.values()) == pytest.approx(1)


def test_tokens_alone_are_the_walk_on_the_trie(changed: Path) -> None:
    model = weigh(changed, tokens=1.0)
    trie = LabelTrie(model.labels, model.codec, "")
    with closing(Runtime(model, "fp32")) as runtime:
        logits = runtime.start(model.codec.prompt(model.codec.encode(QUESTION)))
        walked, _ = walk(trie, runtime, logits, len(trie))
        found = find_topics(model.experts, trie, runtime, logits, question=QUESTION)
    assert [topic.label for topic in found.likeliest] == [topic.label for topic in walked]
    assert [topic.probability for topic in found.likeliest] == pytest.approx(
        [topic.probability for topic in walked]
    )
    assert found.rest == pytest.approx(0, abs=1e-9)


def test_the_reply_is_given_under_the_topic_so_chosen(changed: Path) -> None:
    model = weigh(changed, ngrams=50.0)
    with Engine(model) as engine:
        reply = engine.reply(QUESTION, seed=1)
        assert reply.topic == reply.topics.likeliest[0].label == "증상/불면"
        assert reply.label_ids == tuple(LabelTrie(model.labels, model.codec, "").tokens("증상/불면"))


@pytest.mark.usefixtures("unclear")
def test_earlier_turns_are_read_by_the_ngrams_if_the_network_reads_them(changed: Path) -> None:
    card = changed / "counsel.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "context_turns": 1}))
    model = weigh(changed, ngrams=20.0)
    with Engine(model) as engine:
        reply = engine.reply(QUESTION, seed=1)
        before = Conversation().after(reply)
        alone = engine.topics("네").likeliest[0]
        followed = engine.topics("네", conversation=before).likeliest[0]
    assert followed.label == "증상/불면"
    assert followed.model_probability > alone.model_probability or alone.label != "증상/불면"


@pytest.mark.parametrize("damage", ["missing", "truncated", "shape", "names", "infinite"])
def test_a_file_that_does_not_fit_is_named(changed: Path, damage: str) -> None:
    path = changed / "topics.safetensors"
    tensors = load_file(path)
    match damage:
        case "missing":
            path.unlink()
        case "truncated":
            path.write_bytes(path.read_bytes()[:100])
        case "shape":
            save_file({**tensors, "head.weight": tensors["head.weight"][:2].copy()}, path)
        case "names":
            save_file({"other": tensors["head.bias"]}, path)
        case _:
            save_file({**tensors, "ngrams.bias": np.full(4, np.inf, np.float32)}, path)
    with pytest.raises(ModelError, match=r"topics\.safetensors|ngrams\.bias"):
        ModelDirectory.load(changed)


@pytest.mark.parametrize("weights", [{"other": 1.0}, {"head": -1.0}, {"head": "1"}, [1.0]])
def test_weights_of_another_form_are_refused(changed: Path, weights: object) -> None:
    card = changed / "counsel.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "topic_experts": weights}))
    with pytest.raises(ModelError, match="topic_experts"):
        ModelDirectory.load(changed)


@pytest.mark.parametrize("calibration", [[1.0], [0.0, 0.0], ["1", 0.0], {"slope": 1.0}, [float("inf"), 0.0]])
def test_a_calibration_of_another_form_is_refused(changed: Path, calibration: object) -> None:
    card = changed / "counsel.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "topic_calibration": calibration}))
    with pytest.raises(ModelError, match="topic_calibration"):
        ModelDirectory.load(changed)


def test_a_calibration_in_the_card_is_the_one_that_is_shown(changed: Path) -> None:
    card = changed / "counsel.json"
    before = topics(weigh(changed, ngrams=2.0))
    card.write_text(json.dumps({**json.loads(card.read_text()), "topic_calibration": [1.0, -0.5]}))
    after = topics(ModelDirectory.load(changed))
    (sure, *_), (unsure, *_) = before.values(), after.values()
    assert log(unsure / (1 - unsure)) == pytest.approx(log(sure / (1 - sure)) - 0.5, abs=1e-4)


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=8), st.floats(0.05, 5), st.floats(-5, 5))
def test_calibration_keeps_the_likeliest_and_the_order_of_the_others(
    logarithms: list[float], slope: float, shift: float
) -> None:
    weights = np.exp(np.array(logarithms) - max(logarithms))
    likely = weights / weights.sum()
    told = calibrated(likely, slope, shift)
    assert told.sum() == pytest.approx(1)
    assert (told >= 0).all()
    best = int(likely.argmax())
    assert told[best] >= told.max() - 1e-12
    others = np.delete(np.arange(len(likely)), best)
    order = np.argsort(likely[others], kind="stable")
    assert (np.diff(told[others][order]) >= -1e-12).all()


def test_a_changed_file_is_recognised(trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(trained, folder)
    path = folder / "topics.safetensors"
    tensors = load_file(path)
    save_file({**tensors, "head.bias": tensors["head.bias"] + np.float32(1)}, path)
    with pytest.raises(ModelError, match="sha256"):
        ModelDirectory.load(folder)


def test_experts_of_no_weight_are_not_asked() -> None:
    experts = Experts(LABELS, {"tokens": 0.0})
    assert experts.scores(np.zeros(4, np.float32), "", (), lambda: pytest.fail("was asked")) == {}
