"""The conversation after a crisis."""

from hypothesis import given
from hypothesis import strategies as st

from engine.care import PLAIN_UTTERANCES, Care, is_denial
from engine.safety import KINDS, LEVELS, Crisis

CRISES = st.builds(Crisis, st.sampled_from(LEVELS), st.sampled_from(KINDS), st.just("a rule"))
UTTERANCES = st.lists(st.tuples(st.sampled_from(["오늘 밥 먹었어", "아니 농담이야"]), st.none() | CRISES))


def test_replies_are_scripted_until_three_plain_utterances_followed() -> None:
    care = Care().after("죽고 싶어", Crisis("passive", "suicide", "x"))
    for _ in range(PLAIN_UTTERANCES):
        assert care.is_active
        care = care.after("밥 먹었어", None)
    assert not care.is_active


def test_a_denial_is_no_plain_utterance() -> None:
    care = Care().after("죽고 싶어", Crisis("passive", "suicide", "x"))
    for _ in range(5):
        care = care.after("아니 농담이야", None)
    assert care.is_active
    assert "다행" in care.words("아니 농담이야")


def test_denials() -> None:
    for said in ("아니 농담이야", "ㅋㅋ 장난이야", "괜찮아요 신경쓰지 마세요", "just kidding"):
        assert is_denial(said)
    assert not is_denial("오늘 밥 먹었어")


def test_answers_in_a_row_differ() -> None:
    care = Care().after("죽고 싶어", Crisis("active", "suicide", "x"))
    first = care.words("응")
    assert first != care.after("응", None).words("응")


@given(UTTERANCES)
def test_care_never_ends_sooner(history: list[tuple[str, Crisis | None]]) -> None:
    care, plain = Care(), PLAIN_UTTERANCES
    gravest = -1
    for said, crisis in history:
        care = care.after(said, crisis)
        if crisis is not None:
            plain, gravest = 0, max(gravest, LEVELS.index(crisis.level))
        elif not is_denial(said):
            plain += 1
        assert care.is_active is (gravest >= 0 and plain < PLAIN_UTTERANCES)
        assert (care.crisis is None) is (gravest < 0)
        if care.crisis is not None:
            assert LEVELS.index(care.crisis.level) == gravest
