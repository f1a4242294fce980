"""The report on a data set as one page that needs nothing else: no network, no script, light or dark as the reader's."""

from collections.abc import Sequence
from html import escape

from engine.language import text
from train.pages.page_parts import figure_card, figure_table, file_lines, heading, plot_card, whole_page
from train.pages.plots import Node, label_tree, plots
from train.pages.report import Report
from train.pages.summary import context_line, kind_name, length_header, length_rows, sections, severity_name
from train.rows.check import count_kinds, excerpt
from train.rows.data import Finding

SHOWN = 20  # findings of each kind


def write_page(report: Report) -> str:
    """Return the page."""
    counts, *lengths, area = plots(report)
    title = text("데이터 살펴보기", "A look at the data")
    body = [
        f"<header><h1>{title}</h1>{file_lines(report.data.files)}</header>",
        heading(text("숫자", "Figures")),
        f'<div class="cards">{"".join(figure_card(name, figures) for name, figures in sections(report))}</div>',
        heading(text("라벨", "Labels")),
        plot_card(counts),
        plot_card(area),
        f'<div class="card wide"><h3>{text("모든 라벨", "All labels")}</h3><div class="tree">{_tree(report)}</div></div>',
        heading(text("길이", "Lengths")),
        f'<div class="card">{figure_table(length_header(), length_rows(report))}<p class="soft">{escape(context_line(report))}</p></div>',
        f'<div class="plots">{"".join(map(plot_card, lengths))}</div>',
        heading(text(f"살필 것 {len(report.findings):,}가지", f"Findings: {len(report.findings):,}")),
        f'<div class="card">{_findings(report.findings)}</div>',
        heading(text("표본", "Samples")),
        f'<div class="card">{_samples(report)}</div>',
    ]
    return whole_page(title, ", ".join(file.path.name for file in report.data.files), body)


def _tree(report: Report) -> str:
    return "".join(map(_branch, label_tree(report.counts).children.values()))


def _branch(node: Node) -> str:
    told = f'{escape(node.name) or "—"}<span class="count">{node.rows:,}</span>'
    if not node.children:
        return f'<div class="leaf">{told}</div>'
    return f"<details><summary>{told}</summary>{''.join(map(_branch, node.children.values()))}</details>"


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return f'<p class="soft">{text("없습니다.", "None.")}</p>'
    parts = []
    for (severity, kind), number in count_kinds(findings).items():
        own = [
            finding.message for finding in findings if (finding.severity, finding.kind) == (severity, kind)
        ]
        listed = "".join(f"<li>{escape(message)}</li>" for message in own[:SHOWN])
        if number > SHOWN:
            more = text(f"{number - SHOWN:,}가지 더 있습니다.", f"{number - SHOWN:,} more.")
            listed += f'<li class="soft">{more}</li>'
        opened = " open" if severity == "error" else ""
        parts.append(
            f'<details{opened}><summary><span class="badge {severity}">{severity_name(severity)}</span>'
            f'{escape(kind_name(kind))}<span class="count">{number:,}</span></summary><ul>{listed}</ul></details>'
        )
    return "".join(parts)


def _samples(report: Report) -> str:
    names = (text("라벨", "label"), text("발화", "utterance"), text("응답", "response"))
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(
        f'<tr><td class="soft">{escape(row.label)}</td><td>{escape(_whole(row.question))}</td>'
        f"<td>{escape(_whole(row.response or ''))}</td></tr>"
        for row in report.samples
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _whole(sentence: str) -> str:
    return excerpt(sentence, 400)[1:-1]
