"""A reply is made again from what it tells of itself."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine import Conversation, CounselError, Engine, Reply, Sampling

HOT = Sampling(temperature=1.5, top_k=0, top_p=1.0, seed=3)
QUESTION = "오늘 잠 때문에 힘들어"


def _varied(engine: Engine) -> Iterator[Reply]:
    conversation = Conversation()
    for question in (QUESTION, "어제도", "발표 때문에 걱정돼요"):
        reply = engine.reply(question, sampling=HOT, conversation=conversation)
        yield reply
        conversation = conversation.after(reply)
    yield engine.reply(QUESTION, topic="일상", sampling=HOT)
    yield engine.reply(QUESTION, topics=2, sampling=HOT, draft=False)
    changing = iter([HOT] * 3 + [Sampling(temperature=0.2)] * 100)
    yield engine.reply(QUESTION, sampling=lambda: next(changing), seed=11)
    yield engine.reply(QUESTION, sampling=replace(HOT, max_new_tokens=2))
    stops = iter([False] * 3 + [True])
    stopped = engine.reply(QUESTION, sampling=HOT, should_stop=lambda: next(stops))
    assert stopped.finish_reason == "stopped"
    yield stopped
    *_, continued = engine.continue_from(stopped, 2, stopped.token_ids[0], sampling=Sampling(temperature=1.1))
    assert isinstance(continued, Reply)
    yield continued
    *_, from_the_first = engine.continue_from(stopped, 0, stopped.token_ids[1])
    assert isinstance(from_the_first, Reply)
    yield from_the_first


def test_every_reply_is_made_again_alike(trained_engine: Engine) -> None:
    replies = list(_varied(trained_engine))
    assert [trained_engine.repeat(reply) for reply in reversed(replies)] == replies[::-1]


def test_topics_are_found_anew(trained_engine: Engine) -> None:
    reply = trained_engine.reply(QUESTION, sampling=HOT)
    forged = replace(reply, topics=replace(reply.topics, rest=0.5))
    assert trained_engine.repeat(forged) == reply


def test_another_seed_makes_another_reply(trained_engine: Engine) -> None:
    reply = trained_engine.reply(QUESTION, sampling=HOT)
    again = [trained_engine.repeat(replace(reply, seed=seed)).token_ids for seed in range(8)]
    assert any(ids != reply.token_ids for ids in again)


def test_replies_of_others_are_refused(trained_engine: Engine) -> None:
    reply = trained_engine.reply(QUESTION)
    with pytest.raises(CounselError, match="other@1/int8"):
        trained_engine.repeat(replace(reply, model="other@1/int8"))
    free = trained_engine.reply(QUESTION, constrain=False)
    with pytest.raises(CounselError):
        trained_engine.repeat(free)
