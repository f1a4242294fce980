"""The model in the package: small, whole, and honest about its origin."""

import json

import pytest

from engine import Engine, Sampling
from engine.model_directory import SHIPPED


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 25_000_000


def test_its_card_says_what_it_was_trained_on() -> None:
    card = json.loads((SHIPPED / "counsel.json").read_text())
    text = (SHIPPED / "README.md").read_text()
    assert [file["file"] for file in card["trained_on"]] == ["counsel-ko-dialogues.csv", "counsel-ko.csv"]
    assert {file["file"] for file in card["base_trained_on"]} == {"nsmc-reviews.txt.xz", "ChatbotData.csv"}
    assert all(file["sha256"] in text for file in (*card["trained_on"], *card["base_trained_on"]))
    assert "MIT" in text
    assert "CC0" in text
    assert "no counsellor" in text


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("헤어졌는데 너무 힘들어", "관계/이별"),
        ("요즘 잠을 통 못 자요", "증상/불면"),
        ("다음 주 시험 때문에 떨려요", "학업/시험불안"),
        ("짝사랑하는 사람이 있어", "관계/짝사랑"),
        ("강아지가 무지개다리를 건넜어요", "상실/반려동물"),
        ("안녕하세요", "일반대화/인사"),
        ("너는 사람이야?", "일반대화/봇소개"),
    ],
)
def test_it_answers_in_korean(question: str, topic: str) -> None:
    with Engine.load() as engine:
        reply = engine.reply(question, sampling=Sampling(temperature=0.0))
    assert reply.topic == topic
    assert reply.finish_reason == "eos"
    assert any("가" <= character <= "힣" for character in reply.text)
