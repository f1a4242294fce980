"""A blank screen, for when someone steps up from behind."""

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.language import text


class BlankScreen(ModalScreen[None]):
    """Shows nothing of anybody until a key or a click, which does nothing else."""

    CSS_PATH = "blank.tcss"

    def compose(self) -> ComposeResult:
        """Lay out the one quiet line that tells how to go back."""
        yield Static(text("아무 키나 누르면 돌아갑니다", "Any key brings everything back"), markup=False)

    def on_key(self, event: events.Key) -> None:
        """Bring everything back; the key is not typed into the prompt."""
        event.stop()
        event.prevent_default()
        if self.is_current:
            self.dismiss()
        else:  # typed right after the key that brought all back
            self.app.post_message(events.Key(event.key, event.character))

    def on_click(self) -> None:
        """Bring everything back."""
        if self.is_current:
            self.dismiss()
