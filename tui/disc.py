"""A softly shaded disc in half blocks, two square pixels a cell. Pure: only how strong each pixel is."""

from math import hypot

_RIM = 0.55  # strength at the edge; it is 1 in the middle
_ALIKE = 0.2  # two pixels that differ less are drawn as one


def line_of_disc(radius: float, y: int, columns: int, rows: int) -> list[tuple[float, float]]:
    """Return a line of a disc in the middle of an area: how strong the two pixels of each cell are, from 0 to 1.

    Args:
        radius: in pixels; a cell is one wide and two high.
        y: of the line, in cells.
        columns, rows: of the area, in cells.
    """

    def strength(x: int, y: int) -> float:
        distance = hypot(x + 0.5 - columns / 2, y + 0.5 - rows)
        covered = min(1.0, max(0.0, radius - distance + 0.5))  # softly over the pixel at the edge
        return covered and covered * (1 - (1 - _RIM) * min(1.0, distance / radius) ** 2)

    return [(strength(x, 2 * y), strength(x, 2 * y + 1)) for x in range(columns)]


def largest_radius(columns: int, rows: int) -> float:
    """Return the radius in pixels of the largest disc that an area of cells holds."""
    return max(1.0, min(columns / 2, rows) - 0.5)


def half_block(upper: float, lower: float) -> tuple[str, float, float]:
    """Return the character that shows a cell's two pixels by its shape alone, the strength of its foreground, and that
    of its background.
    """
    if upper and lower and abs(upper - lower) < _ALIKE:
        mean = (upper + lower) / 2
        return "█", mean, mean
    if upper >= lower:  # the stronger one is drawn by the shape
        return ("▀", upper, lower) if upper else (" ", 0.0, 0.0)
    return "▄", lower, upper


def without_shades(strength: float) -> float:
    """Return all or nothing, for terminals whose few colours make a shade another hue."""
    return float(strength > _RIM / 2)
