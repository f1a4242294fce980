"""What may be wrong with rows that could be read: repeated, contradictory, over-long, personal, too few."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from engine.language import text
from engine.template import Codec
from train.rows.data import Data, Finding, Row, Severity, count_labels
from train.rows.personal import Kind, find_personal, mask
from train.rows.reading import Place
from train.sequences.lengths import Length, line_lengths

FEW = 5  # a label with fewer rows is hardly learnt, and cannot be held out either
EXCERPT = 40
_NUMBER = re.compile(r"[-+]?\d{1,20}(?:\.\d{1,20})?")
_NO_LETTER = re.compile(r"[\W_]+")


def check(
    data: Data,
    codec: Codec | None = None,
    context: int | None = None,
    test: Sequence[Row] = (),
    lengths: Sequence[Length] | None = None,
) -> list[Finding]:
    """Return what is wrong, or worth knowing, with rows beyond what reading them has found.

    Args:
        data: what was read.
        codec: of the model that will be trained; without it, over-long rows are not looked for.
        context: that model's greatest number of tokens.
        test: the rows of a test set of one's own, none of whose utterances may be trained on.
        lengths: of the lines, if `line_lengths` has given them already.

    Returns:
        The findings, each with the file, the row, the text and the remedy in its message; personal data is masked.
    """
    findings = [*_in_test(data.rows, test), *_repeated(data), *_personal(data.rows), *_labels(data.rows)]
    if codec is not None and context is not None:
        findings += _long(line_lengths(data, codec) if lengths is None else lengths, context)
    return findings


def excerpt(sentence: str, limit: int = EXCERPT) -> str:
    """Return the beginning of a text in quotation marks, personal data masked."""
    shown = mask(sentence)
    return f"'{shown}'" if len(shown) <= limit else f"'{shown[:limit]}…'"


def _finding(severity: Severity, kind: str, place: Place, ko: str, en: str) -> Finding:
    return Finding(severity, kind, f"{place}: {text(ko, en)}")


def _repeated(data: Data) -> Iterator[Finding]:
    """Find equal rows, and utterances under two labels; within dialogues both are natural ("네")."""
    shared = {file.path for file in data.files if file.shares_responses}
    seen: dict[tuple[str, str, str | None], Row] = {}
    labelled: dict[str, dict[str, Row]] = {}
    for row in data.rows:
        if row.dialogue:
            continue
        # Where replies belong to the label, the reply beside an utterance does not tell two rows apart.
        response = None if row.place.path in shared else row.response
        earlier = seen.setdefault((row.question, row.label, response), row)
        if earlier is not row:
            yield _finding(
                "warning",
                "duplicated row",
                row.place,
                f"{excerpt(row.question)}: {_seen_from(row, earlier)}과 같습니다. 한 행을 지우세요.",
                f"{excerpt(row.question)}: the same as {_seen_from(row, earlier)}. Delete one of them.",
            )
        labels = labelled.setdefault(row.question, {})
        if labels and row.label not in labels:
            first = next(iter(labels.values()))
            yield _finding(
                "warning",
                "contradictory rows",
                row.place,
                f"{excerpt(row.question)}: 라벨이 '{row.label}'인데 {_seen_from(row, first)}에서는 '{first.label}'입니다. 맞는 하나만 남기세요.",
                f"{excerpt(row.question)}: labelled '{row.label}', but '{first.label}' in {_seen_from(row, first)}. Leave the right one.",
            )
        labels.setdefault(row.label, row)


def _seen_from(row: Row, other: Row) -> str:
    """Return the place of another row, without the file if that is the same."""
    same = (row.place.path, row.place.sheet) == (other.place.path, other.place.sheet)
    return text(f"{other.place.row}행", f"row {other.place.row}") if same else str(other.place)


def _in_test(rows: Sequence[Row], test: Iterable[Row]) -> Iterator[Finding]:
    held_out: dict[str, Row] = {}
    for row in test:
        held_out.setdefault(row.question, row)
    for row in rows:
        if held_out and (other := held_out.get(row.question)):
            yield _finding(
                "error",
                "in the test set",
                row.place,
                f"{excerpt(row.question)}: 시험 데이터({other.place})에도 있습니다. 한쪽에서 지우세요.",
                f"{excerpt(row.question)}: in the test set too ({other.place}). Delete it from one of them.",
            )


def _personal(rows: Iterable[Row]) -> Iterator[Finding]:
    for row in rows:
        for sentence in (row.question, row.response or ""):
            for kind in dict.fromkeys(personal.kind for personal in find_personal(sentence)):
                ko, en = _looks_like(kind)
                yield _finding(
                    "warning",
                    kind,
                    row.place,
                    f"{excerpt(sentence)}: {ko}처럼 보입니다(가려서 보임). 지우거나 지어낸 것으로 바꾸세요.",
                    f"{excerpt(sentence)}: looks like {en} (masked here). Delete it, or put an invented one.",
                )


def _looks_like(kind: Kind) -> tuple[str, str]:
    match kind:
        case "phone number":
            return "전화번호", "a phone number"
        case "resident registration number":
            return "주민등록번호", "a resident registration number"
        case "e-mail address":
            return "이메일 주소", "an e-mail address"


def _labels(rows: Sequence[Row]) -> Iterator[Finding]:
    """Find labels that are rare, that have no reply, or that differ only in spelling."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.label, row)
    answered = {row.label for row in rows if row.response is not None}
    counts = count_labels(rows)
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for label, count in counts.items():
        alike[_folded(label)].append(label)
        if count < FEW:
            yield _finding(
                "warning",
                "rare label",
                first[label].place,
                f"라벨 '{label}'의 행이 {count}개뿐입니다. {FEW}개 이상 모으거나 가까운 라벨과 합치세요.",
                f"the label '{label}' has only {count} rows. Gather {FEW} or more, or merge it with a related one.",
            )
        if label not in answered:
            yield _finding(
                "notice",
                "label without responses",
                first[label].place,
                f"라벨 '{label}'에는 응답이 하나도 없습니다. 라벨만 학습합니다.",
                f"the label '{label}' has no response. Only the label is learnt.",
            )
    for usual, *others in alike.values():  # the most frequent first
        for label in others:
            yield _finding(
                "warning",
                "similar labels",
                first[label].place,
                f"라벨 '{label}'({counts[label]:,}행)은 '{usual}'({counts[usual]:,}행)과 표기만 다릅니다. "
                f"같은 라벨이면 `--label-names '{label}={usual}'`로 합치세요.",
                f"the labels '{label}' ({counts[label]:,} rows) and '{usual}' ({counts[usual]:,} rows) differ in "
                f"spelling only. If they are one, merge them: `--label-names '{label}={usual}'`.",
            )


def _folded(label: str) -> str:
    """Return a label without blanks, punctuation and letter case; numbers as they are: -1 and 1 are not alike."""
    if _NUMBER.fullmatch(label):
        return label
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", label).casefold()) or label


def _long(lengths: Iterable[Length], context: int) -> Iterator[Finding]:
    """Find lines that exceed the context: their utterance is cut, or they cannot be trained on at all."""
    for length in lengths:
        excess = length.total - 1 - context  # the last token is predicted, not read
        if excess <= 0:
            continue
        if excess > length.question:
            yield _finding(
                "error",
                "over-long response",
                length.row.place,
                f"{excerpt(length.text or length.row.label)}: 라벨과 응답만으로 문맥({context}토큰)을 넘습니다. 줄이거나 나누세요.",
                f"{excerpt(length.text or length.row.label)}: label and response alone exceed the context of "
                f"{context} tokens. Shorten or split it.",
            )
        else:
            yield _finding(
                "warning",
                "over-long row",
                length.row.place,
                f"{excerpt(length.row.question)}: {length.total}토큰이라 문맥({context}토큰)을 넘습니다. 발화 앞쪽 "
                f"{excess}토큰이 잘립니다. 줄이거나 나누세요.",
                f"{excerpt(length.row.question)}: {length.total} tokens, over the context of {context}. The first "
                f"{excess} tokens of the utterance are cut off. Shorten or split it.",
            )


def count_kinds(findings: Iterable[Finding]) -> dict[tuple[Severity, str], int]:
    """Return how many findings of each severity and kind there are, errors first, then by number."""
    order: tuple[Severity, ...] = ("error", "warning", "notice")
    counts = Counter((finding.severity, finding.kind) for finding in findings)
    return dict(sorted(counts.items(), key=lambda item: (order.index(item[0][0]), -item[1])))
