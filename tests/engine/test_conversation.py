"""Earlier turns: what is remembered, and what it does to the next reply."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import MEMORY_PARAMETERS, Conversation, CounselError, Engine, Memory, Sampling, Turn
from engine.topics import CLEAR_BITS
from tests.conftest import LABELS
from tests.engine.test_model_directory import edit_json

GREEDY = Sampling(temperature=0.0)
OFF = Memory(context_turns=0, topic_memory=0.0, avoid_repeats=0.0)
CONVERSATIONS = st.builds(
    Conversation,
    turns=st.lists(
        st.builds(Turn, st.text(), st.text(), st.text(), st.lists(st.integers(0)).map(tuple)), max_size=5
    ).map(tuple),
    memory=st.builds(
        Memory,
        context_turns=st.integers(0, 8),
        topic_memory=st.floats(0, 20),
        avoid_repeats=st.floats(0, 1),
    ),
)
SLEEP = Turn("요즘 잠 때문에 힘들어", "증상/불면", "잠 이야기를 더 들려주세요.")


@given(CONVERSATIONS)
def test_json_keeps_all_of_it(conversation: Conversation) -> None:
    assert Conversation.from_json(json.loads(json.dumps(conversation.to_json()))) == conversation


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"schema": 2}, "schema"),
        ({"turns": 3}, "turns"),
        ({"turns": [{"question": "가"}]}, r"turns\[1\]"),
        ({"turns": [{"question": "가", "topic": 1, "response": "나"}]}, r"turns\[1\]"),
        ({"turns": [{"question": "가", "topic": "", "response": "", "token_ids": [True]}]}, r"turns\[1\]"),
        ({"schema": True}, "schema"),
        ({"memory": {"unheard_of": 1}}, "memory"),
        ({"memory": {"topic_memory": -1}}, "topic_memory"),
        ({"memory": None}, "memory"),
    ],
)
def test_other_json_is_refused_by_its_part(change: dict[str, object], part: str) -> None:
    with pytest.raises(CounselError, match=part):
        Conversation.from_json({**Conversation((SLEEP,)).to_json(), **change})


@pytest.mark.parametrize("content", [[], "", None, 3])
def test_what_is_no_object_is_refused(content: Any) -> None:
    with pytest.raises(CounselError, match="JSON"):
        Conversation.from_json(content)


@pytest.mark.parametrize("name", MEMORY_PARAMETERS)
def test_a_value_out_of_range_is_refused_by_name(name: str) -> None:
    with pytest.raises(CounselError, match=name):
        Memory(**{name: -1})


def test_the_last_topic_is_favoured_most() -> None:
    turns = tuple(Turn("", topic, "") for topic in ("가", "나", "가", "다"))
    favour = Conversation(turns, Memory(topic_memory=4.0)).favour()
    assert favour == {"다": 5.0, "가": 3.0 + 0.5, "나": 2.0}
    assert Conversation(turns, OFF).favour() == {}


def test_a_clear_utterance_on_another_topic_is_judged_alone(trained_engine: Engine) -> None:
    said = "오늘 점심 때문에 힘들어요"
    alone = trained_engine.topics(said)
    assert alone.entropy < CLEAR_BITS
    strong = Conversation((SLEEP,), Memory(topic_memory=20.0))
    after = trained_engine.topics(said, conversation=strong)
    assert after.chosen == alone.chosen == "일상"
    assert after.memory == ()
    reply = trained_engine.reply(said, conversation=strong, seed=1)
    assert reply.topics.memory == ()
    assert reply.topic == "일상"


@pytest.mark.usefixtures("unclear")
def test_a_vague_follow_up_stays_with_its_topic(trained_engine: Engine) -> None:
    vague = "네 그래요"
    alone = trained_engine.topics(vague)
    for label in LABELS:
        turn = replace(SLEEP, topic=label)
        after = trained_engine.topics(vague, conversation=Conversation((turn,), Memory(topic_memory=20.0)))
        shares = {topic.label: topic for topic in after.likeliest}
        own = {topic.label: topic.probability for topic in alone.likeliest}
        total = 1 + 20 * own[label]
        for other in LABELS:
            expected = own[other] * (21 if other == label else 1) / total
            assert shares[other].probability == pytest.approx(expected, rel=1e-6, abs=1e-12)
            assert shares[other].model_probability == pytest.approx(own[other], rel=1e-6, abs=1e-12)
        assert after.memory == ((label, 21.0),)
    off = trained_engine.topics(vague, conversation=Conversation((SLEEP,), OFF))
    assert off == alone


def test_a_given_topic_is_not_moved_by_the_memory(trained_engine: Engine) -> None:
    reply = trained_engine.reply("네", topic="일상", conversation=Conversation((SLEEP,)))
    assert reply.topic == "일상"
    assert reply.topics.memory == ()


def test_topics_that_the_model_does_not_know_are_passed_over(trained_engine: Engine) -> None:
    turn = replace(SLEEP, topic="다른 모델의 주제")
    assert trained_engine.reply("네", conversation=Conversation((turn,))).topics.memory == ()


def test_a_reply_is_not_repeated(trained_engine: Engine) -> None:
    question = "요즘 잠 때문에 힘들어"
    conversation = Conversation(memory=replace(OFF, avoid_repeats=1.0))
    said = set()
    for _ in range(5):
        reply = trained_engine.reply(question, sampling=GREEDY, conversation=conversation)
        assert reply.text not in said
        said.add(reply.text)
        conversation = conversation.after(reply)
    sure = Conversation(
        conversation.turns[:1], replace(OFF, avoid_repeats=0.5)
    )  # nothing else is likely enough
    assert (
        trained_engine.reply(question, sampling=GREEDY, conversation=sure).text
        == conversation.turns[0].response
    )


@pytest.fixture(scope="module")
def two_turns(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained model, saying that it was trained with two turns of context."""
    folder = tmp_path_factory.mktemp("two") / "model"
    shutil.copytree(trained, folder)
    edit_json("counsel.json", context_turns=2)(folder)
    return folder


def test_the_model_reads_as_many_turns_as_it_was_trained_for(two_turns: Path, trained_engine: Engine) -> None:
    turns = tuple(replace(SLEEP, question=f"잠 {number}") for number in range(4))
    with Engine.load(two_turns) as engine:
        codec = engine.model.codec
        for wanted in range(9):
            memory = replace(OFF, context_turns=wanted)
            reply = engine.reply("네", conversation=Conversation(turns, memory))
            read = turns[len(turns) - min(wanted, 2) :]
            expected = [codec.bos_id]
            for turn in read:
                expected += [codec.question_id, *codec.encode(turn.question)]
                expected += [codec.response_id, *codec.encode(turn.response)]
            expected += [codec.question_id, *codec.encode("네"), codec.label_id]
            assert list(reply.prompt_ids) == expected
            assert reply.turns == len(read)
        assert engine.reply("가 " * 400, conversation=Conversation(turns)).turns == 0  # no room for them
    assert trained_engine.reply("네", conversation=Conversation(turns)).turns == 0


def test_a_conversation_goes_on_from_reply_to_reply(trained_engine: Engine) -> None:
    conversation = Conversation()
    for question in ("요즘 잠 때문에 힘들어", "네"):
        reply = trained_engine.reply(question, sampling=GREEDY, conversation=conversation)
        conversation = conversation.after(reply)
    assert [turn.question for turn in conversation.turns] == ["요즘 잠 때문에 힘들어", "네"]
    assert conversation.turns[1].response == reply.text
