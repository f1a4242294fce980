"""The report on a data set as a page in the terminal."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from engine.language import text
from train.pages.report import Report
from train.pages.summary import context_line, kind_name, length_header, length_rows, sections, severity_name
from train.pages.terminal_parts import NAME, Bar, figure_list, figure_table, file_list, titled
from train.rows.check import count_kinds, excerpt
from train.rows.data import Finding, Severity

SHOWN = 3  # findings of each kind
ENDS = 6  # labels from the head, and from the tail
_STYLES: dict[Severity, str] = {"error": "bold red", "warning": "yellow", "notice": "cyan"}


def show(report: Report, console: Console, short: bool = False) -> None:
    """Print the page; a short one leaves out single labels and rows."""
    labels, samples = (
        titled(_labels_title(report), _labels(report)),
        titled(text("표본", "Samples"), _samples(report)),
    )
    console.print(
        titled(text("데이터", "Data"), file_list(report.data.files)),
        *(titled(section.title, figure_list(section.figures)) for section in sections(report)),
        *([] if short else [labels]),
        titled(
            text("길이", "Lengths"),
            Group(
                figure_table(length_header(), length_rows(report), width=NAME),
                Text(context_line(report), style="dim"),
            ),
        ),
        titled(_findings_title(report.findings), _findings(report.findings)),
        *([] if short else [samples]),
        sep="\n",
        highlight=False,
    )


def _labels_title(report: Report) -> str:
    exponent = f"{report.balance:g}"
    return text(
        f"라벨마다 행: 있는 그대로 ━, balance {exponent}로 고른 뒤 ┃",
        f"Rows of each label: ━ as they are, ┃ after balance {exponent}",
    )


def _labels(report: Report) -> Table:
    """Return a bar for each label from the head and the tail."""
    labels = list(report.counts)
    shown: list[str | None] = list(labels)
    if len(labels) > 2 * ENDS + 1:
        shown = [*labels[:ENDS], None, *labels[-ENDS:]]
    most = max(report.counts.values(), default=1)
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=36)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(justify="right", no_wrap=True, style="dim")
    table.add_column(ratio=1, no_wrap=True)
    for label in shown:
        if label is None:
            hidden = len(labels) - 2 * ENDS
            table.add_row(Text(text(f"… 라벨 {hidden:,}개 …", f"… {hidden:,} labels …"), style="dim"))
            continue
        count, expected = report.counts[label], report.expected[label]
        table.add_row(Text(label), f"{count:,}", "→", f"{expected:,.1f}", Bar(count / most, expected / most))
    return table


def _findings_title(findings: Sequence[Finding]) -> str:
    return text(f"살필 것 {len(findings):,}가지", f"Findings: {len(findings):,}")


def _findings(findings: Sequence[Finding]) -> RenderableType:
    """Return the number of each kind of finding, and the first few."""
    if not findings:
        return Text(text("없습니다.", "None."), style="dim")
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for (severity, kind), number in count_kinds(findings).items():
        table.add_row(
            Text(severity_name(severity), style=_STYLES[severity]),
            Text(f"{kind_name(kind)} {number:,}", style="bold"),
        )
        own = [finding for finding in findings if (finding.severity, finding.kind) == (severity, kind)]
        for finding in own[:SHOWN]:
            table.add_row("", Text(finding.message))
        if (more := len(own) - SHOWN) > 0:
            table.add_row("", Text(text(f"… {more:,}가지 더", f"… {more:,} more"), style="dim"))
    hint = text("모두 보려면 `--report FILE`.", "All of them: `--report FILE`.")
    return Group(table, Text(hint, style="dim"))


def _samples(report: Report) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(ratio=2, overflow="fold", style="dim")
    table.add_column(ratio=3, overflow="fold")
    table.add_column(ratio=3, overflow="fold")
    for row in report.samples:
        response = "" if row.response is None else excerpt(row.response, 80)[1:-1]
        table.add_row(Text(row.label), Text(excerpt(row.question, 80)[1:-1]), Text(response))
    return table
