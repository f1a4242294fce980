"""A lexicon: words and phrases that tell a topic, one a row, beside rows of whole utterances."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path

from engine.language import text
from train.rows.data import Data, read_data, stop_at_errors
from train.rows.reading import DataError


def read_lexicon(path: Path, labels: Collection[str], label_names: Mapping[str, str] | None = None) -> Data:
    """Read a file of entries, or a folder of such files, of all kinds that rows are read from.

    Args:
        path: with the columns of the label (구분) and of the entry (유저); others are passed over.
        labels: those of the rows that are trained on.
        label_names: new names for labels, as for the rows.

    Raises:
        DataError: it cannot be read, a row has no entry or no label, or a label is none of the rows'.
    """
    lexicon = read_data([path], None, label_names, must_occur=False, needed=("question", "label"))
    stop_at_errors(lexicon.findings)
    for row in lexicon.rows:
        if row.label not in labels:
            near = get_close_matches(row.label, labels, 1)
            meant = text(f" '{near[0]}'인가요?", f" Is '{near[0]}' meant?") if near else ""
            raise DataError(
                text(
                    f"{row.place}: 라벨 '{row.label}'은(는) 학습할 데이터에 없습니다. 고치거나 그 행을 지우세요.{meant}",
                    f"{row.place}: the data has no label '{row.label}'. Mend it, or delete the row.{meant}",
                )
            )
    return lexicon
