"""Sessions as they are kept: listed, read, written, found and deleted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from engine import locations
from tui.store import exchanges, records, schema, search
from tui.store.database import Database, erase
from tui.store.errors import explained, gone
from tui.transcript import Exchange

FOUND = 200  # as many places as anyone reads


@dataclass(frozen=True)
class Session:
    """What a list shows of a session.

    Attributes:
        id: its number, which no other session ever gets.
        title: that the person gave, else the first topic; empty if there is neither.
        begun: when the first sentence was said.
        changed: when anything was written last.
        topics: of its replies, each once, in their order.
        messages: how many were said and answered, in all branches.
    """

    id: int
    title: str
    begun: datetime
    changed: datetime
    topics: tuple[str, ...]
    messages: int


@dataclass(frozen=True)
class Found:
    """A place where words were found.

    Attributes:
        session: in which they were said.
        key: of the exchange.
        at: when.
        text: the message that has them.
    """

    session: Session
    key: int
    at: datetime
    text: str


class Store(Database):
    """The conversations in a folder.

    Example:
        with Store() as store:
            for session in store.sessions(): ...
            exchanges, last = store.load(session.id)
            transcript = Transcript(exchanges, last)
    """

    def sessions(self) -> list[Session]:
        """Return all sessions, the one that was changed last first."""
        with self.reading() as connection:
            rows = connection.execute(f"{_SESSIONS} ORDER BY changed DESC, id DESC").fetchall()
        return [_session(row) for row in rows]

    def session(self, session: int) -> Session:
        """Return one session.

        Raises:
            GoneError: there is none of this number.
        """
        with self.reading() as connection:
            row = connection.execute(f"{_SESSIONS} WHERE id = ?", (session,)).fetchone()
        if row is None:
            raise gone(session)
        return _session(row)

    def load(self, session: int) -> tuple[list[Exchange], int | None]:
        """Return what `Transcript` takes to go on: the exchanges, and the last one's key of the shown branch.

        Raises:
            GoneError: there is none of this number.
        """
        with self.reading() as connection:
            row = connection.execute("SELECT last FROM sessions WHERE id = ?", (session,)).fetchone()
            if row is None:
                raise gone(session)
            return exchanges.read(connection, session), row[0]

    def made_with(self, session: int) -> dict[records.Place, dict[str, str]]:
        """Return the versions that each reply of a session was made with."""
        with self.reading() as connection:
            rows = connection.execute(
                "SELECT key, number, versions FROM provenance JOIN exchanges ON id = exchange WHERE session = ?",
                (session,),
            ).fetchall()
        return {(key, number): json.loads(versions) for key, number, versions in rows}

    def begin(self, begun: datetime) -> int:
        """Make an empty session, and return its number."""
        with self.writing() as connection:
            at = begun.isoformat()
            inserted = connection.execute("INSERT INTO sessions(begun, changed) VALUES (?, ?)", (at, at))
            assert inserted.lastrowid is not None
            return inserted.lastrowid

    def write(
        self,
        session: int,
        changed: Sequence[Exchange],
        known: Mapping[int, Exchange],
        everything: Mapping[int, Exchange],
        last: int | None,
    ) -> None:
        """Write exchanges that are new or changed, all or nothing.

        Args:
            session: that they belong to.
            changed: what is to be written.
            known: what this window wrote or read of them before, by their keys.
            everything: all exchanges of the session as they are now.
            last: the key of the last one of the branch that is shown.

        Raises:
            GoneError: the session was deleted meanwhile.
            CollisionError: another window wrote an exchange with the same key.
        """
        with self.writing() as connection:
            now = datetime.now().astimezone().isoformat()
            updated = connection.execute(
                "UPDATE sessions SET last = ?, changed = ? WHERE id = ?", (last, now, session)
            )
            if not updated.rowcount:
                raise gone(session)
            for exchange in changed:
                exchanges.write(connection, session, exchange, known.get(exchange.key), everything)
            for key in known.keys() - everything.keys():
                exchanges.take_back(connection, session, key)
            schema.summarise(connection, session)

    def rename(self, session: int, title: str) -> None:
        """Give a session a title; an empty one gives it back its first topic.

        Raises:
            GoneError: there is none of this number.
        """
        with self.writing() as connection:
            renamed = connection.execute(
                "UPDATE sessions SET title = ? WHERE id = ?", (" ".join(title.split()), session)
            )
            if not renamed.rowcount:
                raise gone(session)

    def delete(self, session: int) -> None:
        """Delete a session so that nothing of it is left in the file.

        Raises:
            GoneError: there is none of this number.
        """
        with self.writing() as connection:
            ids = connection.execute("SELECT id FROM exchanges WHERE session = ?", (session,)).fetchall()
            for (exchange,) in ids:
                search.unindex(connection, exchange)
            if not connection.execute("DELETE FROM sessions WHERE id = ?", (session,)).rowcount:
                raise gone(session)
        self.forget_traces()

    def search(self, words: str) -> list[Found]:
        """Return where words were said or answered, the newest first, at most `FOUND` places."""
        with self.reading() as connection:
            sessions: dict[int, Session] = {}
            found = []
            for exchange, text in islice(search.find(connection, words), FOUND):
                session, key, at = connection.execute(
                    "SELECT session, key, at FROM exchanges WHERE id = ?", (exchange,)
                ).fetchone()
                if session not in sessions:
                    sessions[session] = self.session(session)
                found.append(Found(sessions[session], key, datetime.fromisoformat(at), text))
        return found


def wipe(folder: Path | None = None) -> list[Path]:
    """Delete everything that was kept in a folder, damaged files too; no passphrase is needed.

    Returns:
        The files that were deleted.
    """
    folder = folder or locations.conversations()
    found = sorted(folder.glob("conversations*")) if folder.is_dir() else []
    with explained(folder):
        for path in found:
            if path.exists():
                erase(path)
        if found and not any(folder.iterdir()):
            folder.rmdir()
    return found


_SESSIONS = "SELECT id, title, begun, changed, topics, messages FROM sessions"


def _session(row: tuple[int, str, str, str, str, int]) -> Session:
    number, title, begun, changed, topics, messages = row
    labels = tuple(json.loads(topics))
    return Session(
        number,
        title or (labels[0] if labels else ""),
        datetime.fromisoformat(begun),
        datetime.fromisoformat(changed),
        labels,
        messages,
    )
