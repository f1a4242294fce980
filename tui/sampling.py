"""The panel of sampling and memory parameters, made from the engine's declarations; a change holds from the next token."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Static

from engine import MEMORY_PARAMETERS, PARAMETERS, PRESETS, Memory, Sampling
from engine.language import text
from engine.parameters import Parameter
from engine.presets import preset_of
from tui.rows import ParameterRow, PresetRow, Row

_LINES = 1 + len(PARAMETERS) + 2 + len(MEMORY_PARAMETERS)  # the preset, and a heading below an empty line


class SamplingPanel(Vertical):
    """Preset and parameters, which scroll where there is little room, and a line about the one that has the focus.

    Args:
        sampling: the values to begin with.
        memory: the same, of how much earlier turns count.
    """

    @dataclass
    class Changed(Message):
        """The sampling or the memory is another one from now on."""

        sampling: Sampling
        memory: Memory

    def __init__(self, sampling: Sampling, memory: Memory, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.sampling = sampling
        self.memory = memory
        self._start = sampling

    def compose(self) -> ComposeResult:
        """Lay out a row for the preset and one for each parameter."""
        with VerticalScroll(can_focus=False) as rows:
            rows.styles.max_height = _LINES
            yield PresetRow(id="preset")
            yield from _rows(PARAMETERS, asdict(self.sampling))
            yield Static(text("기억", "memory"), classes="heading")
            yield from _rows(MEMORY_PARAMETERS, asdict(self.memory))
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

    def on_parameter_row_changed(self, event: ParameterRow.Changed) -> None:
        """Take a new value into the sampling, or into the memory."""
        event.stop()
        value = {event.name: event.value}
        if event.name in PARAMETERS:
            self._change(replace(self.sampling, **value), self.memory)  # type: ignore[arg-type]
        else:
            self._change(self.sampling, replace(self.memory, **value))  # type: ignore[arg-type]

    def on_preset_row_chosen(self, event: PresetRow.Chosen) -> None:
        """Take the values of a preset into the sampling; the seed and the memory, which no preset names, stay."""
        event.stop()
        chosen = PRESETS[event.preset].values if event.preset else None
        self._change(replace(self.sampling, **chosen) if chosen else self._start, self.memory)

    def start_from(self, sampling: Sampling) -> None:
        """Take over another model's defaults, telling nobody."""
        self.sampling = self._start = sampling
        for name, value in asdict(sampling).items():
            self._row(name).start_from(value)
        self._show()

    def _row(self, name: str) -> ParameterRow:
        return self.query_one(f"#parameter-{name}", ParameterRow)

    def _change(self, sampling: Sampling, memory: Memory) -> None:
        self.sampling, self.memory = sampling, memory
        self._show()
        self.post_message(self.Changed(sampling, memory))

    def _show(self) -> None:
        for name, value in (asdict(self.sampling) | asdict(self.memory)).items():
            self._row(name).value = value
        preset = preset_of(self.sampling)
        self.query_one(PresetRow).preset = preset.name if preset else None
        self._explain()

    def _explain(self) -> None:
        row = self.screen.focused
        hint = text(
            "F3으로 와서 좌우 화살표로 바꾸고 Delete로 되돌립니다.",
            "Come with F3, change with left and right, reset with Delete.",
        )
        self.query_one("#explanation", Static).update(row.explanation if isinstance(row, Row) else hint)


def _rows(parameters: Mapping[str, Parameter], values: Mapping[str, float]) -> ComposeResult:
    return (ParameterRow(name, parameter, values[name]) for name, parameter in parameters.items())
