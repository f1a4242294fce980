"""A page to read over the conversation."""

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from engine.language import text


class Page(ModalScreen[None]):
    """A page that Esc closes; a letter typed on it closes it too, and reaches the prompt (`CounselApp.on_key`)."""

    CSS_PATH = ["page.tcss"]
    BINDING_GROUP_TITLE = text("읽는 화면", "Pages")
    BINDINGS = [Binding("escape", "dismiss", text("닫기", "close"))]

    def turn(self, direction: int) -> None:
        """Turn a page, up or down."""
        scroll = self.query_one(VerticalScroll)
        (scroll.scroll_page_up if direction < 0 else scroll.scroll_page_down)(animate=False)
