"""Find words in what was kept.

FTS5's trigram tokenizer finds nothing shorter than three characters, and most Korean words have two syllables. So
letters are indexed in place of syllables (불면 → ㅂㅜㄹㅁㅕㄴ, six characters), and what the index finds is compared with
the words themselves. What is shorter even so, such as 나, is looked for in the texts one after the other.
"""

import sqlite3
from collections.abc import Iterator
from unicodedata import normalize

from tui.transcript import folded

_TRIGRAM = 3


def index(connection: sqlite3.Connection, exchange: int) -> None:
    """Put what was said in an exchange, and all its answers, into the index."""
    connection.execute(
        "INSERT INTO words(rowid, text) VALUES (?, ?)", (exchange, _letters(connection, exchange))
    )


def unindex(connection: sqlite3.Connection, exchange: int) -> None:
    """Take an exchange out of the index, before anything of it changes."""
    connection.execute(
        "INSERT INTO words(words, rowid, text) VALUES ('delete', ?, ?)",
        (exchange, _letters(connection, exchange)),
    )


def find(connection: sqlite3.Connection, words: str) -> Iterator[tuple[int, str]]:
    """Find the exchanges in which words were said or answered, the newest first.

    Args:
        connection: to the file.
        words: any text; case and composition do not count.

    Yields:
        The id of an exchange, and the text that has the words.
    """
    wanted = folded(words)
    for exchange in _candidates(connection, wanted):
        for text in _texts(connection, exchange):
            if wanted in folded(text):
                yield exchange, text
                break


def _candidates(connection: sqlite3.Connection, wanted: str) -> Iterator[int]:
    letters = normalize("NFD", wanted)
    if not letters:
        return
    if len(letters) < _TRIGRAM:
        query = """SELECT id FROM exchanges WHERE said LIKE :value ESCAPE '!'
            UNION SELECT exchange FROM variants WHERE text LIKE :value ESCAPE '!' ORDER BY 1 DESC"""
        value = "%" + "".join("!" + sign if sign in "!%_" else sign for sign in wanted) + "%"
    else:
        trigrams = {letters[at : at + _TRIGRAM] for at in range(len(letters) - _TRIGRAM + 1)}
        quoted = ('"' + trigram.replace('"', '""') + '"' for trigram in sorted(trigrams))
        query = "SELECT rowid FROM words WHERE words MATCH :value ORDER BY rowid DESC"
        value = " AND ".join(quoted)
    for (exchange,) in connection.execute(query, {"value": value}):
        yield exchange


def _texts(connection: sqlite3.Connection, exchange: int) -> list[str]:
    """Return what was said, then the answers."""
    rows = connection.execute(
        """SELECT said AS text, -1 AS number FROM exchanges WHERE id = :id
        UNION ALL SELECT text, number FROM variants WHERE exchange = :id ORDER BY number""",
        {"id": exchange},
    )
    return [text for text, _ in rows]


def _letters(connection: sqlite3.Connection, exchange: int) -> str:
    return normalize("NFD", folded("\n".join(_texts(connection, exchange))))
