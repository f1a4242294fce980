"""Help (F1): every key of every screen, made from the bindings."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.widgets import Static

import tui
from engine.language import text
from tui.keys import function_key, is_told, key_name, own_bindings
from tui.page import Page

_KEYS = 12  # cells
_ORDER = (  # of the modules, by use; keys of others come last
    *("prompt", "spoken", "search", "topic_bars", "topic_counts", "sampling", "rows"),
    *("topic_tree", "label_tree", "sessions", "inspect", "compare", "quiet_corner", "page", "ask"),
)


class HelpScreen(Page):
    """All keys, in groups: those that hold everywhere first."""

    CSS_PATH = ["page.tcss", "help.tcss"]

    def compose(self) -> ComposeResult:
        """Lay out a paragraph for each group."""
        with VerticalScroll(id="help") as scroll:
            scroll.border_title = text("도움말", "Help")
            scroll.border_subtitle = text("Esc 닫기", "Esc close")
            yield Static(
                text(
                    "적은 말은 이 컴퓨터를 떠나지 않습니다. 위험할 때는 109나 119에 전화하세요(F4). "
                    "아래의 모든 동작은 Ctrl+P로도 찾을 수 있습니다.",
                    "What you write never leaves this machine. In danger, call 109 or 119 (Korea; F4). "
                    "Everything below can also be found with Ctrl+P.",
                ),
                id="help-intro",
            )
            for title, bindings in groups():
                yield Static(title, classes="help-title", markup=False)
                before = ""
                for keys, binding in bindings:
                    yield Static(_line("" if keys == before else keys, binding))
                    before = keys


def groups() -> Iterator[tuple[str, list[tuple[str, Binding]]]]:
    """Yield the title of each group with its keys and one of their bindings.

    A group is a class of ours that declares bindings; `BINDING_GROUP_TITLE` names it.
    """
    for module in iter_modules(tui.__path__, "tui."):
        import_module(module.name)  # a screen that nobody has opened yet has keys, too
    owners = [owner for owner in _descendants(DOMNode) if owner.BINDING_GROUP_TITLE]
    by_title: dict[str, list[Binding]] = {}
    for owner in sorted(owners, key=_place):
        told = [binding for binding in own_bindings(owner) if is_told(binding)]
        if told:
            by_title.setdefault(owner.BINDING_GROUP_TITLE or "", []).extend(told)
    for title, bindings in by_title.items():
        yield title, sorted(_joined(bindings), key=lambda line: function_key(line[1].key))


def _place(owner: type[DOMNode]) -> tuple[bool, int, str]:
    module = owner.__module__.removeprefix("tui.")
    place = _ORDER.index(module) if module in _ORDER else len(_ORDER)
    return not owner.__name__.endswith("App"), place, module


def _descendants(owner: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for child in owner.__subclasses__():
        yield child
        yield from _descendants(child)


def _joined(bindings: list[Binding]) -> Iterator[tuple[str, Binding]]:
    """Yield each action once, with all its keys."""
    keys: dict[tuple[str, str], list[str]] = {}
    for binding in bindings:
        keys.setdefault((binding.action, binding.tooltip), []).append(key_name(binding.key))
    for binding in bindings:
        names = keys.pop((binding.action, binding.tooltip), None)
        if names:
            yield " ".join(dict.fromkeys(names)), binding


def _line(keys: str, binding: Binding) -> Content:
    words = Content(binding.tooltip or binding.description)
    return Content.assemble((keys, "bold $accent"), " " * max(2, _KEYS - cell_len(keys)), words)
