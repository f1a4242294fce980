"""The dataset that the shipped model is trained on: as much, as different and as safe as its card says."""

import csv
import re
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from engine.model_directory import SHIPPED, ModelDirectory
from train.rows.data import Data, read_data
from train.rows.lexicon import read_lexicon
from train.rows.personal import find_personal
from train.rows.recorded_split import find_part

FOLDER = Path(__file__).parents[2] / "train" / "corpus"
LEXICON = Path(__file__).parents[2] / "train" / "lexicon" / "counsel-ko.csv"
SETS = Path(__file__).parents[1] / "corpus"
TOPICS = Path(__file__).parents[3] / "shared" / "data" / "topics.tsv"
UTTERANCES, RESPONSES, DIALOGUES, ENTRIES = 40, 8, 300, 200
ALIKE = 0.7
LETTERS = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣA-Za-z0-9 .,?!~'\"%+\-:;^]+")
# What a reply must not do: promise, diagnose, advise on medication, give a number to call.
UNFIT = re.compile(r"다 잘될|반드시 (좋아|나아)|우울증입니다|장애입니다|mg|밀리그램|복용하세요|[0-9]{3,}")


@pytest.fixture(scope="module")
def data() -> Data:
    return read_data([FOLDER])


@pytest.fixture(scope="module")
def replies(data: Data) -> list[str]:
    return [row.response for row in data.rows if row.response]


def trigrams(text: str) -> frozenset[str]:
    return frozenset(text[place : place + 3] for place in range(len(text) - 2)) or frozenset({text})


def test_every_topic_has_enough(data: Data) -> None:
    utterances = Counter(row.label for row in data.rows if not row.dialogue)
    responses = {label: len(texts) for label, texts in data.responses().items()}
    assert len(utterances) == 70
    assert sum(label.startswith("위기/") for label in utterances) == 4
    assert min(utterances.values()) >= UTTERANCES
    assert min(responses[label] for label in utterances) >= RESPONSES


@pytest.mark.skipif(not TOPICS.exists(), reason="the list of topics is not beside this checkout")
def test_the_topics_are_those_that_were_agreed_on(data: Data) -> None:
    with TOPICS.open(encoding="utf-8") as file:
        agreed = {row["label"] for row in csv.DictReader(file, delimiter="\t")}
    assert {row.label for row in data.rows} == agreed


def test_dialogues_have_two_to_four_turns_over_all_topics(data: Data) -> None:
    turns = Counter(row.dialogue for row in data.rows if row.dialogue)
    assert len(turns) >= DIALOGUES
    assert set(turns.values()) <= {2, 3, 4}
    assert len({row.label for row in data.rows if row.dialogue}) == 70


def test_no_two_utterances_are_alike(data: Data) -> None:
    """No pair shares more than 70 % of all its trigrams."""
    texts = [row.question for row in data.rows if not row.dialogue]
    assert len(set(texts)) == len(texts)
    found: defaultdict[str, list[int]] = defaultdict(list)
    sets = [trigrams(text) for text in texts]
    for number, own in enumerate(sets):
        shared = Counter(other for trigram in own for other in found[trigram])
        for other, count in shared.items():
            assert count <= ALIKE * len(own | sets[other]), (texts[number], texts[other])
        for trigram in own:
            found[trigram].append(number)


def test_texts_are_plain_and_name_nobody(data: Data) -> None:
    for row in data.rows:
        for text in filter(None, (row.question, row.response)):
            assert LETTERS.fullmatch(text), text
            assert unicodedata.is_normalized("NFC", text)
            assert not find_personal(text), text
        assert len(row.question) <= 100


def test_replies_are_short_ask_once_and_keep_off_what_is_not_theirs(replies: list[str]) -> None:
    for reply in replies:
        assert 30 <= len(reply) <= 120, reply
        assert reply.count("?") <= 1, reply
        assert 2 <= len(re.findall(r"[.?!](?: |$)", reply)) <= 4, reply
        assert reply[-1] in ".?!", reply
        assert not UNFIT.search(reply), reply
    assert len(set(replies)) == len(replies)


def test_general_talk_says_that_it_is_a_program(data: Data) -> None:
    told = [row.response for row in data.rows if row.label == "일반대화/봇소개" and row.response]
    assert sum("프로그램" in reply or "기계" in reply for reply in told) > len(told) / 2


def test_the_lexicon_tells_each_topic_by_many_words_and_none_by_two(data: Data) -> None:
    lexicon = read_lexicon(LEXICON, {row.label for row in data.rows})
    entries = Counter(row.label for row in lexicon.rows)
    assert len(entries) == 70
    assert min(entries.values()) >= ENTRIES
    assert len({re.sub(r"[\W_]+", "", row.question) for row in lexicon.rows}) == len(lexicon.rows)
    for row in lexicon.rows:
        assert LETTERS.fullmatch(row.question), row.question
        assert unicodedata.is_normalized("NFC", row.question)
        assert not find_personal(row.question), row.question
        assert len(row.question) <= 40


def test_the_lexicon_holds_nothing_by_which_the_model_is_measured(data: Data) -> None:
    """Nor anything that shares more than 70 % of its trigrams with that."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for entry in read_lexicon(LEXICON, {row.label for row in data.rows}).rows:
        for trigram in trigrams(entry.question):
            found[trigram].append(entry.question)
    card = ModelDirectory.load(SHIPPED).card
    measured = [row for part in ("validation", "test") for row in find_part(card, data, part).rows]
    measured += read_data(
        [SETS / name for name in ("everyday.csv", "follow-ups.csv", "reply-prompts.csv")]
    ).rows
    for row in measured:
        own = trigrams(row.question)
        for other, count in Counter(other for trigram in own for other in found[trigram]).items():
            assert count <= ALIKE * len(own | trigrams(other)), (row.question, other)
