"""A line to type in."""

from textual.reactive import reactive
from textual.widgets import Input


class Field(Input):
    """An input whose cursor stands still: nothing blinks in this app."""

    cursor_blink = reactive(False, init=False)
