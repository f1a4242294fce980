"""What a person wrote, made alike for matching: one plain reading, and others where letters were disguised."""

import re
import unicodedata
from functools import lru_cache

from engine.jamo import INITIALS, VOWELS, compose, from_keyboard, parts, syllable

BREAK = "|"  # between clauses; no gap of a rule reaches over it
_NO_VOICE = ("Mn", "Me", "Cf")  # marks and characters of no width
_OTHER = re.compile(r"[^\x00-\x7fㄱ-ㅣ가-힣]+")
# A stop that white space follows, or a line's end; not the last of several points, which only pause ("살 이유를... 못
# 찾겠어"). One character decides, so a long row of stops is read once.
_STOP = re.compile(r"(?:(?<!\.)[.!?;]\s|\n)[.!?;\s]*")
_NOISE = re.compile(rf"[^0-9a-zA-Zㄱ-ㅣ가-힣{re.escape(BREAK)}]+")
_AROUND_BREAK = re.compile(r" ?\| ?")
_SPACED_OUT = re.compile(r"(?<![^| ])([가-힣ㄱ-ㅣ])\|(?=[가-힣ㄱ-ㅣ](?:[| ]|$))")
_STRETCHED = re.compile(r"(.)\1{2,}")
# Letters of other scripts that look like those of English words, and signs that stand for jamo.
_LOOKALIKES = str.maketrans(
    {
        "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ѕ": "s", "ј": "j", "ԁ": "d",
        "һ": "h", "к": "k", "м": "m", "т": "t", "в": "b", "н": "h", "ӏ": "l", "ո": "n", "ս": "u", "օ": "o", "α": "a",
        "ε": "e", "ο": "o", "ρ": "p", "τ": "t", "υ": "u", "ι": "i", "κ": "k", "ν": "v", "η": "n", "μ": "u", "ω": "w",
        "ı": "i", "ɩ": "i", "ɡ": "g", "ⅼ": "l", "ł": "l", "đ": "d", "ø": "o",
    }
)  # fmt: skip
_JAMO_SIGNS = str.maketrans(
    {
        "人": "ㅅ", "己": "ㄹ", "口": "ㅁ", "卜": "ㅏ", "丨": "ㅣ", "丄": "ㅗ", "丅": "ㅜ", "コ": "ㄱ",
        "フ": "ㄱ", "ス": "ㅈ", "入": "ㅅ", "ト": "ㅏ", "一": "ㅡ", "へ": "ㅅ", "ㄥ": "ㄴ", "匚": "ㄷ",
        "工": "ㅗ", "乙": "ㄹ", "廿": "ㅂ", "〇": "ㅇ", "○": "ㅇ", "┣": "ㅏ", "┫": "ㅓ", "┻": "ㅗ", "┳": "ㅜ",
    }
)  # fmt: skip
_SIGNS_AS_LETTERS = str.maketrans({"@": "a", "$": "s", "€": "e", "!": "!", "¡": "i"})
_BETWEEN = re.compile(r"(?<=[가-힣]) ?[0-9a-zㄱ-ㅣ]{1,6} ?(?=[가-힣])")
_LATIN_RUN = re.compile(r"[a-zA-Z]{3,}")
_KEYBOARD_PHRASE = re.compile(r"[a-zA-Z]+(?: [a-zA-Z]+)*")
_LEET_WORD = re.compile(r"(?=[0-9]*[a-z])[a-z0-9]{3,}")
_LEET = str.maketrans("0134578", "oieastb")
_JAMO_LATIN = re.compile(r"(?<=[ㄱ-ㅎ])[ril1jtohe](?![a-z])")
_JAMO_LATIN_AS = {
    "r": "ㅏ",
    "i": "ㅣ",
    "l": "ㅣ",
    "1": "ㅣ",
    "j": "ㅓ",
    "t": "ㅜ",
    "o": "ㅇ",
    "h": "ㅐ",
    "e": "ㅌ",
}
_JAMO = re.compile("[ㄱ-ㅣ]")
_OPEN_JAMO = re.compile("(?<=[가-힣])[ㄱㄴㄷㄹㅁㅂㅅㅇㅈ](?=[ |]|[가-힣]|$)")
_LONG_VOWEL = re.compile("(?<=[가-힣])[아어오우으이]+")
_Y_VOWELS = dict(zip("ㅑㅕㅛㅠㅒㅖ", "ㅏㅓㅗㅜㅐㅔ", strict=True))
_USUAL_Y = frozenset("져졌쳐쳤셔셨쇼슈졀졍쳔쥬쥐")
# Conjoining jamo that no syllable took in, as the ones that stand alone.
_CONJOINING = {
    0x1100 + i: letter for i, letter in enumerate(INITIALS)
} | {0x1161 + i: letter for i, letter in enumerate(VOWELS)} | {
    0x11A8 + i: letter for i, letter in enumerate("ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
}  # fmt: skip


def readings(said: str) -> tuple[str, ...]:
    """Return the ways to read a text, the plain one first.

    Args:
        said: as it was typed.

    Returns:
        Texts of letters, digits, single blanks, and `BREAK` where a clause ends. There are others than the first one
        only where jamo, Latin letters or digits stand between or instead of syllables.
    """
    plain = _plain(said)
    found = {plain: None}
    if not plain.isascii():
        found[_BETWEEN.sub("", plain)] = None
        if _JAMO.search(plain):
            opened = _OPEN_JAMO.sub(lambda m: m[0], plain)
            composed = compose(_JAMO_LATIN.sub(lambda m: _JAMO_LATIN_AS[m[0]], opened))
            found[composed] = None
            found[_BETWEEN.sub("", composed)] = None
            joined = compose(plain.replace(" ", ""))
            found[joined] = None
        stretched = _without_long_vowels(plain)
        found[stretched] = None
    if _LATIN_RUN.search(plain):
        found[_typed_in_english(said)] = None
        found[_LEET_WORD.sub(lambda m: m[0].translate(_LEET), plain)] = None
    elif any(c.isdigit() for c in plain) and any("a" <= c <= "z" for c in plain):
        found[_LEET_WORD.sub(lambda m: m[0].translate(_LEET), plain)] = None
    return tuple(found)


def _plain(said: str) -> str:
    text = unicodedata.normalize("NFC", said)
    if not text.isascii():
        text = _OTHER.sub(lambda m: _unified(m[0]), text)
    return _separated(text).lower()


def _separated(text: str) -> str:
    """Return the text with blanks and breaks for all that is neither letter nor digit."""
    text = _STOP.sub(BREAK, text.translate(_SIGNS_AS_LETTERS).replace(BREAK, " ").strip())
    text = _AROUND_BREAK.sub(BREAK, _NOISE.sub(" ", text)).strip(" |")
    text = _SPACED_OUT.sub(r"\1 ", text)
    return _STRETCHED.sub(r"\1", text)


@lru_cache(4096)
def _unified(run: str) -> str:
    """Return characters of other blocks as the ones that they look like; the rest as blanks or nothing."""
    signs = run.translate(_JAMO_SIGNS)
    folded = unicodedata.normalize("NFKC", signs).lower().translate(_LOOKALIKES)
    folded = "".join(
        c for c in unicodedata.normalize("NFD", folded) if unicodedata.category(c) not in _NO_VOICE
    )
    return unicodedata.normalize("NFC", folded).translate(_CONJOINING)


def _typed_in_english(said: str) -> str:
    """Return the text with every Latin run read as Korean keys."""
    as_typed = unicodedata.normalize("NFKC", said)
    return _separated(_KEYBOARD_PHRASE.sub(lambda m: from_keyboard(m[0]), as_typed)).lower()


def _without_long_vowels(plain: str) -> str:
    """Return the text without syllables that only lengthen the vowel before them, and with plain ones for odd ones."""
    made: list[str] = []
    for character in plain:
        if not "가" <= character <= "힣":
            made.append(character)
            continue
        initial, vowel, final = parts(character)
        if initial in "ㅈㅉㅊㅅㅆ" and vowel in _Y_VOWELS and character not in _USUAL_Y:
            vowel = _Y_VOWELS[vowel]
            character = syllable(initial, vowel, final)
        if initial == "ㅇ" and not final and made and "가" <= made[-1] <= "힣":
            _, before, closed = parts(made[-1])
            if before == vowel and not closed:
                continue
        made.append(character)
    return "".join(made)
