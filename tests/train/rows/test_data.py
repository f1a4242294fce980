"""Rows come in as people have them; what cannot be used is named with its row."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.characters import normalize, printable
from tests.wellness import LABELS, RESPONSES, make_wellness
from tests.wellness import ROWS as ROWS_OF_WELLNESS
from train.rows.data import Data, Row, count_labels, stop_at_errors
from train.rows.data import read_data as read_files
from train.rows.reading import DataError, Place

ROWS = [
    ["감정/불안", "불안해요", "무엇이 불안한가요?"],
    ["증상/불면", "잠이 안 와요", "힘드셨겠어요, 언제부터인가요?"],
]


def read_data(path: Path, label_names: Mapping[str, str] | None = None, **columns: str) -> Data:
    """Read one file and stop at errors, as training does."""
    data = read_files([path], columns, label_names)
    stop_at_errors(data.findings)
    return data


def cells(data: Data) -> list[tuple[str, str, str | None]]:
    return [(row.label, row.question, row.response) for row in data.rows]


def write_xlsx(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def quoted(rows: list[list[str]]) -> str:
    return "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)


@pytest.mark.parametrize(
    "header", [["구분", "유저", "챗봇"], ["label", "question", "response"], ["Label", " Q ", "A"]]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_csv(tmp_path: Path, header: list[str], encoding: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(quoted([header, *ROWS]), encoding)
    assert cells(read_data(path)) == [tuple(row) for row in ROWS]


def test_xlsx(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "rows.xlsx", [["구분", "유저", "챗봇", None], *ROWS])
    assert cells(read_data(path)) == [tuple(row) for row in ROWS]


def test_numeric_labels_with_trailing_blanks_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("Q,A,label\r\n안녕,반가워요,0\r\n보고 싶어,연락해 봐요,2   \r\n")
    rows = read_data(path, {"0": "일상", "2": "사랑"}).rows
    assert count_labels(rows) == {"일상": 1, "사랑": 1}


def test_where_many_replies_are_blank_they_belong_to_the_label(tmp_path: Path) -> None:
    """As on the Wellness sheet, where replies stand beside the first utterances of their label only."""
    sheet: list[list[str | None]] = [
        ["구분", "유저", "챗봇"],
        ["가", "1", "답1"],
        ["가", "2", "답2"],
        ["가", "3", None],
        ["나", "6", None],
    ]
    data = read_data(write_xlsx(tmp_path / "rows.xlsx", sheet))
    assert [row.response for row in data.rows] == ["답1", "답2", None, None]
    assert data.files[0].shares_responses
    assert data.responses() == {"가": ["답1", "답2"]}


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("missing.csv", None, "missing.csv.*없습니다"),
        ("rows.txt", b"x", "rows.txt.*csv"),
        ("empty.csv", b"", "empty.csv.*빈 파일"),
        ("header.csv", "구분,유저,챗봇\n".encode(), "header.csv"),
        ("columns.csv", "가,유저,챗봇\n1,2,3\n".encode(), "columns.csv, 1행.*구분"),
        ("utterance.csv", "구분,유저,챗봇\n가,안녕,네\n가,  ,네\n".encode(), "utterance.csv, 3행.*유저"),
        ("label.csv", "구분,유저,챗봇\n,안녕,네\n".encode(), "label.csv, 2행.*구분"),
        ("ragged.csv", "구분,유저,챗봇\n가,안녕,네,더,더\n".encode(), "ragged.csv, 2행"),
        ("below.csv", "\n\n구분,유저,챗봇\n\n가,,네\n".encode(), "below.csv, 5행.*유저"),
        ("quoted.csv", '구분,유저,챗봇\n가,"두\n줄",네\n가,,네\n'.encode(), "quoted.csv, 4행.*유저"),
        ("open.csv", '구분,유저,챗봇\n가,"안녕,네\n'.encode(), "open.csv, 2행.*따옴표"),
        ("twice.csv", "구분,유저,유저,챗봇\n가,나,다,라\n".encode(), "twice.csv, 1행.*유저"),
        ("folder.csv", None, "folder.csv"),
        ("bytes.csv", "구분,유저,챗봇\n가,".encode() + b"\xff\xff,x\n", "bytes.csv, 2행"),
        ("broken.xlsx", b"PK\x03\x04 no workbook", "broken.xlsx"),
        ("empty.xlsx", b"", "empty.xlsx"),
        ("open.tsv", '구분\t유저\t챗봇\n가\t"안녕\t네\n'.encode(), "open.tsv, 2행.*따옴표"),
        (
            "rows.jsonl",
            b'{"question": "a", "label": "b", "response": "c"}\n{"question": \n',
            "rows.jsonl, 2행.*JSON",
        ),
        ("list.jsonl", b'{"question": ["a"], "label": "b", "response": "c"}\n', "list.jsonl, 1행.*question"),
        ("number.jsonl", b"7\n", "number.jsonl, 1행.*객체"),
        ("turn.jsonl", b'{"turns": [7]}\n', "turn.jsonl, 1행.*객체"),
        ("keys.jsonl", b'{"question": "a", "label": "b"}\n', "keys.jsonl, 1행.*챗봇"),
        ("broken.parquet", b"PAR1 no table", "broken.parquet"),
        ("order.csv", "대화,턴,구분,유저,챗봇\nA,첫,가,나,다\n".encode(), "order.csv, 2행.*첫"),
    ],
)
def test_what_cannot_be_used_is_named(
    tmp_path: Path, name: str, content: bytes | None, expected: str
) -> None:
    path = tmp_path / name
    if name == "folder.csv":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=expected) as caught:
        read_data(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["구분", "챗봇"], ["가", "네"]], "1행.*유저"),
        (
            [["구분", "유저", "챗봇"], ["가", "안녕", "네"], [None, None, None], ["가", None, "네"]],
            "4행.*유저",
        ),
        ([[None], [None], ["구분", "유저", "챗봇"], ["가", None, "네"]], "4행.*유저"),
        ([], "rows.xlsx"),
    ],
)
def test_an_xlsx_that_cannot_be_used_is_named(
    tmp_path: Path, rows: list[list[str | None]], expected: str
) -> None:
    with pytest.raises(DataError, match=expected):
        read_data(write_xlsx(tmp_path / "rows.xlsx", rows))


def test_numbers_are_read_as_the_person_sees_them(tmp_path: Path) -> None:
    sheet: list[list[object]] = [["구분", "유저", "챗봇"], [1, 119, 2.5]]
    assert cells(read_data(write_xlsx(tmp_path / "rows.xlsx", sheet))) == [("1", "119", "2.5")]


def test_a_label_name_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("Q,A,label\n안녕,네,0\n")
    with pytest.raises(DataError, match="7"):
        read_data(path, {"7": "일상"})


KINDS = (".csv", ".tsv", ".xlsx", ".jsonl", ".parquet")
LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Co", "Cn"])
CELL = st.text(LETTERS, max_size=12).filter(lambda cell: not cell.startswith("="))  # to openpyxl, a formula
LINES = st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=15)
HEADER = ("구분", "유저", "챗봇")


def write(path: Path, rows: Sequence[tuple[str, ...]]) -> Path:
    """Write the same table as any kind of file."""
    match path.suffix:
        case ".xlsx":
            return write_xlsx(path, [HEADER, *(tuple(cell or None for cell in row) for row in rows)])
        case ".jsonl":
            lines = [json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in rows]
            path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        case ".parquet":
            polars.DataFrame(rows, schema=list(HEADER), orient="row").write_parquet(path)
        case suffix:
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, delimiter="," if suffix == ".csv" else "\t").writerows([HEADER, *rows])
    return path


@given(LINES)
@settings(max_examples=50)
def test_no_row_is_lost_and_every_kind_of_file_gives_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("data")
    filled = [row for row in rows if any(map(normalize, row))]
    sound = [row for row in filled if normalize(row[0]) and normalize(row[1])]
    for suffix in KINDS:
        if not filled:
            with pytest.raises(DataError):
                read_files([write(folder / f"rows{suffix}", rows)])
            continue
        data = read_files([write(folder / f"rows{suffix}", rows)])
        errors = [finding for finding in data.findings if finding.severity == "error"]
        assert len(data.rows) + len(errors) == len(filled) == data.files[0].lines
        assert cells(data) == [(normalize(a), normalize(b), normalize(c) or None) for a, b, c in sound]


@pytest.mark.parametrize("suffix", KINDS)
def test_places_are_those_of_the_file(tmp_path: Path, suffix: str) -> None:
    rows = [("가", "하나", "답"), ("", "", ""), ("가", "셋", "답"), ("가", "", "답")]
    data = read_files([write(tmp_path / f"rows{suffix}", rows)])
    first = 1 if suffix in (".jsonl", ".parquet") else 2
    assert [row.place.row for row in data.rows] == [first, first + 2]
    (error,) = [finding for finding in data.findings if finding.severity == "error"]
    assert f"{first + 3}행" in error.message


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_the_wellness_sheet_is_read_whole(tmp_path: Path, suffix: str) -> None:
    data = read_files([make_wellness(tmp_path / f"wellness{suffix}")])
    assert (len(data.rows), len(count_labels(data.rows))) == (ROWS_OF_WELLNESS, LABELS)
    assert sum(len(replies) for replies in data.responses().values()) == RESPONSES
    assert {row.label for row in data.rows} - set(data.responses()) != set()
    assert "요즘 잠을 통" in " ".join(row.question for row in data.rows)  # of a run of blanks one is left
    assert data.files[0].shares_responses
    assert [finding.kind for finding in data.findings] == ([] if suffix == ".xlsx" else ["other columns"])


def test_files_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("b.csv", "a.jsonl", ".hidden.csv"):
        write(folder / name, [("가", name, "답")])
    (folder / "notes.txt").write_text("no data")
    more = write(tmp_path / "more.tsv", [("나", "말", "답")])
    data = read_files([more, folder])
    assert [file.path.name for file in data.files] == ["more.tsv", "a.jsonl", "b.csv"]
    assert [row.question for row in data.rows] == ["말", "a.jsonl", "b.csv"]
    with pytest.raises(DataError, match=r"more\.tsv.*두 번"):
        read_files([more, more])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty.*읽을 파일"):
        read_files([tmp_path / "empty"])


def test_columns_by_other_names(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("고민,분류,답,메모\n안녕,가,네,m\n")
    with pytest.raises(DataError, match="--columns"):
        read_data(path)
    data = read_data(path, question="고민", label="분류", response="답")
    assert cells(data) == [("가", "안녕", "네")]
    (notice,) = data.findings
    assert (notice.severity, notice.kind) == ("notice", "other columns")
    assert "메모" in notice.message
    with pytest.raises(DataError, match="글"):
        read_data(path, question="글", label="분류", response="답")


def test_what_normalising_changes_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("구분,유저,챗봇\n2   ,안녕,네\n2,말\x07,네\n2,줄  바꿈,네\n")
    data = read_data(path)
    assert count_labels(data.rows) == {"2": 3}
    assert [(finding.kind, finding.severity) for finding in data.findings] == [
        ("blanks in a label", "warning"),
        ("control characters", "warning"),
    ]
    assert "2행" in data.findings[0].message
    assert "3행" in data.findings[1].message


def test_columns_of_no_use_may_hold_anything(tmp_path: Path) -> None:
    row = {"question": "안녕", "label": "가", "response": "네", "meta": [1, {"a": None}]}
    lines = tmp_path / "rows.jsonl"
    lines.write_text(json.dumps(row) + "\n")
    table = tmp_path / "rows.parquet"
    polars.DataFrame([{**row, "meta": [1.5]}]).write_parquet(table)
    assert cells(read_data(lines)) == cells(read_data(table)) == [("가", "안녕", "네")]
    for path in (lines, table):
        with pytest.raises(DataError, match=rf"{path.name}, 1행.*meta"):
            read_data(path, question="meta")


def test_a_dialogue_a_line(tmp_path: Path) -> None:
    path = tmp_path / "talks.jsonl"
    turns = [
        {"question": "하나", "label": "가", "response": "답1"},
        {"question": "둘", "label": "가", "response": "답2"},
    ]
    path.write_text(
        json.dumps({"turns": turns}) + "\n" + json.dumps({"dialogue": "밤", "turns": turns}) + "\n"
    )
    rows = read_data(path).rows
    assert [(row.question, row.turn, row.place.row) for row in rows] == [
        ("하나", 1, 1),
        ("둘", 2, 1),
        ("하나", 1, 2),
        ("둘", 2, 2),
    ]
    assert len({row.dialogue for row in rows}) == 2


def test_a_sheet_without_the_columns_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["메모"])
    sheet = book.create_sheet("자료")
    for row in (HEADER, ("가", "안녕", "네")):
        sheet.append(row)
    book.save(tmp_path / "rows.xlsx")
    data = read_data(tmp_path / "rows.xlsx")
    assert data.rows == [Row("안녕", "가", "네", Place(tmp_path / "rows.xlsx", 2, "자료"))]
    assert [finding.kind for finding in data.findings] == ["sheet passed over"]
    assert "[자료], 2행" in str(data.rows[0].place)


def test_errors_are_told_with_their_number(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("구분,유저,챗봇\n가,안녕,네\n가,,네\n,안녕,네\n")
    with pytest.raises(DataError, match=r"3행.*1개 더.*--report"):
        read_data(path)


@given(st.text())
def test_the_short_way_of_normalising_is_the_long_one(sentence: str) -> None:
    spaced = "".join(" " if c.isspace() else c for c in sentence)
    assert normalize(sentence) == " ".join(printable(spaced).replace("\ufeff", "").split())
