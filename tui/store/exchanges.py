"""The exchanges of a session as rows of three tables."""

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import takewhile
from typing import get_args

from engine import Reply
from engine.logs import log
from tui.store import records, search
from tui.store.errors import collided
from tui.transcript import Exchange, Kind, Variant


def write(
    connection: sqlite3.Connection,
    session: int,
    exchange: Exchange,
    known: Exchange | None,
    everything: Mapping[int, Exchange],
) -> None:
    """Write an exchange that is new, or what changed of one that was written before; see `Store.write`."""
    values = (exchange.said, exchange.parent, exchange.shown, exchange.begins, exchange.at.isoformat())
    if known is None:
        row = connection.execute(
            "INSERT INTO exchanges(said, parent, shown, begins, at, session, key) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*values, session, exchange.key),
        ).lastrowid
        assert row is not None
    else:
        row = _id_of(connection, session, exchange.key)
        if row is None:
            raise collided(session)
        connection.execute("UPDATE exchanges SET shown = ? WHERE id = ?", (exchange.shown, row))
    before = known.variants if known else ()
    pairs = zip(before, exchange.variants, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], pairs))
    if known is None or same < max(len(before), len(exchange.variants)):
        if known is not None:
            search.unindex(connection, row)
        replaced = (row, same, len(before))  # a failure, whose place a reply took
        connection.execute("DELETE FROM variants WHERE exchange = ? AND number >= ? AND number < ?", replaced)
        connection.execute(
            "DELETE FROM provenance WHERE exchange = ? AND number >= ? AND number < ?", replaced
        )
        for number, variant in enumerate(exchange.variants[same:], same):
            _write_variant(connection, row, number, variant, exchange, everything)
        search.index(connection, row)


def _write_variant(
    connection: sqlite3.Connection,
    row: int,
    number: int,
    variant: Variant,
    exchange: Exchange,
    everything: Mapping[int, Exchange],
) -> None:
    connection.execute(
        "INSERT INTO variants(exchange, number, kind, title, text) VALUES (?, ?, ?, ?, ?)",
        (row, number, variant.kind, variant.title, variant.text),
    )
    if variant.reply:
        said = records.said_after(variant.reply, exchange, everything)
        reply = records.pack(records.reply_to_json(variant.reply, said))
        connection.execute(
            "INSERT INTO provenance(exchange, number, reply, versions) VALUES (?, ?, ?, ?)",
            (row, number, reply, records.to_text(records.versions())),
        )


def take_back(connection: sqlite3.Connection, session: int, key: int) -> None:
    """Remove an exchange that was written before; another window may have removed it already."""
    row = _id_of(connection, session, key)
    if row is not None:
        search.unindex(connection, row)
        connection.execute("DELETE FROM exchanges WHERE id = ?", (row,))


def _id_of(connection: sqlite3.Connection, session: int, key: int) -> int | None:
    query = "SELECT id FROM exchanges WHERE session = ? AND key = ?"
    found = connection.execute(query, (session, key)).fetchone()
    return None if found is None else int(found[0])


def read(connection: sqlite3.Connection, session: int) -> list[Exchange]:
    """Read a session; a key is higher than its parent's, so replies come after those that they refer to."""
    variants: dict[int, list[Variant]] = {}
    replies: dict[records.Place, Reply] = {}
    rows: Iterable[tuple[int, int, str, str, str, bytes | None]] = connection.execute(
        """SELECT key, number, kind, variants.title, text, reply FROM exchanges
        JOIN variants ON variants.exchange = id LEFT JOIN provenance USING (exchange, number)
        WHERE session = ? ORDER BY key, number""",
        (session,),
    )
    for key, number, kind, title, text, made in rows:
        assert kind in get_args(Kind)
        try:
            reply = records.reply_from_json(records.unpack(made), replies.__getitem__) if made else None
        except records.UNREADABLE as error:  # what was said is there all the same
            log.warning("a reply's record is damaged: session %d, exchange %d", session, key, exc_info=error)
            reply = None
        if reply:
            replies[key, number] = reply
        variants.setdefault(key, []).append(Variant(text, kind, reply, title))  # type: ignore[arg-type]
    return [
        Exchange(
            key, said, parent, tuple(variants.get(key, ())), shown, bool(begins), datetime.fromisoformat(at)
        )
        for key, said, parent, shown, begins, at in connection.execute(
            "SELECT key, said, parent, shown, begins, at FROM exchanges WHERE session = ? ORDER BY key",
            (session,),
        )
    ]
