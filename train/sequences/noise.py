"""An utterance as it might have been typed: other blanks, slips of the finger, another ending, words left out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np

from engine.parameters import declare, validate


@dataclass(frozen=True)
class Noise:
    """How often an utterance of a rare label is changed, for each kind of change; each is a probability.

    Raises:
        CounselError: a rate is no number from 0 to 1.
    """

    spacing: float = declare(
        0.3, 0.0, 1.0, 0.05, "띄어쓰기를 빠뜨리거나 더합니다.", "Blanks are left out or added."
    )
    jamo: float = declare(
        0.1, 0.0, 1.0, 0.05, "받침이나 모음을 잘못 칩니다.", "A vowel or a final consonant is mistyped."
    )
    ending: float = declare(
        0.3, 0.0, 1.0, 0.05, "어미를 요/니다/어로 바꿉니다.", "The ending becomes 요, 니다 or 어."
    )
    deletion: float = declare(0.1, 0.0, 1.0, 0.05, "한 어절을 빠뜨립니다.", "A word is left out.")
    swap: float = declare(
        0.1, 0.0, 1.0, 0.05, "이웃한 두 어절을 바꿉니다.", "Two neighbouring words change places."
    )

    def __post_init__(self) -> None:
        validate(self)

    def vary(self, question: str, generator: np.random.Generator) -> str:
        """Return an utterance as it might have been typed; never an empty one."""
        for change in fields(self):
            if generator.random() < getattr(self, change.name):
                question = CHANGES[change.name](question, generator) or question
        return question


_FINAL = 28  # final consonants, none included, in the arithmetic of Hangul syllables
_VOWELS = 21
_FIRST, _LAST = ord("가"), ord("힣")
_MISTYPED_VOWELS = {1: 5, 5: 1, 3: 7, 7: 3, 8: 4, 4: 8, 11: 15, 15: 11}  # ㅐ/ㅔ, ㅒ/ㅖ, ㅗ/ㅓ, ㅚ/ㅞ
_ENDINGS = (
    ("습니다", "어요"), ("어요", "습니다"), ("아요", "아"), ("어요", "어"), ("해요", "해"), ("해요", "합니다"), ("합니다", "해요"),
    ("이에요", "이야"), ("예요", "야"), ("네요", "네"), ("어", "어요"), ("아", "아요"), ("해", "해요"), ("다", "다ㅠ"), ("요", "용"),
)  # fmt: skip


def _respace(question: str, generator: np.random.Generator) -> str:
    words = question.split()
    if len(words) > 1:
        place = int(generator.integers(1, len(words)))
        return " ".join([*words[: place - 1], words[place - 1] + words[place], *words[place + 1 :]])
    if len(question) > 3:
        place = int(generator.integers(1, len(question) - 1))
        return f"{question[:place]} {question[place:]}"
    return question


def _mistype(question: str, generator: np.random.Generator) -> str:
    slips = [(place, wrong) for place, letter in enumerate(question) if (wrong := _slip(letter)) != letter]
    if not slips:
        return question
    place, wrong = slips[int(generator.integers(len(slips)))]
    return question[:place] + wrong + question[place + 1 :]


def _slip(letter: str) -> str:
    """Return a syllable with another vowel that sounds alike, else without its final consonant, if it has either."""
    syllable = ord(letter) - _FIRST
    if not 0 <= syllable <= _LAST - _FIRST:
        return letter
    final, vowel = syllable % _FINAL, syllable // _FINAL % _VOWELS
    if vowel in _MISTYPED_VOWELS:
        return chr(_FIRST + syllable + (_MISTYPED_VOWELS[vowel] - vowel) * _FINAL)
    return chr(_FIRST + syllable - final)


def _end_otherwise(question: str, generator: np.random.Generator) -> str:
    bare = question.rstrip(".!?~… ")
    fitting = [(old, new) for old, new in _ENDINGS if bare.endswith(old) and len(bare) > len(old)]
    if not fitting:
        return question
    old, new = fitting[int(generator.integers(len(fitting)))]
    return bare.removesuffix(old) + new


def _leave_out(question: str, generator: np.random.Generator) -> str:
    words = question.split()
    if len(words) < 3:
        return question
    del words[int(generator.integers(len(words)))]
    return " ".join(words)


def _swap(question: str, generator: np.random.Generator) -> str:
    words = question.split()
    if len(words) < 2:
        return question
    place = int(generator.integers(len(words) - 1))
    words[place : place + 2] = words[place + 1], words[place]
    return " ".join(words)


CHANGES: Mapping[str, Callable[[str, np.random.Generator], str]] = {
    "spacing": _respace,
    "jamo": _mistype,
    "ending": _end_otherwise,
    "deletion": _leave_out,
    "swap": _swap,
}
