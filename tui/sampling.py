"""The panel of sampling parameters, made from the engine's declarations; a change holds from the next token."""

from dataclasses import dataclass, replace

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from engine import PARAMETERS, Sampling
from engine.language import text
from tui.bars import bar, fit

_COARSE = 5  # steps
_NAME, _VALUE = 15, 5  # cells


class ParameterRow(Widget, can_focus=True):
    """One parameter: name, bar, value.

    Args:
        name: of the parameter.
        default: what Delete brings back.
    """

    BINDINGS = [
        Binding("left", "change(-1)", "−", show=False),
        Binding("right", "change(1)", "+", show=False),
        Binding("shift+left", f"change(-{_COARSE})", "−−", show=False),
        Binding("shift+right", f"change({_COARSE})", "++", show=False),
        Binding("up", "move(-1)", "↑", show=False),
        Binding("down", "move(1)", "↓", show=False),
        Binding("delete,backspace", "reset", "reset", show=False),
    ]

    value: reactive[float] = reactive(0.0)

    @dataclass
    class Changed(Message):
        """The person set a parameter to another value."""

        name: str
        value: float

    def __init__(self, name: str, default: float) -> None:
        super().__init__(id=f"parameter-{name}")
        self._parameter_name = name
        self._parameter = PARAMETERS[name]
        self._default = default
        self.tooltip = self._parameter.explanation
        self.set_reactive(ParameterRow.value, default)

    def render(self) -> Content:
        """Draw the row in one line."""
        span = self._parameter.maximum - self._parameter.minimum
        share = (self.value - self._parameter.minimum) / span
        changed = self.value != self._default
        return Content.assemble(
            fit(self._parameter_name, _NAME),
            (bar(share, self._bar_width), "$accent"),
            (f"{self.value:>{_VALUE}.4g}", "bold" if changed else ""),
        )

    def action_change(self, steps: int) -> None:
        """Move the value by so many steps."""
        self._set(self._parameter.clamp(self.value + steps * self._parameter.step))

    def action_move(self, rows: int) -> None:
        """Go to the row above or below, and stop at the ends."""
        assert self.parent is not None
        all_rows = [row for row in self.parent.children if isinstance(row, ParameterRow)]
        place = all_rows.index(self) + rows
        self.screen.set_focus(all_rows[min(len(all_rows) - 1, max(0, place))])

    def action_reset(self) -> None:
        """Go back to the default."""
        self._set(self._default)

    def start_from(self, sampling: Sampling) -> None:
        """Take over value and default, telling nobody."""
        self._default = getattr(sampling, self._parameter_name)
        self.value = self._default

    def on_click(self, event: events.Click) -> None:
        """Set the value to the place on the bar."""
        share = (event.x - _NAME + 0.5) / self._bar_width
        if 0 <= share <= 1:
            span = self._parameter.maximum - self._parameter.minimum
            self._set(self._parameter.clamp(self._parameter.minimum + share * span))

    @property
    def _bar_width(self) -> int:
        return max(4, self.size.width - _NAME - _VALUE)

    def _set(self, value: float) -> None:
        self.value = value
        self.post_message(self.Changed(self._parameter_name, self.value))


class SamplingPanel(Vertical):
    """All parameters, and a line about the one that has the focus.

    Args:
        sampling: the values to begin with.
    """

    @dataclass
    class Changed(Message):
        """The sampling is another one from now on."""

        sampling: Sampling

    def __init__(self, sampling: Sampling, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.sampling = sampling

    def compose(self) -> ComposeResult:
        """Lay out a row for each parameter."""
        for name in PARAMETERS:
            yield ParameterRow(name, getattr(self.sampling, name))
        yield Static(self._hint(), id="explanation", markup=False)

    def on_mount(self) -> None:
        """Name the panel."""
        self.border_title = text("샘플링", "Sampling")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Explain the focused parameter."""
        self.query_one("#explanation", Static).update(str(event.widget.tooltip))

    def on_descendant_blur(self) -> None:
        """Say how to get here."""
        self.query_one("#explanation", Static).update(self._hint())

    def on_parameter_row_changed(self, event: ParameterRow.Changed) -> None:
        """Take a new value into the sampling."""
        event.stop()
        self.sampling = replace(self.sampling, **{event.name: event.value})  # type: ignore[arg-type]
        self.post_message(self.Changed(self.sampling))

    def start_from(self, sampling: Sampling) -> None:
        """Take over another model's defaults."""
        self.sampling = sampling
        for row in self.query(ParameterRow):
            row.start_from(sampling)

    def _hint(self) -> str:
        return text(
            "F3으로 와서 ←/→로 바꾸고 Delete로 되돌립니다.", "Come with F3, change with ←/→, Delete resets."
        )
