"""The hash of a file is that of its content, whenever it is asked and whatever was done to the file."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from engine import hashes, locations
from engine.hashes import known_sha256


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(hashes, "_SETTLED", 0.0)
    path = tmp_path / "file"
    path.write_bytes(b"one")
    time.sleep(0.02)  # more than a tick of the file system's clock
    return path


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_an_untouched_file_is_not_read_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert known_sha256(file) == digest(b"one")
    monkeypatch.setattr(hashes, "sha256", lambda path: f"{path} was read")
    assert known_sha256(file) == digest(b"one")


def test_a_change_is_noticed_even_where_size_and_time_are_put_back(file: Path) -> None:
    known_sha256(file)
    before = file.stat()
    file.write_bytes(b"two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert known_sha256(file) == digest(b"two")
    file.unlink()
    file.write_bytes(b"six")
    assert known_sha256(file) == digest(b"six")


@pytest.mark.parametrize("damage", [b"", b"x", b"\xff\xff\n\n\n", None])
def test_a_damaged_record_is_computed_anew(file: Path, damage: bytes | None) -> None:
    known_sha256(file)
    (record,) = locations.hashes().iterdir()
    record.unlink()
    if damage is None:
        record.mkdir()
    else:
        record.write_bytes(damage)
    assert known_sha256(file) == digest(b"one")


def test_what_was_changed_a_moment_ago_is_not_recorded(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashes, "_SETTLED", 60.0)
    assert known_sha256(file) == digest(b"one")
    assert not locations.hashes().exists()
