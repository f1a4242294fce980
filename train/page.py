"""The report on a data set as one page that needs nothing else: no network, no script, light or dark as the reader's."""

from collections.abc import Iterable, Sequence
from html import escape
from string import Template

from engine.language import text
from train.check import count_kinds, excerpt
from train.data import Finding
from train.plots import Node, label_tree, plots
from train.report import Report
from train.summary import context_line, kind_name, length_header, length_rows, sections, severity_name
from train.svg import Plot, classes, inline, variables

SHOWN = 20  # findings of each kind
_PAGE = Template("""<!doctype html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>
:root{$light}
@media (prefers-color-scheme:dark){:root{$dark}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 Pretendard,"Apple SD Gothic Neo","Noto Sans KR",
"Noto Sans CJK KR","Malgun Gothic",sans-serif;font-variant-numeric:tabular-nums;word-break:keep-all;overflow-wrap:anywhere}
main{max-width:1020px;margin:0 auto;padding:48px 24px 96px}
h1{font-size:1.7rem;line-height:1.3;margin:0 0 4px;font-weight:700}
h2{font-size:1.1rem;margin:56px 0 16px;font-weight:700}
h3{font-size:.95rem;margin:0 0 12px;font-weight:600}
p{margin:0 0 8px}
.soft,dt,th{color:var(--soft);font-weight:400}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(285px,1fr));gap:16px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:20px;min-width:0}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:16px;margin-top:16px}
.card+.card.wide{margin-top:16px}
.plots .card.card.wide{margin:0}
table+p{margin:14px 0 0}
dl{margin:0;display:grid;grid-template-columns:auto 1fr;gap:6px 16px;font-size:.92rem}
dd{margin:0;text-align:right}
dd span{white-space:nowrap}
svg{display:block;width:100%;height:auto;font-family:inherit}
table{border-collapse:collapse;width:100%;font-size:.92rem}
td,th{text-align:left;padding:7px 14px 7px 0;border-bottom:1px solid var(--line);vertical-align:top}
td:last-child,th:last-child{padding-right:0}
tr:last-child td{border-bottom:0}
.number{text-align:right;white-space:nowrap}
ul{list-style:none;margin:8px 0 0;padding:0;font-size:.88rem}
li{padding:3px 0}
details{border-top:1px solid var(--line);padding:8px 0}
details:first-of-type{border-top:0}
summary{cursor:pointer}
summary:focus-visible{outline:2px solid var(--first);outline-offset:2px;border-radius:4px}
.tree{columns:2 380px;column-gap:40px;font-size:.9rem}
.tree>details{break-inside:avoid-column}
.tree details details,.tree .leaf{border:0;padding:2px 0 2px 20px}
.count{color:var(--soft);float:right}
.error{color:var(--error)}.warning{color:var(--warning)}.notice{color:var(--notice)}
.badge{font-weight:600;margin-right:8px}
$classes
</style>
</head>
<body><main>
$body
</main></body>
</html>
""")


def write_page(report: Report) -> str:
    """Return the page."""
    counts, *lengths, area = plots(report)
    title = text("데이터 살펴보기", "A look at the data")
    body = [
        f"<header><h1>{title}</h1>{_files(report)}</header>",
        _heading(text("숫자", "Figures")),
        f'<div class="cards">{"".join(_section(name, figures) for name, figures in sections(report))}</div>',
        _heading(text("라벨", "Labels")),
        _card(counts),
        _card(area),
        f'<div class="card wide"><h3>{text("모든 라벨", "All labels")}</h3><div class="tree">{_tree(report)}</div></div>',
        _heading(text("길이", "Lengths")),
        f'<div class="card">{_lengths(report)}<p class="soft">{escape(context_line(report))}</p></div>',
        f'<div class="plots">{"".join(map(_card, lengths))}</div>',
        _heading(text(f"살필 것 {len(report.findings):,}가지", f"Findings: {len(report.findings):,}")),
        f'<div class="card">{_findings(report.findings)}</div>',
        _heading(text("표본", "Samples")),
        f'<div class="card">{_samples(report)}</div>',
    ]
    return _PAGE.substitute(
        language=text("ko", "en"),
        title=escape(f"{title}: {', '.join(file.path.name for file in report.data.files)}"),
        light=variables(dark=False),
        dark=variables(dark=True),
        classes=classes(),
        body="\n".join(body),
    )


def _heading(title: str) -> str:
    return f"<h2>{escape(title)}</h2>"


def _card(plot: Plot) -> str:
    return f'<div class="card wide"><h3>{escape(plot.title)}</h3>{inline(plot)}</div>'


def _files(report: Report) -> str:
    told = (
        text(f"{file.path.name}, {file.lines:,}행", f"{file.path.name}, {file.lines:,} rows")
        + f", sha256 {file.sha256[:12]}"
        for file in report.data.files
    )
    return "".join(f'<p class="soft">{escape(line)}</p>' for line in told)


def _section(title: str, figures: Iterable[tuple[str, str]]) -> str:
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{_unbroken(value)}</dd>" for name, value in figures)
    return f'<section class="card"><h3>{escape(title)}</h3><dl>{listed}</dl></section>'


def _unbroken(value: str) -> str:
    """Return a figure, a list broken between its parts only."""
    return ", ".join(f"<span>{escape(part)}</span>" for part in value.split(", "))


def _lengths(report: Report) -> str:
    name, *figures = length_header()
    head = f"<th>{escape(name)}</th>" + "".join(
        f'<th class="number">{escape(figure)}</th>' for figure in figures
    )
    rows = "".join(
        f'<tr><td>{escape(row)}</td>{"".join(f"""<td class="number">{value}</td>""" for value in values)}</tr>'
        for row, *values in length_rows(report)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


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
