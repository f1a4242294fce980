"""The line above a conversation of which not everything is shown."""

from textual.content import Content
from textual.widgets import Static

from engine.language import text


class OnlyLine(Static):
    """Says that only the messages with one topic are shown."""

    def show(self, topic: str | None) -> None:
        """Name the topic; there is no line without one."""
        self.display = topic is not None
        all_again = text("모두 보기 Esc", "Esc: show all")
        self.update(
            Content.from_markup(
                text("'$topic' 메시지만 보는 중 · ", "only messages on '$topic' · ")
                + f"[@click=app.show_all]{all_again}[/]",
                topic=topic or "",
            )
        )
