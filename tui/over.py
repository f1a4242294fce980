"""A screen over the conversation that asks the engine."""

from typing import Generic, TypeVar

from textual import events
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Over(ModalScreen[Result | None], Generic[Result]):
    """What closes it is bound to `close`; a letter does so too, since someone begins to say something.

    The engine serves one at a time, so the screen stays until it is free for what is said next.
    """

    async def quieten(self) -> None:
        """End what the engine does for this screen, and wait for it."""
        raise NotImplementedError

    async def action_close(self) -> None:
        """Go back to the conversation."""
        await self.quieten()
        if self.is_current:
            self.dismiss(None)

    async def on_key(self, event: events.Key) -> None:
        """Take a letter to the conversation."""
        if event.is_printable and event.character and event.character != " ":
            event.stop()
            await self.action_close()
            self.app.post_message(events.Key(event.key, event.character))
