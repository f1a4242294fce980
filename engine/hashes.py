"""The hash of a large file that has not changed since it was computed, as git's index knows it."""

import os
import time
from contextlib import suppress
from hashlib import sha256 as _sha256
from pathlib import Path

from engine import locations
from engine.checkpoint import sha256

_SETTLED = (
    2.0  # seconds: a file that was changed later than that may change again within one tick of its clock
)


def known_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal, without reading it if nobody has touched it since the last time.

    Size, place on the disk and the times of the last change of content and of anything else must be the same; the
    last one is the system's, which no program sets. What a disk loses by itself is not noticed.
    """
    known = locations.hashes() / _sha256(os.fsencode(path.resolve())).hexdigest()
    state = _state(path)
    with suppress(OSError, ValueError):
        recorded, digest = known.read_text().split("\n")
        if recorded == state:
            return digest
    digest = sha256(path)
    if _state(path) == state and time.time() - path.stat().st_ctime > _SETTLED:
        with suppress(OSError):  # where nothing can be written, it is computed each time
            known.parent.mkdir(parents=True, exist_ok=True)
            workshop = known.with_suffix(f".{os.getpid()}")
            workshop.write_text(f"{state}\n{digest}")
            workshop.replace(known)
    return digest


def _state(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_dev} {stat.st_ino} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"
