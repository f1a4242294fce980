"""Options under headings, and a help page whose columns hold in Korean, too."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import click

from engine.language import text

Group = Literal["model", "rows", "learning", "loop", "run"]
TERM_WIDTH = 26  # of the options' names on the help page, in cells


def group_titles() -> Mapping[str, str]:
    """Return the heading of each group, in the order of the help page."""
    return {
        "model": text("모델", "Model"),
        "rows": text("데이터", "Data"),
        "learning": text("학습법", "Recipe"),
        "loop": text("학습 과정", "Loop"),
        "run": text("실행", "Run"),
    }


class Option(click.Option):
    """An option that stands under a heading and tells its default in the chosen language.

    Args:
        names: as click takes them.
        group: its heading.
        shown: the default in words, where the value itself does not tell.
        kept: whether the configuration of a training keeps it; what is meant for one start only is not kept.
        attributes: those of `click.Option`.
    """

    def __init__(
        self, names: Sequence[str], *, group: Group, shown: str = "", kept: bool = True, **attributes: Any
    ) -> None:
        super().__init__(names, **attributes)
        self.group, self.kept = group, kept
        default = shown or _shown(self, attributes.get("default"))
        if default:
            self.help = f"{self.help} [{text('기본값', 'default')} {default}]"

    def get_help_extra(self, ctx: click.Context) -> Any:  # noqa: ARG002
        """Return nothing: click's own words for defaults and ranges are English."""
        return {}


def _shown(option: click.Option, default: Any) -> str:
    if default is None or default == "":
        return ""
    if option.secondary_opts:
        return text("켬", "on") if default else text("끔", "off")
    return f"{default:g}" if isinstance(default, float) else str(default)


class _Context(click.Context):
    """Writes help with `_Formatter`."""

    @property
    def formatter_class(self) -> type[click.HelpFormatter]:  # type: ignore[override]
        """What writes the help page."""
        return _Formatter


class _Formatter(click.HelpFormatter):
    """Wraps lists by cells: a Korean letter takes two."""

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:  # noqa: ARG002
        """Write names and their explanations side by side."""
        start = self.current_indent + TERM_WIDTH + col_spacing
        for name, explanation in rows:
            first, *others = _wrap(explanation, max(20, self.width - start)) or [""]
            head = " " * self.current_indent + name
            room = start - cells(head)
            self.write(head + (" " * room if room > 1 else "\n" + " " * start) + first + "\n")
            self.write("".join(" " * start + line + "\n" for line in others))


def _wrap(words: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in words.split():
        if lines and cells(lines[-1]) + 1 + cells(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def cells(line: str) -> int:
    """Return how many cells of a terminal a line takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


class GroupedCommand(click.Command):
    """A command whose options stand under headings."""

    context_class = _Context

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write every group of options; those of no group come last."""
        groups: dict[str, list[tuple[str, str]]] = {title: [] for title in group_titles().values()}
        for param in self.get_params(ctx):
            title = group_titles()[param.group] if isinstance(param, Option) else text("그 밖", "Other")
            record = param.get_help_record(ctx)
            if record and isinstance(param, click.Option):
                groups.setdefault(title, []).append(record)
        for title, records in groups.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
