"""A log of what happens, never of what is said; there is none unless a person asks for it."""

import logging
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from platform import platform, python_version
from types import TracebackType

from engine import locations
from engine.errors import CounselError
from engine.language import text

_BYTES, _OLDER = 500_000, 3  # of a file, and how many older ones are kept

log = logging.getLogger("counsel")
log.addHandler(logging.NullHandler())  # without a log nothing goes anywhere, not even to standard error
log.propagate = False


def start() -> None:
    """Begin to write the log, which only its owner may read.

    Raises:
        CounselError: nothing can be written there.
    """
    from logging.handlers import RotatingFileHandler  # takes its time, and most people want no log

    class Private(RotatingFileHandler):
        def _open(self) -> TextIOWrapper:
            Path(self.baseFilename).touch(0o600)
            Path(self.baseFilename).chmod(0o600)  # of an earlier version, which left that to the umask
            return super()._open()

    folder = locations.logs()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix":
            folder.chmod(0o700)
        handler = Private(folder / "counsel.log", maxBytes=_BYTES, backupCount=_OLDER, encoding="utf-8")
    except OSError as error:
        raise CounselError(
            text(
                f"{folder}: 기록을 적을 수 없어 적지 않습니다({error.strerror}). 폴더의 권한과 빈자리를 확인하세요.",
                f"{folder}: no log, since it cannot be written ({error.strerror}). Check the folder's rights and room.",
            )
        ) from error
    logging.raiseExceptions = False  # a disk that fills up later must not be told across the screen
    handler.setFormatter(Discreet())
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.info("begins: Python %s, %s, %s", python_version(), platform(), Path(sys.argv[0]).name)


class Discreet(logging.Formatter):
    """Writes the time, the level and our own words in a line; of an error, its kind and the places it came by.

    An error's words, and its variables all the more, may quote what a person said.
    """

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        error = record.exc_info[1] if record.exc_info else None
        quotes = isinstance(record.msg, BaseException)  # as a library's `log.exception(error)` has it
        words = type(record.msg).__name__ if quotes else record.getMessage().split("\n")[0]
        if error is not None:
            words += f" ({describe(error)})"
        untold = dict.fromkeys(("args", "exc_info", "exc_text", "stack_info"))
        return super().format(logging.makeLogRecord({**record.__dict__, **untold, "msg": words}))


def describe(error: BaseException) -> str:
    """Return an error's kind, and the files and lines that it came by, the innermost last."""
    return " ".join([type(error).__name__, *places(error)])


def places(error: BaseException) -> list[str]:
    """Return the files and lines that an error came by, the innermost last."""
    found = []
    trace: TracebackType | None = error.__traceback__
    while trace:
        found.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return found
