"""Rows come in as people have them; what cannot be used is named with its row."""

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.data import DataError, Row, count_labels, read_data

ROWS = [
    ["감정/불안", "불안해요", "무엇이 불안한가요?"],
    ["증상/불면", "잠이 안 와요", "힘드셨겠어요, 언제부터인가요?"],
]


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
    assert read_data(path).rows == [Row(question, label, response) for label, question, response in ROWS]


def test_xlsx(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "rows.xlsx", [["구분", "유저", "챗봇", None], *ROWS])
    assert read_data(path).rows == [Row(question, label, response) for label, question, response in ROWS]


def test_numeric_labels_with_trailing_blanks_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("Q,A,label\r\n안녕,반가워요,0\r\n보고 싶어,연락해 봐요,2   \r\n")
    rows = read_data(path, {"0": "일상", "2": "사랑"}).rows
    assert count_labels(rows) == {"일상": 1, "사랑": 1}


def test_blank_replies_take_those_of_their_label_in_turn(tmp_path: Path) -> None:
    """As on the Wellness sheet, where replies stand beside the first utterances of their label only."""
    sheet: list[list[str | None]] = [
        ["구분", "유저", "챗봇"],
        ["가", "1", "답1"],
        ["가", "2", "답2"],
        ["가", "3", None],
        ["가", "4", None],
        ["가", "5", None],
        ["나", "6", None],
    ]
    rows = read_data(write_xlsx(tmp_path / "rows.xlsx", sheet)).rows
    assert [row.response for row in rows] == ["답1", "답2", "답1", "답2", "답1", None]


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
    assert read_data(write_xlsx(tmp_path / "rows.xlsx", sheet)).rows == [Row("119", "1", "2.5")]


def test_a_label_name_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("Q,A,label\n안녕,네,0\n")
    with pytest.raises(DataError, match="7"):
        read_data(path, {"7": "일상"})


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda cell: bool("".join(cell.split())) and '"' not in cell
)


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=20))
def test_no_row_is_lost(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]) -> None:
    path = tmp_path_factory.mktemp("data") / "rows.csv"
    path.write_text(quoted([["구분", "유저", "챗봇"], *map(list, rows)]), "utf-8")
    assert len(read_data(path).rows) == len(rows)
