"""Ways to hide a sentence from a judge, as people use them: each keeps it readable for a person."""

from collections.abc import Callable
from random import Random

from engine.jamo import parts

_LATIN = str.maketrans("aeopcyxisjk", "аеорсухіѕјк")
_HANGUL = {"ㅅ": "人", "ㄹ": "己", "ㅁ": "口"}


def _is_syllable(character: str) -> bool:
    return "가" <= character <= "힣"


def spaced(sentence: str, _: Random) -> str:
    """죽 고 싶 어."""
    return " ".join(c for c in sentence if c != " ")


def dotted(sentence: str, _: Random) -> str:
    """죽.고.싶.어."""
    return " ".join(".".join(word) for word in sentence.split())


def jamo(sentence: str, _: Random) -> str:
    """ㅈㅜㄱㄱㅗㅅㅣㅍㅇㅓ."""
    return "".join("".join(parts(c)) if _is_syllable(c) else c for c in sentence)


def some_jamo(sentence: str, random: Random) -> str:
    """죽고ㅅㅣㅍ어."""
    return "".join("".join(parts(c)) if _is_syllable(c) and random.random() < 0.4 else c for c in sentence)


def fullwidth(sentence: str, _: Random) -> str:
    """ｋｉｌｌ ｍｙｓｅｌｆ."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in sentence)


def zero_width(sentence: str, random: Random) -> str:
    """Nothing can be seen of it."""
    return "".join(c + random.choice("\u200b\u200d\u2060\ufeff\u00ad") for c in sentence)


def homoglyphs(sentence: str, random: Random) -> str:
    """Letters of other scripts, and signs for jamo: ㅈㅏ人ㅏㄹ."""
    swapped = sentence.translate(_LATIN)
    made = []
    for c in swapped:
        letters = "".join(_HANGUL.get(x, x) for x in parts(c)) if _is_syllable(c) else c
        made.append(
            letters if letters != "".join(parts(c) if _is_syllable(c) else c) and random.random() < 0.5 else c
        )
    return "".join(made)


def emoji(sentence: str, random: Random) -> str:
    """죽😀고😀싶😀어."""
    return "".join(c + (random.choice("😀🙂💔✨") if c != " " else "") for c in sentence)


def digits(sentence: str, random: Random) -> str:
    """죽1고 싶2어."""
    words = []
    for word in sentence.split():
        middle = random.randrange(1, len(word)) if len(word) > 1 and all(map(_is_syllable, word)) else 0
        words.append(word[:middle] + str(random.randrange(10)) + word[middle:] if middle else word)
    return " ".join(words)


def stretched(sentence: str, random: Random) -> str:
    """죽고 싶어ㅓㅓㅓ ㅠㅠㅠ."""
    return " ".join(word + random.choice(("", "ㅠㅠㅠ", "...", "ㅋㅋ", "~~")) for word in sentence.split())


def unspaced(sentence: str, _: Random) -> str:
    """죽고싶어."""
    return sentence.replace(" ", "")


EVASIONS: tuple[Callable[[str, Random], str], ...] = (
    spaced, dotted, jamo, some_jamo, fullwidth, zero_width, homoglyphs, emoji, digits, stretched, unspaced,
)  # fmt: skip
