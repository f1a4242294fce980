"""Personal data in a text: what looks like a telephone number, a resident registration number or an e-mail address.

Every pattern is bounded: no text, however long or strange, takes more than a small multiple of its length.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Literal, NamedTuple

Kind = Literal["phone number", "resident registration number", "e-mail address"]

_WORTH_A_LOOK = re.compile(r"[\d@＠]")
_MOBILE = r"01[016789][-. )]{0,2}\d{3,4}[-. ]{0,2}\d{4}"
_LANDLINE = r"0(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50\d)[-. )]{0,2}\d{3,4}[-. ]{0,2}\d{4}"
_KOREA_FROM_ABROAD = r"(?:00)?82[-. ]{0,2}0?1[016789][-. ]{0,2}\d{3,4}[-. ]{0,2}\d{4}"
_ABROAD = r"\+ ?[1-9](?:[-. ()]{0,3}\d){7,14}"
_PHONE = re.compile(rf"(?<![\d+])(?:{_MOBILE}|{_LANDLINE}|{_KOREA_FROM_ABROAD}|{_ABROAD})(?!\d)")
_RESIDENT = re.compile(r"(?<!\d)\d{6}( ?[-–~]? ?)[1-8]\d{6}(?!\d)")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_FIRST_WITHOUT_CHECKSUM = date(2020, 10, 1)  # since then the last six digits are drawn at random


class Personal(NamedTuple):
    """A piece of personal data.

    Attributes:
        kind: what it looks like.
        start: of its first character in the text.
        end: after its last.
    """

    kind: Kind
    start: int
    end: int


def find_personal(sentence: str) -> list[Personal]:
    """Return what looks personal in a text, in its order and without overlaps.

    Positions are those of the text in its compatibility form (NFKC), in which full-width digits are plain ones.
    """
    if not _WORTH_A_LOOK.search(sentence):
        return []
    plain = unicodedata.normalize("NFKC", sentence)
    found = sorted(
        (
            Personal(kind, match.start(), match.end())
            for kind, pattern, holds in _SOUGHT
            for match in pattern.finditer(plain)
            if holds(match)
        ),
        key=lambda personal: (personal.start, -personal.end),
    )
    kept: list[Personal] = []
    for personal in found:
        if not kept or personal.start >= kept[-1].end:
            kept.append(personal)
    return kept


def mask(sentence: str) -> str:
    """Return a text with asterisks for all but the first two characters of what looks personal in it."""
    found = find_personal(sentence)
    if not found:
        return sentence
    plain = unicodedata.normalize("NFKC", sentence)
    hidden = {place for _, start, end in found for place in range(start + 2, end)}
    return "".join("*" if place in hidden and c.isalnum() else c for place, c in enumerate(plain))


def _is_resident(match: re.Match[str]) -> bool:
    """Tell whether digits begin with a birthday and, written without a hyphen, end in the right check digit."""
    digits = [int(c) for c in match[0] if c.isdecimal()]
    number = "".join(map(str, digits))
    century = 1900 if digits[6] in (1, 2, 5, 6) else 2000
    try:
        born = date(century + int(number[:2]), int(number[2:4]), int(number[4:6]))
    except ValueError:
        return False
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    total = sum(weight * digit for weight, digit in zip(weights, digits, strict=False))
    offset = 13 if digits[6] in (5, 6, 7, 8) else 11  # foreigners' numbers
    return (
        bool(match[1].strip()) or born >= _FIRST_WITHOUT_CHECKSUM or (offset - total % 11) % 10 == digits[12]
    )


def _is_any(_match: re.Match[str]) -> bool:
    return True


_SOUGHT: tuple[tuple[Kind, re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    ("resident registration number", _RESIDENT, _is_resident),
    ("phone number", _PHONE, _is_any),
    ("e-mail address", _EMAIL, _is_any),
)
