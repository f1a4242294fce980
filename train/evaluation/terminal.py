"""An evaluation as a page in the terminal."""

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from engine.language import text
from train.evaluation.evaluate import Evaluation
from train.evaluation.reply_quality import ReplyQuality
from train.evaluation.summary import Grid, confusion_grid, percent, sections, subject, topic_grids
from train.pages.terminal_parts import Bar, figure_list, figure_table, file_list, titled
from train.rows.check import excerpt

PAIRS = 8  # that are confused
SAMPLES = 4


def show(evaluation: Evaluation, console: Console) -> None:
    """Print the page."""
    about = subject(evaluation)
    console.print(
        titled(text("데이터", "Data"), file_list(evaluation.files)),
        titled(
            about.title, Group(figure_list(about.figures), *(Text(f"• {note}") for note in evaluation.notes))
        ),
        *(_grid(grid) for grid in topic_grids(evaluation)),
        titled(_reliability_title(evaluation), _reliability(evaluation)),
        _grid(confusion_grid(evaluation, PAIRS)),
        *(titled(section.title, figure_list(section.figures)) for section in sections(evaluation)),
        *([titled(text("표본", "Samples"), _samples(evaluation.replies))] if evaluation.replies else []),
        sep="\n",
        highlight=False,
    )


def _grid(grid: Grid) -> RenderableType:
    if not grid.rows:
        return titled(grid.title, Text(text("없습니다.", "None."), style="dim"))
    table = figure_table(grid.header, grid.rows, grid.names)
    return titled(grid.title, Group(table, Text(grid.hint, style="dim")) if grid.hint else table)


def _reliability_title(evaluation: Evaluation) -> str:
    depth = len(evaluation.levels)
    return text(f"{depth}수준의 정확도 ━, 확신 ┃", f"Accuracy ━ and confidence ┃ at level {depth}")


def _reliability(evaluation: Evaluation) -> Table:
    """Return a bar for each bin that holds rows."""
    table = Table.grid(padding=(0, 2), expand=True)
    for _ in range(3):
        table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1, no_wrap=True)
    for one in evaluation.levels[-1].calibration.bins:
        table.add_row(
            Text(f"{100 * one.low:.0f}–{100 * one.high:.0f} %", style="dim"),
            text(f"{one.rows:,}행", f"{one.rows:,} rows"),
            percent(one.accuracy),
            Bar(one.accuracy, one.confidence),
        )
    return table


def _samples(replies: ReplyQuality) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(ratio=2, overflow="fold", style="dim")
    table.add_column(ratio=3, overflow="fold")
    table.add_column(ratio=3, overflow="fold")
    for sample in replies.samples[:SAMPLES]:
        table.add_row(
            Text(sample.label),
            Text(excerpt(sample.question, 80)[1:-1]),
            Text(excerpt(sample.reply, 80)[1:-1]),
        )
    return table
