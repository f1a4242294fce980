"""The judges around an engine that may be missing, slow or failing."""

import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import Conversation, CounselError, Event, Reply, Sampling, Timings, Token, Topic, Topics
from engine.companion import CRISIS_PROBABILITY, UNSURE_PROBABILITY, Companion, crisis_of, describe
from engine.referral import Scripted
from engine.safety import warm_up

PLAIN, SECRET = "요즘 잠을 못 자요", "회사에서 있었던 그 일은 아무한테도 말 못 했어"


class Script:
    """An engine that tells what a test gives it, and counts."""

    def __init__(self, text: str = "그랬군요.", *topics: tuple[str, float]) -> None:
        self.text = text
        self.topics = topics or (("일상", 0.9), ("이별", 0.1))
        self.asked: list[str] = []
        self.sampled = 0
        self.closed = False

    def stream(self, question: str, **_: Any) -> Iterator[Event]:
        self.asked.append(question)
        likeliest = tuple(Topic(label, share, share) for label, share in self.topics)
        topics = Topics(likeliest, max(0.0, 1 - sum(share for _, share in self.topics)), self.topics[0][0])
        try:
            yield topics
            for piece in self.text:
                self.sampled += 1
                yield Token(1, piece, 1.0, Sampling(), np.zeros(2, np.float32), (), 0, str)
            yield Reply(
                question, self.topics[0][0], topics, self.text, (1,), (), (), 7, ((0, Sampling()),), "x", "eos",
                False, Timings(0.1, 0.2),
            )  # fmt: skip
        finally:
            self.closed = True


def said(engine: Script, question: str = PLAIN, **options: Any) -> list[Any]:
    return list(Companion().answer(engine, question, **options))  # type: ignore[arg-type]


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    warm_up()


def test_a_crisis_is_answered_at_once_and_no_model_is_asked() -> None:
    companion = Companion()
    start = time.perf_counter()
    answer = companion.hear("나 오늘 죽으려고 약을 모아 놨어")
    assert time.perf_counter() - start < 0.1
    assert answer is not None
    assert answer.reason == "crisis"
    assert answer.lines[0].number == "119"


def test_what_is_plain_is_left_to_the_model() -> None:
    assert Companion().hear(PLAIN) is None
    events = said(Script())
    assert isinstance(events[0], Topics)
    assert isinstance(events[-1], Reply)


def test_after_a_crisis_replies_are_scripted() -> None:
    companion = Companion()
    companion.hear("죽고 싶어")
    answers = [companion.hear(words) for words in ("아니 농담이야", "밥 먹었어", "응", "잘래", "안녕")]
    assert [answer.reason if answer else None for answer in answers] == ["care"] * 4 + [None]
    assert companion.care.crisis is not None


def test_the_model_too_can_see_a_crisis_and_no_token_is_sampled() -> None:
    engine = Script(
        "괜찮아질 거예요.", ("위기/자살사고", CRISIS_PROBABILITY / 2), ("위기/자해", CRISIS_PROBABILITY / 2)
    )
    (answer,) = said(engine)
    assert isinstance(answer, Scripted)
    assert answer.reason == "crisis"
    assert answer.lines
    assert engine.sampled == 0
    assert engine.closed
    companion = Companion()
    list(companion.answer(engine, PLAIN))  # type: ignore[arg-type]
    assert companion.care.is_active


@pytest.mark.parametrize(
    ("label", "kind"),
    [("위기/자살사고", "suicide"), ("위기/자해", "self-harm"), ("위기/폭력피해", "violence"),
     ("위기/타해충동", "harm-to-others"), ("위기/새것", "suicide")],
)  # fmt: skip
def test_labels_have_kinds(label: str, kind: str) -> None:
    crisis = crisis_of(Topics((Topic(label, 0.9, 0.9),), 0.1, label))
    assert crisis is not None
    assert crisis.kind == kind


def test_under_a_label_of_a_crisis_nothing_is_sampled_even_if_unsure() -> None:
    engine = Script("괜찮아요.", ("위기/자해", 0.3), ("일상", 0.25))
    (answer,) = said(engine)
    assert "109" in answer.text
    assert answer.reason == "unsure"
    assert engine.sampled == 0


def test_a_crisis_that_the_person_names_is_taken_at_their_word() -> None:
    engine = Script("괜찮아요.", ("위기/폭력피해", 0.01), ("일상", 0.99))
    companion = Companion()
    (answer,) = companion.answer(engine, PLAIN, topic="위기/폭력피해")  # type: ignore[arg-type]
    assert isinstance(answer, Scripted)
    assert answer.reason == "crisis"
    assert "112" in [line.number for line in answer.lines]
    assert not engine.asked
    assert companion.care.is_active


def test_a_doubtful_topic_gets_a_question() -> None:
    doubtful = (("일상", UNSURE_PROBABILITY - 0.01), ("이별", 0.1))
    (answer,) = said(Script("네.", *doubtful))
    assert answer.reason == "unsure"
    assert isinstance(said(Script("네.", *doubtful), topic="일상")[-1], Reply)  # the person named it
    assert isinstance(said(Script("네.", ("일상", UNSURE_PROBABILITY), ("이별", 0.1)))[-1], Reply)


def test_a_bad_reply_is_withheld_before_its_word_is_told() -> None:
    engine = Script("그럼 수면제를 한꺼번에 먹으면 됩니다.")
    events = said(engine)
    assert events[-1].reason == "withheld"
    told = "".join(event.text for event in events if isinstance(event, Token))
    assert "먹" not in told
    assert engine.closed


@pytest.mark.parametrize("error", [RuntimeError, ValueError, CounselError, OSError])
def test_a_failure_never_quotes_the_person(error: type[Exception]) -> None:
    class Failing(Script):
        def stream(self, question: str, **_: Any) -> Iterator[Event]:
            raise error(f"cannot answer {question!r}")

    with pytest.raises(CounselError) as failure:
        said(Failing(), SECRET)
    report = "".join(traceback.format_exception(failure.value))
    assert SECRET not in report
    assert error.__name__ in str(failure.value)
    assert failure.value.__cause__ is failure.value.__context__ is None


def test_an_engines_own_words_are_kept() -> None:
    class Failing(Script):
        def stream(self, *_: Any, **__: Any) -> Iterator[Event]:
            raise CounselError("디스크가 가득 찼습니다.")

    with pytest.raises(CounselError, match="디스크가 가득"):
        said(Failing(), SECRET)


def test_what_the_system_says_is_told() -> None:
    assert "No space left" in describe(OSError(28, "secret"))
    assert "secret" not in describe(OSError(28, "secret"))


def test_the_conversation_reaches_the_engine() -> None:
    engine = Script()
    said(engine, conversation=Conversation())
    assert engine.asked == [PLAIN]


def test_asking_again_samples_nothing_where_nothing_was_to_be_sampled() -> None:
    companion = Companion()
    assert companion.hear_again(PLAIN) is None
    companion.hear("죽고 싶어")
    before = companion.care
    again = [companion.hear_again(words) for words in ("죽고 싶어", PLAIN)]
    assert [answer.reason if answer else None for answer in again] == ["crisis", "care"]
    assert companion.care == before  # it is nothing new that was said


class Continued(Script):
    """One that goes on with a reply."""

    def text_of(self, token_ids: tuple[int, ...]) -> str:
        return "그럼 수면제를 한꺼번에 "[: len(token_ids)]

    def continue_from(self, reply: Reply, *_: int, **__: Any) -> Iterator[Event]:
        return self.stream(reply.question)


def continued(engine: Continued, begun: int, companion: Companion | None = None) -> list[Any]:
    *_, reply = Script().stream(PLAIN)
    assert isinstance(reply, Reply)
    reply = replace(reply, token_ids=(1,) * begun)
    return list((companion or Companion()).continue_from(engine, PLAIN, reply, begun, 1))  # type: ignore[arg-type]


def test_a_continued_reply_is_judged_together_with_its_beginning() -> None:
    assert isinstance(continued(Continued("먹으면 됩니다."), 0)[-1], Reply)
    engine = Continued("먹으면 됩니다.")
    assert continued(engine, 13)[-1].reason == "withheld"
    assert engine.closed
    engine = Continued("네.", ("위기/자해", 0.3), ("일상", 0.25))
    assert [event.reason for event in continued(engine, 0)] == ["unsure"]
    assert engine.sampled == 0
