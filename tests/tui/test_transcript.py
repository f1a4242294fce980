"""What was said, and what the model remembers of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Timings, Topics
from tests.tui.conftest import made_up
from tui.transcript import REMEMBERED, Transcript, Variant


def replied(text: str, topic: str = "일상") -> Variant:
    topics = Topics((), 0.0, topic)
    reply = made_up(f"{text}?", text, topics, token_ids=(1, 2), timings=Timings(0.1, 0.2))
    return Variant(text, "reply", reply, topic)


def remembered(transcript: Transcript, key: int) -> list[str]:
    return [turn.response for turn in transcript.before(key)]


def said(transcript: Transcript) -> list[str]:
    return [exchange.said for exchange in transcript.exchanges]


def test_the_model_remembers_the_replies_that_are_shown() -> None:
    transcript = Transcript()
    first = transcript.say("하나")
    transcript.answer(first.key, replied("가"))
    transcript.answer(first.key, replied("나"))
    second = transcript.say("둘")
    assert remembered(transcript, first.key) == []
    assert remembered(transcript, second.key) == ["나"]
    transcript.show(first.key, 0)
    assert remembered(transcript, second.key) == ["가"]


def test_of_very_many_turns_the_last_ones_are_remembered() -> None:
    transcript = Transcript()
    for number in range(REMEMBERED + 5):
        transcript.answer(transcript.say(str(number)).key, replied(str(number)))
    assert remembered(transcript, transcript.say("끝").key) == [str(n) for n in range(5, REMEMBERED + 5)]


def test_what_no_model_said_is_not_remembered() -> None:
    transcript = Transcript()
    for number, variant in enumerate(
        (Variant("109에 전화하세요", "scripted"), Variant("디스크", "failed"), replied(""))
    ):
        transcript.answer(transcript.say(str(number)).key, variant)
    assert transcript.before(transcript.say("끝").key) == ()


def test_a_new_conversation_remembers_nothing_from_above() -> None:
    transcript = Transcript()
    transcript.begin_anew()  # nothing was said yet
    transcript.answer(transcript.say("하나").key, replied("가"))
    assert not transcript.exchanges[0].begins
    transcript.begin_anew()
    anew = transcript.say("둘")
    assert anew.begins
    assert transcript.before(anew.key) == ()
    transcript.answer(anew.key, replied("나"))
    assert remembered(transcript, transcript.say("셋").key) == ["나"]
    assert transcript.edit(anew.key, "둘 다시").begins


def test_an_edit_begins_a_branch_and_the_other_one_comes_back() -> None:
    transcript = Transcript()
    for word in ("하나", "둘", "셋"):
        transcript.answer(transcript.say(word).key, replied(f"답 {word}"))
    second = transcript.keys[1]
    edited = transcript.edit(second, "둘 말고")
    assert said(transcript) == ["하나", "둘 말고"]
    assert remembered(transcript, edited.key) == ["답 하나"]
    assert transcript.branch(edited.key) == (1, 2)
    transcript.say("넷")
    assert transcript.show_branch(edited.key, 0).key == second
    assert said(transcript) == ["하나", "둘", "셋"]
    transcript.show_branch(second, 1)
    assert said(transcript) == ["하나", "둘 말고", "넷"]
    again = Transcript(transcript.everything, last=transcript.keys[-1])
    assert said(again) == said(transcript)
    assert again.branch(second) == (0, 2)


def test_what_waits_can_be_taken_back() -> None:
    transcript = Transcript()
    first = transcript.say("하나")
    second = transcript.say("둘")
    with pytest.raises(ValueError, match="followed"):
        transcript.take_back(first.key)
    assert transcript.take_back(second.key).said == "둘"
    assert said(transcript) == ["하나"]
    assert transcript.say("셋").key > second.key
    edited = transcript.edit(first.key, "하나 다시")
    transcript.take_back(edited.key)
    assert said(transcript) == ["하나", "셋"]


def test_taking_back_keeps_the_line_of_a_new_conversation() -> None:
    transcript = Transcript()
    transcript.say("하나")
    transcript.begin_anew()
    transcript.take_back(transcript.say("둘").key)
    assert transcript.say("셋").begins


def test_search_finds_korean_in_both_and_ignores_case() -> None:
    transcript = Transcript()
    first, second = transcript.say("요즘 불면이 심해요"), transcript.say("PC방에 가요")
    transcript.answer(second.key, replied("불면 말고 다른 일은요?"))
    assert transcript.find("불면") == [first.key, second.key]
    assert transcript.find("불면이") == [first.key]
    assert transcript.find("pc") == [second.key]
    assert transcript.find("") == []


def test_topics_are_those_of_the_replies_shown() -> None:
    transcript = Transcript()
    first = transcript.say("하나")
    transcript.answer(first.key, replied("가", "증상/불면"))
    transcript.answer(first.key, replied("나", "일상"))
    transcript.answer(transcript.say("둘").key, Variant("안내", "scripted"))
    assert transcript.topics() == [(first.key, "일상")]
    transcript.show(first.key, 0)
    assert transcript.topics() == [(first.key, "증상/불면")]


steps = st.lists(st.tuples(st.sampled_from(["say", "edit", "answer", "branch", "anew"]), st.integers(0, 20)))


@given(steps)
def test_nothing_is_lost_whatever_is_done(steps: list[tuple[str, int]]) -> None:
    transcript, count = Transcript(), 0
    for step, number in steps:
        keys = transcript.keys
        if step == "say" or not keys:
            transcript.say(str(number))
            count += 1
            continue
        key = keys[number % len(keys)]
        match step:
            case "edit":
                transcript.edit(key, str(number))
                count += 1
            case "answer":
                transcript.answer(key, replied(str(number)))
            case "branch":
                transcript.show_branch(key, number)
            case "anew":
                transcript.begin_anew()
    assert len(transcript.everything) == count
    shown = transcript.exchanges
    assert [e.parent for e in shown] == [None, *(e.key for e in shown)][: len(shown)]
    again = Transcript(transcript.everything, last=shown[-1].key if shown else None)
    assert list(again.exchanges) == list(shown)
    for exchange in shown:
        assert len(transcript.before(exchange.key)) <= len(shown)
        assert replace(exchange, shown=0).key in transcript
