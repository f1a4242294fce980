"""What the pages in the terminal are made of."""

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from engine.language import text
from train.rows.data import DataFile

NAME = 26  # cells for the name of a figure


def titled(title: str, content: RenderableType) -> RenderableType:
    """Return a part of a page below its title."""
    return Group(Text(title, style="bold"), Padding(content, (0, 0, 1, 2), expand=False))


def file_list(files: Iterable[DataFile]) -> Table:
    """Return the files with the number of their rows and the beginning of their hashes."""
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, style="dim")
    for file in files:
        table.add_row(
            Text(str(file.path)),
            text(f"{file.lines:,}행", f"{file.lines:,} rows"),
            f"sha256 {file.sha256[:12]}",
        )
    return table


def figure_list(figures: Iterable[tuple[str, str]]) -> Table:
    """Return figures below each other, each after its name."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, min_width=NAME)
    table.add_column(overflow="fold")
    for name, value in figures:
        table.add_row(Text(name, style="dim"), Text(value))
    return table


def figure_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], names: int = 1, width: int = 0
) -> Table:
    """Return rows of figures; the first `names` columns hold names, and the first of all has at least `width` cells."""
    table = Table.grid(padding=(0, 2))
    for column in range(len(header)):
        if column < names:
            table.add_column(min_width=0 if column else width, overflow="fold")
        else:
            table.add_column(justify="right", no_wrap=True)
    table.add_row(*(Text(name, style="dim") for name in header))
    for row in rows:
        table.add_row(
            *(Text(cell, style="dim" if names == 1 and not place else "") for place, cell in enumerate(row))
        )
    return table


class Bar:
    """A bar as long as a share of its cell, with a mark where another share ends."""

    def __init__(self, share: float, mark: float) -> None:
        self._share, self._mark = share, mark

    def __rich_console__(self, console: Console, options: object) -> Iterable[Text]:
        width = max(4, getattr(options, "max_width", 20))
        length = max(int(self._share > 0), round(self._share * width))
        mark = min(width - 1, max(0, round(self._mark * width) - 1))
        line = Text("━" * length + " " * (width - length), style="blue")
        plain = line.plain[:mark] + "┃" + line.plain[mark + 1 :]
        marked = Text(plain, style="blue", no_wrap=True, end="")
        marked.stylize("bold magenta", mark, mark + 1)
        yield marked
