"""Rows written as csv, tsv, xlsx, jsonl or parquet, so that reading them again gives the same rows."""

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from engine.language import text
from train.rows.data import Data, Row
from train.rows.reading import DataError, unreadable

Table = tuple[list[str], list[list[str | None]]]
EXCEL_ROWS = 1_048_576
EXCEL_CELL = 32_767


def check_place(path: Path, overwrite: bool) -> None:
    """Refuse a place for the result that cannot be meant.

    Raises:
        DataError: not of a kind that is written, or something is there already.
    """
    if path.suffix.lower() not in WRITERS:
        raise DataError(
            text(
                f"{path}: {', '.join(WRITERS)} 파일만 씁니다. 그 가운데 하나로 이름을 지으세요.",
                f"{path}: only {', '.join(WRITERS)} are written. Name it as one of them.",
            )
        )
    if path.is_dir():
        raise DataError(
            text(f"{path}: 폴더입니다. 파일 이름을 주세요.", f"{path}: a folder. Give the name of a file.")
        )
    if path.exists() and not overwrite:
        raise DataError(
            text(
                f"{path}: 이미 있습니다. 바꾸려면 --overwrite를 더하세요.",
                f"{path}: exists already. Add --overwrite to replace it.",
            )
        )


def write_rows(data: Data, path: Path) -> None:
    """Write rows to a file, whole or not at all.

    Args:
        data: its rows, not its findings, are written.
        path: the ending says what kind of file it will be.

    Raises:
        DataError: the kind of file cannot hold the rows.
    """
    content = WRITERS[path.suffix.lower()](path, as_table(data))
    if not path.parent.is_dir():
        raise DataError(
            text(
                f"{path.parent}: 이런 폴더가 없습니다. 먼저 만드세요.",
                f"{path.parent}: no such folder. Make it first.",
            )
        )
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(beside).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def as_table(data: Data) -> Table:
    """Return the column names and the cells; dialogues and turns only where there are some."""
    names = ["label", "question", "response"]
    rows: list[list[str | None]] = [[row.label, row.question, row.response] for row in data.rows]
    if any(row.dialogue for row in data.rows):
        names += ["dialogue", "turn"]
        short = _short_names(data.rows)
        for cells, row in zip(rows, data.rows, strict=True):
            cells += [short[row.dialogue], str(row.turn)] if row.dialogue else [None, None]
    return names, rows


def _short_names(rows: Sequence[Row]) -> Mapping[str, str]:
    """Return each dialogue's name without its file's, unless two of different files would be one then."""
    short = {
        row.dialogue: row.dialogue.removeprefix(f"{row.place.path}:{row.place.sheet}:")
        for row in rows
        if row.dialogue
    }
    if len(set(short.values())) == len(short):
        return short
    return {
        row.dialogue: f"{row.place.path.name}:{row.place.sheet}:{short[row.dialogue]}"
        for row in rows
        if row.dialogue
    }


def _separated(delimiter: str) -> Callable[[Path, Table], bytes]:
    def write(_path: Path, table: Table) -> bytes:
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(table[0])
        writer.writerows(table[1])
        return file.getvalue().encode("utf-8-sig")  # with the mark, Excel reads it as UTF-8 too

    return write


def _as_jsonl(_path: Path, table: Table) -> bytes:
    names, rows = table
    lines = [
        json.dumps(
            {name: _number(name, cell) for name, cell in zip(names, row, strict=True)}, ensure_ascii=False
        )
        for row in rows
    ]
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def _number(name: str, cell: str | None) -> str | int | None:
    return int(cell) if name == "turn" and cell is not None else cell


def _as_xlsx(path: Path, table: Table) -> bytes:
    try:
        from xlsxwriter import Workbook  # type: ignore[import-untyped]  # imported here: no other kind needs it
    except ModuleNotFoundError as error:
        raise _missing(path, error) from error

    names, rows = table
    if len(rows) >= EXCEL_ROWS:
        raise DataError(
            text(
                f"{path}: xlsx 시트는 {EXCEL_ROWS:,}행까지입니다. csv나 parquet로 쓰세요.",
                f"{path}: an xlsx sheet holds {EXCEL_ROWS:,} rows at most. Write csv or parquet.",
            )
        )
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Sheet1")
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 2, 60)
        lines: list[Sequence[str | None]] = [names, *rows]
        for number, row in enumerate(lines):
            for column, cell in enumerate(row):
                if cell is not None and len(cell) > EXCEL_CELL:
                    raise DataError(
                        text(
                            f"{path}, {number + 1}행: 칸 하나에 {EXCEL_CELL:,}글자까지 들어갑니다. csv나 jsonl로 쓰세요.",
                            f"{path}, row {number + 1}: a cell holds {EXCEL_CELL:,} characters at most. Write csv or jsonl.",
                        )
                    )
                if cell is not None:
                    sheet.write_string(number, column, cell)  # never a formula, a link or a number
        sheet.freeze_panes(1, 0)
    return file.getvalue()


def _as_parquet(path: Path, table: Table) -> bytes:
    try:
        import polars  # imported here: no other kind of file needs it
    except ModuleNotFoundError as error:
        raise _missing(path, error) from error

    names, rows = table
    frame = polars.DataFrame(
        {name: [_number(name, row[place]) for row in rows] for place, name in enumerate(names)},
        schema={name: polars.Int64 if name == "turn" else polars.String for name in names},
    )
    file = io.BytesIO()
    try:
        frame.write_parquet(file)
    except (OSError, polars.exceptions.PolarsError) as error:
        raise unreadable(path, error) from error
    return file.getvalue()


def _missing(path: Path, error: ModuleNotFoundError) -> DataError:
    return DataError(
        text(
            f"{path}: 이 형식에 필요한 {error.name}이(가) 없습니다. `pip install {error.name}`으로 설치하거나 csv로 쓰세요.",
            f"{path}: this kind of file needs {error.name}. `pip install {error.name}`, or write csv.",
        )
    )


WRITERS: Mapping[str, Callable[[Path, Table], bytes]] = {
    ".csv": _separated(","),
    ".tsv": _separated("\t"),
    ".xlsx": _as_xlsx,
    ".jsonl": _as_jsonl,
    ".parquet": _as_parquet,
}
