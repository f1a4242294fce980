"""The language of every text that a person reads: Korean first, English second."""

import os
from collections.abc import Sequence
from itertools import zip_longest
from typing import Literal, get_args

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
VARIABLE = "COUNSEL_LANG"

_chosen: Language = "en" if os.environ.get(VARIABLE) == "en" else "ko"


def choose(language: Language) -> None:
    """Make `text` answer in `language` from now on."""
    global _chosen
    _chosen = language


def choose_from(arguments: Sequence[str]) -> None:
    """Choose the language that a command line names, before its commands (and so their help) are loaded.

    Args:
        arguments: the words of the command line; `--lang en` or `--lang=en` anywhere counts.
    """
    for word, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        if word == "--":
            return
        value = following if word == "--lang" else word.removeprefix("--lang=")
        if word.startswith("--lang") and value in LANGUAGES:
            choose(value)


def text(ko: str, en: str) -> str:
    """Return the one of two wordings that is in the chosen language."""
    return en if _chosen == "en" else ko
