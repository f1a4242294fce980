"""Hangul from its letters: jamo that stand alone, and Korean typed with an English keyboard."""

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_FIRST = 0xAC00
_VOWEL_PAIRS = {
    "ㅗㅏ": "ㅘ",
    "ㅗㅐ": "ㅙ",
    "ㅗㅣ": "ㅚ",
    "ㅜㅓ": "ㅝ",
    "ㅜㅔ": "ㅞ",
    "ㅜㅣ": "ㅟ",
    "ㅡㅣ": "ㅢ",
}
_FINAL_PAIRS = {
    "ㄱㅅ": "ㄳ", "ㄴㅈ": "ㄵ", "ㄴㅎ": "ㄶ", "ㄹㄱ": "ㄺ", "ㄹㅁ": "ㄻ", "ㄹㅂ": "ㄼ", "ㄹㅅ": "ㄽ", "ㄹㅌ": "ㄾ",
    "ㄹㅍ": "ㄿ", "ㄹㅎ": "ㅀ", "ㅂㅅ": "ㅄ",
}  # fmt: skip
_KEYS = dict(
    zip(
        "rRseEfaqQtTdwWczxvgkoiOjpuPhynbml",
        "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ",
        strict=True,
    )
)
KEYBOARD = {ord(key): letter for key, letter in _KEYS.items()} | {
    ord(key.upper()): letter for key, letter in _KEYS.items() if key.upper() not in _KEYS
}


def syllable(initial: str, vowel: str, final: str = "") -> str:
    """Return the syllable that the letters make."""
    return chr(
        _FIRST
        + (INITIALS.index(initial) * len(VOWELS) + VOWELS.index(vowel)) * len(FINALS)
        + FINALS.index(final)
    )


def parts(character: str) -> tuple[str, str, str]:
    """Return the letters of a syllable; its final is empty if it has none."""
    place, final = divmod(ord(character) - _FIRST, len(FINALS))
    initial, vowel = divmod(place, len(VOWELS))
    return INITIALS[initial], VOWELS[vowel], FINALS[final]


def compose(written: str) -> str:
    """Put jamo together as an input method does.

    Args:
        written: any text. A jamo joins the syllable before it where that leaves no other jamo alone: `자ㅅㅏㄹ` and
            `ㅈㅏㅅㅏㄹ` are both `자살`.
    """
    made: list[str] = []
    initial = vowel = final = ""

    def close() -> None:
        nonlocal initial, vowel, final
        if initial and vowel:
            made.append(syllable(initial, vowel, final))
        else:
            made.append(initial + vowel)
        initial = vowel = final = ""

    for character in written:
        if character in VOWELS:
            if vowel and not final and vowel + character in _VOWEL_PAIRS:
                vowel = _VOWEL_PAIRS[vowel + character]
            elif final:  # it was the next syllable's initial
                kept, moved = _split(final)
                final = kept
                close()
                initial, vowel = moved, character
            elif initial and not vowel:
                vowel = character
            else:
                close()
                vowel = character
        elif character in INITIALS or character in FINALS:
            if initial and vowel and not final and character in FINALS:
                final = character
            elif final and final + character in _FINAL_PAIRS:
                final = _FINAL_PAIRS[final + character]
            else:
                close()
                initial = character if character in INITIALS else ""
                if not initial:
                    made.append(character)
        else:
            close()
            if "가" <= character <= "힣":
                initial, vowel, final = parts(character)
            else:
                made.append(character)
    close()
    return "".join(made)


def _split(final: str) -> tuple[str, str]:
    """Return what a final keeps and what moves on when a vowel follows it."""
    letters = apart(final)
    return letters[:-1], letters[-1]


def apart(letter: str) -> str:
    """Return the two consonants that make up a final such as `ㅄ`; any other letter is returned as it is."""
    return next((letters for letters, pair in _FINAL_PAIRS.items() if pair == letter), letter)


def from_keyboard(typed: str) -> str:
    """Return what an English keyboard's keys would have written in Korean: `wnrrh tlvek` is `죽고 싶다`."""
    return compose(typed.translate(KEYBOARD))
