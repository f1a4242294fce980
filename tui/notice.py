"""A quiet line by the program itself."""

from textual.widgets import Static


class Notice(Static):
    """A quiet line, or what went wrong."""

    def __init__(self, content: str, *, error: bool = False) -> None:
        super().__init__(content, markup=False, classes="error" if error else "")
