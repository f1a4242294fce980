"""Raw text to learn a language from: the documents of text files, compressed or not, and of tables."""

import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.characters import normalize
from engine.checkpoint import sha256
from engine.language import text
from train.rows.data import read_data, stop_at_errors
from train.rows.files import find_files
from train.rows.reading import READERS, DataError, find_encoding

Unit = Literal["line", "file"]
TEXTS: Mapping[str, Callable[[bytes], bytes]] = {
    ".txt": bytes,
    ".txt.gz": gzip.decompress,
    ".txt.xz": lzma.decompress,
}
KINDS = (*TEXTS, *READERS)


@dataclass(frozen=True)
class CorpusFile:
    """A file that was read.

    Attributes:
        path: of the file.
        sha256: by which it can be known again, in hexadecimal.
        documents: in it, blank ones not counted.
        characters: in these.
    """

    path: Path
    sha256: str
    documents: int
    characters: int


@dataclass(frozen=True)
class Corpus:
    """Documents, which are read anew from the files whenever they are gone through: they may not fit into memory.

    Attributes:
        files: in the order in which they are read.
        unit: what a document is in a text file.
        columns: of tables, see `train.rows.data.read_data`.
        hashes: uint64 [different texts], of every document, ascending (see `text_hash`).
    """

    files: Sequence[CorpusFile]
    unit: Unit
    columns: Mapping[str, str]
    hashes: NDArray[np.uint64]

    def __iter__(self) -> Iterator[str]:
        for file in self.files:
            yield from _documents(file.path, self.unit, self.columns)

    def hold_out(self, share: float, seed: int) -> frozenset[int]:
        """Choose documents that are not trained on, by their text, so that equal ones stay together.

        Args:
            share: of the different texts; above 0 it takes one at least, but never all.
            seed: another one chooses others.

        Returns:
            The hashes of their texts.
        """
        count = min(int(np.ceil(share * len(self.hashes))), len(self.hashes) - 1)
        return frozenset(np.random.default_rng(seed).choice(self.hashes, count, replace=False).tolist())


def read_corpus(paths: Iterable[Path], unit: Unit, columns: Mapping[str, str] | None = None) -> Corpus:
    """Read every file once, so that what is wrong with one is known before anything slow.

    Args:
        paths: text files (txt, which may be packed as txt.gz or txt.xz; UTF-8, with or without BOM, or CP949), tables
            (see `train.rows.data.read_data`), or folders of them, whose folders are searched too.
        unit: whether each line of a text file is a document, or all of it. Each utterance and each response of a
            table is one.
        columns: of tables whose columns have other names.

    Raises:
        DataError: a file is missing, damaged or of another kind, or there is no text in it.
    """
    files, hashes = [], []
    for path in _find(paths):
        documents = [
            (len(document), text_hash(document)) for document in _documents(path, unit, columns or {})
        ]
        if not documents:
            raise DataError(
                text(
                    f"{path}: 글이 없습니다. 글이 든 파일을 지정하세요.",
                    f"{path}: holds no text. Name a file that does.",
                )
            )
        lengths, own = zip(*documents, strict=True)
        files.append(CorpusFile(path, sha256(path), len(lengths), sum(lengths)))
        hashes.append(np.array(own, np.uint64))
    return Corpus(files, unit, columns or {}, np.unique(np.concatenate(hashes)))


def text_hash(document: str) -> int:
    """Return 64 bits by which a text is known."""
    return int.from_bytes(blake2b(document.encode(), digest_size=8).digest(), "big")


def _find(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        fitting = [p for p in inside if _kind(p) and p.is_file() and not p.name.startswith((".", "~"))]
        if path.is_dir() and not fitting:
            raise DataError(
                text(
                    f"{path}: 이 폴더에는 읽을 파일({', '.join(KINDS)})이 없습니다.",
                    f"{path}: no file in this folder can be read ({', '.join(KINDS)}).",
                )
            )
        found += fitting if path.is_dir() else [path]
    return find_files(found)


def _kind(path: Path) -> str:
    return next((kind for kind in KINDS if path.name.lower().endswith(kind)), "")


def _documents(path: Path, unit: Unit, columns: Mapping[str, str]) -> Iterator[str]:
    """Yield a file's documents as the tokenizer is to see them: every run of white space is one blank."""
    kind = _kind(path)
    documents: Iterable[str]
    if kind in READERS:
        data = read_data([path], columns)
        stop_at_errors(data.findings)
        documents = (part for row in data.rows for part in (row.question, row.response or ""))
    elif kind in TEXTS:
        content = _unpacked(path, TEXTS[kind])
        encoding = find_encoding(path, content)
        lines = io.TextIOWrapper(io.BytesIO(content), encoding)
        documents = map(normalize, lines if unit == "line" else [lines.read()])
    else:
        raise DataError(
            text(
                f"{path}: {', '.join(KINDS)} 파일만 읽습니다. 글이면 .txt로 이름을 바꾸세요.",
                f"{path}: only {', '.join(KINDS)} are read. If it is text, rename it to .txt.",
            )
        )
    yield from filter(None, documents)


def _unpacked(path: Path, unpack: Callable[[bytes], bytes]) -> bytes:
    try:
        return unpack(path.read_bytes())
    except FileNotFoundError:
        raise DataError(
            text(f"{path}: 파일이 없습니다. 경로를 확인하세요.", f"{path}: no such file. Check the path.")
        ) from None
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise DataError(
            text(
                f"{path}: 읽을 수 없습니다({error}). 파일을 확인하고, 압축한 것이면 다시 압축하세요.",
                f"{path}: cannot be read ({error}). Check it and, if it is packed, pack it again.",
            )
        ) from error
