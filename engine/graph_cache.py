"""Graphs on disk, under the hash of the weights that they were built from.

An entry is a folder with the graph, with its weights packed as this processor reads them (XNNPACK writes them
once and maps the file from then on, for all signatures together), and with the hashes of both.
"""

import errno
import hashlib
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import ai_edge_litert

from engine import graph, locations
from engine.checkpoint import sha256
from engine.errors import ModelError
from engine.language import text
from engine.model_directory import ModelDirectory
from engine.precision import Precision

KEPT = 4 << 30  # bytes; the entries that were not asked for the longest are deleted
_HASHES = "sha256"
_NAME = "graph-"
_WORKSHOP = "building-"
_LONGEST_BUILD = 3600  # seconds


class Files(NamedTuple):
    """A graph and its packed weights."""

    graph: Path
    packed: Path

    @classmethod
    def within(cls, folder: Path) -> "Files":
        """Return where they lie in an entry."""
        return cls(folder / "graph.tflite", folder / "packed.xnnpack")

    def hashes(self) -> str:
        """Return the SHA-256 of each, a line each."""
        with ThreadPoolExecutor() as pool:
            return "\n".join(pool.map(sha256, self))


def get_graph(
    model: ModelDirectory,
    precision: Precision,
    passes: Sequence[graph.Pass],
    pack: Callable[[Files], None],
) -> Files:
    """Return a model's graph, building it if it is missing or damaged.

    Args:
        model: the model.
        precision: of the weights in the graph.
        passes: the graph's signatures.
        pack: opens a graph once, so that its packed weights are written.

    Raises:
        ModelError: the files cannot be written.
    """
    origin = (
        f"{model.sha256} {model.geometry} {precision} {passes} {graph.VERSION} "
        f"{ai_edge_litert.__version__} {_processor()}"
    )
    folder = locations.graph_cache() / f"{_NAME}{hashlib.sha256(origin.encode()).hexdigest()[:40]}"
    files = Files.within(folder)
    try:
        if not _is_intact(folder):
            _build(folder, model, precision, passes, pack)
    except OSError as error:
        raise ModelError(
            text(
                f"{folder}: 그래프를 저장할 수 없습니다({error.strerror}). 쓰기 권한과 여유 공간을 확인하거나 XDG_CACHE_HOME을 바꾸세요.",
                f"{folder}: the graph cannot be saved ({error.strerror}). Check space and permissions, or name another folder by XDG_CACHE_HOME.",
            )
        ) from error
    with suppress(OSError):  # a cache that can only be read does as well
        os.utime(folder)
        _forget_old(folder.parent)
    return files


def _build(
    folder: Path,
    model: ModelDirectory,
    precision: Precision,
    passes: Sequence[graph.Pass],
    pack: Callable[[Files], None],
) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=_WORKSHOP) as workshop:
        ready = Path(workshop) / "ready"
        ready.mkdir()
        files = Files.within(ready)
        with files.graph.open("wb") as file:
            graph.build(model.weights, model.geometry, precision, passes, file)
        # XNNPACK ends the whole process where it finds no space; from fp16 it packs twice the size.
        if shutil.disk_usage(workshop).free < 2.2 * files.graph.stat().st_size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        pack(files)
        (ready / _HASHES).write_text(files.hashes())
        with suppress(FileNotFoundError):  # a damaged one
            folder.rename(Path(workshop) / "damaged")
        try:
            ready.rename(folder)
        except OSError:
            if not _is_intact(folder):  # else another process was quicker
                raise


def _is_intact(folder: Path) -> bool:
    try:
        return (folder / _HASHES).read_text() == Files.within(folder).hashes()
    except OSError:  # missing, or another user's: a new one is built
        return False


def _forget_old(cache: Path) -> None:
    """Delete old entries, and what is left of builds that were killed."""
    for workshop in cache.glob(f"{_WORKSHOP}*"):
        if time.time() - workshop.stat().st_mtime > _LONGEST_BUILD:
            shutil.rmtree(workshop, ignore_errors=True)
    entries = sorted(cache.glob(f"{_NAME}*"), key=lambda entry: entry.stat().st_mtime, reverse=True)
    total = 0
    for number, entry in enumerate(entries):
        total += sum(path.stat().st_size for path in entry.iterdir())
        if number and total > KEPT:
            shutil.rmtree(entry, ignore_errors=True)


def _processor() -> str:
    """Return what tells processors with other instructions apart: weights are packed for one kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.machine())
