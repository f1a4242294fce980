"""Standard input of a pipe, line by line."""

import sys
from collections.abc import Iterator

from engine.errors import CounselError
from engine.language import text


def lines() -> Iterator[str]:
    """Yield the lines of standard input as they come.

    Raises:
        CounselError: a line is not UTF-8.
    """
    for number, line in enumerate(sys.stdin.buffer if sys.stdin else (), start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise CounselError(
                text(
                    f"표준 입력, {number}번째 줄: UTF-8이 아닙니다. `iconv -f CP949 -t UTF-8`로 바꿔 넣으세요.",
                    f"standard input, line {number}: not UTF-8. Convert it, such as with "
                    "`iconv -f CP949 -t UTF-8`.",
                )
            ) from error
