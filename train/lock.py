"""A run folder belongs to one training at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import lock_descriptor

from engine.errors import CounselError
from engine.language import text

LOCK = "lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep every other training out of a run folder, which is made if it is missing.

    The system lets go of the lock when the process ends, however it ends; the file stays.

    Raises:
        CounselError: another training is in the folder, or its file system has no locks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    with path.open("a+", encoding="ascii") as file:
        try:
            free = lock_descriptor(file.fileno(), blocking=False)
        except OSError as error:
            raise CounselError(
                text(
                    f"{path}: 잠글 수 없는 파일 시스템입니다({error.strerror}). 다른 디스크의 --out을 고르세요.",
                    f"{path}: its file system has no locks ({error.strerror}). Choose an --out on another disk.",
                )
            ) from error
        if not free:
            file.seek(0)
            process = file.read() or "?"
            raise CounselError(
                text(
                    f"{folder}: 다른 학습(프로세스 {process})이 쓰고 있습니다. 그 학습이 끝나기를 기다리거나 다른 --out을 고르세요.",
                    f"{folder}: another training (process {process}) is using it. Wait for its end, or choose another "
                    "--out.",
                )
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
