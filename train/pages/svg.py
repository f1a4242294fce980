"""Little pieces of SVG: escaped text, boxes, lines, and colours that the page's light or dark style sets."""

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import NamedTuple

FONT_SIZE = 12.0
HEAT = 5  # shades of "right" and of "wrong"
_LIGHT: Mapping[str, str] = {
    "paper": "#fbfaf7", "card": "#ffffff", "ink": "#23272b", "soft": "#6a7075", "line": "#e4e1da",
    "first": "#5b87a3", "second": "#b8673a", "cell": "#d9e5ec", "cell-other": "#e8eef0",
    "error": "#b3261e", "warning": "#8a6100", "notice": "#2f6b8f",
}  # fmt: skip
_DARK: Mapping[str, str] = {
    "paper": "#15181b", "card": "#1c2024", "ink": "#e7e5df", "soft": "#9aa1a7", "line": "#31363b",
    "first": "#6f9db9", "second": "#e09a6c", "cell": "#2b4250", "cell-other": "#26333b",
    "error": "#f2938c", "warning": "#e0b95a", "notice": "#86bede",
}  # fmt: skip
# Which colour each class of a plot has; `resvg`, which makes the PNG, knows no variables.
_CLASSES: Mapping[str, str] = {
    "ink": "fill:{ink}", "soft": "fill:{soft}", "first": "fill:{first}", "second": "fill:{second}",
    "cell": "fill:{cell}", "cell-other": "fill:{cell-other}",
    "inner": "fill:{card};fill-opacity:0.55", "grid": "stroke:{line};stroke-width:1;fill:none",
    "curve": "stroke:{second};stroke-width:2;fill:none", "limit": "stroke:{second};stroke-width:1.5;stroke-dasharray:4 3",
} | {
    f"{kind}-{step}": f"fill:{{{colour}}};fill-opacity:{step / HEAT:.1f}"
    for kind, colour in (("right", "first"), ("wrong", "second"))
    for step in range(1, HEAT + 1)
}  # fmt: skip


class Plot(NamedTuple):
    """A drawing.

    Attributes:
        name: of its file, without an ending.
        title: above it.
        width: in pixels.
        height: in pixels.
        body: what is inside the `svg` element.
    """

    name: str
    title: str
    width: int
    height: int
    body: str


def variables(dark: bool) -> str:
    """Return the colours as CSS variables."""
    return "".join(f"--{name}:{colour};" for name, colour in (_DARK if dark else _LIGHT).items())


def classes() -> str:
    """Return the CSS of the classes of a plot, for a page that has the variables."""
    names = {name: f"var(--{name})" for name in _LIGHT}
    return "".join(f"svg .{name}{{{rule.format_map(names)}}}" for name, rule in _CLASSES.items())


def inline(plot: Plot) -> str:
    """Return a plot as an element of a page."""
    return (
        f'<svg viewBox="0 0 {plot.width} {plot.height}" role="img" aria-label="{escape(plot.title)}">'
        f"{plot.body}</svg>"
    )


def standalone(plot: Plot, font: str) -> str:
    """Return a plot as a file of its own, light, with its title."""
    style = "".join(f".{name}{{{rule.format_map(_LIGHT)}}}" for name, rule in _CLASSES.items())
    edge, top = 24, 64
    width, height = plot.width + 2 * edge, plot.height + top + edge
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{escape(font)}"><style>{style}</style>'
        f'<rect width="{width}" height="{height}" fill="{_LIGHT["card"]}"/>'
        f"{words(edge, 38, plot.title, size=17, weight=700)}"
        f'<g transform="translate({edge} {top})">{plot.body}</g></svg>'
    )


def words(
    x: float,
    y: float,
    content: str,
    kind: str = "ink",
    anchor: str = "start",
    size: float = FONT_SIZE,
    weight: int = 400,
) -> str:
    """Return a text, y being its base line."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}" font-size="{size:g}" '
        f'font-weight="{weight}">{escape(content)}</text>'
    )


def box(
    x: float, y: float, width: float, height: float, kind: str, hint: str = "", round_by: float = 0
) -> str:
    """Return a box, with a text that shows when it is pointed at."""
    shape = f'<rect x="{x:.2f}" y="{y:.2f}" width="{max(0.0, width):.2f}" height="{max(0.0, height):.2f}"'
    shape += f' rx="{round_by:g}"' if round_by else ""
    return (
        f'{shape} class="{kind}"><title>{escape(hint)}</title></rect>'
        if hint
        else f'{shape} class="{kind}"/>'
    )


def line(points: Sequence[tuple[float, float]], kind: str) -> str:
    """Return a line through points."""
    path = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
    return f'<polyline points="{path}" class="{kind}"/>'


def legend(x: float, y: float, entries: Iterable[tuple[str, str]]) -> str:
    """Return coloured squares with their meaning, ending at x."""
    drawn = []
    for kind, meaning in reversed(list(entries)):
        x -= width_of(meaning) + 2
        drawn.append(words(x, y, meaning, "soft"))
        x -= 15
        drawn.append(box(x, y - 9, 10, 10, kind, round_by=2))
        x -= 14
    return "".join(drawn)


def width_of(content: str, size: float = FONT_SIZE) -> float:
    """Estimate the width of a text in pixels."""
    return sum(size if unicodedata.east_asian_width(c) in "WF" else size * 0.58 for c in content)


def fit(content: str, width: float, size: float = FONT_SIZE) -> str:
    """Return as much of a text as fits; nothing if that would be a single letter of several."""
    if width_of(content, size) <= width:
        return content
    kept = ""
    for letter in content:
        if width_of(f"{kept}{letter}…", size) > width:
            break
        kept += letter
    return f"{kept.rstrip()}…" if len(kept) > 1 else ""


def ticks(greatest: float) -> list[float]:
    """Return about five round numbers from 0 to at least `greatest`."""
    if greatest <= 0:
        return [0.0, 1.0]
    raw = greatest / 4
    power = 10 ** math.floor(math.log10(raw))
    step = max(1.0, next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw - 1e-9))
    return [step * index for index in range(math.ceil(greatest / step - 1e-9) + 1)]


def log_ticks(greatest: float) -> list[float]:
    """Return 1, 2, 5, 10, 20, … up to the first that is not below `greatest`."""
    found: list[float] = []
    power = 1
    while True:
        for factor in (1, 2, 5):
            found.append(float(factor * power))
            if found[-1] >= greatest:
                return found
        power *= 10
