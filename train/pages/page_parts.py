"""What the web pages are made of: each needs nothing else, no network, no script, and is light or dark as the reader's."""

from collections.abc import Iterable, Sequence
from html import escape
from string import Template

from engine.language import text
from train.pages.svg import Plot, classes, inline, variables
from train.rows.data import DataFile

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


def whole_page(title: str, subject: str, body: Sequence[str]) -> str:
    """Return a page.

    Args:
        title: of it.
        subject: what it is about, for the browser's own title.
        body: HTML.
    """
    return _PAGE.substitute(
        language=text("ko", "en"),
        title=escape(f"{title}: {subject}"),
        light=variables(dark=False),
        dark=variables(dark=True),
        classes=classes(),
        body="\n".join(body),
    )


def heading(title: str) -> str:
    """Return a heading within a page."""
    return f"<h2>{escape(title)}</h2>"


def plot_card(plot: Plot) -> str:
    """Return a plot with its title."""
    return f'<div class="card wide"><h3>{escape(plot.title)}</h3>{inline(plot)}</div>'


def file_lines(files: Iterable[DataFile]) -> str:
    """Return the files with the number of their rows and the beginning of their hashes."""
    told = (
        text(f"{file.path.name}, {file.lines:,}행", f"{file.path.name}, {file.lines:,} rows")
        + f", sha256 {file.sha256[:12]}"
        for file in files
    )
    return "".join(f'<p class="soft">{escape(line)}</p>' for line in told)


def figure_card(title: str, figures: Iterable[tuple[str, str]]) -> str:
    """Return figures below each other, each beside its name."""
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{_unbroken(value)}</dd>" for name, value in figures)
    return f'<section class="card"><h3>{escape(title)}</h3><dl>{listed}</dl></section>'


def _unbroken(value: str) -> str:
    """Return a figure, a list broken between its parts only."""
    return ", ".join(f"<span>{escape(part)}</span>" for part in value.split(", "))


def figure_table(header: Sequence[str], rows: Iterable[Sequence[str]], names: int = 1) -> str:
    """Return rows of figures; the first `names` columns hold names."""
    head = _cells("th", header, names)
    body = "".join(f"<tr>{_cells('td', row, names)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(kind: str, cells: Sequence[str], names: int) -> str:
    number = ' class="number"'
    return "".join(
        f"<{kind}{number if place >= names else ''}>{escape(cell)}</{kind}>"
        for place, cell in enumerate(cells)
    )
