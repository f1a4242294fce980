"""The file of conversations: opened, upgraded, set aside where it is damaged, and readable by its owner alone.

Its name tells whether it is encrypted. So a wrong passphrase is never taken for a damaged file.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any, Self
from unicodedata import normalize

from engine import locations
from engine.language import text
from tui.store import schema
from tui.store.errors import DamagedError, PassphraseError, StoreError, WipedError, explained

PLAIN = "conversations.db"
ENCRYPTED = "conversations-encrypted.db"
_BESIDE = ("-wal", "-shm", "-journal")  # files that SQLite keeps beside its own
_DOOMED = ".old"  # a file that is being erased
_PATIENCE = 5.0  # seconds to wait for another window
_WAL_PAGES = 256  # after which what was written moves into the file


class Database:
    """An open file of conversations. It may be used in any thread, by one at a time.

    Args:
        folder: where the file lies, or is to lie; the platform's data folder if None.
        passphrase: of an encrypted file, or that a new one is to be encrypted with; an unencrypted one needs none.

    Raises:
        PassphraseError: the passphrase is missing or wrong, or nothing here can encrypt.
        StoreError: the file cannot be opened, or is of a newer version.
    """

    def __init__(self, folder: Path | None = None, passphrase: str | None = None) -> None:
        self.folder = folder or locations.conversations()
        self.lock = RLock()
        self.set_aside: Path | None = None
        self.is_encrypted = is_encrypted(self.folder) or bool(passphrase and not exists(self.folder))
        self.path = self.folder / (ENCRYPTED if self.is_encrypted else PLAIN)
        self._passphrase = passphrase if self.is_encrypted else None
        if self.is_encrypted:
            if passphrase is None:
                raise PassphraseError(
                    text(f"{self.path}: 암호가 필요합니다.", f"{self.path}: needs its passphrase.")
                )
            quoted(passphrase)
            cipher_module()
        with explained(self.path):
            self._prepare()
            try:
                self.connection = self._open()
            except DamagedError:  # the passphrase was right, or this would be a PassphraseError
                self._begin_another()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Move all into the file and close it."""
        with self.lock, explained(self.path):
            self.connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection; what goes wrong is explained.

        Raises:
            WipedError: the file was deleted since it was opened, by `counsel history wipe` say.
        """
        with self.lock, explained(self.path):
            self._expect_in_place()
            yield self.connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection within a transaction: all of it is written, or nothing."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def begin_anew(self) -> None:
        """Set a damaged file aside, under a name that tells when, and begin a new one.

        Raises:
            WipedError: it is not damaged but was deleted since it was opened.
        """
        with self.lock, explained(self.path):
            self._expect_in_place()
        self._begin_another()

    def _begin_another(self) -> None:
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        aside = self.path.with_name(f"{self.path.stem}.damaged-{stamp}.db")
        with self.lock, explained(self.path):
            for end in ("", *_BESIDE):
                beside = self.path.with_name(self.path.name + end)
                if beside.exists():
                    beside.replace(aside.with_name(aside.name + end))
            self.set_aside = aside
            self._prepare()
            self.connection = self._open()

    def forget_traces(self) -> None:
        """Leave nothing of deleted conversations in the file or beside it."""
        with self.reading() as connection:
            connection.execute("INSERT INTO words(words) VALUES ('optimize')")
            connection.execute("PRAGMA incremental_vacuum").fetchall()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @property
    def is_in_place(self) -> bool:
        """Whether the file still has its name; `counsel history wipe` takes it away."""
        try:
            return os.path.samestat(self._status, self.path.stat())
        except FileNotFoundError:
            return False

    def _expect_in_place(self) -> None:
        if not self.is_in_place:
            raise WipedError(
                text(
                    f"{self.path}: 보관한 대화가 모두 지워졌습니다.",
                    f"{self.path}: all that was kept was deleted.",
                )
            )

    def _prepare(self) -> None:
        """Make folder and file, for their owner alone; those that SQLite puts beside it are made alike."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (
            not self.path.exists()
        ):  # closing a file that is open elsewhere in this process would drop its locks
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        if os.name == "posix":
            self.folder.chmod(0o700)
            self.path.chmod(0o600)
        self._status = self.path.stat()

    def _open(self) -> sqlite3.Connection:
        connection = connect(self.path, self._passphrase)
        try:
            with explained(self.path):
                self._expect_readable(connection)
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of a new file, before all else
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
                connection.execute("PRAGMA synchronous = NORMAL")  # a killed process loses nothing by it
                connection.execute("PRAGMA secure_delete = ON").fetchall()
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}").fetchall()
                if schema.version_of(connection) < schema.VERSION:
                    schema.upgrade(connection)
                connection.execute("SELECT 1 FROM sessions").fetchone()
        except BaseException:
            connection.close()
            raise
        for path in leftovers(self.folder):
            erase(path)
        return connection

    def _expect_readable(self, connection: sqlite3.Connection) -> None:
        """Refuse a wrong passphrase and a newer version, before anything is changed."""
        try:
            version = schema.version_of(connection)
        except Exception as error:
            if self.is_encrypted and getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB:
                raise PassphraseError(
                    text(
                        f"{self.path}: 암호가 맞지 않습니다. 아무것도 바뀌지 않았습니다. 암호가 틀림없다면 파일이 "
                        "손상된 것이니 다른 곳에 옮겨 두세요.",
                        f"{self.path}: wrong passphrase. Nothing was changed. If you are sure of it, the file is "
                        "damaged; move it elsewhere.",
                    )
                ) from None
            raise
        if version > schema.VERSION:
            raise StoreError(
                text(
                    f"{self.path}: 더 새로운 counsel이 만든 파일입니다(형식 {version}). 그대로 두었습니다. "
                    "counsel을 새 버전으로 바꾸세요.",
                    f"{self.path}: made by a newer counsel (format {version}) and left alone. Update counsel.",
                )
            )


def is_encrypted(folder: Path | None = None) -> bool:
    """Return whether the conversations that are kept in a folder are encrypted."""
    return ((folder or locations.conversations()) / ENCRYPTED).exists()


def exists(folder: Path | None = None) -> bool:
    """Return whether any conversations are kept in a folder."""
    return any(((folder or locations.conversations()) / name).exists() for name in (PLAIN, ENCRYPTED))


def connect(path: Path, passphrase: str | None) -> sqlite3.Connection:
    """Open a file without a look into it.

    Raises:
        PassphraseError: it is to be encrypted, and the package for that is missing.
    """
    options: dict[str, Any] = {"timeout": _PATIENCE, "isolation_level": None, "check_same_thread": False}
    if passphrase is None:
        connection: sqlite3.Connection = sqlite3.connect(path, **options)
        return connection
    connection = cipher_module().connect(str(path), **options)
    connection.execute("PRAGMA cipher_log_level = NONE").fetchall()
    connection.execute(f"PRAGMA key = {quoted(passphrase)}").fetchall()
    return connection


def cipher_module() -> Any:
    """Return SQLCipher's binding.

    Raises:
        PassphraseError: it is not installed.
    """
    try:
        from sqlcipher3 import dbapi2
    except ImportError:
        raise PassphraseError(
            text(
                "암호화할 수 없습니다. `pip install sqlcipher3`으로 설치하세요.",
                "Cannot encrypt here. Install it with `pip install sqlcipher3`.",
            )
        ) from None
    return dbapi2


def quoted(passphrase: str) -> str:
    """Return a passphrase as SQL, composed (NFC), so that every keyboard writes the same one.

    Raises:
        PassphraseError: it is empty or has a character that no keyboard writes.
    """
    if not passphrase or "\0" in passphrase:
        raise PassphraseError(text("빈 암호는 쓸 수 없습니다.", "An empty passphrase cannot be used."))
    return "'" + normalize("NFC", passphrase).replace("'", "''") + "'"


def erase(path: Path) -> None:
    """Overwrite a file, and those that SQLite keeps beside it, and remove them.

    They lose their names first: what is half erased is taken for nothing else, and erased when the next one is opened.
    """
    for end in ("", *_BESIDE):
        with suppress(FileNotFoundError):
            doomed = doom(path.with_name(path.name + end))
            with doomed.open("r+b") as file:
                left = doomed.stat().st_size
                while left > 0:
                    left -= file.write(bytes(min(left, 2**20)))
                file.flush()
                os.fsync(file.fileno())
            doomed.unlink()


def doom(path: Path) -> Path:
    """Take a file's name away, and return the one under which it is to be erased."""
    return path if path.name.endswith(_DOOMED) else path.replace(path.with_name(path.name + _DOOMED))


def leftovers(folder: Path) -> list[Path]:
    """Return what an interrupted deletion or change of the passphrase left behind beside the file that counts."""
    plain = [folder / PLAIN] if is_encrypted(folder) else []
    return [path for path in (*plain, *folder.glob("*.new"), *folder.glob(f"*{_DOOMED}")) if path.exists()]
