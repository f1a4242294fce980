"""The panel of all knobs, made from their declarations; a change holds from the next token."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Static

from engine import MEMORY_PARAMETERS, PARAMETERS, Memory, Parameter, Sampling
from engine.language import text
from tui.knobs import KNOBS, KnobHistory, Knobs
from tui.pace import PACE
from tui.preset_row import PresetRow
from tui.rows import ParameterRow, Row
from tui.seed_row import SeedRow

_LINES = 1 + len(KNOBS) + 2 * 2  # the preset, and two headings, each below an empty line


class SamplingPanel(Vertical):
    """Preset and parameters, which scroll where there is little room, and a line about the one that has the focus.

    Args:
        sampling: the values to begin with.
        memory: the same, of how much earlier turns count.
        pace: the same, in characters a second.
    """

    # Neither Ctrl+Y nor Ctrl+Shift+Z: the one copies, and a terminal can't tell the other from Ctrl+Z.
    BINDING_GROUP_TITLE = Row.BINDING_GROUP_TITLE
    BINDINGS = [
        Binding("ctrl+z", "undo", show=False, tooltip=text("바꾼 것을 무르기", "Undo a change")),
        Binding("ctrl+u", "redo", show=False, tooltip=text("무른 것을 다시 하기", "Redo it")),
    ]

    @dataclass
    class Changed(Message):
        """A knob stands otherwise from now on."""

        sampling: Sampling
        memory: Memory
        pace: float

    def __init__(
        self,
        sampling: Sampling,
        memory: Memory,
        pace: float = PACE.default,
        *,
        id: str,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._history = KnobHistory(Knobs.begin(sampling, memory, pace))

    @property
    def sampling(self) -> Sampling:
        """How the next token is chosen."""
        return self._history.now.sampling

    @property
    def memory(self) -> Memory:
        """How earlier turns count."""
        return self._history.now.memory

    def compose(self) -> ComposeResult:
        """Lay out a row for the preset and one for each parameter."""
        values = self._history.now.values
        with VerticalScroll(can_focus=False) as rows:
            rows.styles.max_height = _LINES
            yield PresetRow(self._choose)
            yield from self._rows(PARAMETERS, values)
            yield Static(text("기억", "memory"), classes="heading")
            yield from self._rows(MEMORY_PARAMETERS, values)
            yield Static(text("빠르기", "speed"), classes="heading")
            yield from self._rows({"pace": PACE}, values)
        yield Static(id="explanation", markup=False)

    def on_mount(self) -> None:
        """Name the panel."""
        self.border_title = text("샘플링", "Sampling")
        self._show()

    def on_descendant_focus(self) -> None:
        """Explain the focused row."""
        self._explain()

    def on_descendant_blur(self) -> None:
        """Say how to get here."""
        self._explain()

    def on_row_explained(self, event: Row.Explained) -> None:
        """Explain what a number that is typed may be."""
        event.stop()
        self._explain()

    def action_undo(self) -> None:
        """Take the last change back."""
        if self._history.undo():
            self._show()
            self._tell()

    def action_redo(self) -> None:
        """Make the change again that was taken back."""
        if self._history.redo():
            self._show()
            self._tell()

    def start_from(self, sampling: Sampling) -> None:
        """Take over another model's defaults, telling nobody."""
        now = self._history.now
        self._history = KnobHistory(Knobs.begin(sampling, now.memory, now.pace))
        self._show()

    def note_seed(self, seed: int) -> None:
        """Remember the seed of the last reply, which is the one to fix."""
        self.query_one(SeedRow).last = seed
        self._explain()

    def _rows(self, parameters: Mapping[str, Parameter], values: Mapping[str, float]) -> ComposeResult:
        for name, parameter in parameters.items():
            if name == "seed":
                yield SeedRow(values[name], self._turn)
            else:
                yield ParameterRow(name, parameter, values[name], self._turn)

    def _row(self, name: str) -> ParameterRow:
        return self.query_one(f"#parameter-{name}", ParameterRow)

    def _turn(self, name: str, value: float, goes_on: bool) -> None:
        self._history.turn(self._history.now.turned(name, value), goes_on=goes_on)
        self._show()
        self._tell()

    def _choose(self, preset: str | None) -> None:
        now, start = self._history.now, self._history.start
        self._history.turn(
            now.preset_to(preset) if preset else replace(now, sampling=start.sampling, preset=start.preset)
        )
        self._show()
        self._tell()

    def _tell(self) -> None:
        now = self._history.now
        self.post_message(self.Changed(now.sampling, now.memory, now.pace))

    def _show(self) -> None:
        for name, value in self._history.now.values.items():
            row = self._row(name)
            row.value, row.default = value, self._history.default_of(name)
        preset = self.query_one(PresetRow)
        preset.preset, preset.changed = self._history.now.preset, self._history.is_preset_changed
        self._explain()

    def _explain(self) -> None:
        row = self.screen.focused
        explanation = self.query_one("#explanation", Static)
        explanation.set_class(isinstance(row, Row) and row.is_refused, "refused")
        typed = isinstance(row, ParameterRow) and row.typed is not None
        if typed != explanation.has_class("typing"):  # which takes room of the rows where there is little
            explanation.set_class(typed, "typing")
            if isinstance(row, Row):
                self.call_after_refresh(row.scroll_visible, animate=False)
        hint = text(
            "F3으로 와서 좌우 화살표나 숫자로 바꾸고 Delete로 되돌립니다.",
            "Come with F3, change with left and right or a number, reset with Delete.",
        )
        explanation.update(row.explanation if isinstance(row, Row) else hint)
