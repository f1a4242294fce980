"""What a reply must not say."""

import csv
from pathlib import Path

import pytest

from engine.crisis_rules import load_rules
from engine.reply_check import RULES_FILE, objection, unsure, withheld

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "crisis" / "replies.tsv").read_text("utf-8").splitlines()
]
CORPUS = Path(__file__).parents[2] / "train" / "corpus" / "counsel-ko.csv"


@pytest.mark.parametrize(("kind", "reply"), ROWS)
def test_replies_of_each_kind(kind: str, reply: str) -> None:
    assert (objection(reply) is None) is (kind == "harmless")


def test_the_rules_keep_to_their_examples() -> None:
    for rule in load_rules(RULES_FILE).rules:
        assert [reply for reply in rule.match if objection(reply) is None] == []
        assert [reply for reply in rule.no_match if objection(reply)] == []


def test_good_replies_are_shown() -> None:
    with CORPUS.open(encoding="utf-8-sig", newline="") as file:
        replies = sorted({row["챗봇"] for row in csv.DictReader(file)})
    assert sum(objection(reply) is not None for reply in replies) <= 0.01 * len(replies)


def test_what_is_said_instead_may_be_said() -> None:
    assert objection(withheld().text) is objection(unsure().text) is None
