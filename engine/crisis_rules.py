"""Rules on plain readings of a text: patterns from a data file, compiled so that no text can drive them far.

A pattern is written as it is said, without blanks; every one of its letters may have a blank before it in the text.

    <name>   any of the words of that family      (a|b)   one of these      x?   with or without it
    ~        up to 12 letters within the clause   ~~      up to 30, into the next clauses too
    _        a word begins here                   $       a word ends here
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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

    def matches(self, pattern: Pattern, reading: str) -> bool:
        """Return whether one of its patterns matches a reading, and nothing around it excuses that."""
        return any(not self._excused(reading, *span) for span in _spans(pattern, reading))

    def _excused(self, reading: str, start: int, end: int) -> bool:
        around = reading[max(0, start - _BEFORE) : end + _AFTER]
        return any(pattern.search.search(around) for pattern in self.unless)


class Rules:
    """Rules in the order in which they count, and the harmless phrases that are taken out of a text before them.

    Args:
        harmless: the phrases.
        rules: the first one that matches counts.
    """

    def __init__(self, harmless: Sequence[Rule], rules: Sequence[Rule]) -> None:
        self.harmless = tuple(harmless)
        self.rules = tuple(rules)
        self._harmless = _Index(self.harmless)
        self._index = _Index(self.rules)

    def masked(self, reading: str) -> str:
        """Return a reading without what is harmless."""
        for _, pattern in self._harmless.candidates(set(reading)):
            reading = pattern.search.sub(MASK, reading)
        return reading

    def matching(self, reading: str) -> Iterator[Rule]:
        """Yield the rules that match a reading, in their order."""
        reading = self.masked(reading)
        found = -1
        for place, pattern in self._index.candidates(set(reading)):
            if place != found and self.rules[place].matches(pattern, reading):
                found = place
                yield self.rules[place]


class _Index:
    """The patterns of rules by letters that they need, so that few of them are looked at for a text."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        patterns = [(place, pattern) for place, rule in enumerate(rules) for pattern in rule.patterns]
        usual = Counter(letter for _, pattern in patterns for need in pattern.needs for letter in need)
        self._patterns = patterns
        self._always: list[int] = []
        self._by_letter: dict[str, list[int]] = {}
        for number, (_, pattern) in enumerate(patterns):
            if not pattern.needs:
                self._always.append(number)
                continue
            rarest = min(pattern.needs, key=lambda need: sum(usual[letter] for letter in need))
            for letter in rarest:
                self._by_letter.setdefault(letter, []).append(number)

    def candidates(self, letters: set[str]) -> Iterator[tuple[int, Pattern]]:
        """Yield the patterns that may match a text of these letters, each with its rule's place, in order."""
        numbers = set(self._always)
        for letter in letters & self._by_letter.keys():
            numbers.update(self._by_letter[letter])
        for number in sorted(numbers):
            place, pattern = self._patterns[number]
            if pattern.may_match(letters):
                yield place, pattern


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
        made, rest = _sequence(written, 0)
        if rest != len(written):
            raise ValueError(f"{pattern}: unbalanced")
        # Looking at one letter before trying a hundred words makes a search several times as fast.
        begin = f"(?=[{''.join(map(re.escape, sorted(made.first)))}])" if made.first else ""
        return Pattern(begin + made.expression, tuple(sorted(set(made.needs), key=len)))

    def _unfold(self, pattern: str) -> str:
        while found := re.search(r"<([^>]+)>", pattern):
            family = "|".join(self._families[found[1]])
            pattern = f"{pattern[: found.start()]}({family}){pattern[found.end() :]}"
        return pattern.replace(" ", "")


@dataclass(frozen=True)
class _Part:
    """A compiled part of a pattern.

    Attributes:
        expression: the regular expression.
        needs: sets of letters, of each of which a match has one.
        first: the letters that it can begin with; None if it can begin with any, or be empty.
    """

    expression: str
    needs: tuple[frozenset[str], ...]
    first: frozenset[str] | None


def _sequence(pattern: str, place: int) -> tuple[_Part, int]:
    """Compile up to the end, a `|` or a `)`; return the part and the place after it."""
    made, blank = "", ""
    needs: list[frozenset[str]] = []
    first: frozenset[str] | None = frozenset()
    begun = False
    while place < len(pattern) and pattern[place] not in "|)":
        character = pattern[place]
        if character in "_$":
            made += "(?<![^ |])" if character == "_" else "(?=[ |]|$)"
            place += 1
            blank = " ?" if character == "$" else blank
            continue
        if character == "~":
            gap = "~~" if pattern.startswith("~~", place) else "~"
            made, place, blank = made + _GAPS[gap], place + len(gap), ""
            first = first if begun else None
            continue
        if character == "(":
            atom, place = _alternatives(pattern, place + 1)
        else:
            letter = frozenset(character)
            atom, place = _Part(re.escape(character), (letter,), letter), place + 1
        optional = pattern.startswith("?", place)
        if not begun:
            first = None if first is None or atom.first is None else first | atom.first
            begun = not optional
        made += f"(?:{blank}{atom.expression})?" if optional else blank + atom.expression
        needs += () if optional else atom.needs
        place += optional
        blank = " ?"
    return _Part(made, tuple(needs), first if begun else None), place


def _alternatives(pattern: str, place: int) -> tuple[_Part, int]:
    parts: list[_Part] = []
    while True:
        part, place = _sequence(pattern, place)
        parts.append(part)
        if place >= len(pattern):
            raise ValueError(f"{pattern}: unbalanced")
        place += 1
        if pattern[place - 1] == ")":
            break
    needs = [part.needs[0] for part in parts if part.needs]
    common = (frozenset[str]().union(*needs),) if len(needs) == len(parts) else ()
    # All needs of a single alternative hold.
    return _Part(
        f"(?:{'|'.join(part.expression for part in parts)})",
        parts[0].needs if len(parts) == 1 else common,
        frozenset[str]().union(*(part.first or () for part in parts))
        if all(part.first is not None for part in parts)
        else None,
    ), place
