"""Rules on plain readings of a text: patterns from a data file, compiled so that no text can drive them far.

A pattern is written as it is said, without blanks; every one of its letters may have a blank before it in the text.

    <name>   any of the words of that family      (a|b)   one of these      x?   with or without it
    ~        up to 12 letters within the clause   ~~      up to 30, into the next clauses too
    _        a word begins here                   $       a word ends here
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data"
MASK = "◇"  # stands for what is harmless; no rule names it
_GAPS = {"~": "[^|]{0,12}?", "~~": ".{0,30}?"}
_MOST_GAPS = 3  # each multiplies what a text can make a search try
_MOST_MATCHES = 16  # of one pattern in a passage that are looked at
_BEFORE, _AFTER = 40, 30  # letters around a match in which an exception counts
Needs = tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern.

    Attributes:
        expression: what finds it; compiled when a text may match it, since compiling all of them takes longer than
            a person in danger should wait.
        needs: sets of letters, of each of which a text must have one.
    """

    expression: str
    needs: Needs

    @cached_property
    def search(self) -> re.Pattern[str]:
        """What finds it."""
        return re.compile(self.expression)

    def may_match(self, letters: set[str]) -> bool:
        """Return whether a text of these letters can match at all, which is quickly said."""
        return not any(need.isdisjoint(letters) for need in self.needs)


@dataclass(frozen=True)
class Rule:
    """Patterns that mean the same, and where they do not mean it.

    Attributes:
        name: of the rule.
        level: how far it has come; empty where there are no levels.
        kind: what it is about.
        patterns: any of which matches.
        unless: what around a match makes it harmless.
        match: examples that match.
        no_match: examples that do not.
    """

    name: str
    level: str
    kind: str
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    match: tuple[str, ...]
    no_match: tuple[str, ...]

    def matches(self, reading: str, letters: set[str]) -> bool:
        """Return whether the rule matches a reading whose letters these are."""
        return any(
            pattern.may_match(letters)
            and any(not self._excused(reading, *span) for span in _spans(pattern, reading))
            for pattern in self.patterns
        )

    def _excused(self, reading: str, start: int, end: int) -> bool:
        around = reading[max(0, start - _BEFORE) : end + _AFTER]
        return any(pattern.search.search(around) for pattern in self.unless)


@dataclass(frozen=True)
class Rules:
    """All rules of a file, and the harmless phrases that are taken out of a text before them."""

    harmless: tuple[Rule, ...]
    rules: tuple[Rule, ...]

    def masked(self, reading: str) -> str:
        """Return a reading without what is harmless."""
        letters = set(reading)
        for phrase in self.harmless:
            for pattern in phrase.patterns:
                if pattern.may_match(letters):
                    reading = pattern.search.sub(MASK, reading)
        return reading

    def matching(self, reading: str) -> Iterator[Rule]:
        """Yield the rules that match a reading, in the order of the file."""
        reading = self.masked(reading)
        letters = set(reading)
        return (rule for rule in self.rules if rule.matches(reading, letters))


def _spans(pattern: Pattern, reading: str) -> Iterator[tuple[int, int]]:
    for count, found in enumerate(pattern.search.finditer(reading)):
        if count == _MOST_MATCHES:
            return
        yield found.span()


@cache
def load_rules(file: str) -> Rules:
    """Read a file of rules that comes with the package."""
    content = tomllib.loads((FOLDER / file).read_text("utf-8"))
    words = _Words(content.get("words", {}))
    return Rules(
        tuple(_rule(entry, words) for entry in content.get("harmless", ())),
        tuple(_rule(entry, words) for entry in content["rule"]),
    )


def _rule(entry: Mapping[str, Any], words: "_Words") -> Rule:
    return Rule(
        entry["name"],
        entry.get("level", ""),
        entry.get("kind", ""),
        tuple(words.compile(pattern) for pattern in entry["patterns"]),
        tuple(words.compile(pattern) for pattern in entry.get("unless", ())),
        tuple(entry.get("match", ())),
        tuple(entry.get("no_match", ())),
    )


class _Words:
    """The families of a file, and how patterns that name them are compiled."""

    def __init__(self, families: Mapping[str, list[str]]) -> None:
        self._families = families

    def compile(self, pattern: str) -> Pattern:
        written = f"({self._unfold(pattern)})"
        if len(re.findall("~+", written)) > _MOST_GAPS:
            raise ValueError(f"{pattern}: more than {_MOST_GAPS} gaps")
        expression, needs, rest = _sequence(written, 0)
        if rest != len(written):
            raise ValueError(f"{pattern}: unbalanced")
        return Pattern(expression, tuple(sorted(set(needs), key=len)))

    def _unfold(self, pattern: str) -> str:
        while found := re.search(r"<([^>]+)>", pattern):
            family = "|".join(self._families[found[1]])
            pattern = f"{pattern[: found.start()]}({family}){pattern[found.end() :]}"
        return pattern.replace(" ", "")


def _sequence(pattern: str, place: int) -> tuple[str, list[frozenset[str]], int]:
    """Compile up to the end, a `|` or a `)`; return expression, needs, and the place after it."""
    made, needs, blank = "", [], ""
    while place < len(pattern) and pattern[place] not in "|)":
        character = pattern[place]
        need: list[frozenset[str]] = []
        if character in "_$":
            made += "(?<![^ |])" if character == "_" else "(?=[ |]|$)"
            place += 1
            blank = " ?" if character == "$" else blank and " ?"
            continue
        if character == "~":
            gap = "~~" if pattern.startswith("~~", place) else "~"
            made, place, blank = made + _GAPS[gap], place + len(gap), ""
            continue
        if character == "(":
            atom, need, place = _alternatives(pattern, place + 1)
        else:
            atom, need, place = re.escape(character), [frozenset(character)], place + 1
        if pattern.startswith("?", place):
            made, need, place = f"{made}(?:{blank}{atom})?", [], place + 1
        else:
            made += blank + atom
        needs += need
        blank = " ?"
    return made, needs, place


def _alternatives(pattern: str, place: int) -> tuple[str, list[frozenset[str]], int]:
    parts: list[str] = []
    firsts: list[list[frozenset[str]]] = []
    while True:
        part, needs, place = _sequence(pattern, place)
        parts.append(part)
        firsts.append(needs)
        if place >= len(pattern):
            raise ValueError(f"{pattern}: unbalanced")
        place += 1
        if pattern[place - 1] == ")":
            break
    common = [frozenset[str]().union(*(needs[0] for needs in firsts))] if all(firsts) else []
    return f"(?:{'|'.join(parts)})", common, place
