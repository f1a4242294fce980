"""What is read as raw text, and what is held out of it."""

import gzip
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import CounselError
from tests.conftest import write_csv
from train.rows.reading import DataError
from train.sequences.corpus import read_corpus, text_hash

LINES = "오늘은   날씨가 좋다\r\n\r\n  둘째 줄  \n\u3000\n셋째\t줄"
DOCUMENTS = ["오늘은 날씨가 좋다", "둘째 줄", "셋째 줄"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", LINES.encode()),
        ("bom.txt", LINES.encode("utf-8-sig")),
        ("old.TXT", LINES.replace("\u3000", "").encode("cp949")),
        ("a.txt.gz", gzip.compress(LINES.encode(), mtime=0)),
        ("a.txt.xz", lzma.compress(LINES.encode())),
    ],
)
def test_lines_are_documents(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    corpus = read_corpus([path], "line")
    assert list(corpus) == list(corpus) == DOCUMENTS
    (file,) = corpus.files
    assert (file.documents, file.characters) == (3, 10 + 4 + 4)


def test_a_file_can_be_a_document(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LINES)
    assert list(read_corpus([tmp_path / "a.txt"], "file")) == [" ".join(DOCUMENTS)]


def test_a_table_gives_its_utterances_and_responses(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "a.csv", [("일상", "안녕", "반가워요"), ("일상", "잘 자", "")])
    assert list(read_corpus([table], "line")) == ["안녕", "반가워요", "잘 자"]
    named = write_csv(tmp_path / "b.csv", [("일상", "안녕", "네"), ("일상", "응", "네")], "분류,말,답")
    columns = {"question": "말", "label": "분류", "response": "답"}
    assert list(read_corpus([named], "line", columns)) == ["안녕", "네", "응", "네"]


def test_folders_are_searched(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.txt.gz", ".hidden.txt", "notes.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(b"packed") if name.endswith("gz") else name.encode())
    assert list(read_corpus([tmp_path], "line")) == ["packed", "b.txt"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("bad.txt", "가\n나\n".encode() + b"\xff\x80\xfe\n", "bad.txt, 3행"),
        ("empty.txt", b" \n\n", "empty.txt: 글이 없습니다"),
        ("torn.txt.gz", gzip.compress(b"text" * 99, mtime=0)[:-9], "torn.txt.gz: 읽을 수 없습니다"),
        ("torn.txt.xz", lzma.compress(b"text" * 99)[:-9], "torn.txt.xz: 읽을 수 없습니다"),
        ("page.html", b"text", r"page.html: \.txt.* 파일만"),
        ("no-response.csv", "구분,유저\n가,나\n".encode(), "챗봇"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_corpus([tmp_path / name], "line")


def test_missing_doubled_and_empty_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.txt: 파일이 없습니다"):
        read_corpus([tmp_path / "gone.txt"], "line")
    with pytest.raises(DataError, match=r"읽을 파일.*이 없습니다"):
        read_corpus([tmp_path], "line")
    (tmp_path / "a.txt").write_text("가")
    with pytest.raises(CounselError, match="두 번"):
        read_corpus([tmp_path, tmp_path / "a.txt"], "line")


@given(
    documents=st.lists(st.text("가나다라 ", min_size=1).map(str.strip).filter(bool), min_size=1),
    share=st.floats(0, 0.5),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_is_held_out_depends_on_the_texts_alone(
    tmp_path_factory: pytest.TempPathFactory, documents: list[str], share: float, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("corpus")
    one, two = folder / "1.txt", folder / "2.txt"
    one.write_text("\n".join(documents))
    two.write_text("\n".join(reversed([*documents, *documents])))
    corpus, again = read_corpus([one], "line"), read_corpus([two], "line")
    held_out = corpus.hold_out(share, seed)
    assert held_out == again.hold_out(share, seed)
    different = {text_hash(document) for document in corpus}
    assert held_out < different
    wanted = share * len(different)
    assert len(held_out) == (0 if len(different) == 1 else pytest.approx(wanted, abs=1))
    assert held_out or not share or len(different) == 1


def test_another_seed_holds_out_other_documents(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(f"문서 {number}" for number in range(100)))
    corpus = read_corpus([tmp_path / "a.txt"], "line")
    chosen = {corpus.hold_out(0.1, seed) for seed in range(5)}
    assert len(chosen) == 5
    assert {len(held_out) for held_out in chosen} == {10}
