"""Conversations for the tests of the store."""

from engine import Reply, Sampling, Timings, Topic, Topics
from tui.store import Keeper, Store
from tui.transcript import Transcript, Variant


def reply(text: str, topic: str = "증상/불면", said: tuple[tuple[int, ...], ...] = ()) -> Reply:
    return Reply(
        question=f"{text}?",
        topic=topic,
        topics=Topics((Topic(topic, 0.1 + 0.2, 0.7), Topic("일상", 0.1, 0.2)), 1 / 3, topic, ((topic, 6.0),)),
        text=text,
        token_ids=tuple(text.encode()),
        prompt_ids=(5, 6, 7),
        label_ids=(8, 9),
        seed=2**32 - 1,
        samplings=((0, Sampling()), (3, Sampling(temperature=1.3))),
        model="x@0123456789ab/int8",
        finish_reason="eos",
        truncated=False,
        timings=Timings(0.1, 0.2),
        turns=len(said),
        said=said,
        avoid=0.9,
        earlier=tuple("?" for _ in said[-8:]),
    )


def answered(*pairs: tuple[str, str], topic: str = "증상/불면") -> Transcript:
    """A conversation of utterances and replies, in which each reply knows the ones before."""
    transcript = Transcript()
    for said, text in pairs:
        exchange = transcript.say(said)
        before = tuple(turn.token_ids for turn in transcript.before(exchange.key))
        transcript.answer(exchange.key, Variant(text, "reply", reply(text, topic, before), topic))
    return transcript


def save(keeper: Keeper, transcript: Transcript) -> None:
    keeper.save(transcript.everything, transcript.keys[-1] if transcript.keys else None)


def kept(store: Store, *pairs: tuple[str, str], topic: str = "증상/불면") -> int:
    """Keep a conversation and return its number."""
    keeper = Keeper(store)
    save(keeper, answered(*pairs, topic=topic))
    assert keeper.session is not None
    return keeper.session


def said_in(store: Store, session: int) -> list[str]:
    return [exchange.said for exchange in store.load(session)[0]]
