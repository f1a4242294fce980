"""From files to rows: which column is what, whose replies are whose, and what is wrong with each row."""

import gc
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.characters import normalize
from engine.language import text
from train.rows.columns import NEEDED, find_columns
from train.rows.files import find_files, read_tables
from train.rows.findings import Finding as Finding
from train.rows.findings import Severity as Severity
from train.rows.findings import altered, fault, other_columns
from train.rows.findings import stop_at_errors as stop_at_errors
from train.rows.reading import DataError, Line, Place, Table

FORGOTTEN = 10  # so many rows may have one reply among them that someone forgot to fill in


@dataclass(frozen=True, slots=True)
class Row:
    """One utterance to learn from.

    Attributes:
        question: the utterance.
        label: its topic.
        response: that of its own line; None if that cell is blank.
        place: where it stands.
        dialogue: what the turns of one dialogue share; empty for an utterance by itself.
        turn: its place in the dialogue.
    """

    question: str
    label: str
    response: str | None
    place: Place = field(compare=False)
    dialogue: str = ""
    turn: int = 0


@dataclass(frozen=True)
class DataFile:
    """A file that was read.

    Attributes:
        path: of the file.
        sha256: by which it can be known again.
        lines: below its headers that are not blank, whether they became rows or findings.
        shares_responses: whether replies belong to the label, not to the utterance beside them: more than one in
            `FORGOTTEN` of its rows has none.
    """

    path: Path
    sha256: str
    lines: int
    shares_responses: bool


@dataclass(frozen=True)
class Data:
    """All that was read.

    Attributes:
        files: in the order in which they were read.
        rows: in that order too.
        findings: of reading; `train.rows.check` adds others.
    """

    files: Sequence[DataFile]
    rows: Sequence[Row]
    findings: Sequence[Finding]

    def responses(self, files: Container[Path] | None = None) -> dict[str, list[str]]:
        """Return the different replies of each label, in the order in which they occur; of dialogues none.

        Args:
            files: whose; of all if None.
        """
        replies: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for row in self.rows:
            if row.response is not None and not row.dialogue and (files is None or row.place.path in files):
                replies[row.label][row.response] = None
        return {label: list(known) for label, known in replies.items()}


def read_data(
    paths: Iterable[Path],
    columns: Mapping[str, str] | None = None,
    label_names: Mapping[str, str] | None = None,
    must_occur: bool = True,
    needed: Collection[str] = NEEDED,
) -> Data:
    """Read files and folders.

    Args:
        paths: csv, tsv, xlsx, jsonl or parquet files, or folders of them. Text may be UTF-8 (with or without BOM) or
            CP949.
        columns: the column of each role of `train.rows.columns.COLUMNS` whose name is none of those there.
        label_names: new names for labels, such as {"0": "일상"}.
        must_occur: whether each of those labels has to be in the data.
        needed: the roles that some column must have, question and label among them.

    Returns:
        The rows, and a finding for each line that did not become one.

    Raises:
        DataError: a file cannot be read, lacks a column, or holds no line below its header; a label to be
            renamed does not occur.
    """
    names = {normalize(old): normalize(new) for old, new in (label_names or {}).items()}
    labels: dict[str, str] = {}
    files: list[DataFile] = []
    rows: list[Row] = []
    findings: list[Finding] = []
    for path in find_files(paths):
        sha256, tables = read_tables(path)
        with _no_collector():
            own, found = _read_tables(path, tables, columns or {}, needed, names, labels)
        lines = len(own) + sum(finding.severity == "error" for finding in found)
        single = [row for row in own if not row.dialogue]
        blank = sum(row.response is None for row in single)
        files.append(DataFile(path, sha256, lines, blank * FORGOTTEN > len(single)))
        rows += own
        findings += found
    unused = sorted(set(names) - set(labels))
    if unused and must_occur:
        raise DataError(
            text(
                f"--label-names: {', '.join(unused)}은(는) 데이터에 없는 라벨입니다. 이름을 확인하세요.",
                f"--label-names: the data has no label {', '.join(unused)}. Check the spelling.",
            )
        )
    return Data(files, rows, findings)


def count_labels(rows: Iterable[Row]) -> dict[str, int]:
    """Return the number of rows of each label, the most frequent first."""
    return dict(Counter(row.label for row in rows).most_common())


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the garbage collector away: rows hold no cycles, and it would go through all of them time and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read_tables(
    path: Path,
    tables: Iterable[Table],
    given: Mapping[str, str],
    needed: Collection[str],
    names: Mapping[str, str],
    labels: dict[str, str],
) -> tuple[list[Row], list[Finding]]:
    """Read one file's tables. Sheets without the columns are passed over with a warning if another one has them."""
    rows: list[Row] = []
    findings: list[Finding] = []
    strange: list[DataError] = []
    fitting = 0
    for table in tables:
        try:
            places = find_columns(table, given, needed)
        except DataError as error:
            strange.append(error)
            continue
        fitting += 1
        findings += other_columns(table, places)
        width = len(table.names)
        for line in table.lines:
            if len(line.cells) < width:
                line = _padded(line, width)
            if finding := fault(table, line, places):
                findings.append(finding)
            else:
                rows.append(_row(line, places, names, labels))
                if line.raw is not line.cells:
                    findings += altered(line, places)
    if strange and not fitting:
        raise strange[0]
    findings += [Finding("warning", "sheet passed over", str(error)) for error in strange]
    if not rows and not any(finding.severity == "error" for finding in findings):
        raise DataError(
            text(
                f"{path}: 머리글 아래에 행이 없습니다. 한 행에 발화, 라벨, 응답을 하나씩 넣으세요.",
                f"{path}: no rows below the header. Put an utterance, a label and a response in each row.",
            )
        )
    return rows, findings


def _row(line: Line, places: Mapping[str, int], names: Mapping[str, str], labels: dict[str, str]) -> Row:
    """Return a sound line's row; one object serves all rows of a label."""
    cells = line.cells
    label = cells[places["label"]]
    if label not in labels:
        labels[label] = names.get(label, label)
    dialogue = cells[places["dialogue"]] if "dialogue" in places else ""
    turn = cells[places["turn"]] if "turn" in places else ""
    response = cells[places["response"]] if "response" in places else ""
    return Row(
        cells[places["question"]],
        labels[label],
        response or None,
        line.place,
        f"{line.place.path}:{line.place.sheet}:{dialogue}" if dialogue else "",
        int(turn or 0),
    )


def _padded(line: Line, width: int) -> Line:
    """Return a line with the cells that it leaves out at its end."""
    missing = [""] * (width - len(line.cells))
    cells = [*line.cells, *missing]
    return Line(line.place, cells, cells if line.raw is line.cells else [*line.raw, *missing])
