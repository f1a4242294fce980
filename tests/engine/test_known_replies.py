"""A model that speaks known replies speaks nothing else, and no reply twice while there are others."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Conversation, Engine, Sampling
from engine.errors import ModelError
from engine.known_replies import KnownReplies, KnownReply, read_replies
from engine.model_directory import ModelDirectory

LABEL = "증상/불면"
GENERAL = (
    "잠 이야기를 더 들려주세요.",
    "잠이 오지 않아 힘드시겠어요. 언제부터 그랬나요?",
    "요즘 잠은 어떤가요?",
)
FIRST, LATER = "첫 차례에만 맞는 말이에요.", "그렇게 말씀하시니 더 걱정되시겠어요."
WILD = Sampling(temperature=2.0, top_k=0, top_p=1.0, max_new_tokens=200)


@pytest.fixture(scope="module")
def model(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelDirectory:
    folder = tmp_path_factory.mktemp("known") / "model"
    shutil.copytree(trained, folder)
    replies: list[dict[str, str | int]] = [{"label": LABEL, "text": reply} for reply in GENERAL]
    replies += [{"label": LABEL, "text": FIRST, "turn": 1}, {"label": LABEL, "text": LATER, "turn": 2}]
    (folder / "responses.jsonl").write_text("\n".join(map(json.dumps, replies)))
    card = folder / "counsel.json"
    content = json.loads(card.read_text()) | {"replies": "known", "sha256": {}, "context_turns": 1}
    card.write_text(json.dumps(content))
    return ModelDirectory.load(folder)


@pytest.fixture(scope="module")
def engine(model: ModelDirectory) -> Engine:
    return Engine(model)


def test_nothing_else_is_said_however_wild_the_sampling(engine: Engine) -> None:
    said = {engine.reply("잠이 안 와", topic=LABEL, sampling=WILD, seed=seed).text for seed in range(30)}
    assert said <= set(GENERAL)
    assert len(said) > 1


def test_a_label_without_replies_is_answered_freely(engine: Engine) -> None:
    assert engine.reply("점심 먹었어", topic="일상", seed=1).token_ids


def test_no_reply_comes_twice_while_there_are_others_and_later_turns_have_more(engine: Engine) -> None:
    conversation, said = Conversation(), []
    for seed in range(4):
        reply = engine.reply("잠이 안 와", topic=LABEL, seed=seed, conversation=conversation)
        conversation = conversation.after(reply)
        said.append(reply.text)
    assert said[0] in GENERAL
    assert sorted(said) == sorted([*GENERAL, LATER])


def test_free_decoding_is_free(engine: Engine) -> None:
    said = {engine.reply("잠이 안 와", sampling=WILD, seed=seed, constrain=False).text for seed in range(5)}
    assert not said <= set(GENERAL)


def test_guesses_change_nothing(engine: Engine) -> None:
    for seed in range(5):
        drafted, plain = (
            engine.reply("잠이 안 와", topic=LABEL, seed=seed, draft=draft).token_ids
            for draft in (True, False)
        )
        assert drafted == plain


def test_after_a_token_that_begins_no_reply_any_may_follow(engine: Engine) -> None:
    reply = engine.reply("잠이 안 와", topic=LABEL, seed=3)
    other = next(token for token in range(300, 400) if token not in reply.token_ids)
    *_, changed = engine.continue_from(reply, 0, other)
    assert changed.token_ids[0] == other  # type: ignore[union-attr]


@given(st.integers(0, 60), st.booleans())
def test_every_prefix_of_a_reply_goes_on(model: ModelDirectory, cut: int, follow_up: bool) -> None:
    known = KnownReplies(model.path / "responses.jsonl", model.codec)
    logits = np.zeros(model.geometry.vocab_size, np.float32)
    for reply in GENERAL:
        ids = [*model.codec.encode(reply), model.codec.eos_id]
        place = min(cut, len(ids) - 1)
        left = known.only(logits, LABEL, ids[:place], (), follow_up=follow_up)
        assert left[ids[place]] == 0
        assert np.isfinite(left).sum() <= len(GENERAL) + 1


def test_a_missing_file_is_named(model: ModelDirectory, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"responses\.jsonl"):
        KnownReplies(tmp_path / "responses.jsonl", model.codec)
    assert read_replies(tmp_path / "responses.jsonl") == {}


def test_a_reply_for_several_turns_is_read_for_each(tmp_path: Path) -> None:
    path = tmp_path / "responses.jsonl"
    path.write_text('{"label": "가", "text": "네"}\n{"label": "가", "text": "네", "turn": 2}\n')
    assert read_replies(path) == {"가": [KnownReply("네"), KnownReply("네", 2)]}
    path.write_text('{"label": "가", "text": "네", "turn": "2"}\n')
    with pytest.raises(ModelError, match=r"responses\.jsonl, 1"):
        read_replies(path)
