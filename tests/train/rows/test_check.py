"""What is wrong with rows is found, told with its place and remedy, and shows nobody's number."""

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.language import choose
from engine.model_directory import SHIPPED, ModelDirectory
from engine.template import Codec
from train.rows.check import check, count_kinds
from train.rows.data import Data, DataFile, Finding, Row
from train.rows.personal import find_personal, mask
from train.rows.reading import Place

PATH = Path("rows.csv")


def data_of(rows: Iterable[tuple[str, str, str | None]], shares: bool = False) -> Data:
    made = [
        Row(question, label, response, Place(PATH, number))
        for number, (question, label, response) in enumerate(rows, 2)
    ]
    return Data([DataFile(PATH, "", len(made), shares)], made, [])


def enough(label: str) -> list[tuple[str, str, str | None]]:
    return [(f"{label} {word}", label, "그렇군요") for word in ("하나", "둘", "셋", "넷", "다섯")]


def found(findings: Iterable[Finding], kind: str) -> list[str]:
    return [finding.message for finding in findings if finding.kind == kind]


@pytest.fixture(scope="module")
def codec() -> Codec:
    return ModelDirectory.load(SHIPPED).codec


def test_sound_rows_have_no_findings(codec: Codec) -> None:
    assert check(data_of([*enough("감정"), *enough("증상")]), codec, 128) == []


def test_equal_rows() -> None:
    (message,) = found(check(data_of([*enough("감정"), ("감정 둘", "감정", "그렇군요")])), "duplicated row")
    assert message == "rows.csv, 7행: '감정 둘': 3행과 같습니다. 한 행을 지우세요."


def test_another_reply_makes_another_row_unless_replies_belong_to_labels() -> None:
    rows = [*enough("감정"), ("감정 둘", "감정", "다른 응답")]
    assert not found(check(data_of(rows)), "duplicated row")
    assert found(check(data_of(rows, shares=True)), "duplicated row")


def test_an_utterance_under_two_labels() -> None:
    (message,) = found(check(data_of([*enough("감정"), ("감정 둘", "증상", "네")])), "contradictory rows")
    assert "rows.csv, 7행: '감정 둘': 라벨이 '증상'인데 3행에서는 '감정'입니다." in message


def test_turns_of_dialogues_may_repeat() -> None:
    data = data_of([("네", "감정", "네"), ("네", "감정", "네"), ("네", "증상", "네")])
    turns = [replace(row, dialogue="1", turn=turn) for turn, row in enumerate(data.rows)]
    findings = check(Data(data.files, turns, []))
    assert not found(findings, "duplicated row") + found(findings, "contradictory rows")


def test_rare_labels_and_labels_without_responses() -> None:
    findings = check(data_of([*enough("감정"), ("아파요", "증상", None)]))
    assert count_kinds(findings) == {("warning", "rare label"): 1, ("notice", "label without responses"): 1}
    assert "라벨 '증상'의 행이 1개뿐입니다" in findings[0].message
    assert findings[0].message.startswith("rows.csv, 7행: ")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("감정/불안", "감정 / 불안", True),
        ("감정/불안", "감정_불안", True),
        ("Sleep", "sleep.", True),
        ("감정/불안", "감정/불만", False),
        ("1", "-1", False),
        ("1.0", "10", False),
        ("?", "!", False),
    ],
)
def test_similar_labels(one: str, other: str, alike: bool) -> None:
    messages = found(check(data_of([*enough(one), *enough(other)])), "similar labels")
    assert len(messages) == alike
    if alike:
        assert f"--label-names '{other}={one}'" in messages[0]


def test_utterances_of_the_test_set() -> None:
    data = data_of(enough("감정"))
    test = [replace(data.rows[1], place=Place(Path("test.csv"), 9))]
    (finding,) = check(data, test=test)
    assert finding.severity == "error"
    assert (
        finding.message
        == "rows.csv, 3행: '감정 둘': 시험 데이터(test.csv, 9행)에도 있습니다. 한쪽에서 지우세요."
    )


def test_long_rows(codec: Codec) -> None:
    question = ("아주 긴 이야기 " * 60, "감정", "네")
    response = ("응", "감정", "아주 긴 응답 " * 60)
    findings = check(data_of([*enough("감정"), question, response]), codec, 128)
    assert [(f.severity, f.kind) for f in findings] == [
        ("warning", "over-long row"),
        ("error", "over-long response"),
    ]
    assert "7행" in findings[0].message
    assert "8행" in findings[1].message


def test_a_line_that_just_fits(codec: Codec) -> None:
    data = data_of(enough("감정"))
    longest = max(len(codec.training_sequence(r.question, r.label, r.response)[0]) for r in data.rows)
    assert check(data, codec, longest - 1) == []
    assert found(check(data, codec, longest - 2), "over-long row")


@pytest.mark.parametrize(
    ("sentence", "kind", "masked"),
    [
        ("010-1234-5678로 전화", "phone number", "01*-****-****로 전화"),
        ("제 번호는 01012345678이에요", "phone number", "제 번호는 01*********이에요"),
        ("０１０－１２３４－５６７８", "phone number", "01*-****-****"),
        ("011 234 5678", "phone number", "01* *** ****"),
        ("02-123-4567", "phone number", "02-***-****"),
        ("031)123-4567", "phone number", "03*)***-****"),
        ("+82 10-1234-5678", "phone number", "+8* **-****-****"),
        ("82-10-1234-5678", "phone number", "82-**-****-****"),
        ("+1 (202) 555-0123", "phone number", "+1 (***) ***-****"),
        ("주민번호 900101-1234567", "resident registration number", "주민번호 90****-*******"),
        ("9001011234568", "resident registration number", "90***********"),  # right check digit
        ("2101013999999", "resident registration number", "21***********"),  # born after check digits ended
        ("메일은hong.gil@naver.co.kr로", "e-mail address", "메일은ho**.***@*****.**.**로"),
    ],
)
def test_personal_data_is_found_and_masked(sentence: str, kind: str, masked: str) -> None:
    assert [personal.kind for personal in find_personal(sentence)] == [kind]
    assert mask(sentence) == masked
    (message,) = found(check(data_of([*enough("감정"), (sentence, "감정", "네")])), kind)
    assert masked[:12] in message
    assert sentence not in message


@pytest.mark.parametrize(
    "sentence",
    [
        "109나 119, 1388에 전화하세요",
        "1577-0199는 24시간입니다",
        "2024년 10월 11일 12시 30분",
        "9001011234567",  # no hyphen, wrong check digit
        "991332-1234567",  # no such day
        "1234567890123",
        "시험을 010점 맞았어요",
        "3.14159265358979",
        "주문번호 20231231000012345",
        "골뱅이@무침",
        "나 @@ 너",
    ],
)
def test_other_numbers_are_left_alone(sentence: str) -> None:
    assert find_personal(sentence) == []
    assert mask(sentence) == sentence


@given(st.text("0123456789-+.@ ()a가０", max_size=60))
def test_masking_leaves_nothing_personal(sentence: str) -> None:
    assert all(0 <= start < end for _, start, end in find_personal(sentence))
    assert find_personal(mask(sentence)) == []


@pytest.mark.parametrize("piece", ["0", "01-", "a", "+1 ", "1.1@", "a@b.", "900101-"])
def test_no_text_takes_long(piece: str) -> None:
    started = time.perf_counter()
    find_personal(piece * 100_000)
    assert time.perf_counter() - started < 5


def test_messages_are_english_too() -> None:
    choose("en")
    try:
        (message,) = found(
            check(data_of([*enough("감정"), ("감정 둘", "감정", "그렇군요")])), "duplicated row"
        )
    finally:
        choose("ko")
    assert message == "rows.csv, row 7: '감정 둘': the same as row 3. Delete one of them."
