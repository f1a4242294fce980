"""The figures of a data set in words, for the terminal and for the page alike."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from engine.language import text
from train.pages.report import Lengths, Report
from train.rows.data import Finding, Severity

MANY = 6  # labels with so many replies, or more, are told together


class Section(NamedTuple):
    """Figures that belong together.

    Attributes:
        title: above them.
        figures: name and value of each.
    """

    title: str
    figures: list[tuple[str, str]]


def sections(report: Report) -> list[Section]:
    """Return the figures, but for lengths, in the order in which they are shown."""
    return [
        Section(text("행과 라벨", "Rows and labels"), list(_rows(report))),
        Section(text("치우침", "Imbalance"), list(_imbalance(report))),
        Section(text("응답", "Responses"), list(_responses(report))),
    ]


def _rows(report: Report) -> Iterator[tuple[str, str]]:
    yield text("행", "rows"), f"{report.rows:,}"
    if report.dialogues:
        yield text("대화", "dialogues"), f"{report.dialogues:,}"
    yield text("라벨", "labels"), f"{len(report.counts):,}"
    if len(report.levels) > 1:
        told = ", ".join(f"{level}: {number:,}" for level, number in enumerate(report.levels, start=1))
        yield text("수준마다 라벨", "labels at each level"), told
    yield text("두 번 이상 나오는 발화", "utterances in several rows"), f"{report.repeated:,}"


def _imbalance(report: Report) -> Iterator[tuple[str, str]]:
    sizes = report.sizes
    yield text("가장 큰 라벨", "largest label"), text(f"{sizes['max']:,}행", f"{sizes['max']:,} rows")
    yield text("평균", "mean"), f"{sizes['mean']:,.1f}"
    yield text("가운뎃값", "median"), f"{sizes['median']:,g}"
    yield text("가장 작은 라벨", "smallest label"), text(f"{sizes['min']:,}행", f"{sizes['min']:,} rows")
    yield text("그만큼 작은 라벨", "labels as small"), f"{sizes['labels_at_min']:,}"
    yield text("지니 계수", "Gini coefficient"), f"{report.gini:.3f}"
    yield (
        text(f"큰 라벨 {report.head:,}개의 몫", f"share of the {report.head:,} largest"),
        f"{report.head_share:.1%}".replace("%", " %"),
    )
    yield (
        text(f"실질 행 수, balance {report.balance:g}", f"effective rows, balance {report.balance:g}"),
        f"{report.effective_rows:,.0f}",
    )


def _responses(report: Report) -> Iterator[tuple[str, str]]:
    yield text("응답이 있는 칸", "cells with a response"), f"{report.responses:,}"
    yield text("서로 다른 응답", "different responses"), f"{report.different_responses:,}"
    yield text("여러 라벨에 있는 응답", "under several labels"), f"{report.shared_responses:,}"
    few = {number: labels for number, labels in report.responses_per_label.items() if number < MANY}
    many = sum(labels for number, labels in report.responses_per_label.items() if number >= MANY)
    told = [text(f"{number}개: {labels:,}", f"{number}: {labels:,}") for number, labels in few.items()]
    told += [text(f"{MANY}개 이상: {many:,}", f"{MANY} or more: {many:,}")] if many else []
    yield text("응답 수마다 라벨", "labels by their responses"), ", ".join(told)
    yield text("발화와 응답의 모든 짝", "pairs of utterance and response"), f"{report.pairs:,}"


def length_header() -> list[str]:
    """Return the names of the columns of `length_rows`."""
    return [
        text("길이", "length"),
        text("평균", "mean"),
        text("가운뎃값", "median"),
        "95 %",
        text("최대", "max"),
    ]


def length_rows(report: Report) -> list[list[str]]:
    """Return what texts and lines measure, one row each."""
    named: list[tuple[str, Lengths]] = [
        (text("발화, 글자", "utterance, characters"), report.characters["question"]),
        (text("응답, 글자", "response, characters"), report.characters["response"]),
        (text("발화, 토큰", "utterance, tokens"), report.tokens["question"]),
        (text("응답, 토큰", "response, tokens"), report.tokens["response"]),
        (text("한 줄 전체, 토큰", "whole line, tokens"), report.tokens["line"]),
    ]
    return [
        [name, f"{lengths.mean:.1f}", f"{lengths.at(0.5):,}", f"{lengths.at(0.95):,}", f"{lengths.max:,}"]
        for name, lengths in named
    ]


def context_line(report: Report) -> str:
    """Tell whether lines fit into the model's context."""
    return text(
        f"문맥은 {report.context:,}토큰({report.model}), 넘는 줄 {report.over_context:,}개. 한 줄은 그 라벨의 가장 긴 응답과 함께 셉니다.",
        f"The context is {report.context:,} tokens ({report.model}); {report.over_context:,} lines exceed it. "
        "A line is counted with its label's longest response.",
    )


def severity_name(severity: Severity) -> str:
    """Return the word for a severity."""
    match severity:
        case "error":
            return text("오류", "error")
        case "warning":
            return text("주의", "warning")
        case "notice":
            return text("참고", "notice")


def kind_name(kind: str) -> str:
    """Return the words for a kind of finding, the kind itself where there are none."""
    korean = {
        "other columns": "쓰지 않는 열",
        "too many cells": "칸이 너무 많음",
        "blank question": "빈 발화",
        "blank label": "빈 라벨",
        "turn": "순서가 수가 아님",
        "blanks in a label": "라벨의 남는 빈칸",
        "control characters": "제어 문자",
        "sheet passed over": "건너뛴 시트",
        "duplicated row": "같은 행",
        "contradictory rows": "라벨이 엇갈림",
        "phone number": "전화번호",
        "resident registration number": "주민등록번호",
        "e-mail address": "이메일 주소",
        "rare label": "드문 라벨",
        "similar labels": "비슷한 라벨",
        "label without responses": "응답 없는 라벨",
        "in the test set": "시험 데이터에도 있음",
        "over-long row": "너무 긴 행",
        "over-long response": "너무 긴 응답",
    }
    return text(korean.get(kind, kind), kind)


def write_findings(findings: Iterable[Finding], path: Path) -> None:
    """Write all findings to a file, one a line: as JSON if its name ends in .jsonl, else as text."""
    if path.suffix.lower() == ".jsonl":
        lines = [json.dumps(asdict(finding), ensure_ascii=False) for finding in findings]
    else:
        lines = [
            f"{severity_name(finding.severity)}\t{kind_name(finding.kind)}\t{finding.message}"
            for finding in findings
        ]
    path.write_text("".join(f"{' '.join(line.splitlines())}\n" for line in lines), "utf-8")
