"""Crisis detection: the rules' own examples, the independent sets, evasions, and time."""

import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.safety import hostile
from engine.crisis_rules import Rule, load_rules
from engine.crisis_text import readings
from engine.safety import KINDS, LEVELS, RULES_FILE, judge, warm_up
from tests.engine.crisis.evasions import EVASIONS

SETS = Path(__file__).parent / "crisis"
POSITIVE = [line.split("\t")[:3] for line in (SETS / "positive.tsv").read_text("utf-8").splitlines()]
NEGATIVE = (SETS / "negative.tsv").read_text("utf-8").splitlines()
# Written by another writer who knew neither rules nor training set; only the threshold was chosen with a look at it.
SECOND = [line.split("\t")[:3] for line in (SETS / "second-positive.tsv").read_text("utf-8").splitlines()]
SECOND_NEGATIVE = (SETS / "second-negative.tsv").read_text("utf-8").splitlines()
# Written against the rules by who wrote them, and mended with.
VEILED = (SETS / "veiled.txt").read_text("utf-8").splitlines()
RULES = load_rules(RULES_FILE)


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    warm_up()


def matches(rule: Rule, example: str) -> bool:
    return any(found is rule for reading in readings(example) for found in RULES.matching(reading))


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.name)
def test_a_rule_matches_its_examples_and_no_others(rule: Rule) -> None:
    assert rule.level in LEVELS
    assert rule.kind in KINDS
    assert rule.match
    assert rule.no_match
    assert [example for example in rule.match if not matches(rule, example)] == []
    assert [example for example in rule.no_match if matches(rule, example)] == []


@pytest.mark.parametrize("phrase", RULES.harmless, ids=lambda phrase: phrase.name)
def test_what_is_harmless_is_taken_out_and_no_more(phrase: Rule) -> None:
    def found(example: str) -> bool:
        return any(p.search.search(reading) for reading in readings(example) for p in phrase.patterns)

    assert phrase.match
    assert all(found(example) for example in phrase.match)
    assert not any(found(example) for example in phrase.no_match)
    assert [example for example in phrase.match if judge(example)] == []


def test_the_sets_are_large_and_of_every_level_and_kind() -> None:
    assert len(POSITIVE) >= 400
    assert len(NEGATIVE) >= 1500
    assert Counter(level for level, _, _ in POSITIVE).keys() == set(LEVELS)
    assert Counter(kind for _, kind, _ in POSITIVE).keys() == set(KINDS)
    examples = {example for rule in RULES.rules for example in (*rule.match, *rule.no_match)}
    assert len(examples & {said for _, _, said in POSITIVE}) <= 12  # phrases that everybody uses


def test_crises_are_found() -> None:
    missed = [row for row in POSITIVE if judge(row[2]) is None]
    assert len(missed) <= 0.03 * len(POSITIVE), missed
    assert [row for row in missed if row[0] in ("plan", "attempt")] == []
    for kind in KINDS:
        rows = [row for row in POSITIVE if row[1] == kind]
        assert sum(row in missed for row in rows) <= 0.06 * len(rows), kind


def test_an_unseen_set_does_not_get_worse() -> None:
    """What is reached is below what is wanted (97 %); docs and notes say so."""
    found = [judge(said) is not None for _, _, said in SECOND]
    assert sum(found) >= 0.95 * len(SECOND)
    wrong = [said for said in SECOND_NEGATIVE if judge(said)]
    assert len(wrong) <= 0.025 * len(SECOND_NEGATIVE), wrong


def test_veiled_words_are_found() -> None:
    missed = [said for said in VEILED if judge(said) is None]
    assert len(missed) <= 0.03 * len(VEILED), missed


def test_what_is_acute_is_judged_acute() -> None:
    acute = [row for row in POSITIVE if row[0] in ("plan", "attempt")]
    found = [row for row in acute if (crisis := judge(row[2])) and crisis.is_acute]
    assert len(found) >= 0.9 * len(acute)


def test_hard_negatives_are_no_crisis() -> None:
    wrong = [said for said in NEGATIVE if judge(said)]
    assert len(wrong) <= 0.02 * len(NEGATIVE), wrong


@pytest.mark.parametrize("evasion", EVASIONS, ids=lambda evasion: evasion.__name__)
def test_disguises_are_seen_through(evasion) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    random = Random(7)  # noqa: S311
    found = [judge(evasion(said, random)) for _, _, said in POSITIVE]
    assert sum(crisis is not None for crisis in found) >= 0.9 * len(POSITIVE)


@pytest.mark.parametrize("evasion", EVASIONS, ids=lambda evasion: evasion.__name__)
def test_disguise_makes_no_crisis(evasion) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    random = Random(7)  # noqa: S311
    wrong = [disguised for said in NEGATIVE if judge(disguised := evasion(said, random))]
    assert len(wrong) <= 0.05 * len(NEGATIVE), wrong


@pytest.mark.parametrize(
    ("said", "harmless"),
    [
        ("더워 죽겠다", True), ("웃겨 죽는 줄 알았어", True), ("몸매가 죽여준다", True), ("자살골 넣었어", True),
        ("일에 목매고 살아", True), ("번지점프에서 뛰어내렸어", True), ("뉴스에서 유명인 자살 소식을 봤어", True),
        ("전복죽 먹고 싶다", True), ("숙제 끝내고 싶다", True), ("숨 막혀서 죽을 것 같아", True), ("감자 살게", True),
        ("피자 살래", True), ("", True), (" ", True), ("죽고시퍼", False), ("ㅈㅅ하고 싶다", False), ("죽.고.싶.어", False),
        ("자ㅅㅏㄹ 할래", False), ("자1살하고 싶어", False), ("wnrrh tlvek", False), ("자해할 거야", False),
        ("회사에서 혼나고 게임도 지고 그냥 죽고 싶다", False), ("영화 보고 왔는데도 죽고 싶어", False),
    ],
)  # fmt: skip
def test_what_the_issue_names(said: str, harmless: bool) -> None:
    assert (judge(said) is None) is harmless


def test_a_question_about_method_is_a_plan() -> None:
    crisis = judge("안 아프게 죽는 방법 알려줘")
    assert crisis is not None
    assert crisis.level == "plan"


def test_an_ordinary_utterance_takes_less_than_two_milliseconds() -> None:
    said = NEGATIVE[:300]
    times = []
    for _ in range(3):
        start = time.process_time()
        for sentence in said:
            judge(sentence)
        times.append((time.process_time() - start) / len(said))
    assert min(times) < 0.002


@pytest.mark.parametrize("name", hostile())
def test_no_input_takes_long(name: str) -> None:
    text = hostile()[name]
    assert len(text) == 100_000
    times = []
    for _ in range(3):
        start = time.process_time()
        judge(text)
        times.append(time.process_time() - start)
    assert min(times) < 0.05


def test_a_sentence_in_the_middle_of_a_long_text_is_found() -> None:
    filler = "오늘은 날씨가 좋아서 시장에 다녀왔고 저녁에는 된장찌개를 끓였다. "
    assert judge(filler * 1500) is None
    assert judge(filler * 700 + "사실 나 죽고 싶어. " + filler * 800)
    assert judge("a" * 50_000 + " 죽고 싶어 " + "b" * 50_000)


@given(st.text(max_size=300))
def test_any_text_can_be_judged(said: str) -> None:
    judge(said)
    assert all(readings(said)[0] == readings(said)[0].lower() for _ in "x")
