"""Curves drawn with braille dots, eight in a cell."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.text import Text

Point = tuple[float, float]
KEPT = 512  # points of a curve; more than a terminal has columns of dots
VALIDATION = "●"
TRAINING_STYLE, VALIDATION_STYLE = "blue", "magenta"
# The value of each dot of a cell, [dots high, dots wide]: Unicode's order, U+2800 and on.
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])


class Curve:
    """Points of a curve, in little memory however many are added: when there are too many, neighbours become one.

    Attributes:
        points: (x, y) by rising x, each the mean of as many added ones.
        taken: how many were added.
    """

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.taken = 0
        self._each = 1  # added points in a kept one
        self._gathered: list[Point] = []

    def add(self, x: float, y: float) -> None:
        """Add a point right of the others."""
        self.taken += 1
        self._gathered.append((x, y))
        if len(self._gathered) == self._each:
            self.points.append(_mean(self._gathered))
            self._gathered = []
        if len(self.points) == KEPT:
            self.points = [_mean(self.points[place : place + 2]) for place in range(0, KEPT, 2)]
            self._each *= 2


def _mean(points: Sequence[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def plot(
    training: Sequence[Point], validation: Sequence[Point], end: float, width: int, height: int
) -> list[Text]:
    """Draw a line and single points over the same axes.

    Args:
        training: (x, y) by rising x, joined by a line.
        validation: (x, y), a mark each.
        end: where the x axis ends; it begins at 0.
        width: cells.
        height: rows, the one below the x axis among them.

    Returns:
        `height` lines of at most `width` cells; blank ones without a point to draw.
    """
    validation = [point for point in validation if math.isfinite(point[1])]
    if not training and not validation:
        return [Text() for _ in range(height)]
    rows = height - 1
    training = smooth(training)
    low, high = _range([y for _, y in training], [y for _, y in validation])
    labels = {0: _number(high), rows - 1: _number(low)}
    if rows >= 5:  # and the middle one's place is exact for an odd number of rows
        labels[rows // 2] = _number(high - (high - low) * (rows // 2) / (rows - 1))
    margin = max(map(cell_len, labels.values()))
    columns = width - margin - 2
    cells = _line(training, low, high, end, rows, columns)
    marks = {
        (_dot((high - y) / (high - low), 4 * rows) // 4, _dot(x / end, 2 * columns) // 2)
        for x, y in validation
    }
    lines = []
    for row in range(rows):
        line = Text(f"{labels.get(row, ''):>{margin}} {'┤' if row in labels else '│'}", style="dim")
        line.append(
            "".join(chr(0x2800 + dots) if dots else " " for dots in cells[row]), f"not dim {TRAINING_STYLE}"
        )
        for column in (column for marked, column in marks if marked == row):
            line.plain = f"{line.plain[: margin + 2 + column]}{VALIDATION}{line.plain[margin + 3 + column :]}"
            line.stylize(f"not dim {VALIDATION_STYLE}", margin + 2 + column, margin + 3 + column)
        lines.append(line)
    last = f"{end:,.0f}"
    lines.append(Text(" " * (margin + 2) + "0" + last.rjust(columns - 1), style="dim"))
    return lines


def smooth(points: Sequence[Point]) -> list[Point]:
    """Return points whose y are means over a window around them, a fortieth of all: no curve lags behind the other."""
    half = len(points) // 80
    heights = [y for _, y in points]
    windows = (heights[max(0, place - half) : place + half + 1] for place in range(len(points)))
    return [(x, sum(window) / len(window)) for (x, _), window in zip(points, windows, strict=True)]


def _range(training: Sequence[float], validation: Sequence[float]) -> tuple[float, float]:
    """Return the ends of the y axis: all points are within, but a line that falls steeply comes in from above."""
    high, low = max([*training, *validation]), min([*training, *validation])
    if training:
        common = max([float(np.quantile(training, 0.9)), *validation])
        high = common if high - low > 2 * (common - low) > 0 else high
    room = max((high - low) * 0.02, abs(high) * 1e-3, 1e-9)
    return low - room, high + room


def _line(
    points: Sequence[Point], low: float, high: float, end: float, rows: int, columns: int
) -> NDArray[np.int_]:
    """Return the dots of a line through points: the sum of the values of each cell's dots, [rows, columns]."""
    dots = np.zeros((4 * rows, 2 * columns), np.int_)
    if points:
        x, y = np.array(points).T
        wanted = np.linspace(0, end, 2 * columns)
        shown = (wanted >= x[0]) | (np.arange(2 * columns) == 2 * columns - 1)
        places = np.rint((high - np.interp(wanted, x, y)) / (high - low) * (4 * rows - 1))
        heights = places.clip(-1, 4 * rows).astype(int)  # far above the page is above it
        for column in np.flatnonzero(shown):
            here = heights[column]
            before = heights[column - 1] if column and shown[column - 1] else here
            # Joined to the dot before it, without drawing that one's row again.
            top, bottom = sorted((here, before + int(np.sign(here - before))))
            dots[max(0, top) : max(0, bottom + 1), column] = 1
    cells: NDArray[np.int_] = np.einsum("rhcw,hw->rc", dots.reshape(rows, 4, columns, 2), _DOTS)
    return cells


def _dot(share: float, number: int) -> int:
    return min(number - 1, max(0, round(share * (number - 1))))


def _number(value: float) -> str:
    return f"{value:.2f}" if 1 <= abs(value) < 1000 else f"{value:.2g}"
