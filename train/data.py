"""Read the rows that people have: csv or xlsx with a question, a label and a response in each row."""

import csv
import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from engine.characters import normalize
from engine.errors import CounselError
from engine.language import text

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "question": ("유저", "question", "q", "질문"),
    "label": ("구분", "label"),
    "response": ("챗봇", "response", "a", "answer", "답변"),
}


class DataError(CounselError):
    """A data file that cannot be trained on as it is; the message names the file and the row."""


@dataclass(frozen=True)
class Row:
    """One line to learn from.

    Attributes:
        question: the utterance.
        label: its topic.
        response: None where no reply of the label is known.
        number: of the row in its file.
    """

    question: str
    label: str
    response: str | None
    number: int = field(default=0, compare=False)


@dataclass(frozen=True)
class DataFile:
    """A file that was read: its rows, and the hash by which it can be known again."""

    path: Path
    sha256: str
    rows: Sequence[Row]


def read_data(path: Path, label_names: Mapping[str, str] | None = None) -> DataFile:
    """Read a csv or xlsx file whose header is 구분/유저/챗봇, question/label/response or Q/A/label.

    A blank response is filled with the replies of the row's label, in turn: on sheets like AI Hub's
    Wellness script the replies belong to the label, and stand beside its first utterances only.

    Args:
        path: the file. CSV may be UTF-8 (with or without BOM) or CP949. Of an xlsx the first sheet is read.
        label_names: new names for labels, such as {"0": "일상"}.

    Raises:
        DataError: unreadable, without the columns or any row, or a row without utterance or label.
    """
    names = dict(label_names or {})
    content = _read_file(path)
    lines = _read_lines(path, content)
    first, header = next(lines, (1, []))
    columns = _find_columns(path, first, header)
    rows, used = [], set()
    for number, cells in lines:
        if any(cells[len(header) :]):
            raise DataError(
                text(
                    f"{path}, {number}행: 머리글({len(header)}칸)보다 칸이 많습니다. 쉼표가 든 칸은 큰따옴표로 묶으세요.",
                    f"{path}, row {number}: more cells than the header's {len(header)}. "
                    "Put a cell that holds a comma into double quotes.",
                )
            )
        question, label, response = (
            cells[column] if column < len(cells) else "" for column in columns.values()
        )
        for role, value in (("question", question), ("label", label)):
            if not value:
                name = header[columns[role]]
                raise DataError(
                    text(
                        f"{path}, {number}행: '{name}' 칸이 비어 있습니다. 채우거나 그 행을 지우세요.",
                        f"{path}, row {number}: the cell '{name}' is blank. Fill it, or delete the row.",
                    )
                )
        used.add(label)
        rows.append(Row(question, names.get(label, label), response or None, number))
    if not rows:
        raise DataError(
            text(
                f"{path}: 머리글 아래에 행이 없습니다. 한 행에 발화, 라벨, 응답을 하나씩 넣으세요.",
                f"{path}: no rows below the header. Put an utterance, a label and a response in each row.",
            )
        )
    if unused := sorted(set(names) - used):
        raise DataError(
            text(
                f"{path}: --label-names의 {', '.join(unused)}은(는) 이 파일에 없는 라벨입니다. 이름을 확인하세요.",
                f"{path}: has no label {', '.join(unused)} as in --label-names. Check the spelling.",
            )
        )
    return DataFile(path, hashlib.sha256(content).hexdigest(), _fill_responses(rows))


def count_labels(rows: Sequence[Row]) -> dict[str, int]:
    """Return the number of rows of each label, the most frequent first."""
    return dict(Counter(row.label for row in rows).most_common())


def _read_file(path: Path) -> bytes:
    if path.suffix.lower() not in _READERS:
        raise DataError(
            text(
                f"{path}: csv와 xlsx만 읽습니다. 둘 중 하나로 저장하세요.",
                f"{path}: only csv and xlsx are read. Save it as one of them.",
            )
        )
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(
            text(f"{path}: 파일이 없습니다. 경로를 확인하세요.", f"{path}: no such file. Check the path.")
        ) from None
    except OSError as error:
        raise _unreadable(path, error) from error
    if not content.strip():
        raise DataError(
            text(
                f"{path}: 빈 파일입니다. 구분, 유저, 챗봇 열이 있는 파일을 지정하세요.",
                f"{path}: an empty file. Name one with the columns question, label and response.",
            )
        )
    return content


def _unreadable(path: Path, error: Exception) -> DataError:
    detail = " ".join(str(error).split())[:200]
    return DataError(
        text(
            f"{path}: 읽을 수 없습니다({detail}). 파일을 확인하고 스프레드시트 프로그램에서 다시 저장하세요.",
            f"{path}: cannot be read ({detail}). Check it, and save it again from a spreadsheet program.",
        )
    )


def _read_lines(path: Path, content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield every line that is not blank with its number in the file, its cells normalised."""
    for number, cells in _READERS[path.suffix.lower()](path, content):
        line = [normalize(cell) for cell in cells]
        if any(line):
            yield number, line


def _read_csv(path: Path, content: bytes) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(_decode(path, content), newline=""), strict=True)
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


def _read_xlsx(path: Path, content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (OSError, CalamineError) as error:
        raise _unreadable(path, error) from error
    for number, cells in enumerate(rows, start=1):
        yield number, [_as_typed(cell) for cell in cells]


_READERS = {".csv": _read_csv, ".xlsx": _read_xlsx}


def _as_typed(cell: object) -> str:
    """Return a cell as the person sees it: spreadsheets hold the number 1 as 1.0."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
    try:
        return content.decode("cp949")
    except UnicodeDecodeError as error:
        raise DataError(
            text(
                f"{path}, {row}행: UTF-8도 CP949도 아닌 글자가 있습니다. UTF-8로 다시 저장하세요.",
                f"{path}, row {row}: neither UTF-8 nor CP949. Save the file as UTF-8.",
            )
        ) from error


def _find_columns(path: Path, number: int, header: Sequence[str]) -> dict[str, int]:
    """Return the position of each role's column, in the order of `COLUMNS`."""
    folded = [name.lower() for name in header]
    places = {role: [i for i, name in enumerate(folded) if name in COLUMNS[role]] for role in COLUMNS}
    missing = ["/".join(COLUMNS[role][:2]) for role, found in places.items() if not found]
    twice = [header[found[1]] for found in places.values() if len(found) > 1]
    if missing:
        raise DataError(
            text(
                f"{path}, {number}행: {', '.join(missing)} 열이 없습니다(있는 열: {', '.join(header)}). "
                "첫 행에 열 이름을 적으세요.",
                f"{path}, row {number}: the column {', '.join(missing)} is missing (found: {', '.join(header)}). "
                "Name the columns in the first row.",
            )
        )
    if twice:
        raise DataError(
            text(
                f"{path}, {number}행: {', '.join(twice)} 열이 어느 것인지 둘 이상이라 알 수 없습니다. 하나만 남기세요.",
                f"{path}, row {number}: more than one column could be meant by {', '.join(twice)}. Leave one.",
            )
        )
    return {role: found[0] for role, found in places.items()}


def _fill_responses(rows: Sequence[Row]) -> list[Row]:
    replies: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.response:
            replies[row.label].append(row.response)
    turn: Counter[str] = Counter()
    filled = []
    for row in rows:
        if row.response is None and replies[row.label]:
            known = replies[row.label]
            filled.append(replace(row, response=known[turn[row.label] % len(known)]))
            turn[row.label] += 1
        else:
            filled.append(row)
    return filled
