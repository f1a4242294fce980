"""Whatever is in a file, reading it gives right rows or one clear line, and no row is lost without a word."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.characters import normalize
from tests.conftest import example_rows
from train.rows.convert import write_rows
from train.rows.data import Data, DataFile, Row, read_data
from train.rows.reading import DataError, Place

CASES = 300  # damaged copies of a file of each kind
MADE = 150  # files made up, of each kind of text
KINDS = ["csv", "tsv", "xlsx", "jsonl", "parquet"]
HEADER = ["label", "question", "response"]
quickly = settings(
    max_examples=MADE, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def sound(path: Path) -> Path:
    rows = [Row(question, label, reply, Place(path, 0)) for label, question, reply in example_rows()]
    write_rows(Data([DataFile(path, "", len(rows), False)], rows, []), path)
    return path


def read(path: Path) -> Data | None:
    """Read a file in which every line is a row or an error; None if it was refused in one clear line."""
    try:
        data = read_data([path])
    except DataError as error:
        told = str(error)
        assert str(path) in told
        assert "\n" not in told
        return None
    errors = sum(finding.severity == "error" for finding in data.findings)
    assert [file.lines for file in data.files] == [len(data.rows) + errors]
    assert all("\n" not in finding.message and str(path) in finding.message for finding in data.findings)
    assert all(row.question and row.label and row.response != "" for row in data.rows)
    assert all(
        normalize(text) == text for row in data.rows for text in (row.question, row.label, row.response or "")
    )
    return data


def damage(content: bytes, generator: np.random.Generator) -> bytes:
    """Change, leave out or repeat a few bytes."""
    damaged = bytearray(content)
    for _ in range(int(generator.integers(1, 4))):
        place = int(generator.integers(len(damaged)))
        length = int(generator.integers(1, 20))
        match generator.integers(4):
            case 0:
                damaged[place] = int(generator.integers(256))
            case 1:
                del damaged[place : place + length]
            case 2:
                damaged[place:place] = damaged[place : place + length]
            case _:
                damaged[place:] = b""
        if not damaged:
            break
    return bytes(damaged)


def lines_of(path: Path, content: bytes) -> int:
    """Count the lines below the header of a text file that are not blank, by other means than the reader's."""
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        decoded = content.decode("cp949")
    if path.suffix == ".jsonl":
        return sum(bool(line.strip()) for line in decoded.split("\n"))
    delimiter = "," if path.suffix == ".csv" else "\t"
    table = csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter)
    return sum(any(map(normalize, line)) for line in table) - 1


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files(tmp_path: Path, kind: str) -> None:
    path = sound(tmp_path / f"rows.{kind}")
    content = path.read_bytes()
    whole = read(path)
    assert whole is not None
    generator = np.random.default_rng(KINDS.index(kind))
    refused = 0
    for _ in range(CASES):
        damaged = damage(content, generator)
        path.write_bytes(damaged)
        data = read(path)
        if data is None:
            refused += 1
        elif kind in ("csv", "tsv", "jsonl"):
            assert data.files[0].lines == lines_of(path, damaged)
        elif kind == "xlsx":
            assert data.rows == whole.rows  # its checksums tell
        else:
            assert len(data.rows) == len(whole.rows)
    assert 0 < refused < CASES or kind == "parquet"


def as_csv(rows: list[list[str]], delimiter: str) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows([HEADER, *rows])
    return file.getvalue()


def as_jsonl(rows: list[list[str]]) -> str:
    return "\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in rows)


WRITERS: dict[str, Callable[[list[list[str]]], str]] = {
    "csv": lambda rows: as_csv(rows, ","),
    "tsv": lambda rows: as_csv(rows, "\t"),
    "jsonl": as_jsonl,
}


@pytest.mark.parametrize("kind", list(WRITERS))
@quickly
@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=6))
@example([["0\n", "0", ""]])
@example([["\x1b[31m감정", "0", "\r\n"]])
def test_any_cells(tmp_path: Path, kind: str, rows: list[list[str]]) -> None:
    path = tmp_path / f"rows.{kind}"
    path.write_bytes(WRITERS[kind](rows).encode("utf-8"))
    data = read(path)
    normal = [[normalize(cell) for cell in row] for row in rows]
    filled = [row for row in normal if any(row)]
    if data is None:
        assert not filled
        return
    assert data.files[0].lines == len(filled)
    assert [[row.label, row.question, row.response or ""] for row in data.rows] == [
        row for row in filled if row[0] and row[1]
    ]


@pytest.mark.parametrize("kind", list(WRITERS))
@quickly
@given(st.binary(max_size=80))
def test_any_bytes(tmp_path: Path, kind: str, content: bytes) -> None:
    path = tmp_path / f"rows.{kind}"
    header = (
        b'{"label": "1", "question": "2", "response": "3"}\n'
        if kind == "jsonl"
        else b"label,question,response\n"
    )
    path.write_bytes(content)
    read(path)
    path.write_bytes(header + content)
    if (data := read(path)) is not None:
        assert data.files[0].lines == lines_of(path, header + content)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
@given(st.lists(st.tuples(cells, cells, st.none() | cells), min_size=1, max_size=6))
def test_what_is_written_is_read(tmp_path: Path, kind: str, made: list[tuple[str, str, str | None]]) -> None:
    path = tmp_path / f"rows.{kind}"
    rows = [
        Row(question, label, normalize(reply or "") or None, Place(path, 0))
        for question, label, reply in ((normalize(q), normalize(c), r) for q, c, r in made)
        if question and label
    ]
    if rows:
        write_rows(Data([DataFile(path, "", len(rows), False)], rows, []), path)
        data = read(path)
        assert data is not None
        assert data.rows == rows
        path.unlink()
