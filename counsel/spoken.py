"""A reply in pieces that are worth saying: whole sentences, or whole words. Pure."""

import re

_SENTENCES = re.compile(r".*[.!?…~]\s", re.DOTALL)
_WORDS = re.compile(r".*\s", re.DOTALL)


class Speech:
    """Takes a text as it grows, and gives back what is complete of it.

    Example:
        >>> speech = Speech()
        >>> speech.add("그랬군요. 더 "), speech.add("들려주세요."), speech.rest()
        ('그랬군요. ', '', '더 들려주세요.')

    Args:
        by_words: whether words are complete enough; else sentences.
    """

    def __init__(self, by_words: bool = False) -> None:
        self._complete = _WORDS if by_words else _SENTENCES
        self._held = ""
        self.began = False  # whether anything was given back

    def add(self, more: str) -> str:
        """Take in what is new, and return what became complete; it is all in one line."""
        self._held += "".join(" " if character.isspace() else character for character in more)
        found = self._complete.match(self._held)
        complete, self._held = (
            (self._held[: found.end()], self._held[found.end() :]) if found else ("", self._held)
        )
        self.began = self.began or bool(complete)
        return complete

    def rest(self) -> str:
        """Return what is left at the end."""
        rest, self._held = self._held.rstrip(), ""
        return rest
