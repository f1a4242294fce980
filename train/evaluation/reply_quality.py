"""Replies as a person gets them: how near to the known ones, how varied, how much copied, how fast, how often broken."""

import json
import statistics
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.characters import normalize
from engine.conversation import Conversation, Memory, Turn
from engine.engine import Engine
from engine.events import Problem, Reply
from engine.model_directory import RESPONSES_FILE, ModelDirectory
from train.rows.data import Row
from train.sequences.joining import Choice

SHOWN = 10


class Sample(NamedTuple):
    """A reply to show."""

    label: str
    question: str
    reply: str


@dataclass(frozen=True)
class ReplyQuality:
    """Of replies that were sampled as the model recommends.

    Attributes:
        number: of replies, each under its row's own label.
        chrf: chrF2 against the known replies, from 0 to 100 (see `chrf`); None if there are none to compare with.
        distinct2: see `distinct`.
        copied: the share of replies that stand in the training data, letter by letter; None if that is not known.
        broken: the share of as many replies without constraints that have a fault.
        problems: how many of these have which fault.
        first_token: the median time to the first token in seconds, the topic search included.
        tokens_per_second: after the first one, guesses included.
        samples: a few replies.
    """

    number: int
    chrf: float | None
    distinct2: float
    copied: float | None
    broken: float
    problems: Mapping[Problem, int]
    first_token: float
    tokens_per_second: float
    samples: Sequence[Sample]


def ask(
    engine: Engine,
    choices: Sequence[Choice],
    known: Collection[str],
    seed: int,
    tell: Callable[[int], None],
) -> ReplyQuality:
    """Answer each row twice: under its own label, and freely, as the published notebook does.

    Args:
        engine: of the model.
        choices: at least one row, with the replies that it may have.
        known: the replies that the model was trained on; empty if they are not known.
        seed: of the first reply; each following row has the next.
        tell: called with the number of rows that are done.
    """
    replies: list[Reply] = []
    problems: list[Sequence[Problem]] = []
    for number, choice in enumerate(choices):
        question, own = choice.row.question, (seed + number) % 2**32
        # Whatever a conversation favours or avoids is no part of the model.
        turns = tuple(Turn(said, "", answered) for said, answered in choice.turns)
        conversation = Conversation(turns, Memory(topic_memory=0.0, avoid_repeats=0.0))
        replies.append(engine.reply(question, topic=choice.row.label, seed=own, conversation=conversation))
        free = engine.reply(question, constrain=False, seed=own, conversation=conversation)
        problems.append(free.problems)
        tell(number + 1)
    texts = [normalize(reply.text) for reply in replies]
    following = sum(len(reply.token_ids) for reply in replies)
    seconds = sum(reply.timings.total - reply.timings.first_token for reply in replies)
    return ReplyQuality(
        number=len(replies),
        chrf=chrf(texts, [[text for text in choice.responses if text] for choice in choices]),
        distinct2=distinct(texts, 2),
        copied=sum(text in known for text in texts) / len(texts) if known else None,
        broken=sum(map(bool, problems)) / len(problems),
        problems=dict(Counter(problem for found in problems for problem in found)),
        first_token=statistics.median(reply.timings.first_token for reply in replies),
        tokens_per_second=following / seconds if following else 0.0,
        samples=[
            Sample(choice.row.label, choice.row.question, text)
            for choice, text in zip(choices[:SHOWN], texts, strict=False)
        ],
    )


def chrf(replies: Sequence[str], references: Sequence[Sequence[str]]) -> float | None:
    """Return the chrF2 of a corpus (Popović 2015, as sacrebleu computes it), each reply against the nearest reference.

    Replies without a reference are left out.

    Returns:
        From 0 to 100; None if no reply has a reference, or sacrebleu is not installed.
    """
    try:
        from sacrebleu.metrics import CHRF
    except ModuleNotFoundError:
        return None
    compared = [(reply, known) for reply, known in zip(replies, references, strict=True) if known]
    most = max((len(known) for _, known in compared), default=0)
    if not most:
        return None
    columns = [
        [known[place] if place < len(known) else None for _, known in compared] for place in range(most)
    ]
    return float(CHRF().corpus_score([reply for reply, _ in compared], columns).score)


def distinct(replies: Sequence[str], size: int) -> float:
    """Return the number of different word n-grams divided by the number of all words (Li et al. 2016); 0 without words.

    A word is what stands between blanks. More replies give a lower value.
    """
    words = [reply.split() for reply in replies]
    grams = {tuple(own[start : start + size]) for own in words for start in range(len(own) - size + 1)}
    return len(grams) / max(1, sum(map(len, words)))


def training_replies(model: ModelDirectory, training: Sequence[Row] | None) -> set[str]:
    """Return the replies that a model was trained on: those in its directory, else those of its rows, if known."""
    path = model.path / RESPONSES_FILE
    if path.exists():  # the engine has checked its lines
        lines = path.read_bytes().splitlines()
        return {normalize(json.loads(line)["text"]) for line in lines if line.strip()}
    return {row.response for row in training or () if row.response is not None}
