"""The checkpoints of a run: each written whole or not at all, and trusted only if every byte is as it was written."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from engine.checkpoint import Array, sha256
from engine.errors import CounselError
from engine.language import text

KEPT = 2  # the newest, and the one before it in case the newest is damaged
MANIFEST = "manifest.json"
STATE = "state.json"
_UNFINISHED = ".writing-"

Arrays = Mapping[str, Mapping[str, Any]]
"""Kind ("weights", "first_moments", …), then name, then an array or a TensorFlow variable."""


@dataclass(frozen=True)
class Checkpoint:
    """A sound checkpoint.

    Attributes:
        path: its folder.
        state: what was saved besides arrays.
    """

    path: Path
    state: Mapping[str, Any]

    @property
    def number(self) -> int:
        """Of the update after which it was saved."""
        return _number(self.path)

    def arrays(self, kind: str) -> dict[str, Array]:
        """Return the arrays of one kind by name."""
        return load_file(self.path / f"{kind}.safetensors")


class Checkpoints:
    """All checkpoints of one series in a folder, such as `step-00000120`.

    Args:
        folder: where they lie; it is made if it is missing.
        series: what their names begin with.
        kept: how many are kept.
    """

    def __init__(self, folder: Path, series: str, kept: int = KEPT) -> None:
        self._folder, self._series, self._kept = folder, series, kept

    def save(self, number: int, arrays: Arrays, state: Mapping[str, Any]) -> Path:
        """Write a checkpoint, and only then delete those that are too old.

        It is written under another name, forced to the disk, and renamed.

        Args:
            number: of the update after which it is saved.
            arrays: what it holds.
            state: more of it; floats come back as they are, to the last bit.

        Returns:
            Its folder.

        Raises:
            CounselError: the disk is full; what was there is untouched.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._folder / f"{self._series}-{number:08d}"
        workshop = self._folder / f"{_UNFINISHED}{place.name}"
        for leftover in self._folder.glob(f"{_UNFINISHED}{self._series}-*"):  # of a run that was killed
            shutil.rmtree(leftover)
        self._refuse_full_disk(arrays)
        workshop.mkdir()
        try:
            self._write(workshop, arrays, state)
        except (OSError, SafetensorError) as error:
            shutil.rmtree(workshop)
            raise CounselError(
                text(
                    f"{place}: 저장하지 못했습니다({error}). 이전 체크포인트는 그대로입니다. 자리를 비우고 --resume으로 이어 하세요.",
                    f"{place}: cannot be saved ({error}). Earlier checkpoints are untouched. "
                    "Make room and go on with --resume.",
                )
            ) from error
        if place.exists():
            _discard(place)
        workshop.rename(place)
        _force(self._folder)
        numbered = self._numbered()
        # A later one is damaged, or else the training would have gone on from it.
        kept = [path for path in numbered if _number(path) <= number][: self._kept]
        for old in numbered:
            if old not in kept:
                _discard(old)
        return place

    def sound(self, notice: Callable[[str], None]) -> Iterator[Checkpoint]:
        """Yield sound checkpoints, newest first.

        Args:
            notice: told of each damaged one, which is passed over.
        """
        for path in self._numbered():
            try:
                _verify(path)
                yield Checkpoint(path, json.loads((path / STATE).read_text("utf-8")))
            except (OSError, ValueError, KeyError, TypeError) as error:
                notice(
                    text(
                        f"{path}: 손상된 체크포인트라 건너뜁니다({error}).",
                        f"{path}: a damaged checkpoint is passed over ({error}).",
                    )
                )

    def _numbered(self) -> list[Path]:
        """Return the folders of all checkpoints, newest first."""
        name = re.compile(rf"{re.escape(self._series)}-\d+")
        return sorted(
            (path for path in self._folder.glob(f"{self._series}-*") if name.fullmatch(path.name)),
            key=_number,
            reverse=True,
        )

    def _refuse_full_disk(self, arrays: Arrays) -> None:
        needed = sum(
            4 * int(np.prod(tuple(array.shape))) for kind in arrays.values() for array in kind.values()
        )
        free = shutil.disk_usage(self._folder).free
        if free < needed * 1.01 + 1_000_000:
            raise CounselError(
                text(
                    f"{self._folder}: 체크포인트에 {needed / 1e6:,.0f} MB가 필요한데 {free / 1e6:,.0f} MB만 남았습니다. "
                    "지운 것은 없습니다. 자리를 비우고 --resume으로 이어 하세요.",
                    f"{self._folder}: a checkpoint needs {needed / 1e6:,.0f} MB, {free / 1e6:,.0f} MB are free. "
                    "Nothing was deleted. Make room and go on with --resume.",
                )
            )

    def _write(self, folder: Path, arrays: Arrays, state: Mapping[str, Any]) -> None:
        for kind, named in arrays.items():  # one after another, so that one copy of one kind is enough memory
            save_file(
                {name: np.asarray(array) for name, array in named.items()}, folder / f"{kind}.safetensors"
            )
        (folder / STATE).write_text(json.dumps(state, ensure_ascii=False), "utf-8")
        files = sorted(folder.iterdir())
        manifest = {path.name: {"bytes": path.stat().st_size, "sha256": sha256(path)} for path in files}
        (folder / MANIFEST).write_text(_as_json(manifest), "utf-8")
        for path in [*files, folder / MANIFEST, folder]:
            _force(path)


def _as_json(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, indent=2)


def _number(path: Path) -> int:
    return int(path.name.rpartition("-")[2])


def _discard(folder: Path) -> None:
    """Delete a checkpoint; if this is interrupted, what is left is not taken for a damaged one."""
    hidden = folder.with_name(f"{_UNFINISHED}{folder.name}.old")
    folder.rename(hidden)
    shutil.rmtree(hidden)


def _verify(folder: Path) -> None:
    """Compare every file with the manifest.

    Raises:
        ValueError: one is not as it was written; the message names it.
        OSError: one is missing.
    """
    written = (folder / MANIFEST).read_text("utf-8")
    manifest = json.loads(written)
    if not isinstance(manifest, dict) or STATE not in manifest or written != _as_json(manifest):
        raise ValueError(MANIFEST)
    for name, entry in manifest.items():
        path = folder / name
        if path.stat().st_size != entry["bytes"] or sha256(path) != entry["sha256"]:
            raise ValueError(name)


def _force(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on the disk and not only on their way."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
