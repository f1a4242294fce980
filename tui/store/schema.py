"""The tables, and how a file of an earlier version becomes one of this version."""

import sqlite3
from collections.abc import Callable

from tui.store.search import index

Step = Callable[[sqlite3.Connection], None]


def _keep(connection: sqlite3.Connection) -> None:
    """Version 1: sessions, what was said in them, and the answers; what an answer was made with lies apart."""
    for statement in (
        """CREATE TABLE sessions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL DEFAULT '',  -- that the person gave
            begun TEXT NOT NULL,
            changed TEXT NOT NULL,
            last INTEGER  -- the key of the exchange that the shown branch ends with
        )""",
        """CREATE TABLE exchanges (
            id INTEGER PRIMARY KEY,
            session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
            key INTEGER NOT NULL,
            parent INTEGER,
            said TEXT NOT NULL,
            shown INTEGER NOT NULL,
            begins INTEGER NOT NULL,
            at TEXT NOT NULL,
            UNIQUE (session, key)
        )""",
        """CREATE TABLE variants (
            exchange INTEGER NOT NULL REFERENCES exchanges ON DELETE CASCADE,
            number INTEGER NOT NULL,
            kind TEXT NOT NULL,
            title TEXT NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (exchange, number)
        ) WITHOUT ROWID""",
        """CREATE TABLE provenance (
            exchange INTEGER NOT NULL REFERENCES exchanges ON DELETE CASCADE,
            number INTEGER NOT NULL,
            reply BLOB NOT NULL,  -- JSON, compressed: all that is needed to make the reply again
            versions TEXT NOT NULL,  -- JSON: of counsel and of the libraries that it was made with
            PRIMARY KEY (exchange, number)
        ) WITHOUT ROWID""",
    ):
        connection.execute(statement)


def _find(connection: sqlite3.Connection) -> None:
    """Version 2: the index that the search uses, and the topics of a session, which its list shows."""
    connection.execute("ALTER TABLE sessions ADD COLUMN topics TEXT NOT NULL DEFAULT '[]'")
    connection.execute("ALTER TABLE sessions ADD COLUMN messages INTEGER NOT NULL DEFAULT 0")
    connection.execute(
        "CREATE VIRTUAL TABLE words USING fts5(text, content='', detail='none', tokenize='trigram')"
    )
    for (exchange,) in connection.execute("SELECT id FROM exchanges ORDER BY id").fetchall():
        index(connection, exchange)
    for (session,) in connection.execute("SELECT id FROM sessions").fetchall():
        summarise(connection, session)


STEPS: tuple[Step, ...] = (_keep, _find)
VERSION = len(STEPS)


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring a file to this version, all of it or, if that fails, nothing.

    Args:
        connection: to a file of an earlier version, or to an empty one.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in STEPS[version_of(connection) :]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of a file; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def summarise(connection: sqlite3.Connection, session: int) -> None:
    """Write down what the list shows of a session: the topics of its replies, in their order, and how many messages."""
    connection.execute(
        """UPDATE sessions SET
            topics = (SELECT json_group_array(title) FROM (
                SELECT title FROM variants JOIN exchanges ON id = exchange
                WHERE session = :session AND kind = 'reply' AND title != ''
                GROUP BY title ORDER BY min(key))),
            messages = (SELECT count(*) FROM exchanges WHERE session = :session)
                + (SELECT count(*) FROM variants JOIN exchanges ON id = exchange WHERE session = :session)
        WHERE id = :session""",
        {"session": session},
    )
