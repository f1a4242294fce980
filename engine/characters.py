"""Characters that look alike are made alike, and those that steer a terminal are left out."""

import unicodedata

_UNPRINTABLE = ("Cc", "Cs")  # control characters, and halves of surrogate pairs


def printable(sentence: str, keep: str = "") -> str:
    """Return a text composed (NFC) and without control characters, except those in `keep`."""
    kept = (c for c in sentence if c in keep or unicodedata.category(c) not in _UNPRINTABLE)
    return unicodedata.normalize("NFC", "".join(kept))


def normalize(sentence: str) -> str:
    """Return a printable text in which every run of white space is one blank."""
    spaced = "".join(" " if c.isspace() else c for c in sentence)
    return " ".join(printable(spaced).replace("\ufeff", "").split())
