"""Horizontal bars that are exact to an eighth of a cell, and labels that align in Korean."""

from rich.cells import cell_len, set_cell_size

_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share: float, width: int) -> str:
    """Return a bar for a share from 0 to 1, padded to `width` cells."""
    eighths = round(min(1.0, max(0.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def fit(label: str, width: int) -> str:
    """Return a label cut or padded to `width` cells, an ellipsis where it was cut."""
    if cell_len(label) <= width:
        return set_cell_size(label, width)
    return set_cell_size(set_cell_size(label, width - 1).rstrip() + "…", width)
