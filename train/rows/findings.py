"""What is wrong, or worth knowing, with data; and what shows while a line is read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.characters import without_control
from engine.language import text
from train.rows.columns import NEEDED
from train.rows.reading import DataError, Line, Place, Table

Severity = Literal["error", "warning", "notice"]


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or worth knowing, with data.

    Attributes:
        severity: an error keeps the data from being trained on; a warning does not; a notice is no fault.
        kind: what sort of finding it is, the same word for all of its kind.
        message: one line: the file, the sheet, the row, the text, the remedy.
    """

    severity: Severity
    kind: str
    message: str


def stop_at_errors(findings: Sequence[Finding]) -> None:
    """Go on only if there are no errors.

    Raises:
        DataError: with the first of them, and how many there are.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        more = len(errors) - 1
        rest = text(
            f" 이런 오류가 {more}개 더 있습니다. `counsel data inspect … --report FILE`로 모두 볼 수 있습니다.",
            f" {more} more errors: `counsel data inspect … --report FILE` lists them all.",
        )
        raise DataError(errors[0].message + (rest if more else ""))


def other_columns(table: Table, places: Mapping[str, int]) -> list[Finding]:
    """Return the notice that a table has columns of no use, if it has."""
    others = [name or "-" for index, name in enumerate(table.names) if index not in places.values()]
    if not others:
        return []
    listed = ", ".join(others)
    return [
        _finding(
            "notice",
            "other columns",
            table.header,
            f"쓰지 않는 열: {listed}",
            f"columns that are not used: {listed}",
        )
    ]


def fault(table: Table, line: Line, places: Mapping[str, int]) -> Finding | None:
    """Return why a line cannot be used."""
    cells, width = line.cells, len(table.names)
    if len(cells) > width and any(cells[width:]):
        return _finding(
            "error",
            "too many cells",
            line.place,
            f"머리글({width}칸)보다 칸이 많습니다. 쉼표가 든 칸은 큰따옴표로 묶으세요.",
            f"more cells than the header's {width}. Put a cell that holds a comma into double quotes.",
        )
    for role in ("question", "label"):
        if not cells[places[role]]:
            name = table.names[places[role]]
            return _finding(
                "error",
                f"blank {role}",
                line.place,
                f"'{name}' 칸이 비어 있습니다. 채우거나 그 행을 지우세요.",
                f"the cell '{name}' is blank. Fill it, or delete the row.",
            )
    turn = cells[places["turn"]] if "turn" in places else ""
    if turn and not (turn.isdecimal() and len(turn) < 10):
        return _finding(
            "error",
            "turn",
            line.place,
            f"순서 '{turn[:20]}'이(가) 정수가 아닙니다. 고치세요.",
            f"the turn '{turn[:20]}' is no whole number. Mend it.",
        )
    return None


def altered(line: Line, places: Mapping[str, int]) -> Iterator[Finding]:
    """Yield what normalising has changed that a person should know."""
    label, raw = line.cells[places["label"]], line.raw[places["label"]]
    if label != raw and "".join(label.split()) == "".join(raw.split()):
        shown = "".join(c if c.isprintable() else " " for c in raw)
        yield _finding(
            "warning",
            "blanks in a label",
            line.place,
            f"라벨 '{shown}'을(를) '{label}'(으)로 읽습니다. 남는 빈칸을 지우세요.",
            f"the label '{shown}' is read as '{label}'. Delete the needless blanks.",
        )
    for role in filter(places.__contains__, NEEDED):
        raw = line.raw[places[role]]
        if without_control(raw, keep="\t\n\r") != raw:
            yield _finding(
                "warning",
                "control characters",
                line.place,
                f"'{line.cells[places[role]][:40]}': 보이지 않는 제어 문자를 뺐습니다. 원본에서 지우세요.",
                f"'{line.cells[places[role]][:40]}': control characters were left out. Delete them in the file.",
            )


def _finding(severity: Severity, kind: str, place: Place, ko: str, en: str) -> Finding:
    return Finding(severity, kind, f"{place}: {text(ko, en)}")
