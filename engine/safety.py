"""Whether what a person says is a crisis, judged by rules, and by n-grams where no rule speaks.

No language model is asked, and no diagnosis is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast, get_args

from engine.crisis_expert import THRESHOLD, suspect
from engine.crisis_rules import Rules, load_rules
from engine.crisis_text import readings
from engine.passages import passages

Level = Literal["passive", "active", "plan", "attempt"]
Kind = Literal["suicide", "self-harm", "violence", "harm-to-others", "psychosis", "third-person"]
LEVELS: tuple[Level, ...] = get_args(Level)
KINDS: tuple[Kind, ...] = get_args(Kind)
RULES_FILE = "crisis.toml"
NGRAMS = "n-grams"
_LOOKED_AT = 4  # passages of a long text whose n-grams are counted: both ends and the two most suspicious


@dataclass(frozen=True)
class Crisis:
    """That someone is in danger, and how.

    Attributes:
        level: as in the screening questions of the C-SSRS: a wish to be dead, thoughts of it, a plan or means, an
            attempt or act under way. For the other kinds, what is like it in urgency.
        kind: who is in danger, and of what.
        rule: the name of the rule that found it, `NGRAMS`, or the model's label.
    """

    level: Level
    kind: Kind
    rule: str

    @property
    def is_acute(self) -> bool:
        """Whether help must come at once."""
        return self.level in ("plan", "attempt")


def judge(said: str) -> Crisis | None:
    """Return the gravest crisis that a text tells of, or None.

    Args:
        said: of any length and in any disguise (see `engine.crisis_text`). Of a very long text, the passages are
            judged that look most like it.
    """
    read = [readings(passage) for passage in passages(said)]
    return _by_rules(read) or _suspected(read)


def by_rules(said: str) -> Crisis | None:
    """Return the gravest crisis that a rule finds in a text, or None."""
    return _by_rules([readings(passage) for passage in passages(said)])


def _by_rules(read: Sequence[Sequence[str]]) -> Crisis | None:
    gravest: Crisis | None = None
    for reading in (reading for passage in read for reading in passage):
        found = next(_rules().matching(reading), None)  # the gravest come first
        if found is None:
            continue
        crisis = Crisis(cast("Level", found.level), cast("Kind", found.kind), found.name)
        if gravest is None or LEVELS.index(crisis.level) > LEVELS.index(gravest.level):
            gravest = crisis
        if crisis.level == LEVELS[-1]:
            return crisis
    return gravest


def _suspected(read: Sequence[Sequence[str]]) -> Crisis | None:
    """Return the crisis that n-grams tell of; the likeliest of a text's first passages decides."""
    suspicions = (
        suspect(_rules().masked(plain), len(LEVELS))
        for plain, *_ in read[:_LOOKED_AT]
        if not _is_spaced_out(plain)
    )
    likeliest = max(suspicions, default=None)
    if likeliest is None or likeliest.score <= THRESHOLD:
        return None
    return Crisis(LEVELS[likeliest.level], KINDS[likeliest.kind], NGRAMS)


def _is_spaced_out(plain: str) -> bool:
    """Return whether most words are single letters: n-grams tell nothing of such a text, rules see through it."""
    words = plain.split()
    return 2 * sum(len(word) == 1 for word in words) > len(words) > 2


def without_harmless(said: str) -> str:
    """Return the plain reading of a text without the phrases that are known to be harmless, as the n-grams see it."""
    return _rules().masked(readings(said)[0])


def warm_up() -> None:
    """Read and compile all that judges, which takes some tenths of a second, before somebody is waiting."""
    suspect("", len(LEVELS))
    for rule in (*_rules().harmless, *_rules().rules):
        for pattern in (*rule.patterns, *rule.unless):
            pattern.search  # noqa: B018  # compiled and kept


@cache
def _rules() -> Rules:
    """Return the rules, gravest first and otherwise in the order of the file."""
    rules = load_rules(RULES_FILE)
    ordered = sorted(rules.rules, key=lambda rule: -LEVELS.index(cast("Level", rule.level)))
    return Rules(rules.harmless, tuple(ordered))
