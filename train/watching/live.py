"""The page that a person watches while a model trains."""

import sys
from collections.abc import Iterable, Sequence
from threading import RLock

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from engine.language import text
from train.events import Epoch, Event, Notice, Plan
from train.memory import gpu_peak, resident_peak
from train.watching.course import Course
from train.watching.curves import TRAINING_STYLE, VALIDATION, VALIDATION_STYLE, plot
from train.watching.plain import (
    describe_compiling,
    describe_plan,
    describe_position,
    describe_remaining,
    duration,
)

COLUMNS, ROWS = 80, 24  # of the smallest terminal that the page fits
MOST_COLUMNS, MOST_ROWS = 160, 40  # a larger page is no clearer
LEAST_PLOT = 4  # rows
BEST = "★"


def fits(console: Console) -> bool:
    """Return whether a page can be drawn there, and anew."""
    return console.is_interactive and console.size.width >= COLUMNS and console.size.height >= ROWS


class LivePage:
    """The page, drawn twice a second until it is closed; then it stays as it is.

    Args:
        name: of what is trained.
        plan: of the training.
        console: of a terminal.
    """

    def __init__(self, name: str, plan: Plan, console: Console) -> None:
        self._name = name
        self._console = console
        self._course = Course(plan)
        # The page is drawn by a thread of Rich's, so the lock is never held while something is printed. Ctrl-C may
        # interrupt `watch` with a notice.
        self._lock = RLock()
        self._live = Live(
            console=console,
            refresh_per_second=2,
            # What goes into a file or another program must not end up on the page's terminal.
            redirect_stdout=sys.stdout.isatty(),
            get_renderable=self._draw,
        )
        self._live.start(refresh=True)

    def close(self) -> None:
        """Draw the page once more, and leave it."""
        with self._lock:
            self._course.ended = self._course.clock()
        self._live.stop()

    def watch(self, event: Event) -> None:
        """Take in an event; a notice is printed above the page."""
        with self._lock:
            self._course.watch(event)
        if isinstance(event, Notice):
            self._console.print(Text(event.message, style="yellow"))

    def _draw(self) -> RenderableType:
        width, height = self._console.size
        with self._lock:
            return page(self._name, self._course, width, height - 2)


def page(name: str, course: Course, width: int, height: int) -> RenderableType:
    """Return all that is known of a training, of at most `width` cells and `height` rows (but not below 20)."""
    width, height = min(width, MOST_COLUMNS), min(height, MOST_ROWS)
    header = _flow(describe_plan(course.plan), width)
    fixed = len(header) + 11  # all other lines, those between the parts among them
    shown = _worth_showing(course, (height - fixed) // 3)
    plot_rows = max(LEAST_PLOT, height - fixed - len(shown))
    return Group(
        _edges(Text(name, style="bold"), Text(describe_position(course)), width),
        *(Text(line, style="dim") for line in header),
        _edges(_bar(course), Text(f"{course.share:.1%}"), width),
        Text(_status(course), overflow="ellipsis", no_wrap=True),
        Text(),
        _legend(course),
        *plot(course.training.points, course.validation, max(1, course.total), width, plot_rows),
        Text(),
        _figures(course, width),
        Text(),
        *([_epochs(course, shown, width)] if shown else [Text()]),
        _checkpoint(course),
    )


def _flow(items: Iterable[str], width: int) -> list[str]:
    """Return items on as few lines as they need."""
    lines: list[str] = []
    for item in items:
        joined = f"{lines[-1]} · {item}" if lines else ""
        if lines and cell_len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(item)
    return lines


def _edges(left: RenderableType, right: Text, width: int) -> Table:
    """Return one line with something at both edges; the left is cut if need be."""
    table = Table.grid(padding=(0, 1), expand=True)
    table.width = width
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(no_wrap=True, justify="right")
    table.add_row(left, right)
    return table


def _bar(course: Course) -> ProgressBar:
    return ProgressBar(total=1, completed=course.share, complete_style="blue", finished_style="green")


def _status(course: Course) -> str:
    """Return how long it has taken, how long it will, and what is being done if that is not a common step."""
    items = [text(f"경과 {duration(course.elapsed)}", f"{duration(course.elapsed)} elapsed")]
    if course.ended is not None:
        return items[0]
    if course.compiling:
        return f"{items[0]} · {describe_compiling(course.compiling)} ({duration(course.waiting)})"
    if course.remaining is not None:
        items.append(describe_remaining(course.remaining))
    if course.validating:
        items.append(text("검증하는 중", "measuring the held-out rows"))
    elif course.total >= course.plan.steps:
        items.append(text("마무리하는 중", "finishing"))
    elif course.step is None:
        items.append(text("첫 단계를 준비하는 중", "preparing the first step"))
    return " · ".join(items)


def _legend(course: Course) -> Text:
    legend = Text(text("손실", "Loss"), style="bold")
    if course.step:
        legend.append(text("  ━ 학습 ", "  ━ training "), f"not bold {TRAINING_STYLE}")
        legend.append(f"{course.loss:.3f}", "not bold")
    if course.validation:
        legend.append(
            text(f"  {VALIDATION} 검증 ", f"  {VALIDATION} validation "), f"not bold {VALIDATION_STYLE}"
        )
        legend.append(f"{course.validation[-1][1]:.3f}", "not bold")
    return legend


def _figures(course: Course, width: int) -> Table:
    """Return names over values, two lines."""
    step, pace = course.step, course.pace
    figures = {
        text("학습률", "learning rate"): f"{step.learning_rate:.2e}" if step else None,
        text("기울기 노름", "gradient norm"): f"{step.gradient_norm:.3g}" if step else None,
        text("토큰/초", "tokens/s"): _counted(pace.per_second(pace.tokens)),
        text("위치/초", "positions/s"): _counted(pace.per_second(pace.positions)),
        text("패딩", "padding"): None if course.padding is None else f"{course.padding:.1%}",
        text("메모리", "memory"): _bytes(resident_peak()),
    }
    gpu = gpu_peak()
    if gpu is not None:
        figures[text("GPU 메모리", "GPU memory")] = _bytes(gpu)
    table = Table.grid(padding=(0, 1), expand=True)
    table.width = width
    for name in figures:  # as wide as most values, so that nothing moves when these change
        table.add_column(no_wrap=True, overflow="ellipsis", min_width=max(8, cell_len(name)))
    table.add_row(*(Text(figure, style="dim") for figure in figures))
    table.add_row(*(value or "–" for value in figures.values()))
    return table


def _counted(value: float | None) -> str | None:
    return None if value is None else f"{value:,.0f}"


def _bytes(number: int | None) -> str | None:
    return None if number is None else f"{number / 1e9:.2f} GB"


def _worth_showing(course: Course, most: int) -> list[Epoch]:
    """Return the last epochs, and the best one, even where others between them have no room."""
    shown = course.epochs[-max(1, most) :]
    best = course.best
    return [best, *shown[1:]] if best and best.number < shown[0].number else shown


def _epochs(course: Course, shown: Sequence[Epoch], width: int) -> Table:
    """Return a table with a row for each of some epochs, below a header."""
    levels = len(shown[-1].accuracy)
    upper = [text(f"{level}수준", f"level {level}") for level in range(1, levels)]
    topics = [*upper, text("주제", "topic")][:levels]
    hidden = max(0, levels - (width - 44) // 9)  # the uppermost levels give way first
    names = [
        text("에폭", "epoch"),
        text("손실", "loss"),
        text("검증 손실", "validation"),
        *topics[hidden:],
        "macro-F1",
        text("시간", "time"),
    ]
    table = Table.grid(padding=(0, 2))
    for _ in names:
        table.add_column(justify="right", no_wrap=True, min_width=6)
    table.add_row(*(Text(name, style="dim") for name in names))
    for epoch in shown:
        is_best = course.best is not None and epoch.number == course.best.number
        table.add_row(
            f"{BEST if is_best else ' '} {epoch.number}",
            f"{epoch.loss:.3f}",
            "–" if epoch.validation_loss is None else f"{epoch.validation_loss:.3f}",
            *(f"{accuracy:.1%}" for accuracy in epoch.accuracy[hidden:]),
            *["–"] * (levels - len(epoch.accuracy)),
            "–" if epoch.macro_f1 is None else f"{epoch.macro_f1:.3f}",
            duration(epoch.seconds),
            style="bold" if is_best else "",
        )
    return table


def _checkpoint(course: Course) -> Text:
    if course.saved is None:
        return Text(text("체크포인트 아직 없음", "no checkpoint yet"), style="dim")
    saved, when = course.saved
    place = f"{saved.path.parent.name}/{saved.path.name}"
    return Text(
        text(f"체크포인트 {when:%m-%d %H:%M} · {place}", f"checkpoint {when:%m-%d %H:%M} · {place}"),
        style="dim",
        no_wrap=True,
        overflow="ellipsis",
    )
