"""Finding labels by what is typed of them: parts of words, and their initial consonants alone."""

from unicodedata import normalize

from engine.events import LEVEL
from engine.jamo import INITIALS, apart, parts


def finds(typed: str, label: str) -> bool:
    """Return whether a label has every word that was typed.

    Args:
        typed: words, or their initial consonants: `불면` and `ㅂㅁ` both find `증상/불면`, as does `증상 부`, whose
            last syllable is still being typed.
        label: its levels are separated by slashes, which nobody needs to type.
    """
    letters = _words(label).replace(" ", "")
    wanted = "".join(map(apart, _words(typed)))  # an input method may have put two initials together
    return all(_is_in(word, letters) for word in wanted.split())


def _words(written: str) -> str:
    return normalize("NFC", written).casefold().replace(LEVEL, " ")


def _is_in(word: str, letters: str) -> bool:
    starts = range(len(letters) - len(word) + 1)
    return any(
        all(_is_like(w, letters[start + place], place == len(word) - 1) for place, w in enumerate(word))
        for start in starts
    )


def _is_like(typed: str, letter: str, last: bool) -> bool:
    """Return whether a typed letter stands for one of a label; the last one may still lack its final."""
    if typed == letter:
        return True
    if not "가" <= letter <= "힣":
        return False
    initial, vowel, _ = parts(letter)
    if typed in INITIALS:
        return typed == initial
    return last and "가" <= typed <= "힣" and parts(typed) == (initial, vowel, "")
