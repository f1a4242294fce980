"""The rows of the sampling panel: a name on the left, and a value that the arrow keys change."""

from dataclasses import dataclass

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from engine import MEMORY_PARAMETERS, PARAMETERS, PRESETS
from engine.language import text
from engine.parameters import Parameter, number
from tui.bars import bar, fit

_COARSE = 5  # steps
_VALUE, _BAR = 5, 5  # cells
_CHOICE = max(map(len, PRESETS)) + len("‹  ›")  # cells of a preset's name
_NAME = max(map(len, [*PARAMETERS, *MEMORY_PARAMETERS])) + 1  # cells, where there is room


class Row(Widget, can_focus=True):
    """A line with a name on the left, whose value ←/→ change."""

    BINDINGS = [
        Binding("left", "change(-1)", "−", show=False),
        Binding("right", "change(1)", "+", show=False),
        Binding("shift+left", f"change(-{_COARSE})", "−−", show=False),
        Binding("shift+right", f"change({_COARSE})", "++", show=False),
        Binding("up", "move(-1)", "↑", show=False),
        Binding("down", "move(1)", "↓", show=False),
        Binding("delete,backspace", "reset", "reset", show=False),
    ]

    @property
    def name_width(self) -> int:
        """The cells of the name, as many as leave room for a value and a bar."""
        return min(_NAME, self.size.width - _VALUE - _BAR)

    @property
    def explanation(self) -> str:
        """A line on what this row does."""
        raise NotImplementedError

    def action_move(self, rows: int) -> None:
        """Go to the row above or below, and stop at the ends."""
        assert self.parent is not None
        all_rows = [row for row in self.parent.children if isinstance(row, Row)]
        place = all_rows.index(self) + rows
        self.screen.set_focus(all_rows[min(len(all_rows) - 1, max(0, place))])


class PresetRow(Row):
    """The preset whose values the rows below show, or a dash."""

    preset: reactive[str | None] = reactive(None)

    @dataclass
    class Chosen(Message):
        """The person wants the values of a preset; of none, those to begin with."""

        preset: str | None

    @property
    def explanation(self) -> str:
        """What the preset is for."""
        if self.preset is None:
            return text(
                "좌우 화살표로 모든 값을 한꺼번에 정합니다.", "Left and right set all of the values at once."
            )
        return PRESETS[self.preset].explanation

    def render(self) -> Content:
        """Draw the row in one line."""
        name = fit(text("프리셋", "preset"), min(self.name_width, self.size.width - _CHOICE))
        return Content.assemble(name, (f"‹ {self.preset or '—'} ›", "$accent"))

    def action_change(self, steps: int) -> None:
        """Go to the next preset or the one before, round in a circle."""
        names = list(PRESETS)
        direction = 1 if steps > 0 else -1
        place = names.index(self.preset) + direction if self.preset else min(direction, 0)
        self.preset = names[place % len(names)]  # at once: the next key press counts from here
        self.post_message(self.Chosen(self.preset))

    def action_reset(self) -> None:
        """Go back to all values that there were in the beginning."""
        self.post_message(self.Chosen(None))

    def on_click(self) -> None:
        """Go to the next preset."""
        self.action_change(1)


class ParameterRow(Row):
    """One parameter: name, bar, value.

    Args:
        name: of the parameter.
        parameter: what is known of it.
        default: what Delete brings back.
    """

    value: reactive[float] = reactive(0.0)

    @dataclass
    class Changed(Message):
        """The person set a parameter to another value."""

        name: str
        value: float

    def __init__(self, name: str, parameter: Parameter, default: float) -> None:
        super().__init__(id=f"parameter-{name}")
        self.parameter_name = name
        self._parameter = parameter
        self._default = default
        self.set_reactive(ParameterRow.value, default)

    @property
    def explanation(self) -> str:
        """What the parameter does; named in full where the row had to cut its name."""
        cut = len(self.parameter_name) > self.name_width
        return (f"{self.parameter_name}: " if cut else "") + self._parameter.explanation

    def render(self) -> Content:
        """Draw the row in one line."""
        span = self._parameter.maximum - self._parameter.minimum
        share = (self.value - self._parameter.minimum) / span
        value = self._shown_value
        changed = self.value != self._default
        return Content.assemble(
            fit(self.parameter_name, self.name_width),
            (bar(share, self.size.width - self.name_width - len(value)), "$accent"),
            (value, "bold" if changed else ""),
        )

    def action_change(self, steps: int) -> None:
        """Move the value by so many steps."""
        self._set(self._parameter.clamp(self.value + steps * self._parameter.step))

    def action_reset(self) -> None:
        """Go back to the default."""
        self._set(self._default)

    def start_from(self, default: float) -> None:
        """Take over a value to begin with, and to go back to."""
        self._default = default
        self.value = default

    def on_click(self, event: events.Click) -> None:
        """Set the value to the place on the bar."""
        width = self.size.width - self.name_width - len(self._shown_value)
        share = (event.x - self.name_width + 0.5) / max(1, width)
        if 0 <= share <= 1:
            span = self._parameter.maximum - self._parameter.minimum
            self._set(self._parameter.clamp(self._parameter.minimum + share * span))

    @property
    def _shown_value(self) -> str:
        return number(self.value).rjust(_VALUE)

    def _set(self, value: float) -> None:
        self.value = value  # at once: the next key press counts from here
        self.post_message(self.Changed(self.parameter_name, value))
