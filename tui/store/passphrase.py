"""Set, change and remove the passphrase, all or nothing."""

import os
import sqlite3
from pathlib import Path

from engine import locations
from tui.store import schema
from tui.store.database import ENCRYPTED, PLAIN, Database, cipher_module, doom, erase, is_encrypted, quoted
from tui.store.errors import explained


def change(old: str | None, new: str | None, folder: Path | None = None) -> None:
    """Encrypt the conversations with another passphrase, or with none.

    Args:
        old: the present passphrase; None if there is none.
        new: the one from now on; None to keep the conversations unencrypted.
        folder: where they lie; the platform's data folder if None.

    Raises:
        PassphraseError: the old one is wrong, the new one is empty, or nothing here can encrypt.
        StoreError: another window has the file open, or it cannot be written.
    """
    folder = folder or locations.conversations()
    cipher_module()
    new_key = "''" if new is None else quoted(new)
    if not is_encrypted(folder):
        old = None
    if old is None and new is None:
        return
    with Database(folder, old) as database:  # upgrades it, and finds out whether the passphrase is right
        source = database.path
    with explained(source):
        connection = _alone(source, old)
        try:
            if old is None:
                _replace(connection, source, folder / ENCRYPTED, new_key)
            elif new is None:
                _replace(connection, source, folder / PLAIN, new_key)
            else:
                connection.execute(f"PRAGMA rekey = {new_key}").fetchall()
        finally:
            connection.close()


def _alone(source: Path, passphrase: str | None) -> sqlite3.Connection:
    """Open a file that nobody else has open, nor can open meanwhile."""
    connection: sqlite3.Connection = cipher_module().connect(str(source), timeout=0.5, isolation_level=None)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE").fetchall()
        if passphrase is not None:
            connection.execute(f"PRAGMA key = {quoted(passphrase)}").fetchall()
        connection.execute("PRAGMA secure_delete = ON").fetchall()
        connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")  # the lock stays
    except BaseException:
        connection.close()
        raise
    return connection


def _replace(connection: sqlite3.Connection, source: Path, target: Path, key: str) -> None:
    """Write a second file, let it take the first one's place when it is whole, and erase the first one.

    Where both stand after an interruption, the encrypted one counts, and the other is erased when it is opened. The
    first one's name goes while it is locked, so that no other window opens it meanwhile.
    """
    fresh = target.with_name(target.name + ".new")
    erase(fresh)
    os.close(os.open(fresh, os.O_CREAT | os.O_RDWR, 0o600))
    connection.execute(f"ATTACH DATABASE ? AS fresh KEY {key}", (str(fresh),))
    connection.execute("PRAGMA fresh.auto_vacuum = INCREMENTAL")
    connection.execute("SELECT sqlcipher_export('fresh')").fetchall()
    connection.execute(f"PRAGMA fresh.user_version = {schema.VERSION}")
    connection.execute("DETACH DATABASE fresh")
    fresh.replace(target)
    doomed = doom(source)
    connection.close()
    erase(doomed)
