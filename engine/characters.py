"""Characters that look alike are made alike, and those that steer a terminal are left out."""

import re
import unicodedata

_SENTENCE_END = re.compile(r"(?<=[.!?…。~])\s+|\n+")
_UNPRINTABLE = ("Cc", "Cs")  # control characters, and halves of surrogate pairs


def without_control(sentence: str, keep: str = "") -> str:
    """Return a text without control characters, except those in `keep`."""
    return "".join(c for c in sentence if c in keep or unicodedata.category(c) not in _UNPRINTABLE)


def printable(sentence: str, keep: str = "") -> str:
    """Return a text composed (NFC) and without control characters, except those in `keep`."""
    return unicodedata.normalize("NFC", without_control(sentence, keep))


def normalize(sentence: str) -> str:
    """Return a printable text in which every run of white space is one blank."""
    if (  # as nearly every one: nothing is left to do
        sentence.isprintable()  # so its only white space is the plain blank
        and "  " not in sentence
        and sentence[:1] != " " != sentence[-1:]
        and unicodedata.is_normalized("NFC", sentence)
    ):
        return sentence
    spaced = "".join(" " if c.isspace() else c for c in sentence)
    return " ".join(printable(spaced).replace("\ufeff", "").split())


def sentences(text: str) -> list[str]:
    """Return the sentences of a text: what a full stop, a question mark or the like, or a line's end closes."""
    return [part for part in map(normalize, _SENTENCE_END.split(text)) if part]
