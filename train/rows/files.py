"""The files that are meant by the paths which a person gives, and what is in them."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.language import text
from train.rows.reading import READERS, DataError, Table, unreadable


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files that are meant: each named one, and those of a folder that can be read, by name.

    Raises:
        DataError: nothing is there, a file is named twice, or its kind is not read.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(
                p for p in path.iterdir() if p.suffix.lower() in READERS and not p.name.startswith((".", "~"))
            )
            if not inside:
                raise DataError(
                    text(
                        f"{path}: 이 폴더에는 읽을 파일({', '.join(READERS)})이 없습니다.",
                        f"{path}: no file in this folder can be read ({', '.join(READERS)}).",
                    )
                )
            found += inside
        else:
            found.append(path)
    places = [path.resolve() for path in found]
    for index, place in enumerate(places):
        if place in places[:index]:
            raise DataError(
                text(
                    f"{found[index]}: 같은 파일을 두 번 지정했습니다. 한 번만 지정하세요.",
                    f"{found[index]}: named twice. Name it once.",
                )
            )
    return found


def read_tables(path: Path) -> tuple[str, Iterator[Table]]:
    """Open a file.

    Returns:
        Its SHA-256 in hexadecimal, and its tables, one unless it is a workbook.

    Raises:
        DataError: unreadable, empty, or not of a kind that is read; while the lines are taken, a damaged one.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            text(
                f"{path}: {', '.join(READERS)} 파일만 읽습니다. 그 가운데 하나로 저장하세요.",
                f"{path}: only {', '.join(READERS)} are read. Save it as one of them.",
            )
        )
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(
            text(f"{path}: 파일이 없습니다. 경로를 확인하세요.", f"{path}: no such file. Check the path.")
        ) from None
    except OSError as error:
        raise unreadable(path, error) from error
    if not content.strip():
        raise DataError(
            text(
                f"{path}: 빈 파일입니다. 구분, 유저, 챗봇 열이 있는 파일을 지정하세요.",
                f"{path}: an empty file. Name one with the columns question, label and response.",
            )
        )
    return hashlib.sha256(content).hexdigest(), reader(path, content)
