"""A reply looked at again: its tokens with all that they were drawn from, which nobody has kept."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import inf, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Conversation, CounselError, Engine, Event, Reply, Sampling, Token

QUESTION = "어제 점심 때문에 힘들어"
WILD = Sampling(temperature=2.0, top_k=0, top_p=1.0, max_new_tokens=24)


def told(events: Iterable[Event]) -> tuple[list[Token], Reply]:
    *before, reply = events
    assert isinstance(reply, Reply)
    return [event for event in before if isinstance(event, Token)], reply


def agree(engine: Engine, streamed: list[Token], reply: Reply, first: int = 0) -> None:
    """Assert that each token is as it was streamed, to the last bit."""
    again = engine.inspect(reply)
    closed = reply.finish_reason == "eos"
    assert len(again) == len(reply.token_ids) + closed
    assert len(streamed) == len(reply.token_ids) - first
    for one, other in zip(streamed, again[first:], strict=False):
        assert one == other  # id, text, probability, sampling
        assert one.history == other.history
        assert one.logits.tobytes() == other.logits.tobytes()
    if closed:
        assert again[-1].id == again[-1].eos_id
        assert again[-1].text == ""
        assert again[-1].probability > 0


def changing() -> Iterator[Sampling]:
    """As when someone turns knobs all the time."""
    for temperature in itertools.cycle((2.0, 0.3, 1.1)):
        yield replace(WILD, temperature=temperature, repetition_penalty=1 + temperature / 10)


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), draft=st.booleans(), turned=st.booleans())
def test_each_token_is_as_it_was_streamed(
    trained_engine: Engine, seed: int, draft: bool, turned: bool
) -> None:
    values = changing()
    sampling = (lambda: next(values)) if turned else WILD
    streamed, reply = told(trained_engine.stream(QUESTION, sampling=sampling, seed=seed, draft=draft))
    agree(trained_engine, streamed, reply)
    agree(trained_engine, streamed, reply)  # whatever the cache holds


def test_guesses_are_no_part_of_it(trained_engine: Engine) -> None:
    streamed, reply = told(trained_engine.stream(QUESTION, sampling=Sampling(temperature=0)))
    assert reply.timings.drafted
    agree(trained_engine, streamed, reply)


def test_earlier_turns_and_replies_that_are_avoided_count_as_they_did(trained_engine: Engine) -> None:
    conversation = Conversation()
    spoken = []
    for seed in range(4):
        streamed, reply = told(
            trained_engine.stream(QUESTION, sampling=WILD, seed=seed, conversation=conversation)
        )
        conversation = conversation.after(reply)
        spoken.append((streamed, reply))
    for streamed, reply in reversed(spoken):
        agree(trained_engine, streamed, reply)


def test_a_model_of_known_replies_shows_only_what_goes_on_one(speaks_known: Engine) -> None:
    conversation = Conversation()
    for seed in range(3):
        streamed, reply = told(
            speaks_known.stream("점심 얘기", topic="일상", seed=seed, conversation=conversation)
        )
        agree(speaks_known, streamed, reply)
        conversation = conversation.after(reply)
    kept = speaks_known.inspect(reply)
    assert all(len(token.before()) <= 3 for token in kept)
    for one, other in zip(kept, speaks_known.inspect(reply, freely=True), strict=True):
        assert (one.id, one.text, one.history) == (other.id, other.text, other.history)
        assert other.logits[one.id] == one.logits[one.id]
        assert np.isfinite(other.logits).sum() > 100


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_continued_reply_is_looked_at_like_any_other(trained_engine: Engine, place: int) -> None:
    _, reply = told(trained_engine.stream(QUESTION, sampling=replace(WILD, min_length=99), seed=5))
    chosen = trained_engine.inspect(reply)[place].before()[3].id
    values = changing()
    streamed, changed = told(
        trained_engine.continue_from(reply, place, chosen, sampling=lambda: next(values))
    )
    agree(trained_engine, streamed, changed, first=place)


def test_an_end_that_was_put_off_can_be_seen_and_gone_beyond(trained_engine: Engine) -> None:
    _, reply = told(trained_engine.stream(QUESTION, sampling=Sampling(temperature=0)))
    *_, end = trained_engine.inspect(reply)
    beyond = next(candidate for candidate in end.before() if candidate.id != end.eos_id)
    _, longer = told(trained_engine.continue_from(reply, len(reply.token_ids), beyond.id))
    assert longer.token_ids[: len(reply.token_ids) + 1] == (*reply.token_ids, beyond.id)


def test_what_stopped_before_the_first_word_has_no_tokens(trained_engine: Engine) -> None:
    _, reply = told(trained_engine.stream(QUESTION, should_stop=lambda: True))
    assert trained_engine.inspect(reply) == ()


def test_surprisal_is_the_models_own(trained_engine: Engine) -> None:
    _, reply = told(trained_engine.stream(QUESTION, sampling=WILD, seed=3))
    for token in trained_engine.inspect(reply):
        share = next(c.probability for c in token.before(len(token.logits)) if c.id == token.id)
        assert token.surprisal == pytest.approx(-log2(share), abs=1e-4)
    forbidden = replace(token, logits=np.where(np.arange(len(token.logits)) == token.id, -inf, token.logits))
    assert forbidden.surprisal == inf


def test_a_reply_of_another_model_or_of_free_decoding_is_refused(trained_engine: Engine) -> None:
    reply = trained_engine.reply(QUESTION, sampling=WILD)
    with pytest.raises(CounselError, match="other"):
        trained_engine.inspect(replace(reply, model="other@1/int8"))
    with pytest.raises(CounselError):
        trained_engine.inspect(trained_engine.reply(QUESTION, constrain=False))
