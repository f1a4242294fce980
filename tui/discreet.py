"""An app whose last words, if it breaks down, quote nobody."""

from pathlib import Path

from textual.app import App

from engine.language import text


class DiscreetApp(App[None]):
    """Ends without Textual's traceback, which shows local variables and in them what the person said."""

    def _handle_exception(self, error: Exception) -> None:
        self._broke_down = error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Say where it broke, in the file and line of the program."""
        trace = self._broke_down.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
        kind = type(self._broke_down).__name__
        self.panic(
            text(
                f"counsel-tui가 멈추었습니다({kind}, {place}). 적은 말은 어디에도 남지 않았습니다.",
                f"counsel-tui broke down ({kind}, {place}). What you wrote was kept nowhere.",
            )
        )
