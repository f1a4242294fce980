"""Read the tables of one file: csv, tsv, xlsx, jsonl or parquet.

csv is read with the standard library and xlsx with calamine, since both tell the true row of a file, which every
complaint names; data frames skip blank lines and forget them.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook

from engine.characters import normalize
from engine.errors import CounselError
from engine.language import text
from engine.native import hidden_stderr

Cells = Sequence[str]
TURNS = "turns"  # the key of a jsonl object that holds a whole dialogue
DIALOGUE, TURN = "dialogue", "turn"  # the columns that such an object is given


class DataError(CounselError):
    """Data that cannot be trained on as it is; the message names the file and the row."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands.

    Attributes:
        path: of the file.
        row: its number in the file or sheet, from 1, as a spreadsheet or an editor counts.
        sheet: of a workbook, empty elsewhere.
    """

    path: Path
    row: int
    sheet: str = ""

    def __str__(self) -> str:
        sheet = f" [{self.sheet}]" if self.sheet else ""
        return text(f"{self.path}{sheet}, {self.row}행", f"{self.path}{sheet}, row {self.row}")


class Line(NamedTuple):
    """A line that is not blank.

    Attributes:
        place: where it stands.
        cells: normalised.
        raw: as they stand; the same object unless something was changed.
    """

    place: Place
    cells: Cells
    raw: Cells


@dataclass(frozen=True)
class Table:
    """A file, or one sheet of a workbook.

    Attributes:
        header: the place of the column names.
        names: the column names, normalised.
        lines: below the header.
        no_text: columns with lists, objects or bytes in them, and where the first of these stands.
    """

    header: Place
    names: Cells
    lines: Iterator[Line]
    no_text: Mapping[str, Place] = field(default_factory=dict)


def unreadable(path: Path, error: object) -> DataError:
    """Return the error for a file that a library gave up on."""
    detail = " ".join(str(error).split())[:200]
    return DataError(
        text(
            f"{path}: 읽을 수 없습니다({detail}). 파일을 확인하고 스프레드시트 프로그램에서 다시 저장하세요.",
            f"{path}: cannot be read ({detail}). Check it, and save it again from a spreadsheet program.",
        )
    )


def _tables(path: Path, lines: Iterable[tuple[int, Sequence[str]]], sheet: str = "") -> Iterator[Table]:
    """Yield the table that begins with the first line that is not blank, if there is one."""
    filled = _filled(path, lines, sheet)
    for header in filled:
        yield Table(header.place, header.cells, filled)
        return


def _filled(path: Path, lines: Iterable[tuple[int, Sequence[str]]], sheet: str = "") -> Iterator[Line]:
    """Yield the lines that are not blank."""
    for number, raw in lines:
        cells = [normalize(cell) for cell in raw]
        if any(cells):
            yield Line(Place(path, number, sheet), cells, raw if cells != raw else cells)


def _as_seen(rows: Iterable[Sequence[object]]) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with their number, cells as a person sees them: spreadsheets hold 1 as 1.0, and nothing as None."""
    for number, row in enumerate(rows, start=1):
        yield (
            number,
            [
                str(int(cell))
                if isinstance(cell, float) and cell.is_integer()
                else ("" if cell is None else str(cell))
                for cell in row
            ],
        )


def _read_csv(path: Path, content: bytes) -> Iterator[Table]:
    return _tables(path, _delimited(path, content, ","))


def _read_tsv(path: Path, content: bytes) -> Iterator[Table]:
    return _tables(path, _delimited(path, content, "\t"))


def _delimited(path: Path, content: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    # The text is never in memory as a whole: it would take as much again as all rows.
    stream = io.TextIOWrapper(io.BytesIO(content), find_encoding(path, content), newline="")
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    end = 0
    try:
        for cells in reader:
            yield end + 1, cells  # a quoted cell may span lines: the row's number is that of its first
            end = reader.line_num
    except csv.Error as error:
        raise DataError(
            text(
                f"{path}, {end + 1}행: 따옴표가 닫히지 않았거나 잘못 놓였습니다({error}). 고치세요.",
                f"{path}, row {end + 1}: a quotation mark is missing or misplaced ({error}). Mend it.",
            )
        ) from error


def find_encoding(path: Path, content: bytes) -> str:
    """Return the encoding of a text file, all of which can be decoded by it."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
    else:
        return "utf-8-sig"
    try:
        content.decode("cp949")
    except UnicodeDecodeError as error:
        raise DataError(
            text(
                f"{path}, {row}행: UTF-8도 CP949도 아닌 글자가 있습니다. UTF-8로 다시 저장하세요.",
                f"{path}, row {row}: neither UTF-8 nor CP949. Save the file as UTF-8.",
            )
        ) from error
    return "cp949"


def _read_xlsx(path: Path, content: bytes) -> Iterator[Table]:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            for name in book.sheet_names:
                rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                yield from _tables(path, _as_seen(rows), name)
    except (OSError, CalamineError) as error:
        raise unreadable(path, error) from error


def _read_jsonl(path: Path, content: bytes) -> Iterator[Table]:
    """Yield one table whose columns are the keys that occur; an object with a list of turns becomes several lines."""
    text_lines = content.decode(find_encoding(path, content)).split("\n")
    records = [
        (number, record)
        for number, line in enumerate(text_lines, start=1)
        if line.strip()
        for record in _records(path, number, line)
    ]
    names = list(dict.fromkeys(key for _, record in records for key in record))
    no_text: dict[str, Place] = {}
    for number, record in records:
        for key, value in record.items():
            if isinstance(value, list | dict):
                no_text.setdefault(normalize(key), Place(path, number))
    numbers = (number for number, _ in records)
    cells = (row for _, row in _as_seen([record.get(name) for name in names] for _, record in records))
    lines = _filled(path, zip(numbers, cells, strict=True))
    yield Table(Place(path, 1), [normalize(name) for name in names], lines, no_text)


def _records(path: Path, number: int, line: str) -> list[Mapping[str, Any]]:
    """Return the object of a line, or the turns of its dialogue."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _bad_line(path, number, str(error)) from error
    shared = content if isinstance(content, dict) else {}
    turns = content if isinstance(content, list) else shared.get(TURNS)
    records = [content]
    if isinstance(turns, list):
        own = {DIALOGUE: str(number), **{key: value for key, value in shared.items() if key != TURNS}}
        records = [
            {**own, **turn, TURN: place} if isinstance(turn, dict) else turn
            for place, turn in enumerate(turns, start=1)
        ]
    if not all(isinstance(record, dict) for record in records):
        raise _bad_line(path, number, text("객체가 아님", "no object"))
    return records


def _bad_line(path: Path, number: int, reason: str) -> DataError:
    return DataError(
        text(
            f"{path}, {number}행: JSON 객체로 읽을 수 없습니다({reason}). 한 줄에 객체 하나를 적으세요.",
            f"{path}, row {number}: cannot be read as a JSON object ({reason}). Write one object a line.",
        )
    )


def _read_parquet(path: Path, content: bytes) -> Iterator[Table]:
    import polars  # imported here: no other kind of file needs it

    try:
        with hidden_stderr():  # where it panics, it says so there
            frame = polars.read_parquet(io.BytesIO(content))
    except (OSError, polars.exceptions.PolarsError, polars.exceptions.PanicException) as error:
        raise unreadable(path, error) from error
    names = [normalize(name) for name in frame.columns]
    no_text = {
        name: Place(path, 1)
        for name, kind in zip(names, frame.dtypes, strict=True)
        if kind.is_nested() or kind in (polars.Binary, polars.Object)
    }
    yield Table(Place(path, 0), names, _filled(path, _as_seen(frame.iter_rows())), no_text)


READERS = {
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".xlsx": _read_xlsx,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}
