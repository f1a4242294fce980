"""The model in the package: small, whole, and honest about its origin."""

import json

import pytest

from engine import Engine, Sampling
from engine.model_directory import SHIPPED


def test_it_is_small_and_carries_no_data() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 6_000_000
    assert not (SHIPPED / "responses.jsonl").exists()


def test_its_card_says_what_it_was_trained_on() -> None:
    card = json.loads((SHIPPED / "counsel.json").read_text())
    text = (SHIPPED / "README.md").read_text()
    assert card["trained_on"][0]["sha256"] in text
    assert "MIT" in text
    assert "no counsellor" in text


@pytest.mark.parametrize(
    ("question", "topic"),
    [("헤어졌는데 너무 힘들어", "이별"), ("오늘 점심 뭐 먹지", "일상"), ("짝사랑하는 사람이 있어", "사랑")],
)
def test_it_answers_in_korean(question: str, topic: str) -> None:
    with Engine.load() as engine:
        reply = engine.reply(question, sampling=Sampling(temperature=0.0))
    assert reply.topic == topic
    assert reply.finish_reason == "eos"
    assert any("가" <= character <= "힣" for character in reply.text)
