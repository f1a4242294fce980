"""What can go wrong with a file of conversations, said with the place and the remedy."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import CounselError
from engine.language import text


class StoreError(CounselError):
    """Conversations cannot be read or kept just now."""


class DamagedError(StoreError):
    """The file is no database any more."""


class PassphraseError(StoreError):
    """The passphrase is missing or wrong; nothing was changed."""


class GoneError(StoreError):
    """There is no such conversation, or it was deleted in another window."""


class WipedError(GoneError):
    """The file itself was deleted since it was opened, with all conversations; it must be opened anew."""


class CollisionError(StoreError):
    """Another window wrote something else in the same place of the same conversation."""


def gone(session: int) -> GoneError:
    """Return the error for a conversation that is not there."""
    return GoneError(
        text(
            f"{session}번 대화: 보관된 것 가운데 없습니다. `counsel history list`로 번호를 보세요.",
            f"Conversation {session}: not among the kept ones. `counsel history list` shows their numbers.",
        )
    )


def collided(session: int) -> CollisionError:
    """Return the error for a conversation that two windows go on with."""
    return CollisionError(
        text(
            f"{session}번 대화: 다른 창이 같은 대화를 이어 썼습니다.",
            f"Conversation {session}: another window went on with it.",
        )
    )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite or the system raises into a `StoreError` that names the file and the remedy.

    Args:
        path: the file of conversations.

    Raises:
        StoreError: instead of an error of SQLite's or the system's; its words quote no conversation.
    """
    cipher = sys.modules.get("sqlcipher3.dbapi2")  # the same errors, as classes of its own
    kinds = (sqlite3.Error, OSError, *((cipher.Error,) if cipher else ()))
    try:
        yield
    except kinds as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CANTOPEN) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise DamagedError(
                text(f"{path}: 파일이 손상되었습니다.", f"{path}: the file is damaged.")
            ) from None
        if code == sqlite3.SQLITE_CONSTRAINT:
            raise CollisionError(
                text(
                    f"{path}: 다른 창이 같은 대화를 이어 썼습니다.",
                    f"{path}: another window went on with the same conversation.",
                )
            ) from None
        why = error.strerror if isinstance(error, OSError) else ""
        raise StoreError(f"{path}: {_remedy(code, why or type(error).__name__)}") from None


def _remedy(code: int, why: str) -> str:
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return text(
                "다른 창이 쓰는 중입니다. 그 창을 닫거나 잠시 뒤에 다시 해 보세요.",
                "another window is using it. Close that one or try again in a moment.",
            )
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return text(
                "더 쓸 수 없습니다. 디스크에 자리가 있는지 보세요(`df -h`).",
                "cannot be written any more. See whether the disk has room (`df -h`).",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return text(
                f"쓸 수 없는 자리입니다({why}). 폴더의 권한을 확인하세요.",
                f"cannot be written there ({why}). Check the folder's permissions.",
            )
        case _:
            return text(f"쓰지 못했습니다({why}).", f"could not be used ({why}).")
