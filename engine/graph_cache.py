"""Graphs on disk, under the hash of the weights that they were built from.

An entry is a folder with the graph, with its weights packed as this processor reads them (XNNPACK writes them
once and maps the file from then on, for all signatures together), and with the hashes of both.
"""

import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Sequence
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
        return "\n".join(sha256(path) for path in self)


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
        os.utime(folder)
        _forget_old(folder.parent)
    except OSError as error:
        raise ModelError(
            text(
                f"{folder}: 그래프를 저장할 수 없습니다({error.strerror}). 쓰기 권한과 여유 공간을 확인하거나 XDG_CACHE_HOME을 바꾸세요.",
                f"{folder}: the graph cannot be saved ({error.strerror}). Check space and permissions, or name another folder by XDG_CACHE_HOME.",
            )
        ) from error
    return files


def _build(
    folder: Path,
    model: ModelDirectory,
    precision: Precision,
    passes: Sequence[graph.Pass],
    pack: Callable[[Files], None],
) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # a damaged one
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="building-") as workshop:
        ready = Path(workshop) / folder.name
        ready.mkdir()
        files = Files.within(ready)
        with files.graph.open("wb") as file:
            graph.build(model.weights, model.geometry, precision, passes, file)
        pack(files)
        (ready / _HASHES).write_text(files.hashes())
        if not folder.exists():  # else another process was quicker
            ready.rename(folder)


def _is_intact(folder: Path) -> bool:
    try:
        return (folder / _HASHES).read_text() == Files.within(folder).hashes()
    except OSError:  # missing, or another user's: a new one is built
        return False


def _forget_old(cache: Path) -> None:
    """Delete old entries; what another process deletes or builds meanwhile is left to it."""
    with suppress(FileNotFoundError):
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
